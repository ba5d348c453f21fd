"""What is written of a class against the rules of its readers: our own schemas, and the platforms' published ones.

The schemas of the platforms are written by hand from their published specifications; each says from which.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry, Resource

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "reports" / "grading"))

import constructed_class as built

from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.people.standing import Standing
from gradcheck.grading.records import Audience, GradeRecord
from gradcheck.reports.grading.class_sarif import class_to_sarif, failures_in
from gradcheck.reports.grading.classroom50 import to_classroom50
from gradcheck.reports.grading.gradescope import to_gradescope
from gradcheck.reports.grading.json_sheet import record_to_json, sheet_to_json
from gradcheck.reports.grading.prairielearn import to_prairielearn
from gradcheck.reports.grading.pupil import Pupil, pupil_of
from gradcheck.schemas import SCHEMAS, load_schema

Json = dict[str, Any]
HERE = Path(__file__).parent
REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)
RUNNER = {
    "CLASSROOM": "cs", "ASSIGNMENT": "xor", "SUBMISSION_TAG": "submit/1", "COMMIT_URL": "https://example.org/c",
    "RELEASE_URL": "https://example.org/r", "REVIEW_URL": "",
}  # fmt: skip
LATE = {"late_days": 2, "late_points": 1.5, "points": 1.5}
DECIDED = {"overrides": (Override(key="ada.py", item="", points=4.0, reason="in person"),), "points": 4.0}


def _pupil(record: GradeRecord | None, **standing: Any) -> Pupil:
    grade = record.to_dict() if record is not None else None
    points = grade["grade"]["points"] if grade is not None else None
    held = Standing(
        student="ada", state=grade["grade"]["state"] if grade else "missing", measured=points, points=points, of=4.0,
        submission=grade["grade"]["submission"] if grade else None,
    )  # fmt: skip
    return pupil_of(dataclasses.replace(held, **standing), grade, built.assignment())


PUPILS = {
    "graded": _pupil(built.record("ada.py")),
    "late": _pupil(built.record("ada.py"), **LATE),
    "decided by hand": _pupil(built.record("ada.py"), **DECIDED),
    "ungradable": _pupil(built.ungradable("ada.py")),
    "missing": _pupil(None),
    "hostile": _pupil(built.record("ada.py", text=built.HOSTILE)),
}
FORMATS: dict[str, Callable[[Pupil], Json]] = {
    "gradescope-results": to_gradescope,
    "prairielearn-results": to_prairielearn,
    "classroom50-result": lambda pupil: to_classroom50(pupil, RUNNER, built.NOW),
}


def _published(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")))


def _errors(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load_schema(name), registry=REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", ["graded", "late", "ungradable", "hostile"])
def test_a_record_is_a_diagnosis_with_a_grade(name: str) -> None:
    """Valid as both, also where nothing was named."""
    record = PUPILS[name].record
    assert record is not None
    document = json.loads(record_to_json(record))
    assert _errors("diagnosis", document) == []
    assert _errors("grade", document["grade"]) == []
    check = {**record, "schema": "gradcheck/check@1"}
    del check["diagnoses"]
    assert _errors("diagnosis", json.loads(record_to_json(check))) == []


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("name", PUPILS)
def test_a_sheet_is_as_contracted(name: str, audience: Audience) -> None:
    """For everybody."""
    assert _errors("grade-sheet", json.loads(sheet_to_json(PUPILS[name].sheets[audience]))) == []


def test_the_schema_of_a_sheet_keeps_staff_s_from_students() -> None:
    """Whatever else is changed."""
    document = json.loads(sheet_to_json(PUPILS["graded"].sheets[Audience.STAFF]))
    assert document["findings"]
    assert _errors("grade-sheet", {**document, "audience": "now"})


@pytest.mark.parametrize(
    ("path", "value"),
    [(("state",), "fine"), (("points",), None), (("marks", 0, "outcome"), "won"), (("digest",), "x"), (("marks",), [])],
    ids=str,
)
def test_the_schema_of_a_grade_says_no(path: tuple[Any, ...], value: Any) -> None:
    """To what is wrong."""
    record = PUPILS["graded"].record
    assert record is not None
    target = document = copy.deepcopy(json.loads(record_to_json(record))["grade"])
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert _errors("grade", document)


@pytest.mark.parametrize("name", PUPILS)
@pytest.mark.parametrize("platform", FORMATS)
def test_results_are_as_published(platform: str, name: str) -> None:
    """By the platforms' rules."""
    results = json.loads(json.dumps(FORMATS[platform](PUPILS[name]), allow_nan=False))
    assert [error.message for error in _published(platform).iter_errors(results)] == []


