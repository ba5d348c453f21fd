"""GitLab's code quality report."""

from __future__ import annotations

import json

from constructed_diagnoses import ALL_WELL, ONE, UNREADABLE
from constructed_outcomes import EVERYTHING, HOSTILE, NOTEBOOK, UNDECIDED, known, outcome

from gradcheck.reports.gitlab import to_gitlab


def test_an_issue_has_what_gitlab_asks_for() -> None:
    """An issue has what GitLab asks for: description, name, fingerprint, severity, and a path from the root."""
    (issue,) = json.loads(to_gitlab(outcome(ONE, ALL_WELL)))
    assert issue["check_name"] == "derivative-at-activation"
    assert issue["location"] == {"path": "network.py", "lines": {"begin": 40}}
    assert issue["severity"] == "critical"
    assert issue["description"].startswith("The derivative taken at the activation's output: ")
    assert issue["fingerprint"] == outcome(ONE).failures[0].fingerprint


def test_fingerprints_are_unique() -> None:
    """GitLab takes issues with one fingerprint for one."""
    prints = [issue["fingerprint"] for issue in json.loads(to_gitlab(EVERYTHING))]
    assert len(set(prints)) == len(prints) == 7


def test_known_failures_are_there_too() -> None:
    """GitLab compares by itself, with what the target branch has."""
    assert to_gitlab(known(outcome(ONE))) == to_gitlab(outcome(ONE))


def test_what_has_no_line_is_at_the_first() -> None:
    """What has no line is at the first, and less severe where nothing was shown to be wrong."""
    issues = json.loads(to_gitlab(outcome(UNREADABLE, UNDECIDED)))
    assert [issue["location"]["lines"]["begin"] for issue in issues] == [1, 1]
    assert [issue["severity"] for issue in issues] == ["major", "minor"]


def test_a_notebook_names_its_cell() -> None:
    """A notebook names its cell."""
    assert "cell 2, line 7" in json.loads(to_gitlab(outcome(NOTEBOOK)))[0]["description"]


def test_hostile_text_is_one_line() -> None:
    """Hostile text is one line of printable characters."""
    for issue in json.loads(to_gitlab(HOSTILE)):
        assert issue["description"].isprintable()
    assert json.loads(to_gitlab(outcome())) == []
