"""A step at one rate that nobody can vary: what all blocks are a little off by may be its later updates, or a bug."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from gradcheck.language import tr
from gradcheck.problem.step_findings import FIXED_RATE
from gradcheck.records import BlockReport, CheckReport, Verdict

__all__ = ["settle_fixed_rate"]

# Updates after the first see parameters that the rate has moved: the rates that people train with change a gradient by
# less than this part (one off by more would have learned nothing).
LITTLE = 0.3
# Ratios of all blocks that agree to this are one constant; a smoothed loss moves each by about 1e-7.
ONE_CONSTANT = 1e-4


def settle_fixed_rate(report: CheckReport) -> CheckReport:
    """The report, undecided where a step of several updates and a wrong gradient would show the same.

    Updates one after the other put every block off, and not all by one constant. What is right in one block, off by
    one constant, or far off, is not explained by them.

    Parameters
    ----------
    report : CheckReport
    """
    if report.finding(FIXED_RATE) is None:
        return report
    if report.verdict is Verdict.FAIL and _all_a_little_off(report.blocks):
        reason = tr(
            "Every block of the step is a little off. Either the gradient is wrong, or the step makes several updates, "
            "as a loop over samples does, and was read as one: its rate is fixed, so that the two cannot be told "
            "apart. Let step() take the rate, step(rate), or make one update a step."
        )
        return dataclasses.replace(report, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if report.verdict is not Verdict.PASS:
        return report
    return dataclasses.replace(report, findings=tuple(f for f in report.findings if f.id != FIXED_RATE))


def _all_a_little_off(blocks: Sequence[BlockReport]) -> bool:
    errors = [block.relative_error for block in blocks]
    ratios = [block.ratio for block in blocks if block.ratio is not None]
    by_one_constant = len(ratios) == len(blocks) and max(ratios) - min(ratios) <= ONE_CONSTANT * abs(ratios[0])
    off = all(block.verdict is Verdict.FAIL for block in blocks)
    return off and not by_one_constant and all(error is not None and error <= LITTLE for error in errors)
