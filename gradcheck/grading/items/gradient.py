"""Whether the gradient is right: against the code's own loss, or against the reference's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.discretion import coarse, said, without_numbers
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import RTOL, SINGLE, agree, common_ratio, described
from gradcheck.grading.items.faults import first_fault, not_asked, place_in, without_place
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.records import Message, Outcome
from gradcheck.grading.reference.points import Array
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.wording import unended
from gradcheck.language import listed, mark, sentence, tr
from gradcheck.records import BlockReport, Verdict

__all__ = ["KIND", "blocks_of", "measure", "reference_pairs", "right_blocks", "unfit_blocks"]

# Verdicts that say nothing of the block.
UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.INVALID)
# Ratios of blocks that are one constant; a smoothed loss moves each by about 1e-7.
ALIKE = 1e-4
# Tolerances, and whether what is right to one alone is so by a convention.
TOLERANCES = ((RTOL, False), (SINGLE, True))
# What no smoothing of the loss (log(p + 1e-5)) does to its gradient: there the code holds at the first point alone.
ELSEWHERE = ((1e-2, False),)
# Of blocks that are wrong, and of those that are so by a constant alone.
OWN = (
    mark("The gradient of {blocks} is not that of your loss."),
    mark("The gradient of {blocks} is {factor} x the right one of your loss."),
)
MEANT = (
    mark("The gradient of {blocks} is not that of the loss meant."),
    mark("The gradient of {blocks} is {factor} x the right one of the loss meant."),
)

KIND = Kind(
    name="gradient",
    summary="The gradient is right: that of the code's own loss, or that of the reference.",
    options=(
        Option(
            name="against",
            schema={"enum": ["own", "reference"]},
            meaning="own: the derivative of the loss that the code computes; reference: of the loss meant",
            default="own",
        ),
        Option(
            name="block", schema={"type": "string"}, meaning="one parameter, such as W1; all of them by default",
            refers="parameter",
        ),
    ),
    needs=(("gradient", "update", "train"),),
)  # fmt: skip


def measure(bench: Bench, item: Item) -> Measured:
    """Block by block, or one of them."""
    blocks = blocks_of(bench, item)
    held_against = _own if item.options.get("against", "own") == "own" else _reference
    unfit = [name for name in blocks if name in unfit_blocks(bench)]
    rest = tuple(name for name in blocks if name not in unfit)
    found = held_against(bench, rest if unfit and rest else blocks)
    return _with_misfits(bench, found, unfit, blocks) if unfit and rest else found


def unfit_blocks(bench: Bench) -> frozenset[str]:
    """Blocks for which something else came than an array of their shape, at any hidden point."""
    return frozenset(role[1:] for reply in bench.gradients for role in reply.wrong)


def blocks_of(bench: Bench, item: Item) -> tuple[str, ...]:
    """Which blocks an item is about."""
    block = item.options.get("block")
    return (str(block),) if block else bench.assignment.network.parameters


def reference_pairs(bench: Bench, block: str) -> list[tuple[Array, Array]]:
    """What the code gives for a block, and what is right, at each hidden point, up to the loss's own convention."""
    agreement = bench.loss_agreement
    variant = agreement.variant
    pairs = []
    for reply, expected in zip(bench.gradients, bench.expected, strict=True):
        right = expected.gradients.get(variant, expected.gradient) if variant else expected.gradient
        pairs.append((reply.values[f"d{block}"], right[block]))
    return pairs


def right_blocks(bench: Bench) -> frozenset[str]:
    """Blocks that are right against the reference at every hidden point."""
    names = bench.assignment.network.parameters
    return frozenset(name for name in names if _is_right(bench, name)[0])


def _is_right(
    bench: Bench, block: str, tolerances: Sequence[tuple[float, bool]] = TOLERANCES
) -> tuple[bool, frozenset[str]]:
    """Whether a block is right, and by which conventions; several items ask."""
    key = ("right", block, tolerances)
    if key not in bench.found:
        bench.found[key] = _agreement(bench, block, tolerances)
    known: tuple[bool, frozenset[str]] = bench.found[key]
    return known


