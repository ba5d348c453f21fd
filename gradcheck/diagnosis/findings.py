"""What a check has found by name: bugs that its findings speak for, and the blocks that it failed."""

from __future__ import annotations

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import CheckReport, Finding, Severity, Verdict

__all__ = ["explained", "findings_of", "hints", "wrong_blocks"]

# What changes its inputs gives another loss in the next call.
MUTATED, RANDOM = "input-mutated", "nondeterministic"
# What a finding says for a bug; what is only good to know (a smoothing constant in a logarithm) is no mistake.
WEIGHTS = {Severity.ERROR: 1.0, Severity.WARNING: 0.6, Severity.INFO: 0.0}
# The same for a bug that may show itself in this way, beside the one that has the finding's name.
ALSO = 0.7


def hints(report: CheckReport, *, right: bool = False) -> dict[str, float]:
    """Ids of bugs that findings speak for, and how much (0 to 1); ``right``: only those that leave a gradient right."""
    found: dict[str, float] = {}
    for finding in report.findings:
        for bug in CATALOGUE.values():
            weight = WEIGHTS[finding.severity] * (1.0 if bug.id == finding.id else ALSO)
            if finding.id in bug.findings and weight > 0.0 and not (right and bug.gradient_wrong):
                found[bug.id] = max(found.get(bug.id, 0.0), weight)
    return found


def explained(report: CheckReport, *, right: bool) -> dict[str, float]:
    """The same where nothing else is known: of a bug and what follows from it, the bug first."""
    found = hints(report, right=right)
    if MUTATED in found and RANDOM in found:
        found[RANDOM] = 0.5 * found[MUTATED]
    return found


def findings_of(report: CheckReport, bug: str) -> list[Finding]:
    """The findings of a check that speak for a bug."""
    return [finding for finding in report.findings if finding.id in CATALOGUE[bug].findings]


def wrong_blocks(report: CheckReport) -> tuple[str, ...]:
    """Blocks that a check has failed."""
    return tuple(block.name for block in report.blocks if block.verdict is Verdict.FAIL)
