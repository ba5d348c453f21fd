"""Whether a gradient is rough as difference quotients are, by numbers that the controller compares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.grading.items.bench import Bench
from gradcheck.grading.reference.points import Array, Point
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.language import tr
from gradcheck.records import Finding, Severity

__all__ = ["rough_gradient"]

# Size of the steps along a direction (relative to weights of unit scale): what is smooth bends by its square. They
# are far below the last digit of single precision: a gradient that is put together of such numbers hardly moves at all.
STEP = 1e-12
# Second differences, relative to the largest entry. Back-propagation rounds to some 1e-16 of it; a quotient rounds to
# that over its own step: 1e-12 for steps of 1e-4. Larger steps, whose quotients are further off, are not told so.
ROUGH = 1e-13
# So many times as rough as the gradient meant is where back-propagation itself loses digits: saturated units, large
# terms that cancel. A quotient is ten thousand times as rough, or more, where it loses none.
ILL_CONDITIONED = 100.0
# Of outputs and losses: what is rougher was computed in low precision, and so was the gradient.
SMOOTH = 1e-14
# Points that must agree: at one, a unit could switch between the steps.
POINTS = 2


def rough_gradient(bench: Bench) -> Finding | None:
    """``numerical-gradient``, where neighbouring gradients jump and neighbouring outputs do not.

    However it was come by: nothing that its process does about being watched changes its rounding.

    Parameters
    ----------
    bench : Bench
    """
    subject = bench.subject
    control = next((name for name in ("forward", "loss") if subject.can(name)), None)
    # One that is recovered from steps is as rough as the weights that it is the difference of.
    if "gradient" not in bench.assignment.interface.calls or control is None or len(bench.points) < POINTS:
        return None
    role = "output" if control == "forward" else "loss"
    jumps = []
    for number, (point, centre) in enumerate(zip(bench.points[:POINTS], bench.gradients, strict=False)):
        if not centre.complete:
            return None
        around = _around(point, number)
        jump = _jump(centre, subject.gradient(around))
        if jump is None or jump <= ROUGH or jump <= ILL_CONDITIONED * _jump_meant(bench, point, around):
            return None
        question = Question(name=control, points=[point, *around], roles=(role,))
        middle, *sides = subject.together([question])[0]
        smooth = _jump(middle, sides)
        if smooth is None or smooth > SMOOTH:
            return None
        jumps.append(jump)
    message = tr(
        "The gradient is rough: between points a billionth apart it jumps by {jump:.0e} of itself, and its outputs do "
        "not. Difference quotients are so; back-propagation is not.",
        jump=min(jumps),
    )
    return Finding(id="numerical-gradient", severity=Severity.WARNING, message=message)


def _around(point: Point, seed: int) -> list[Point]:
    """Two points on a line through one, a small step before and behind it."""
    rng = np.random.default_rng(seed)
    direction = {name: rng.normal(size=value.shape) for name, value in point.params.items()}
    return [
        point.with_params({name: value + step * direction[name] for name, value in point.params.items()})
        for step in (-STEP, STEP)
    ]


def _jump_meant(bench: Bench, point: Point, around: Sequence[Point]) -> float:
    """As rough as back-propagation is there, by the reference's own."""
    middle, *sides = (Reply(values=dict(bench.reference.expected(at).gradient)) for at in (point, *around))
    return _jump(middle, sides) or 0.0


def _jump(centre: Reply, sides: Sequence[Reply]) -> float | None:
    """The second difference of an entry in the middle of all that are not zero; None where that cannot be told."""
    if not all(reply.complete for reply in (centre, *sides)):
        return None
    middle, before, after = (_flat(reply) for reply in (centre, *sides))
    told = (middle != 0.0) & np.isfinite(before + middle + after)
    if not told.any() or np.array_equal(middle[told], middle[told].astype(np.float32)):
        return None
    bend = np.abs(before - 2.0 * middle + after)[told]
    return float(np.median(bend) / np.max(np.abs(middle[told])))


def _flat(reply: Reply) -> Array:
    return np.concatenate([np.ravel(value) for value in reply.values.values()])