def _agreement(bench: Bench, block: str, tolerances: Sequence[tuple[float, bool]]) -> tuple[bool, frozenset[str]]:
    if not bench.gradients or any(f"d{block}" not in reply.values for reply in bench.gradients):
        return False, frozenset()
    pairs, agreement = reference_pairs(bench, block), bench.loss_agreement
    constants = (1.0, agreement.constant) if agreement.constant != 1.0 else (1.0,)
    for rtol, by_convention in tolerances:
        extra = frozenset({_nearly(bench, [found for found, _ in pairs])} if by_convention else ())
        for constant in constants:
            used = {"loss-constant"} if constant != 1.0 else set()
            if all(agree(found, constant * right, rtol) for found, right in pairs):
                return True, frozenset(used) | extra
            if bench.may_be_opposite and all(agree(found, -constant * right, rtol) for found, right in pairs):
                return True, frozenset(used | {"gradient-sign"}) | extra
    return False, frozenset()


def _nearly(bench: Bench, arrays: Sequence[Array]) -> str:
    """By which convention a gradient is right to some digits alone: single precision, or a loss smoothed by epsilon."""
    used = bench.loss_agreement.conventions | bench.forward_agreement.conventions
    single = all(np.array_equal(array, array.astype(np.float32), equal_nan=True) for array in arrays)
    return "float32" if single or "float32" in used else "loss-epsilon"


def _own(bench: Bench, blocks: tuple[str, ...]) -> Measured:
    fault = first_fault(tr("The gradient"), [_only(reply, blocks) for reply in bench.gradients])
    report = bench.report
    if fault is not None:
        return _with_blocks(fault, blocks)
    if report.verdict is Verdict.INVALID and not report.blocks:
        before, colon, error = unended(without_place(report.reason)).partition(": ")
        reason = f"{without_numbers(before)}{colon}{said(error)}" if colon else said(before)
        message = Message(
            symptom=tr("The gradient could not be checked: {reason}.", reason=reason), place=place_in(report.reason)
        )
        return Measured(share=0.0, message=message, outcome=Outcome.UNGRADABLE, evidence=(report.reason,))
    known = {block.name: block for block in report.blocks}
    wrong = tuple(name for name in blocks if not (bench.passes or known[name].verdict is Verdict.PASS))
    against = right_blocks(bench)
    undecided = {name for name in wrong if name in known and known[name].verdict in UNDECIDED}
    if bench.verified and bench.gradients:  # there the reference's gradient is the one of its own loss, at every point
        away = {name for name in set(blocks) - against if not _is_right(bench, name, ELSEWHERE)[0]}
        wrong = tuple(name for name in blocks if name in away or name in set(wrong) - undecided & against)
    evidence = tuple(_line(known[name], name in against) for name in blocks if name in known)
    share = 1.0 - len(wrong) / len(blocks)
    if wrong and undecided >= set(wrong) and not bench.verified:
        # Why, and what to do about it, is one text: at the level of a symptom it would say too much.
        reason = without_numbers(sentence(report.reason))
        message = Message(symptom=tr("Nothing can be said of its gradient."), name=reason)
        return Measured(share=0.0, message=message, outcome=Outcome.UNVERIFIED, evidence=evidence, blocks=wrong)
    if wrong:
        return _told(wrong, share, evidence, _own_factor(bench, wrong, known))
    if not bench.verified and not set(blocks) <= against:
        why = bench.forward_agreement if not bench.forward_agreement.right else bench.loss_agreement
        message = Message(
            symptom=tr(
                "Self-consistent, not verified: the gradient is that of your own loss, but {why}.", why=why.detail
            )
        )
        return Measured(share=0.0, message=message, outcome=Outcome.UNVERIFIED, evidence=evidence, blocks=blocks)
    return Measured(share=1.0, evidence=evidence)


def _reference(bench: Bench, blocks: tuple[str, ...]) -> Measured:
    fault = first_fault(tr("The gradient"), [_only(reply, blocks) for reply in bench.gradients])
    if fault is not None:
        return _with_blocks(fault, blocks)
    if not bench.gradients:
        return not_asked("gradient")
    wrong, used, evidence = [], set[str](), []
    for name in blocks:
        right, conventions = _is_right(bench, name)
        used |= conventions
        wrong += [] if right else [name]
        told = described(*reference_pairs(bench, name)[0])
        evidence.append(tr("{block}: {told}", block=name, told=told))
    factor = _factor([_reference_ratio(bench, name) for name in wrong])
    share = 1.0 - len(wrong) / len(blocks)
    if wrong:
        return _told(tuple(wrong), share, tuple(evidence), factor, MEANT)
    return Measured(share=1.0, evidence=tuple(evidence), conventions=frozenset(used), factor="loss-constant" in used)


