"""Sentences for the reader: why a verdict is what it is."""

from __future__ import annotations

import numpy as np

from gradcheck.checks.places import Examined, Judgement, State
from gradcheck.checks.probing import Outcome
from gradcheck.records import Finding, Severity, Verdict

__all__ = ["agreement", "disagreement", "kink", "spent", "undecided", "vacuous"]


def agreement(outcomes: list[Outcome]) -> str:
    """Why a check passed."""
    passed = [outcome for outcome in outcomes if outcome.verdict is Verdict.PASS]
    largest = max((abs(o.probe.analytic - o.probe.numeric) / o.scale for o in passed), default=0.0)
    count = len(passed)
    return (
        f"claimed and numeric derivatives agree along {count} random direction{'s' if count != 1 else ''} "
        f"(to {largest:.1e} of a block's share)"
    )


def disagreement(place: Examined) -> str:
    """Why a check failed: the first probe that did."""
    worst = next(outcome.probe for outcome in place.outcomes if outcome.verdict is Verdict.FAIL)
    return (
        f"along a random direction the claimed derivative is {worst.analytic:.6g}, the loss's own is "
        f"{worst.numeric:.6g} +- {worst.error_bound:.1e} (tolerance {worst.tolerance:.1e})"
    )


def kink(base: Examined) -> Finding:
    """The finding that the given point lies at a kink."""
    jump = max((abs(outcome.kink) for outcome in base.outcomes), default=0.0)
    seen = f" (the slope jumps by {jump:.3g} there)" if jump else ""
    return Finding(
        id="kink",
        severity=Severity.INFO,
        message=f"The parameters as given lie at a kink of the loss{seen}, where no gradient can agree with "
        "differences. Next to it the gradient agrees, so the verdict rests on that.",
    )


def undecided(place: Examined) -> Judgement:
    """The judgement that differences decide nothing at a place."""
    worst = next((o.probe for o in place.outcomes if o.verdict is not Verdict.PASS), place.outcomes[-1].probe)
    bound = worst.error_bound
    if np.isfinite(bound):
        why = (
            f"the numeric derivative is only known to {bound:.1e} where the tolerance is {worst.tolerance:.1e}: "
            "the loss is too noisy or too sharply bent for differences"
        )
    else:
        why = "no step size gave a usable difference of the loss"
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=why)


def vacuous(base: Examined) -> tuple[Finding, ...]:
    """What is said of a point as given where nothing could be compared."""
    if base.state is not State.VACUOUS:
        return ()
    message = (
        "At the parameters as given every gradient is zero, claimed and numeric: nothing could be compared "
        "there. The verdict rests on a point with weights of unit scale."
    )
    return (Finding(id="vacuous-point", severity=Severity.WARNING, message=message),)


def spent(places: list[Examined]) -> Judgement:
    """The judgement that the losses that a check may cost have decided nothing.

    What agreed and what did not contradict each other, as they do where outputs saturate or the loss is noisy.
    """
    verdicts = [outcome.verdict for place in places for outcome in place.outcomes]
    reason = (
        f"claimed and numeric derivatives agree along {verdicts.count(Verdict.PASS)} of {len(verdicts)} directions; "
        "why not along the others could not be found out with the loss evaluations that a check may cost"
    )
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=reason)
