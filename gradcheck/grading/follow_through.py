"""Which wrong blocks of a gradient are right but for an error that is charged elsewhere already.

An error is charged once: at the first block that it makes wrong, from the output back. What makes another block wrong
is told by putting that right which comes before it: the verified patch of the bug, or the true adjoint in the place of
the wrong one. A block that is right then is right by itself.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.grading.assignment.records import Assignment, Item
from gradcheck.grading.corrected import SEVERAL, Fixed, Given
from gradcheck.grading.discretion import coarse
from gradcheck.grading.items import MEASURES
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import common_ratio
from gradcheck.grading.items.convergence import gradient_constant
from gradcheck.grading.items.gradient import blocks_of, reference_pairs, right_blocks, unfit_blocks
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.items.update import step_constant
from gradcheck.grading.marking import Carried
from gradcheck.grading.records import Outcome
from gradcheck.language import listed, mark, tr

__all__ = ["as_carried_before", "charged_at_forward", "follow_through"]

GROUP = 1e-6
# Items whose values the gradient alone decides: the same gradient makes the same of them.
SHARED = ("gradient", "convergence", "property")
CHARGED_AT = mark("It is right once the error is corrected that is charged at {item}.")
CHARGED_BEFORE = mark("It is right once the error is corrected that is charged before.")
GIVEN = mark("It is right given the right forward values, and those are charged at the forward pass.")
ALIKE = mark("Another submission shows it, whose gradient is wrong in the same way.")
UNKNOWN = mark(
    "Whether it is right by itself could not be looked at: no patch of an earlier error was verified, and no true "
    "adjoint put into the backward pass made it right."
)


def follow_through(
    bench: Bench, measured: Mapping[str, Measured], fixed: Sequence[Fixed], given: Given | None = None
) -> dict[str, Carried]:
    """What is carried, by the path of the item.

    Parameters
    ----------
    bench : Bench
    measured : mapping of str to Measured
    fixed : sequence of Fixed
        One for each error that is known apart, the surest first.
    given : Given, optional
        What is right once the forward pass gives the right values.
    """
    given = given or Given()
    wrong = _wrong_of(bench, measured)
    before = _before(bench, wrong, measured, given.blocks)
    carried = {name: Carried(share=1.0, reason=reason) for name, reason in before}
    charged: set[str] = set()
    known = list(fixed) or [Fixed(blocks=frozenset(group), how=how) for group, how in _by_ratio(bench, wrong)]
    later: dict[str, Carried] = {}
    for item in known:
        mine = [name for name in _backwards(bench.assignment) if name in item.blocks & wrong and name not in carried]
        free = [name for name in mine if name not in charged]
        where = item.alone[0] if item.alone else free[0] if free else None
        if free and not item.alone:
            charged.add(free.pop(0))
        carried.update(dict.fromkeys(free, _once_fixed(item, where)))
        if charged or item.alone:
            later.update(dict.fromkeys(item.later, _once_fixed(item, None)))
    # What has another shape than its parameter is wrong for the same reason at every item that looks at it.
    charged |= (wrong & unfit_blocks(bench)) - carried.keys()
    losses = _losses(bench, measured) if given.loss else {}
    return losses | dict(_by_rate(bench, measured)) | dict(_by_item(bench, measured, carried, charged)) | later


def as_carried_before(
    assignment: Assignment, measured: Mapping[str, Measured], known: Mapping[str, Any]
) -> dict[str, Carried]:
    """What is carried where another submission, whose gradient is wrong in the same way, was looked at.

    Parameters
    ----------
    assignment : Assignment
    measured : mapping of str to Measured
        By the item's path.
    known : mapping
        The other one's record, in JSON form.
    """
    paths = {leaf.path for leaf in assignment.leaves if leaf.checks in SHARED}
    found = {}
    for other in known.get("grade", {}).get("marks", ()):
        is_carried = other["item"] in paths and other["outcome"] == Outcome.CARRIED.name.lower()
        if is_carried and measured[other["item"]].share < 1.0:
            found[other["item"]] = Carried(share=1.0, reason=tr(CHARGED_BEFORE), how=tr(ALIKE))
    return found


# --- what is charged where ------------------------------------------------------------------------------------------


def _once_fixed(item: Fixed, where: str | None) -> Carried:
    reason = tr(CHARGED_BEFORE) if where is None else tr(CHARGED_AT, item=where)
    return Carried(share=1.0, reason=reason, how=item.how)


def _wrong_of(bench: Bench, measured: Mapping[str, Measured]) -> set[str]:
    """Blocks that are wrong at any item."""
    leaves = [leaf for leaf in bench.assignment.leaves if leaf.checks == "gradient"]
    return {name for leaf in leaves for name in measured[leaf.path].blocks}


def _backwards(assignment: Assignment) -> list[str]:
    """Blocks in the order in which a backward pass comes to them."""
    layers = range(assignment.network.layers, 0, -1)
    return [f"{kind}{layer}" for layer in layers for kind in "Wb"]


def _losses(bench: Bench, measured: Mapping[str, Measured]) -> dict[str, Carried]:
    """Items about a loss that only outputs make wrong."""
    lost = [leaf for leaf in bench.assignment.leaves if leaf.checks == "loss" and measured[leaf.path].share < 1.0]
    return {leaf.path: Carried(share=1.0, reason=tr(GIVEN), elsewhere=True) for leaf in lost}


def charged_at_forward(bench: Bench, measured: Mapping[str, Measured]) -> bool:
    """Whether outputs are wrong, the loss or the gradient with them, and the outputs have an item of their own."""
    is_charged = not bench.forward_agreement.right and "forward" in _charged(bench, measured)
    return is_charged and (bool(_wrong_of(bench, measured)) or "loss" in _charged(bench, measured))


def _charged(bench: Bench, measured: Mapping[str, Measured]) -> set[str]:
    """Of what comes before the backward pass, what has lost points at an item of its own."""
    allowed = bench.assignment.conventions
    return {
        str(leaf.checks)
        for leaf in bench.assignment.leaves
        if leaf.checks in ("forward", "loss")
        and (measured[leaf.path].share < 1.0 or not measured[leaf.path].conventions <= allowed)
    }


def _before(
    bench: Bench, wrong: set[str], measured: Mapping[str, Measured], put_in: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Blocks that are wrong for what comes before the backward pass, and was charged there."""
    kinds = _charged(bench, measured)
    if not bench.forward_agreement.right and "forward" in kinds:
        right = set(put_in)
        if bench.subject.can("gradient_given"):
            extra = [dict(expected.values) for expected in bench.expected]
            roles = tuple(f"d{name}" for name in bench.assignment.network.parameters)
            given = Bench(bench.subject, bench.assignment, bench.reference, bench.points, bench.expected, bench.seed)
            given.__dict__["gradients"] = bench.subject.ask("gradient_given", bench.points, roles, extra)
            right |= right_blocks(given)
        for name in sorted(wrong & right):
            yield name, tr(GIVEN)
    elif bench.forward_agreement.right and "loss" in kinds:
        for name in wrong & right_blocks(bench):
            yield name, tr("It is right for the loss meant; the loss that the code computes is charged by itself.")


