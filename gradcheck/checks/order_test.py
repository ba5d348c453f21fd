"""A second opinion by rates: the Taylor remainder of a right gradient falls with the square of the step.

``R0(h) = |f(x + h v) - f(x)|`` falls like ``h``; ``R1(h) = |f(x + h v) - f(x) - h <g, v>|`` falls like ``h**2`` when
``g`` is the gradient and like ``h`` when it is not. Remainders near the round-off of the loss show nothing and are left
out of the rate.

References
----------
.. [1] P. E. Farrell, D. A. Ham, S. W. Funke and M. E. Rognes, "Automated derivation of the adjoint of high-level
   transient finite element programs", SIAM J. Sci. Comput. 35 (2013), section 4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from gradcheck.checks.directions import Direction, joint_directions
from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError
from gradcheck.checks.rounding import EPS
from gradcheck.records import OrderTest, Verdict

__all__ = ["order_test", "order_test_at"]

STEPS = 8
FIRST_STEP = 1e-2  # relative to the norm of the parameters
RATIO = 4.0
# A remainder below this many times the loss's own spacing is noise.
NOISE_FACTOR = 64.0
# Rates are 1 for a wrong gradient and 2 for a right one; the uncertain middle is left open.
RIGHT_RATE, WRONG_RATE = 1.75, 1.25
# The smallest steps decide: of a gradient that is off by little the remainder falls with the square of large steps.
TAIL = 2


def order_test_at(evaluator: Evaluator, points: Sequence[Point], rng: np.random.Generator, *, right: bool) -> OrderTest:
    """Remainders at the first of several points; of a gradient that is right, at the first where no kink spoils them.

    Parameters
    ----------
    evaluator : Evaluator
    points : sequence of Point
        At least one.
    rng : Generator
        Draws a direction a point.
    right : bool
        Whether the gradient has been shown to be right: remainders that fall like ``h`` all the same are those of a
        kink at the point itself, or of steps that leave it, and decide nothing.
    """
    tests = []
    for point in points:
        direction = joint_directions(point.claim.values, evaluator.slices, rng)[0]
        tests.append(order_test(evaluator, point, direction))
        if not right or tests[-1].verdict is Verdict.PASS:
            return tests[-1]
    return dataclasses.replace(tests[0], verdict=Verdict.INCONCLUSIVE)


def order_test(evaluator: Evaluator, point: Point, direction: Direction) -> OrderTest:
    """Remainders and rates along one direction.

    Parameters
    ----------
    evaluator : Evaluator
    point : Point
    direction : Direction

    Returns
    -------
    OrderTest
        ``verdict`` is INCONCLUSIVE where fewer than two remainders stand clear of round-off, or the observed rate is
        neither near 1 nor near 2 (kinks). A loss that is linear along the line leaves no remainder: that is a PASS.
    """
    vector = direction.vector
    length = float(np.linalg.norm(vector)) or 1.0
    reach = max(float(np.linalg.norm(point.theta)), 0.1 * np.sqrt(vector.size))
    slope = float(point.claim.values @ vector)
    centre = point.loss if point.measured else evaluator.loss(evaluator.handed(point.theta))
    noise = NOISE_FACTOR * EPS[evaluator.loss_precision] * max(abs(centre), abs(slope) * reach / length * FIRST_STEP)
    claim_error = point.claim.error_along(vector, evaluator.slices) + NOISE_FACTOR * EPS[point.claim.precision] * float(
        np.linalg.norm(point.claim.values * vector)
    )
    steps, zeroth, first = [], [], []
    for k in range(STEPS):
        step = FIRST_STEP * reach / length / RATIO**k
        try:
            change = evaluator.loss(point.theta + step * vector) - centre
        except UnusableLossError:
            continue
        if not np.isfinite(change):
            continue
        steps.append(step)
        zeroth.append(abs(change))
        first.append(abs(change - step * slope))
    usable = [remainder > noise + step * claim_error for remainder, step in zip(first, steps, strict=True)]
    rates = [
        float(np.log(a / b) / np.log(h / k)) if a > 0.0 and b > 0.0 else float("nan")
        for a, b, h, k in zip(first, first[1:], steps, steps[1:], strict=False)
    ]
    clear = [rate for rate, a, b in zip(rates, usable, usable[1:], strict=False) if a and b and np.isfinite(rate)]
    rate = float(np.mean(clear[-TAIL:])) if len(clear) >= TAIL else None
    vanished = bool(first) and not any(usable)
    moved = bool(zeroth) and max(zeroth) > noise
    return OrderTest(
        steps=tuple(steps),
        zeroth=tuple(zeroth),
        first=tuple(first),
        rates=tuple(rates),
        usable=tuple(usable),
        rate=rate,
        verdict=_judge(clear[-TAIL:], vanished=vanished and moved),
    )


def _judge(tail: list[float], *, vanished: bool) -> Verdict:
    if vanished:
        return Verdict.PASS
    if len(tail) == TAIL and min(tail) >= RIGHT_RATE:
        return Verdict.PASS
    return Verdict.FAIL if len(tail) == TAIL and max(tail) <= WRONG_RATE else Verdict.INCONCLUSIVE
