"""A stage of a diagnosis that breaks off takes nothing of the others with it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from course_programs import (
    DERIVATIVE,
    bugs_of,
    diagnosed,
)

from gradcheck import Severity, Verdict
from gradcheck.diagnosis import course
from gradcheck.diagnosis.identifying import identification
from gradcheck.diagnosis.observing import Observer


@pytest.mark.parametrize(
    ("room", "stage", "what", "named"),
    [
        (course, "repair", "trying patches", True),
        (course, "suspicion", "comparing its lines", True),
        (identification, "hypotheses", "naming the bugs", False),
    ],
)
def test_a_stage_that_breaks_off(
    room: ModuleType, stage: str, what: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other stages find is not lost, and the report says which one broke off, and why."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(room, stage, broken)
    found = diagnosed(tmp_path, DERIVATIVE)
    assert found.verdict is Verdict.FAIL
    finding = found.finding("diagnosis-incomplete")
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert finding.message == f"In the diagnosis, {what} broke off: RuntimeError: a defect of ours"
    assert bugs_of(found) == (["missing-hidden-derivative"] if named else [])


def test_looking_that_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing at all can be seen, the check's report is still there."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("blind")

    monkeypatch.setattr(Observer, "look", broken)
    found = diagnosed(tmp_path, DERIVATIVE)
    assert (found.verdict, found.diagnoses) == (Verdict.FAIL, ())
    assert found.finding("diagnosis-incomplete") is not None


def test_an_interruption_is_none_of_the_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops a diagnosis has stopped it."""

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "repair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        diagnosed(tmp_path, DERIVATIVE)