def _by_ratio(bench: Bench, wrong: set[str]) -> Iterator[tuple[list[str], str]]:
    """Blocks that are all the same constant times what is right: one factor came in before all of them."""
    ratios: dict[str, float] = {}
    for name in wrong:
        if bench.gradients and all(f"d{name}" in reply.values for reply in bench.gradients):
            pairs = reference_pairs(bench, name)
            ratio = common_ratio([found for found, _ in pairs], [right for _, right in pairs])
            if ratio is not None:
                ratios[name] = ratio / bench.loss_agreement.constant
    pending = dict(ratios)
    while pending:
        first = next(iter(pending.values()))
        group = [name for name, ratio in pending.items() if abs(ratio - first) <= GROUP * abs(first)]
        if len(group) >= SEVERAL and abs(first - 1.0) > GROUP:
            names = listed(sorted(group))
            how = tr(
                "It is right but for the factor {factor} that is common to {names}.", factor=coarse(first), names=names
            )
            yield group, how
        pending = {name: ratio for name, ratio in pending.items() if name not in group}


def _by_rate(bench: Bench, measured: Mapping[str, Measured]) -> Iterator[tuple[str, Carried]]:
    """Trainings that get where they should once the rate makes up for a constant that was charged before.

    Steps that are a constant times those meant make a training diverge, climb or crawl: with the rate divided by that
    constant they are the steps meant.
    """
    for leaf in bench.assignment.leaves:
        if leaf.checks != "convergence" or measured[leaf.path].share >= 1.0 or measured[leaf.path].outcome is not None:
            continue
        constant = _step_meant(bench, measured, leaf) if bench.subject.can("train") else None
        if constant is None:
            continue
        rate = float(leaf.options.get("learning_rate") or 0.1) / constant
        again = replace(leaf, options={**leaf.options, "learning_rate": rate})
        if MEASURES["convergence"](bench, again).share >= 1.0:
            divided = tr("It is right with the rate divided by {factor}.", factor=coarse(constant))
            how = tr("It is right with its steps turned round.") if abs(constant + 1.0) <= GROUP else divided
            yield leaf.path, Carried(share=1.0, reason=tr(CHARGED_BEFORE), how=how)


def _step_meant(bench: Bench, measured: Mapping[str, Measured], training: Item) -> float | None:
    """The constant that steps are of those meant, for all parameters alike, where it was charged; else None."""
    looked_at = [leaf for leaf in bench.assignment.leaves if leaf.checks in ("gradient", "update")]
    charged = {leaf.checks for leaf in looked_at if measured[leaf.path].share < 1.0}
    constants = [gradient_constant(bench, training)] if "gradient" in charged else []
    constants += [step_constant(bench)] if "update" in charged else []
    known = [constant for constant in constants if constant is not None]
    product = math.prod(known)
    return product if known and len(known) == len(constants) and abs(product - 1.0) > GROUP else None


def _by_item(
    bench: Bench, measured: Mapping[str, Measured], carried: Mapping[str, Carried], charged: set[str]
) -> Iterator[tuple[str, Carried]]:
    """Shares of the items; a block that is charged at one of them is not charged at another again."""
    paid: set[str] = set()
    for leaf in bench.assignment.leaves:
        if leaf.checks != "gradient":
            continue
        found, blocks = measured[leaf.path], blocks_of(bench, leaf)
        if found.outcome not in (None, Outcome.UNVERIFIED) or not found.blocks:
            continue
        mine = [name for name in found.blocks if name in carried or name in paid]
        paid |= {name for name in found.blocks if name in charged}
        if not mine and not charged & set(found.blocks) and len(_wrong_of(bench, measured)) >= SEVERAL:
            yield leaf.path, Carried(share=0.0, reason=tr(UNKNOWN))
        if mine:
            right = len(blocks) - len(found.blocks) + len(mine)
            elsewhere = set(mine) == set(found.blocks) and not charged
            why = carried.get(mine[0], Carried(share=1.0, reason=tr("{block} is charged before.", block=mine[0])))
            yield leaf.path, replace(why, share=right / len(blocks), elsewhere=elsewhere)
