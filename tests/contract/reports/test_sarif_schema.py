"""Real and constructed SARIF against the standard's own schema.

The schema, ``sarif-2.1.0-rtm.5.json``, is the one that Microsoft ships in the npm package ``@microsoft/jest-sarif``
1.0.0-beta.0 (MIT licence), unchanged: errata 01 of the OASIS standard.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "reports"))

import constructed_outcomes

from gradcheck.cli import main
from gradcheck.gate import Outcome
from gradcheck.reports.sarif import to_sarif

Json = dict[str, Any]
SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
OUTCOMES = {
    "everything": constructed_outcomes.EVERYTHING,
    "hostile": constructed_outcomes.HOSTILE,
    "many": constructed_outcomes.MANY,
    "known": constructed_outcomes.known(constructed_outcomes.EVERYTHING),
    "empty": constructed_outcomes.outcome(),
}


def _errors(document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft4Validator(SCHEMA).iter_errors(document)]


def test_the_schema_is_the_standard_s() -> None:
    """The schema is the standard's."""
    Draft4Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"]["enum"] == ["2.1.0"]


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_outcome_is_valid(name: str) -> None:
    """Every outcome is valid."""
    found: Outcome = OUTCOMES[name]
    document = json.loads(to_sarif(found))
    assert _errors(document) == []
    assert len(document["runs"][0]["results"]) == len(found.failures)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), "2.0.0"),
        (("runs", 0, "results", 0, "level"), "fatal"),
        (("runs", 0, "results", 0, "message"), "text"),
        (("runs", 0, "results", 0, "baselineState"), "old"),
        (("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine"), 0),
        (("runs", 0, "tool", "driver", "rules", 0, "id"), None),
        (("runs", 0, "results", 0, "later"), 1),
    ],
    ids=str,
)
def test_the_schema_says_no(path: tuple[Any, ...], value: Any) -> None:
    """The schema says no to what is wrong."""
    document: Any = json.loads(to_sarif(constructed_outcomes.EVERYTHING))
    target = document = copy.deepcopy(document)
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert _errors(document)


def test_a_real_run_is_valid(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real run is valid, and its fix names the line that is wrong."""
    file = tmp_path / "run.sarif"
    example = root / "examples" / "xor_missing_factor.py"
    assert main(["ci", str(example), "--sarif", str(file), "--no-github"]) == 1
    capsys.readouterr()
    document = json.loads(file.read_text(encoding="utf-8"))
    assert _errors(document) == []
    (result,) = document["runs"][0]["results"]
    assert result["ruleId"] == "missing-factor-2"
    line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert [item["deletedRegion"]["startLine"] for item in change["replacements"]] == [line]
