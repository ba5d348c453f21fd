"""Whether the code holds where inputs are unusual: very large, one sample alone, other batches, single precision."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item, Network
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import SINGLE, agree, described, ratio_of
from gradcheck.grading.items.faults import first_fault
from gradcheck.grading.items.gradient import right_blocks
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.reference.network import Expected
from gradcheck.grading.reference.points import Point, point_of
from gradcheck.grading.reference.reference import Reference
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.grading.wording import unended
from gradcheck.language import mark, tr

__all__ = ["KIND", "measure", "questions"]

CASES = ("extreme", "single", "shapes", "float32")
KIND = Kind(
    name="robustness",
    summary="The code holds for very large inputs, one sample alone, batches of other sizes, and single precision.",
    options=(
        Option(name="cases", schema={"type": "array", "items": {"enum": list(CASES)}, "minItems": 1},
               meaning="which of them", default=list(CASES)),
    ),
)  # fmt: skip
# Times the usual input: exp() of the pre-activations overflows; a thousand would leave it to the draw whether it does.
EXTREME = 10_000.0
OTHER_BATCHES = (2, 9)
ASKED = {"outputs": mark("the outputs"), "loss": mark("the loss"), "gradient": mark("the gradient")}
NO_NUMBER = {
    "outputs": mark("the outputs are not numbers"),
    "loss": mark("the loss is not a number"),
    "gradient": mark("the gradient of {block} is not a number"),
}


def measure(bench: Bench, item: Item) -> Measured:
    """Every case, each by the values that are right there."""
    cases = _cases(bench, item)
    asked = _asked(bench, cases)
    if not asked:
        return failed(tr("Nothing of it can be run at the usual points, so that nothing is known of unusual ones."))
    answers = dict(zip(asked, bench.answers(list(asked.values())), strict=True))
    found = {name: {what: answers[case, what] for case, what in asked if case == name} for name in cases}
    told = {name: JUDGES[case.sized](bench, case, found[name]) for name, case in cases.items()}
    wrong = {name: words for name, words in told.items() if words}
    evidence = tuple(tr("{case}: {told}", case=name, told=words or tr("right")) for name, words in told.items())
    if not wrong:
        return Measured(share=1.0, evidence=evidence)
    first = next(iter(wrong))
    return failed(tr(LABELS[first], told=wrong[first]), *evidence, share=1.0 - len(wrong) / len(told))


def questions(bench: Bench, item: Item) -> list[Question]:
    """What is asked."""
    return list(_asked(bench, _cases(bench, item)).values())


def _cases(bench: Bench, item: Item) -> dict[str, _Case]:
    chosen = item.options.get("cases") or CASES
    if bench.subject.batch is not None:  # its data are its own: nothing else can be put in their place
        chosen = [name for name in chosen if name == "extreme"] or ["extreme"]
    return {name: MADE[name](bench) for name in chosen}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Where the code is asked, in which precision, and how near to what is right it must be.

    Not ``sized`` where it only matters that what comes are numbers.
    """

    points: list[Point]
    rtol: float = 1e-6
    dtype: str | None = None
    sized: bool = True


Found = Mapping[str, tuple[Reply, ...]]


def _numbers(_bench: Bench, _case: _Case, found: Found) -> str:
    """Nothing overflows: outputs, loss and gradient are numbers."""
    for what, replies in found.items():
        fault = _fault(what, replies)
        if fault:
            return fault
        for reply in replies:
            bad = [role for role, value in reply.values.items() if not np.all(np.isfinite(value))]
            if bad:
                return tr(NO_NUMBER[what], block=bad[0].removeprefix("d"))
    return ""


@functools.lru_cache(maxsize=16)
def _far(point: Point) -> Point:
    return replace(point, X=EXTREME * point.X)


def _fault(what: str, replies: Sequence[Reply]) -> str:
    """What is said of answers of which nothing can be compared; empty where there is no such one."""
    fault = first_fault(tr(ASKED[what]), replies)
    return "" if fault is None else unended(fault.message.symptom)


def _point(bench: Bench, batch: int) -> Point:
    return _drawn(bench.assignment.network, batch, bench.seed + batch)


@functools.lru_cache(maxsize=16)
def _drawn(network: Network, batch: int, seed: int) -> Point:
    """The same point for all submissions, so that what is right there is computed once."""
    return point_of(network, batch=batch, seed=seed)


@functools.lru_cache(maxsize=16)
def _right(reference: Reference, point: Point) -> Expected:
    return reference.expected(point)


def _values(bench: Bench, case: _Case, found: Found) -> str:
    """The forward pass as at the hidden points; the gradient where it is right there."""
    points, rtol = case.points, case.rtol
    for what, replies in found.items():
        fault = _fault(what, replies)
        if fault:
            return fault
    if "outputs" in found and bench.forward_agreement.right:
        for reply, point in zip(found["outputs"], points, strict=True):
            right = _right(bench.reference, point).values["output"]
            if not agree(reply.values["output"], right, rtol):
                return tr("the outputs differ: {told}", told=described(reply.values["output"], right))
    if "gradient" in found and bench.verified and right_blocks(bench) == set(bench.assignment.network.parameters):
        for reply, point in zip(found["gradient"], points, strict=True):
            expected = _right(bench.reference, point)
            slopes = expected.gradients.get(bench.loss_agreement.variant or "", expected.gradient)
            for name, right in slopes.items():
                if ratio_of(reply.values[f"d{name}"], right) is None and not agree(
                    reply.values[f"d{name}"], right, rtol
                ):
                    told = described(reply.values[f"d{name}"], right)
                    return tr("the gradient of {block} differs: {told}", block=name, told=told)
    return ""


def _asked(bench: Bench, cases: Mapping[str, _Case]) -> dict[tuple[str, str], Question]:
    """Of outputs, loss and gradient what there is, by case; nothing where nothing runs at the usual points."""
    kinds = (("outputs", "forward", "output"), ("loss", "loss", "loss"), ("gradient", "gradient", ""))
    kept = {"forward": "forward", "loss": "losses", "gradient": "gradients"}
    there = [kind for kind in kinds if bench.subject.can(kind[1]) and _runs(getattr(bench, kept[kind[1]]))]
    return {
        (case, what): Question(
            name=name, points=at.points, roles=(role,) if role else (), extra=[{"dtype": at.dtype}] * len(at.points),
            sized=at.sized, with_loss=("loss", "loss", "loss") not in there,
        )
        for case, at in cases.items()
        for what, name, role in there
    }  # fmt: skip


def _runs(replies: Sequence[Reply]) -> bool:
    """What fails at every point is charged where it is looked at itself."""
    return all(reply.complete for reply in replies)


MADE: dict[str, Callable[[Bench], _Case]] = {
    "extreme": lambda bench: _Case(points=[_far(bench.points[0])], sized=False),
    "single": lambda bench: _Case(points=[_point(bench, 1)]),
    "shapes": lambda bench: _Case(points=[_point(bench, batch) for batch in OTHER_BATCHES]),
    "float32": lambda bench: _Case(points=[bench.points[0]], rtol=10.0 * SINGLE, dtype="float32"),
}
JUDGES: dict[bool, Callable[[Bench, _Case, Found], str]] = {True: _values, False: _numbers}
LABELS = {
    "extreme": mark("With inputs ten thousand times as large: {told}."),
    "single": mark("With one sample alone: {told}."),
    "shapes": mark("With batches of other sizes: {told}."),
    "float32": mark("In single precision: {told}."),
}
