"""Claims that automatic differentiation confirms where differences of the loss are too rough to.

A loss may be computed with far more noise than its last place: ``log(1 - p)`` near ``p = 1`` moves in steps, a loss
with a large offset needs steps that cross kinks. Differences then settle on a wrong value. Where the claim agrees with
automatic differentiation at every point looked at, and differences agree with both at some point, it is the
differences that are wrong: a derivative that leaves something out would disagree with them at that point too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import UnusableLossError
from gradcheck.checks.places import Examined, Judgement, State
from gradcheck.checks.points import fresh_point, output_matrix
from gradcheck.checks.rescue import known
from gradcheck.checks.sources import exact_at, find_exact
from gradcheck.language import tr, trn
from gradcheck.problem import OracleUnavailableError
from gradcheck.records import Verdict

if TYPE_CHECKING:
    from gradcheck.checks.investigation import Investigation

__all__ = ["corroborated"]

# Steps up to this part of the parameters hardly cross a kink; beyond, a disagreement may be that of an average slope.
LOCAL = 1e-5
# Output weights at the points where differences are asked once more, as parts of unit scale: outputs do not saturate at
# the first unless inputs are large, and hardly ever at the second.
OUTPUT_SCALES = (0.25, 0.004)
ONE_STEP = (1.0,)


def corroborated(investigation: Investigation) -> Judgement | None:
    """A pass where claim and automatic differentiation agree everywhere, and differences with both where they can.

    Returns
    -------
    Judgement or None
        ``None`` where automatic differentiation does not run, or disagrees with the claim or with the differences.
    """
    if investigation.oracle not in ("auto", "autodiff"):
        return None
    places = [place for place in investigation.examined if place.state is not State.VACUOUS]
    if not places or not all(_agrees(investigation, place) for place in places):
        return None
    support = _support(investigation, places)
    if support is None:
        return None
    reason = trn(
        "claimed derivatives agree with autodiff at {n} point, where differences of the loss are rough; {support}",
        "claimed derivatives agree with autodiff at {n} points, where differences of the loss are rough; {support}",
        len(places),
        support=support,
    )
    return Judgement(verdict=Verdict.PASS, reason=reason, oracle="autodiff")


def _agrees(investigation: Investigation, place: Examined) -> bool:
    """Whether the claim agrees with automatic differentiation, faint blocks among themselves included."""
    evaluator, tolerance, claim = investigation.evaluator, investigation.tolerance, place.point.claim
    try:
        exact = exact_at(evaluator, place.point)
    except OracleUnavailableError:
        return False
    for direction in joint_directions(claim.values, evaluator.slices, investigation.rng):
        vector = direction.vector
        gap = abs(float((claim.values - exact.gradient) @ vector))
        error = exact.error * float(np.linalg.norm(exact.gradient * vector))
        allowed = tolerance.rtol * max(direction.weights) + tolerance.atol
        if error > allowed or gap > allowed + error + claim.error_along(vector, evaluator.slices):
            return False
    return True


def _support(investigation: Investigation, places: list[Examined]) -> str | None:
    """What differences say for automatic differentiation, if they do: at a point looked at, or at a calmer one."""
    evaluator = investigation.evaluator
    if any(place.agrees and find_exact(evaluator, place) is not None for place in places):
        return tr("where they are not they agree with both")
    far = all(outcome.reach > LOCAL for place in places if place.disagrees for outcome in place.outcomes)
    if far and any(_trusted_coarsely(investigation, place) for place in places):
        return tr("they agree with both as far as they reach")
    for scale in OUTPUT_SCALES:
        calm = _calm_place(investigation, scale)
        if calm is None or not _agrees(investigation, calm):
            continue
        if calm.agrees or (far and _trusted_coarsely(investigation, calm)):
            if calm.agrees:
                return tr("where outputs are small they agree with both")
            return tr("where outputs are small they agree with both as far as they reach")
    return None


def _trusted_coarsely(investigation: Investigation, place: Examined) -> bool:
    """Whether differences know the derivative to some hundredths, and automatic differentiation agrees."""
    return known(place) and find_exact(investigation.evaluator, place) is not None


def _calm_place(investigation: Investigation, scale: float) -> Examined | None:
    """One difference at weights of unit scale and small output weights."""
    evaluator = investigation.evaluator
    theta = fresh_point(evaluator.blocks, evaluator.slices, investigation.rng, 1.0)
    output = output_matrix(evaluator.blocks)
    theta[slice(0, theta.size) if output is None else evaluator.slices[output]] *= scale
    try:
        point = evaluator.point("fresh", theta, investigation.points[0])
    except UnusableLossError:
        return None
    if not np.any(point.claim.values):
        return None
    return investigation.examine(point, ladder=ONE_STEP, jointly=True)
