"""SARIF: rules, places, fingerprints, states and fixes."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from constructed_diagnoses import ALL_WELL, ONE, PATCH, TWO, UNREADABLE, UNREPAIRED
from constructed_outcomes import EVERYTHING, HOSTILE, NOTEBOOK, known, outcome

from gradcheck.gate import Outcome
from gradcheck.reports.sarif import to_sarif


def _run(found: Outcome) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(to_sarif(found))["runs"][0]
    return run


def _results(found: Outcome) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = _run(found)["results"]
    return results


def test_each_bug_is_a_rule_with_its_explanation() -> None:
    """Each bug is a rule with its explanation, once, and each result points at its own."""
    run = _run(EVERYTHING)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    rule = next(rule for rule in rules if rule["id"] == "derivative-at-activation")
    assert "f'(z)" in rule["help"]["text"]
    assert "```\nwrong" in rule["help"]["markdown"]


def test_a_result_has_place_level_and_fingerprint() -> None:
    """A result has place, level and fingerprint."""
    (result,) = _results(outcome(ONE))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "network.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 40}
    assert result["level"] == "error"
    assert result["rank"] == 97.0
    assert result["partialFingerprints"] == {"gradcheck/v1": outcome(ONE).failures[0].fingerprint}
    assert "baselineState" not in result  # nothing was compared


def test_what_was_not_checked_is_a_warning() -> None:
    """What was not checked is a warning, at the first line since none is known."""
    (result,) = _results(outcome(UNREADABLE))
    assert (result["ruleId"], result["level"]) == ("not-checked", "warning")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_states_are_told_where_there_was_a_baseline() -> None:
    """States are told where there was a baseline; what is fixed is a note, no result."""
    assert {result["baselineState"] for result in _results(EVERYTHING)} == {"new"}
    assert [result["baselineState"] for result in _results(known(outcome(ONE)))] == ["unchanged"]
    notes = [note["message"]["text"] for note in _run(EVERYTHING)["invocations"][0]["toolExecutionNotifications"]]
    assert "Fixed since the baseline: A wrong sign in every block." in notes
    assert "Skipped: no network was recognised in it." in notes


def test_a_verified_patch_is_a_fix() -> None:
    """A verified patch is a fix: one change, the whole line replaced."""
    (result,) = _results(outcome(ONE))
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "network.py"
    (replacement,) = change["replacements"]
    gone, come = (next(line[1:] for line in PATCH.splitlines() if line[:2] == f"{sign} ") for sign in "-+")
    assert replacement["deletedRegion"] == {
        "startLine": 40, "startColumn": 1, "endLine": 40, "endColumn": len(gone) + 1,
    }  # fmt: skip
    assert replacement["insertedContent"] == {"text": come}
    assert len(_results(outcome(TWO))) == 2


@pytest.mark.parametrize("named", ["network.py", "src/network.py"], ids=["name", "path"])
def test_a_fix_of_code_that_a_test_calls_is_in_its_own_file(named: str) -> None:
    """Not beside the test, whichever way the patch names it."""
    bug = dataclasses.replace(ONE.diagnoses[0], file="src/network.py")
    bug = dataclasses.replace(bug, patch=(bug.patch or ONE.patch or "").replace("network.py", named))
    report = dataclasses.replace(ONE, file="tests/test_it.py", network="test_it", diagnoses=(bug,), patch=bug.patch)
    (result,) = _results(outcome(report))
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "src/network.py"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/network.py"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "tests/test_it.py::test_it"


@pytest.mark.parametrize("report", [UNREPAIRED, NOTEBOOK], ids=["not verified", "notebook"])
def test_no_other_patch_is_a_fix(report: Any) -> None:
    """A patch that was not verified is no fix, nor one of a notebook's cell, whose lines are not those of its file."""
    (result,) = _results(outcome(report))
    assert "fixes" not in result


def test_a_notebook_names_its_cell() -> None:
    """A notebook names its cell."""
    (result,) = _results(outcome(NOTEBOOK))
    assert result["message"]["text"].startswith("Cell 2, line 7: ")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_a_pass_is_no_result() -> None:
    """A pass is no result, and an empty run says that it did not succeed."""
    run = _run(outcome(ALL_WELL))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True
    assert _run(outcome())["invocations"][0]["executionSuccessful"] is False
    assert _run(outcome())["invocations"][0]["exitCode"] == 2


def test_hostile_text_is_no_link_and_no_placeholder() -> None:
    """Hostile text is no link and no placeholder; bytes of a path are encoded."""
    text = to_sarif(HOSTILE)
    assert text.isascii()
    for result in json.loads(text)["runs"][0]["results"]:
        message = result["message"]["text"]
        assert "\\[a](http" in message
        assert "\x1b" not in message
        assert "\x00" not in message
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert all(char.isalnum() or char in "%._-/" for char in uri), uri
