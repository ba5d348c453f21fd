"""An outcome as GitLab's code quality report: what a merge request shows beside the changed lines."""

from __future__ import annotations

import json
from typing import Any

from gradcheck.gate import Failure, Outcome
from gradcheck.records import Verdict
from gradcheck.reports.naming import bug_place
from gradcheck.reports.rules import rule_of
from gradcheck.reports.unicode import printable, whole

__all__ = ["to_gitlab"]

SEVERITIES = {Verdict.FAIL: "critical", Verdict.INVALID: "major", Verdict.INCONCLUSIVE: "minor"}


def to_gitlab(outcome: Outcome) -> str:
    """All failures, known ones too: GitLab itself compares with the target branch, by their fingerprints.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
        A JSON array in ASCII.
    """
    return json.dumps([_issue(failure) for failure in outcome.failures], indent=2)


def _issue(failure: Failure) -> dict[str, Any]:
    place = bug_place(failure.bug) if failure.bug is not None and failure.bug.cell is not None else ""
    message = " ".join(printable(failure.message).split())
    title = rule_of(failure.rule).title
    return {
        "description": ": ".join(filter(None, (title, place, message))),
        "check_name": failure.rule,
        "fingerprint": failure.fingerprint,
        "severity": SEVERITIES[failure.report.verdict],
        "location": {"path": whole(failure.file), "lines": {"begin": failure.line or 1}},
    }
