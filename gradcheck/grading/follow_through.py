"""Which wrong blocks of a gradient are right but for an error that is charged elsewhere already.

An error is charged once: at the first block that it makes wrong, from the output back. What makes another block wrong
is told by putting that right which comes before it: the verified patch of the bug, or the true adjoint in the place of
the wrong one. A block that is right then is right by itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.errors import GradcheckError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import common_ratio
from gradcheck.grading.items.gradient import blocks_of, reference_pairs, right_blocks
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.marking import Carried
from gradcheck.grading.records import Outcome
from gradcheck.grading.reference.points import Array
from gradcheck.grading.subject.driving import Driving
from gradcheck.grading.subject.opening import opened
from gradcheck.grading.subject.staging import Staged, rewritten
from gradcheck.records import DiagnosedBug
from gradcheck.submissions.patching import applied

__all__ = ["Fixed", "fixed_by_adjoints", "fixed_by_patches", "follow_through"]

# Texts with an adjoint put in that are tried; each is a process of some milliseconds.
MAX_TRIALS = 32
# A patch, or an adjoint, that puts one block right shows nothing of others.
SEVERAL = 2
GROUP = 1e-6
UNKNOWN = (
    "Whether it is right by itself could not be looked at: no patch of an earlier error was verified, and no true "
    "adjoint put into the backward pass made it right."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Blocks that are right once one thing is put right.

    Attributes
    ----------
    blocks : frozenset of str
    how : str
        In words: ``with the patch of missing-factor-2``.
    """

    blocks: frozenset[str]
    how: str


def follow_through(bench: Bench, measured: Mapping[str, Measured], fixed: Sequence[Fixed]) -> dict[str, Carried]:
    """What is carried, by the path of the item.

    Parameters
    ----------
    bench : Bench
    measured : mapping of str to Measured
    fixed : sequence of Fixed
        One for each error that is known apart, the surest first.
    """
    wrong = _wrong_of(bench, measured)
    carried: dict[str, str] = dict(_before(bench, wrong, measured))
    charged: set[str] = set()
    known = list(fixed) or [Fixed(blocks=frozenset(group), how=how) for group, how in _by_ratio(bench, wrong)]
    for item in known:
        mine = [name for name in _backwards(bench.assignment) if name in item.blocks & wrong and name not in carried]
        free = [name for name in mine if name not in charged]
        if not free:
            continue
        charged.add(free[0])
        carried.update(dict.fromkeys(free[1:], f"It is right {item.how}, which is charged at {free[0]}."))
    return dict(_by_item(bench, measured, carried, charged))


def fixed_by_patches(
    bench: Bench, program: Staged, driving: Driving, bugs: Sequence[DiagnosedBug], whole: str | None
) -> list[Fixed]:
    """Blocks that each bug's own patch puts right.

    Parameters
    ----------
    bench : Bench
    program : Staged
    driving : Driving
    bugs : sequence of DiagnosedBug
        With patches of the program's whole text.
    whole : str or None
        The patch of all of them together, if it was verified.
    """
    before, found = right_blocks(bench), []
    for bug in bugs:
        if bug.patch is None:
            continue
        after = _right_with(bench, program, driving, bug.patch)
        if after - before:
            found.append(Fixed(blocks=after - before, how=f"with the error '{bug.bug}' corrected"))
    if not found and whole is not None:
        after = _right_with(bench, program, driving, whole)
        if after - before:
            found.append(Fixed(blocks=after - before, how="with the errors before it corrected"))
    return found


def fixed_by_adjoints(bench: Bench, program: Staged, driving: Driving, lines: Iterable[int] = ()) -> list[Fixed]:
    """Blocks that are right once a line of the backward pass gives the true adjoint, tried line by line.

    Parameters
    ----------
    bench : Bench
    program : Staged
    driving : Driving
    lines : iterable of int
        Where to look first.
    """
    before = right_blocks(bench)
    best = Fixed(blocks=frozenset(), how="")
    suspected = set(lines)
    places = sorted(_assignments(program.source.tree, bench.assignment), key=lambda place: place.line not in suspected)
    trials, fault = 0, next((reply.fault.line for reply in bench.gradients if reply.fault is not None), None)
    for place in places:
        for label, array in _adjoints(bench, place.name):
            trials += 1
            if trials > MAX_TRIALS:
                break
            text = place.with_value(program.source.text, array, fault)
            after = _right_at_first(bench, program, driving, text)
            if len(after - before) > len(best.blocks):
                best = Fixed(blocks=after - before, how=f"with the right {label} put in for {place.name}")
        if len(best.blocks) + len(before) == len(bench.assignment.network.parameters):
            break
    return [best] if len(best.blocks) >= SEVERAL else []


# --- what is charged where ------------------------------------------------------------------------------------------


def _wrong_of(bench: Bench, measured: Mapping[str, Measured]) -> set[str]:
    """Blocks that are wrong at any item."""
    leaves = [leaf for leaf in bench.assignment.leaves if leaf.checks == "gradient"]
    return {name for leaf in leaves for name in measured[leaf.path].blocks}


def _backwards(assignment: Assignment) -> list[str]:
    """Blocks in the order in which a backward pass comes to them."""
    layers = range(assignment.network.layers, 0, -1)
    return [f"{kind}{layer}" for layer in layers for kind in "Wb"]


