"""Verdicts where differences alone cannot decide, and steps that add weight decay to the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import random_signs
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.places import Examined, Judgement
from gradcheck.checks.sources import DirectionalSource, Exact, find_complex, find_exact
from gradcheck.language import tr, trn
from gradcheck.records import Finding, Severity, Verdict

if TYPE_CHECKING:
    from gradcheck.checks.investigation import Investigation

__all__ = ["decide_by_other_oracles", "known", "second_opinion", "weight_decay"]

Vector = npt.NDArray[np.float64]

# Residuals of a block (relative to its claimed gradient) below this are those of recovering a gradient from a step.
OFF = 1e-7
# One rate, as far as differences with an error of 1e-6 of a block's gradient can tell (relative).
SAME_RATE = 1e-3
# A difference must know the derivative at least this well (relative) before another oracle may be held against it.
COARSE = 0.02


def decide_by_other_oracles(investigation: Investigation) -> Judgement | None:
    """Judge every point looked at by a source that has no round-off to speak of.

    Returns
    -------
    Judgement or None
        ``None`` where no such source runs, or none agrees with the differences as far as those reach, or it shows a
        disagreement at one point only, or its own error is above the tolerance.
    """
    places = [place for place in investigation.examined if place.outcomes and known(place)]
    found = _sources(investigation, places)
    if not found:
        return None
    name = found[0].name
    verdicts = [_judge(place, source) for place, source in zip(places, found, strict=True)]
    failing = [place for place, verdict in zip(places, verdicts, strict=True) if verdict is Verdict.FAIL]
    if not failing:
        if Verdict.INCONCLUSIVE in verdicts:
            return None
        reason = trn(
            "claimed derivatives agree with {name} at {n} point; differences of the loss agree as far as they reach",
            "claimed derivatives agree with {name} at {n} points; differences of the loss agree as far as they reach",
            len(places),
            name=name,
        )
        return Judgement(verdict=Verdict.PASS, reason=reason, oracle=name)
    if len(failing) == 1 or investigation.hints.may_saturate:  # smoothed losses are judged away from saturation
        return None
    reason = tr(
        "the derivative by {name} differs from the claimed one at {number} points", name=name, number=len(failing)
    )
    return Judgement(verdict=Verdict.FAIL, reason=reason, failing=failing[0], oracle=name)


def second_opinion(investigation: Investigation) -> str | None:
    """The name of the source that was asked for, if it runs and agrees with the differences at every point."""
    places = [place for place in investigation.examined if place.outcomes and known(place)]
    found = _sources(investigation, places)
    return found[0].name if found else None


def _sources(investigation: Investigation, places: list[Examined]) -> list[Exact | DirectionalSource]:
    """One source a place, or nothing."""
    sources = []
    for place in places:
        source = _source(investigation.evaluator, place, investigation.oracle)
        if source is None:
            return []
        sources.append(source)
    return sources


def weight_decay(
    evaluator: Evaluator, place: Examined, source: Exact | DirectionalSource, rng: np.random.Generator
) -> Finding | None:
    """Whether a gradient recovered from steps is off by one multiple of the parameters themselves.

    Along two random directions ``v`` of each block the residual is ``rate * <theta, v>`` with one rate for all blocks
    that are off at all.
    """
    point = place.point
    if not any(point.claim.errors):
        return None
    rates: list[float] = []
    for where in evaluator.slices:
        if where.stop - where.start < 2:  # one number is a multiple of any other
            continue
        size = float(np.linalg.norm(point.claim.values[where])) or 1.0
        for _ in range(2):
            vector = np.zeros(point.theta.size)
            vector[where] = random_signs(where.stop - where.start, rng) / size
            residual, bound = _residual(point.claim.values, source, vector)
            pull = float(point.theta @ vector)
            if abs(residual) <= 4.0 * bound + OFF:
                continue
            if abs(pull) <= bound / SAME_RATE:
                return None
            rates.append(residual / pull)
    if len(rates) < 2 or min(rates) <= 0.0 or max(rates) > min(rates) * (1.0 + SAME_RATE):
        return None
    message = tr(
        "The step shrinks the parameters by {rate:.6g} of themselves beside the gradient (weight decay), "
        "which the loss does not contain. Add the penalty to the loss, or pass a step without decay.",
        rate=rates[0],
    )
    return Finding(id="weight-decay", severity=Severity.ERROR, message=message)


def _residual(claim: Vector, source: Exact | DirectionalSource, vector: Vector) -> tuple[float, float]:
    """Claimed minus numeric derivative along a direction, and its error bound."""
    if isinstance(source, Exact):
        return float((claim - source.gradient) @ vector), source.error
    numeric, bound = source(vector)
    return float(claim @ vector) - numeric, bound


def known(place: Examined) -> bool:
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


def _judge(place: Examined, source: Exact | DirectionalSource) -> Verdict:
    """The rule of a probe, with the source in place of the differences."""
    verdict = Verdict.PASS
    for outcome in place.outcomes:
        vector = outcome.direction.vector
        if isinstance(source, Exact):
            numeric, bound = (
                float(source.gradient @ vector),
                source.error * float(np.linalg.norm(source.gradient * vector)),
            )
        else:
            numeric, bound = source(vector)
        if abs(outcome.probe.analytic - numeric) > outcome.probe.tolerance + bound:
            return Verdict.FAIL
        if bound > outcome.probe.tolerance:
            verdict = Verdict.INCONCLUSIVE
    return verdict
