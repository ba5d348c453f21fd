"""Verdicts where differences alone cannot decide, and steps that add weight decay to the gradient."""

from __future__ import annotations

import numpy as np

from gradcheck.checks.evaluator import Evaluator, UnusableLossError, WrongGradientError
from gradcheck.checks.investigation import Examined, Investigation, Judgement
from gradcheck.checks.probing import Tolerance
from gradcheck.checks.sources import DirectionalSource, Exact, find_complex, find_exact
from gradcheck.problem import OracleUnavailableError
from gradcheck.records import Finding, Severity, Verdict

__all__ = ["decide_by_other_oracles", "weight_decay"]

# A difference must know the derivative at least this well (relative) before another oracle may be held against it.
COARSE = 0.02


def decide_by_other_oracles(
    evaluator: Evaluator, investigation: Investigation, tolerance: Tolerance, oracle: str, judgement: Judgement
) -> tuple[Judgement, str] | None:
    """Judge every point looked at by a source that has no round-off to speak of.

    Returns
    -------
    (Judgement, source name), or None
        ``None`` where no such source runs, or none agrees with the differences as far as those reach.
    """
    places = [place for place in investigation.examined if place.outcomes and _known(place)]
    if not places:
        return None
    verdicts: list[tuple[Verdict, Examined]] = []
    name = ""
    for place in places:
        source = _source(evaluator, place, oracle)
        if source is None:
            return None
        name = source.name
        verdicts.append((_judge(place, source, tolerance), place))
    failing = [place for verdict, place in verdicts if verdict is Verdict.FAIL]
    if judgement.verdict is Verdict.FAIL:
        return judgement, name
    if len(failing) >= 2:
        reason = f"the derivative by {name} differs from the claimed one at {len(failing)} points"
        return Judgement(verdict=Verdict.FAIL, reason=reason, failing=failing[0]), name
    if failing:
        return None
    reason = (
        f"claimed derivatives agree with {name} at {len(places)} point{'s' if len(places) != 1 else ''}; "
        "differences of the loss agree as far as they reach"
    )
    if judgement.verdict is Verdict.PASS:
        return judgement, name
    return Judgement(verdict=Verdict.PASS, reason=reason, findings=judgement.findings), name


def weight_decay(evaluator: Evaluator, place: Examined, source: Exact | DirectionalSource) -> Finding | None:
    """Whether a gradient recovered from steps is off by one multiple of the parameters themselves."""
    point = place.point
    if not isinstance(source, Exact) or not np.any(point.claim.error):
        return None
    gap = point.claim.values - source.gradient
    rates = []
    for where in evaluator.slices:
        part, theta = gap[where], point.theta[where]
        size = float(np.linalg.norm(source.gradient[where])) + float(np.linalg.norm(point.claim.values[where]))
        if float(np.linalg.norm(part)) <= 1e-7 * size:
            continue
        rate = float(theta @ part) / (float(theta @ theta) or 1.0)
        if float(np.linalg.norm(part - rate * theta)) > 1e-6 * float(np.linalg.norm(part)) or part.size < 2:
            return None
        rates.append(rate)
    if not rates or min(rates) <= 0.0 or max(rates) > min(rates) * (1.0 + 1e-6):
        return None
    return Finding(
        id="weight-decay",
        severity=Severity.ERROR,
        message=f"The step shrinks the parameters by {rates[0]:.6g} of themselves beside the gradient (weight decay), "
        "which the loss does not contain. Add the penalty to the loss, or pass a step without decay.",
    )


def _known(place: Examined) -> bool:
    """Whether differences know the derivative here well enough to hold another source against them."""
    return all(
        np.isfinite(o.probe.error_bound)
        and o.probe.error_bound
        <= COARSE * max(abs(o.probe.numeric), float(np.linalg.norm(place.point.claim.values * o.direction.vector)))
        for o in place.outcomes
    )


def _source(evaluator: Evaluator, place: Examined, oracle: str) -> Exact | DirectionalSource | None:
    if oracle in ("auto", "autodiff"):
        exact = find_exact(evaluator, place)
        if exact is not None or oracle == "autodiff":
            return exact
    return find_complex(evaluator, place) if oracle in ("auto", "complex-step") else None


def _judge(place: Examined, source: Exact | DirectionalSource, tolerance: Tolerance) -> Verdict:
    for outcome in place.outcomes:
        vector = outcome.direction.vector
        if isinstance(source, Exact):
            numeric, bound = float(source.gradient @ vector), source.error * float(np.linalg.norm(source.gradient * vector))
        else:
            try:
                numeric, bound = source(vector)
            except (OracleUnavailableError, UnusableLossError, WrongGradientError):
                return Verdict.INCONCLUSIVE
        if abs(outcome.probe.analytic - numeric) > outcome.probe.tolerance + bound:
            return Verdict.FAIL
    return Verdict.PASS
