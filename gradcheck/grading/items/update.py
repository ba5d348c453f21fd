"""Whether a step changes the parameters as gradient descent does."""

from __future__ import annotations

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.discretion import coarse
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import SINGLE, agree, common_ratio
from gradcheck.grading.items.faults import first_fault
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.reference.points import Array
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.language import tr

__all__ = ["KIND", "measure", "questions", "step_constant"]

KIND = Kind(
    name="update",
    summary="One step subtracts the rate times the gradient from every parameter, each gradient from its own.",
    needs=(("update",),),
    undeclared=False,
)
# Rounding of a parameter of size one, over a change of a tenth.
STEP_RTOL = 1e-9
# Constants of parameters that are one constant.
ALIKE = 1e-6


def measure(bench: Bench, _item: Item) -> Measured:
    """With gradients that are given to it, or else with those that it computes itself: those are charged elsewhere."""
    names = bench.assignment.network.parameters
    slopes, replies = _stepped(bench)
    fault = first_fault(tr("The update"), replies)
    if fault is not None:
        return fault
    changes, wanted = _changes(bench, slopes, replies)
    wrong = [name for name in names if not all(_same(c[name], w[name]) for c, w in zip(changes, wanted, strict=True))]
    ratios = _ratios(names, changes, wanted)
    evidence = tuple(tr("{block}: {told}", block=name, told=_words(ratios[name])) for name in names)
    if not wrong:
        return Measured(share=1.0, evidence=evidence)
    if _adds(bench, [ratios[name] for name in names]):
        return Measured(share=1.0, evidence=evidence, conventions=frozenset({"gradient-sign"}))
    if all(not np.any(change[name]) for change in changes for name in names):
        return failed(tr("The update leaves all parameters as they are."), *evidence,
                      fix=tr("Give the new parameters back, or change the arrays in place (W -= ...)."))  # fmt: skip
    first, share = wrong[0], 1.0 - len(wrong) / len(names)
    ratio = ratios[first]
    symptom = (
        tr("The update of {block} is {ratio} x the step meant.", block=first, ratio=coarse(ratio))
        if ratio is not None and ratio > 0.0
        else tr("The update of {block} is another change than the rate times its gradient, subtracted.", block=first)
    )
    climbs = tr("It is added where it is to be subtracted: the step climbs.") if _is_opposite(ratio) else None
    return failed(symptom, *evidence, share=share, name=climbs, factor=_positive(ratios, wrong))


def step_constant(bench: Bench) -> float | None:
    """The constant that a step is of the one meant, for every parameter alike; None where it is none.

    Parameters
    ----------
    bench : Bench
        Of a subject that can be asked for an update.
    """
    slopes, replies = _stepped(bench)
    if not all(reply.complete for reply in replies):
        return None
    ratios = list(_ratios(bench.assignment.network.parameters, *_changes(bench, slopes, replies)).values())
    known = [ratio for ratio in ratios if ratio is not None]
    alike = len(known) == len(ratios) and bool(np.ptp(known) <= ALIKE * abs(known[0]))
    return known[0] if alike else None


Arrays = list[dict[str, Array]]


def _stepped(bench: Bench) -> tuple[Arrays, tuple[Reply, ...]]:
    given = bench.subject.can("update_given")
    return bench.stepped(bench.points) if given else _own(bench, bench.assignment.network.parameters)


def _changes(bench: Bench, slopes: Arrays, replies: tuple[Reply, ...]) -> tuple[Arrays, Arrays]:
    """By how much parameters have changed at each point, and by how much they should have."""
    names = bench.assignment.network.parameters
    changes = [
        {name: reply.values[name] - point.params[name] for name in names}
        for reply, point in zip(replies, bench.points, strict=True)
    ]
    wanted = [
        {name: -point.learning_rate * slope[name] for name in names}
        for slope, point in zip(slopes, bench.points, strict=True)
    ]
    return changes, wanted


def _ratios(names: tuple[str, ...], changes: Arrays, wanted: Arrays) -> dict[str, float | None]:
    return {name: common_ratio([change[name] for change in changes], [want[name] for want in wanted]) for name in names}


def questions(bench: Bench, _item: Item) -> list[Question]:
    """What is asked where it computes its gradients itself."""
    if bench.subject.can("update_given") or not bench.subject.can("update"):
        return []
    return [Question(name="update", points=bench.points, roles=bench.assignment.network.parameters)]


def _own(bench: Bench, names: tuple[str, ...]) -> tuple[list[dict[str, Array]], tuple[Reply, ...]]:
    replies = bench.answers([Question(name="update", points=bench.points, roles=names)])[0]
    if not all(reply.complete for reply in bench.gradients):
        return [dict(expected.gradient) for expected in bench.expected], replies
    return [{name: reply.values[f"d{name}"] for name in names} for reply in bench.gradients], replies


def _same(change: Array, wanted: Array) -> bool:
    """A change is a difference of parameters of size one: its rounding is theirs, not its own."""
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-300)
    return agree(change, wanted, max(STEP_RTOL / scale, STEP_RTOL)) or agree(change, wanted, min(SINGLE, 1e-6))


def _adds(bench: Bench, ratios: list[float | None]) -> bool:
    """By the convention that gradients are the direction of descent: they must be, else the step climbs."""
    return all(map(_is_opposite, ratios)) and "gradient-sign" in bench.assignment.conventions and not bench.uphill


def _is_opposite(ratio: float | None) -> bool:
    return ratio is not None and abs(ratio + 1.0) < 1e-6


def _positive(ratios: dict[str, float | None], wrong: list[str]) -> bool:
    """Whether what is wrong is a positive constant."""
    return all((ratio := ratios[name]) is not None and ratio > 0.0 for name in wrong)


def _words(ratio: float | None) -> str:
    if ratio is None:
        return tr("another change than the rate times its gradient, subtracted")
    if abs(ratio - 1.0) < 1e-6:
        return tr("right")
    if _is_opposite(ratio):
        return tr("added where it is to be subtracted: the step climbs")
    return tr("{ratio:.6g} x the step meant", ratio=ratio)
