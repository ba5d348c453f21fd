"""Whether a tolerance that somebody asked for leaves anything to compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from gradcheck.checks.places import Judgement
from gradcheck.checks.probing import Outcome, Tolerance
from gradcheck.language import tr
from gradcheck.records import Finding, Severity, Verdict

__all__ = ["WIDE_TOLERANCE", "held_to"]

# A wider relative tolerance is told: a mean over a hundred that divides by ninety-nine is off by a hundredth.
WIDE = 1e-2
# From here on a gradient of half its length is within the tolerance, and so is one of zeros along most directions.
VOID = 0.5
WIDE_TOLERANCE = "wide-tolerance"


def held_to(judgement: Judgement, tolerance: Tolerance, default: Tolerance, outcomes: Sequence[Outcome]) -> Judgement:
    """The judgement as it stands in a tolerance that is wider than the default.

    No check passes that would have passed whatever was claimed: one whose tolerance reaches over half of what was
    compared, along every direction, is INCONCLUSIVE.

    Parameters
    ----------
    judgement : Judgement
    tolerance, default : Tolerance
        What was asked for, and what holds where nothing is (relative, and in units of the derivative).
    outcomes : sequence of Outcome
        All that was compared.
    """
    if judgement.verdict is not Verdict.PASS or (tolerance.rtol <= default.rtol and tolerance.atol <= default.atol):
        return judgement
    told = [outcome for outcome in outcomes if outcome.verdict is Verdict.PASS]
    sizes = np.array([max(outcome.scale, abs(outcome.probe.numeric)) for outcome in told])
    allowed = np.array([outcome.probe.tolerance for outcome in told])
    asked = {"rtol": f"{tolerance.rtol:.3g}", "atol": f"{tolerance.atol:.3g}"}
    if np.any(sizes > 0.0) and np.all(allowed >= VOID * sizes):
        reason = tr(
            "The tolerance (rtol={rtol}, atol={atol}) is as wide as the gradient itself: one of half its length would "
            "pass too, so nothing was compared. Leave rtol and atol out, or make them smaller.",
            **asked,
        )
        finding = Finding(id="tolerance-too-wide", severity=Severity.ERROR, message=reason)
        return dataclasses.replace(
            judgement,
            verdict=Verdict.INCONCLUSIVE,
            reason=reason,
            summary=None,
            findings=(*judgement.findings, finding),
        )
    part = float(np.max(allowed / np.where(sizes > 0.0, sizes, np.inf), initial=0.0))
    if part <= WIDE:
        return judgement
    message = tr(
        "The tolerance (rtol={rtol}, atol={atol}) was asked for: it is {percent} % of what was compared, and wrong "
        "factors closer to 1 than that do not show. Without it the gradient is held to rtol={default}.",
        percent=f"{100.0 * part:.2g}",
        default=f"{default.rtol:.1g}",
        **asked,
    )
    finding = Finding(id=WIDE_TOLERANCE, severity=Severity.WARNING, message=message)
    return dataclasses.replace(judgement, findings=(*judgement.findings, finding))