@pytest.mark.parametrize(
    ("platform", "change"),
    [
        ("gradescope-results", {"score": "3"}),
        ("gradescope-results", {"visibility": "later"}),
        ("gradescope-results", {"tests": [{"status": "won"}]}),
        ("prairielearn-results", {"score": 1.5}),
        ("prairielearn-results", {"images": [{"url": "javascript:x"}]}),
        ("classroom50-result", {"score": 1.5}),
        ("classroom50-result", {"schema": "v2"}),
    ],
)
def test_the_published_rules_say_no(platform: str, change: Json) -> None:
    """To what is wrong."""
    assert list(_published(platform).iter_errors({**FORMATS[platform](PUPILS["graded"]), **change}))


def test_gradescope_shows_each_audience_its_own() -> None:
    """The symptom at once, the bug after the due date, the evidence and the cure to staff."""
    tests = to_gradescope(PUPILS["graded"])["tests"]
    told = {
        visibility: " ".join(test["output"] for test in tests if test["visibility"] == visibility)
        for visibility in ("visible", "after_due_date", "hidden")
    }
    assert "W1 is half" in told["visible"]
    assert "a factor 2" in told["after_due_date"]
    assert "ratio 0.5" in told["hidden"]
    assert "+d = 2" in told["hidden"]
    assert not any(word in told["visible"] for word in ("line 3", "a factor 2", "ratio 0.5", "+d = 2", "40 losses"))
    assert not any(word in told["after_due_date"] for word in ("ratio 0.5", "+d = 2", "40 losses"))
    assert sum(test.get("score", 0) for test in tests) == to_gradescope(PUPILS["graded"])["score"] == 3.0


def test_scores_are_what_counts_in_the_end() -> None:
    """After lateness and overrides."""
    assert [to_gradescope(PUPILS[name])["score"] for name in ("late", "decided by hand")] == [1.5, 4.0]
    assert [to_prairielearn(PUPILS[name])["score"] for name in ("late", "decided by hand")] == [0.375, 1.0]
    late = to_classroom50(PUPILS["late"], RUNNER, built.NOW)
    assert (late["score"], late["max-score"], late["points-unit"]) == (3, 8, 0.5)
    assert sum(test["score"] for test in late["tests"]) == late["score"]
    assert sum(test["max-score"] for test in late["tests"]) == late["max-score"]


def test_ungradable_is_not_zero() -> None:
    """Where a platform knows the difference; where not, it is said, with the cure."""
    pupil = PUPILS["ungradable"]
    assert to_prairielearn(pupil)["gradable"] is False
    assert "score" not in to_prairielearn(pupil)
    gradescope = to_gradescope(pupil)
    assert gradescope["extra_data"]["state"] == "ungradable"
    assert "no mark" in gradescope["output"]
    assert "Close the bracket." in gradescope["output"]
    (test,) = to_classroom50(pupil, RUNNER, built.NOW)["tests"]
    assert "Close the bracket." in test["output"]


def test_classroom50_knows_whose_it_is() -> None:
    """By the runner's environment."""
    result = to_classroom50(PUPILS["graded"], RUNNER, built.NOW)
    assert (result["classroom"], result["assignment"], result["submission"]) == ("cs", "xor", "submit/1")
    assert result["review"] == result["commit"] == "https://example.org/c"
    assert result["datetime"] == "2026-10-01T12:00:00Z"


@pytest.mark.parametrize("name", ["graded", "hostile"])
def test_sarif_of_a_class(name: str) -> None:
    """By the standard's own schema: the bug at its line, with the fix."""
    schema = json.loads((HERE / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    record = PUPILS[name].record
    assert record is not None
    log = json.loads(class_to_sarif(failures_in(record)))
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "missing-factor-2"
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("ada.py", 3)
    assert result["fixes"][0]["artifactChanges"]