def _told(
    wrong: tuple[str, ...],
    share: float,
    evidence: tuple[str, ...],
    factor: float | None,
    words: tuple[str, str] = OWN,
) -> Measured:
    is_wrong, is_multiple = words
    names = _listed(wrong)
    symptom = tr(is_wrong, blocks=names) if factor is None else tr(is_multiple, blocks=names, factor=coarse(factor))
    return Measured(
        share=share, message=Message(symptom=symptom), evidence=evidence, factor=factor is not None, blocks=wrong
    )


def _only(reply: Reply, blocks: tuple[str, ...]) -> Reply:
    """An answer with what it says of other blocks left out."""
    return replace(reply, wrong={role: misfit for role, misfit in reply.wrong.items() if role[1:] in blocks})


def _with_misfits(bench: Bench, found: Measured, unfit: Sequence[str], blocks: tuple[str, ...]) -> Measured:
    """What was measured of the other blocks, and that these are none."""
    misfit = first_fault(tr("The gradient"), [_only(reply, tuple(unfit)) for reply in bench.gradients])
    if misfit is None or found.outcome is not None:
        return found if misfit is None else _with_blocks(misfit, blocks)
    share = found.share * (len(blocks) - len(unfit)) / len(blocks)
    wrong = tuple(name for name in blocks if name in unfit or name in found.blocks)
    return replace(misfit, share=share, blocks=wrong, evidence=(*misfit.evidence, *found.evidence))


def _with_blocks(measured: Measured, blocks: tuple[str, ...]) -> Measured:
    return replace(measured, blocks=blocks)


def _own_factor(bench: Bench, wrong: tuple[str, ...], known: Mapping[str, BlockReport]) -> float | None:
    """The constant that all of them are of the derivative of the code's own loss.

    One entry is a constant of anything at one point: there the other hidden points are looked at, where the code's loss
    is the one meant.
    """
    if bench.verified:
        return _factor([_reference_ratio(bench, name, bench.loss_agreement.constant) for name in wrong])
    told = {name: known[name].ratio for name in wrong if name in known}
    several = [ratio for name, ratio in told.items() if ratio is not None and np.prod(known[name].shape) > 1]
    if not several:  # of one item that is about such a block alone, the others are asked
        blocks = [block for block in known.values() if np.prod(block.shape) > 1 and block.ratio is not None]
        several = [float(block.ratio) for block in blocks if block.ratio is not None]
    return _factor([*(told.get(name) for name in wrong), *several]) if several else None


def _reference_ratio(bench: Bench, block: str, constant: float = 1.0) -> float | None:
    """The constant that a block is of what is right at all hidden points."""
    pairs = reference_pairs(bench, block)
    ratio = common_ratio([found for found, _ in pairs], [right for _, right in pairs])
    return None if ratio is None else ratio / constant


def _factor(ratios: Sequence[float | None]) -> float | None:
    """The positive constant that holds for all blocks: a sign is no constant."""
    known = [ratio for ratio in ratios if ratio is not None and ratio > 0.0]
    if not known or len(known) < len(ratios):
        return None
    return known[0] if np.ptp(known) <= ALIKE * known[0] else None


def _line(block: BlockReport, right: bool) -> str:  # noqa: FBT001 (of one sentence)
    told = [tr("{verdict} against its own loss", verdict=block.verdict.name.lower())]
    if block.relative_error is not None:
        told.append(tr("relative error {error:.3g}", error=block.relative_error))
    if block.ratio is not None:
        told.append(tr("ratio {ratio:.6g}", ratio=block.ratio))
    held = tr("the same as the reference's") if right else tr("another than the reference's")
    return tr("{block}: {told}; {held}", block=block.name, told=listed(told), held=held)


def _listed(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    return tr("{names} and {last}", names=listed(names[:-1]), last=names[-1])
