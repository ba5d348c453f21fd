"""What a check has found by name: bugs that its findings speak for, and the blocks that it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.matching import Observation, is_wrong
from gradcheck.diagnosis.network import Array
from gradcheck.records import CheckReport, Finding, Severity, Verdict

__all__ = ["ALSO", "explained", "findings_of", "hints", "no_penalties", "of_whole_numbers", "wrong_blocks"]

# What changes its inputs gives another loss in the next call.
MUTATED, RANDOM = "input-mutated", "nondeterministic"
# Entries at +-1: of a gradient that stops there, or of one kept in an array of integers.
CLIPPED, WHOLE = "gradient-clipping", "integer-dtype"
# What a whole number is off by that was recovered from a step: round-off over the smallest rates.
WHOLE_UP_TO = 1e-6
# What a finding says for a bug; what is only good to know (a smoothing constant in a logarithm) is no mistake.
WEIGHTS = {Severity.ERROR: 1.0, Severity.WARNING: 0.6, Severity.INFO: 0.0}
# The bugs of a penalty's gradient, and what of a difference may be round-off (relative to its largest entry).
PENALTIES = frozenset(
    {"regularisation-missing", "regularisation-factor", "regularisation-sign", "regularisation-on-bias"}
)
ROUNDING = 1e-3
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


def of_whole_numbers(found: Mapping[str, float], observations: Sequence[Observation]) -> dict[str, float]:
    """The same with what a check takes for a bound read as what it is where wrong gradients are all whole numbers.

    Parameters
    ----------
    found : mapping of id to score
        As :func:`hints` gives them.
    observations : sequence of Observation
        What was claimed, and what is true: a gradient that a bound cuts has entries below the bound as well.
    """
    wrong = [
        (each.claimed[name], each.true[name])
        for each in observations
        for name in each.claimed
        if each.claimed[name].shape == each.true[name].shape and is_wrong(each, name)
    ]
    whole = any(np.any(np.round(claimed)) for claimed, _true in wrong) and all(
        _are_whole(claimed) and not _are_whole(true) for claimed, true in wrong
    )
    if not whole:
        return dict(found)
    rest = {bug: weight for bug, weight in found.items() if bug != CLIPPED}
    return {WHOLE: found.get(CLIPPED, ALSO), **rest}


def _are_whole(values: Array) -> bool:
    return bool(np.all(np.abs(values - np.round(values)) <= WHOLE_UP_TO))


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


def no_penalties(observations: Sequence[Observation]) -> frozenset[str]:
    """The bugs of a penalty's gradient, where what gradients are off by is none of one; else nothing.

    A penalty's part has in every entry the sign of the parameter, or in every entry of a block the opposite one.

    Parameters
    ----------
    observations : sequence of Observation
        Of the program with one bug alone.
    """
    for each in observations:
        for name, value in each.values.items():
            claimed, true = each.claimed.get(name), each.true.get(name)
            if claimed is None or true is None or not claimed.shape == true.shape == value.shape:
                continue
            if is_wrong(each, name):
                signs = np.sign(value) * np.sign(claimed - true)
                telling = np.abs(claimed - true) > ROUNDING * np.max(np.abs(claimed - true))
                if len(np.unique(signs[telling])) > 1:
                    return PENALTIES
    return frozenset()