def _before(bench: Bench, wrong: set[str], measured: Mapping[str, Measured]) -> Iterator[tuple[str, str]]:
    """Blocks that are wrong for what comes before the backward pass, and was charged there."""
    allowed = bench.assignment.conventions
    kinds = {
        leaf.checks
        for leaf in bench.assignment.leaves
        if leaf.checks in ("forward", "loss")
        and (measured[leaf.path].share < 1.0 or not measured[leaf.path].conventions <= allowed)
    }
    if not bench.forward_agreement.right and "forward" in kinds and bench.subject.can("gradient_given"):
        extra = [dict(expected.values) for expected in bench.expected]
        roles = tuple(f"d{name}" for name in bench.assignment.network.parameters)
        given = Bench(bench.subject, bench.assignment, bench.reference, bench.points, bench.expected, bench.seed)
        given.__dict__["gradients"] = bench.subject.ask("gradient_given", bench.points, roles, extra)
        for name in wrong & right_blocks(given):
            yield name, "It is right given the right forward values, and those are charged at the forward pass."
    elif bench.forward_agreement.right and "loss" in kinds:
        for name in wrong & right_blocks(bench):
            yield name, "It is right for the loss meant; the loss that the code computes is charged by itself."


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
            yield group, f"but for the factor {first:.6g} that is common to {', '.join(sorted(group))}"
        pending = {name: ratio for name, ratio in pending.items() if name not in group}


def _by_item(
    bench: Bench, measured: Mapping[str, Measured], carried: Mapping[str, str], charged: set[str]
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
        reasons = [carried.get(name, f"{name} is charged before.") for name in mine]
        paid |= {name for name in found.blocks if name in charged}
        if not mine and not charged & set(found.blocks) and len(_wrong_of(bench, measured)) >= SEVERAL:
            yield leaf.path, Carried(share=0.0, reason=UNKNOWN)
        if mine:
            right = len(blocks) - len(found.blocks) + len(mine)
            elsewhere = set(mine) == set(found.blocks) and not charged
            yield leaf.path, Carried(share=right / len(blocks), reason=reasons[0], elsewhere=elsewhere)


# --- what is right once something is put right ----------------------------------------------------------------------


def _right_with(bench: Bench, program: Staged, driving: Driving, patch: str) -> frozenset[str]:
    try:
        text = applied(patch, program.source.text)
    except ValueError:
        return frozenset()
    return _right_of(bench, program, driving, text)


def _right_at_first(bench: Bench, program: Staged, driving: Driving, text: str) -> frozenset[str]:
    """At the first hidden point alone: an adjoint that is put in is one of that point."""
    first = Bench(bench.subject, bench.assignment, bench.reference, bench.points[:1], bench.expected[:1], bench.seed)
    return _right_of(first, program, driving, text, constant=bench.loss_agreement.constant)


def _right_of(
    bench: Bench, program: Staged, driving: Driving, text: str, constant: float | None = None
) -> frozenset[str]:
    """Blocks that are right with another text, in a process of its own."""
    try:
        with rewritten(program, text) as other:
            subject = opened(other, bench.assignment, driving)
            subject.settle(bench.points[0], bench.expected[0].values)
            try:
                changed = Bench(subject, bench.assignment, bench.reference, bench.points, bench.expected, bench.seed)
                if constant is not None:
                    from gradcheck.grading.items.bench import Agreement

                    changed.__dict__["loss_agreement"] = Agreement(right=True, constant=constant)
                return right_blocks(changed)
            finally:
                subject.close()
    except GradcheckError:
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An assignment of the backward pass to a name."""

    name: str
    line: int
    end: int
    column: int

    def with_value(self, text: str, array: Array, fault: int | None) -> str:
        """The text with the name bound to other values right after that statement; instead of it, where it raises."""
        lines = text.split("\n")
        value = f"__import__('numpy').array({array.tolist()!r})"
        raises = fault is not None and self.line <= fault <= self.end
        lines[self.line - 1 if raises else self.end : self.end] = [f"{' ' * self.column}{self.name} = {value}"]
        return "\n".join(lines)


def _assignments(tree: ast.Module, assignment: Assignment) -> list[_Place]:
    """Statements of the backward function that bind one name or attribute once; a loop's are bound again and again."""
    calls = assignment.interface.calls
    names = {call.path[-1] for name in ("gradient", "update") for call in calls.get(name, ())}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in names:
            for statement in node.body:
                if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                    target = statement.targets[0]
                    if isinstance(target, (ast.Name, ast.Attribute)):
                        found.append(
                            _Place(
                                name=ast.unparse(target), line=statement.lineno,
                                end=statement.end_lineno or statement.lineno, column=statement.col_offset,
                            )
                        )  # fmt: skip
    return found


def _adjoints(bench: Bench, name: str) -> Iterator[tuple[str, Array]]:
    """Adjoints that a name may stand for, in the form of the code; a factor 1/m may come later."""
    expected, form = bench.expected[0], bench.subject.form
    if not expected.adjoints or re.search(r"[Ww]\d*$|[Bb]\d*$|^[Mm]$", name):
        return
    digits = re.findall(r"\d+", name)
    kinds = {f"d{kind}{layer}" for layer in range(1, bench.assignment.network.layers + 1) for kind in "ZA"}
    fitting = {role for role in kinds if digits and role.endswith(digits[-1])} or kinds
    for role in sorted(fitting, key=lambda role: (role[1] != "Z", role)):
        for scale in (1.0, float(bench.points[0].batch)):
            array = bench.loss_agreement.constant * scale * expected.adjoints[role]
            words = role if scale == 1.0 else f"{role} (times the batch)"
            yield words, np.asarray(form.encode(role, array))
