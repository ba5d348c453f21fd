"""Sentences for the reader: why a verdict is what it is."""

from __future__ import annotations

import numpy as np

from gradcheck.checks.places import Examined, Judgement, State
from gradcheck.checks.probing import Outcome
from gradcheck.language import listed, tr, trn
from gradcheck.records import Finding, Severity, Verdict

__all__ = [
    "MOST_NAMED",
    "agreement",
    "clipped",
    "disagreement",
    "kink",
    "many_kinks",
    "rough",
    "saturated",
    "slight",
    "smoothed",
    "spent",
    "still",
    "undecided",
    "vacuous",
]

# Blocks that a reason names; the table has them all.
MOST_NAMED = 8


def agreement(outcomes: list[Outcome], findings: tuple[Finding, ...]) -> Judgement:
    """The judgement that claim and loss agree."""
    passed = [outcome for outcome in outcomes if outcome.verdict is Verdict.PASS]
    largest = max((abs(o.probe.analytic - o.probe.numeric) / o.scale for o in passed), default=0.0)
    summary = trn(
        "claimed and numeric derivatives agree along {n} random direction",
        "claimed and numeric derivatives agree along {n} random directions",
        len(passed),
    )
    reason = tr("{summary} (to {largest:.1e} of a block's share)", summary=summary, largest=largest)
    return Judgement(verdict=Verdict.PASS, reason=reason, summary=summary, findings=findings)


def disagreement(place: Examined, explained: Examined) -> Judgement:
    """The judgement that they do not, by the first probe that failed; ``explained`` is where it is looked into."""
    worst = next(outcome.probe for outcome in place.outcomes if outcome.verdict is Verdict.FAIL)
    summary = tr(
        "along a random direction the claimed derivative is {analytic:.6g}, the loss's own is {numeric:.6g} +- "
        "{bound:.1e}",
        analytic=worst.analytic,
        numeric=worst.numeric,
        bound=worst.error_bound,
    )
    reason = tr("{summary} (tolerance {tolerance:.1e})", summary=summary, tolerance=worst.tolerance)
    return Judgement(verdict=Verdict.FAIL, reason=reason, summary=summary, failing=explained)


def clipped(finding: Finding, place: Examined) -> Judgement:
    """The judgement that the gradient is cut off."""
    summary = tr("The gradient is clipped")
    return Judgement(verdict=Verdict.FAIL, reason=finding.message, summary=summary, findings=(finding,), failing=place)


def smoothed(finding: Finding) -> Judgement:
    """The judgement that they differ by a constant inside a logarithm, and by nothing else."""
    reason = tr(
        "the gradient agrees wherever outputs are far from saturation, and leaves out a constant inside a logarithm"
    )
    return Judgement(verdict=Verdict.PASS, reason=reason, findings=(finding,))


def saturated() -> Judgement:
    """The judgement that a disagreement may be that of such a constant, and the loss too noisy to say."""
    reason = tr(
        "the gradient disagrees, as it may where outputs saturate under a logarithm; where they do not, the "
        "loss is too noisy for differences to say"
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)


def rough() -> Judgement:
    """The judgement that it may be the differences that are wrong."""
    reason = tr(
        "differences of a loss in low precision, or so noisy that steps must cross kinks, disagree with the "
        "gradient, and no other oracle confirms them"
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)


def slight() -> Judgement:
    """The judgement on a disagreement that may be a mistake's, or a constant's beside a logarithm."""
    reason = tr(
        "the gradient disagrees by no more than a constant inside a logarithm of the loss can make, and no other "
        "oracle tells whether it is that constant"
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)


def many_kinks() -> Judgement:
    """The judgement that every step crosses kinks, and the smaller ones fewer."""
    reason = tr(
        "the gradient disagrees with differences, but the smaller their step the less: the loss has kinks "
        "within each step, or bends too sharply for it"
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)


def still() -> Judgement:
    """The judgement that there is nothing to compare anywhere."""
    reason = tr(
        "every gradient is zero, claimed and numeric, at every point looked at: the loss does not depend on "
        "the parameters, or everything is saturated, so nothing could be compared"
    )
    return Judgement(verdict=Verdict.INVALID, reason=reason)


def kink(base: Examined) -> Finding:
    """The finding that the given point lies at a kink."""
    jump = max((abs(outcome.kink) for outcome in base.outcomes), default=0.0)
    if jump:
        message = tr(
            "The parameters as given lie at a kink of the loss (the slope jumps by {jump:.3g} there), where no "
            "gradient can agree with differences. Next to it the gradient agrees, so the verdict rests on that.",
            jump=jump,
        )
    else:
        message = tr(
            "The parameters as given lie at a kink of the loss, where no gradient can agree with differences. "
            "Next to it the gradient agrees, so the verdict rests on that."
        )
    return Finding(id="kink", severity=Severity.INFO, message=message)


def undecided(place: Examined) -> Judgement:
    """The judgement that differences decide nothing at a place."""
    coarse = [o.probe.blocks[0] for o in place.single if o.verdict is not Verdict.PASS]
    if coarse:
        why = tr(
            "the loss is too coarse, in 16 bits, to tell whether the gradient of {blocks} is right",
            blocks=listed(coarse, most=MOST_NAMED),
        )
        return Judgement(verdict=Verdict.INCONCLUSIVE, reason=why)
    worst = next((o.probe for o in place.outcomes if o.verdict is not Verdict.PASS), place.outcomes[-1].probe)
    bound = worst.error_bound
    if place.single and bound <= worst.tolerance:  # known well enough: it is the disagreement that is doubtful
        return rough()
    if np.isfinite(bound):
        why = tr(
            "the numeric derivative is only known to {bound:.1e} where the tolerance is {tolerance:.1e}: "
            "the loss is too noisy or too sharply bent for differences",
            bound=bound,
            tolerance=worst.tolerance,
        )
    else:
        why = tr("no step size gave a usable difference of the loss")
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=why)


def vacuous(base: Examined) -> tuple[Finding, ...]:
    """What is said of a point as given where nothing could be compared."""
    if base.state is not State.VACUOUS:
        return ()
    message = tr(
        "At the parameters as given every gradient is zero, claimed and numeric: nothing could be compared "
        "there. The verdict rests on a point with weights of unit scale."
    )
    return (Finding(id="vacuous-point", severity=Severity.WARNING, message=message),)


def spent(places: list[Examined]) -> Judgement:
    """The judgement that the losses that a check may cost have decided nothing.

    What agreed and what did not contradict each other, as they do where outputs saturate or the loss is noisy.
    """
    verdicts = [outcome.verdict for place in places for outcome in place.outcomes]
    reason = tr(
        "claimed and numeric derivatives agree along {agreeing} of {all} directions; "
        "why not along the others could not be found out with the loss evaluations that a check may cost",
        agreeing=verdicts.count(Verdict.PASS),
        all=len(verdicts),
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)
