"""Scores: a right record is right, and each way of being wrong is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from benchmarks.wrong_programs.scoring import Score, merged, score
from benchmarks.wrong_programs.summary import failures, figures, tables
from benchmarks.wrong_programs.truth import Bug, Program

TWO = Program(
    name="two",
    style="style",
    text="a\n" * 20,
    right="b\n" * 20,
    probe="",
    steps=None,
    bugs=(
        Bug(id="missing-factor-2", key="missing-factor-2", accepted=(), lines=(5,)),
        Bug(id="double-mean", key="double-mean", accepted=(), lines=(9, 10), also=(15,)),
    ),
)
RIGHT = dataclasses.replace(TWO, name="right", bugs=(), text=TWO.right)
CLIPPED = dataclasses.replace(TWO, bugs=(Bug(id="low-precision", key="low-precision", accepted=(), lines=(3,)),))


def _diagnosis(bug: str, line: int | None = 5, confidence: float = 0.9, **others: Any) -> dict[str, Any]:
    return {"bug": bug, "same_as": [], "line": line, "confidence": confidence, **others}


def _record(*diagnoses: dict[str, Any], verdict: str = "fail", **others: Any) -> dict[str, Any]:
    found = {"verdict": verdict, "diagnoses": list(diagnoses), "findings": [], "patch": None, "patch_verified": False}
    return {**found, **others}


GOOD = _record(_diagnosis("missing-factor-2"), _diagnosis("double-mean", 10), patch="@@", patch_verified=True)


def test_right_record() -> None:
    """Everything is right of a record that says the truth."""
    found = score(TWO, GOOD, patch_right=True)
    assert (found.top, found.line, found.patch, found.verdict_right, found.recognised) == (True, 0, True, True, True)
    assert [bug.named for bug in found.bugs] == [True, True]
    assert [bug.distance for bug in found.bugs] == [0, 0]
    assert not failures([found])


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        pytest.param(_record(_diagnosis("sign-flip")), "top is sign-flip", id="another bug"),
        pytest.param(_record(_diagnosis("sign-flip")), "CONFIDENT AND WRONG", id="and sure of it"),
        pytest.param(_record(_diagnosis("missing-factor-2")), "not named: double-mean", id="one bug missed"),
        pytest.param(_record(_diagnosis("missing-factor-2", 8)), "line off by 3", id="another line"),
        pytest.param(_record(_diagnosis("missing-factor-2")), "no patch", id="no patch"),
        pytest.param({**GOOD, "patch_verified": False}, "no patch", id="unverified patch"),
        pytest.param(GOOD, "PATCH WRONG", id="patch that the oracle rejects"),
        pytest.param(_record(verdict="pass"), "verdict pass", id="another verdict"),
        pytest.param(_record(), "top is nothing", id="no diagnosis"),
        pytest.param(None, "verdict none", id="no record"),
    ],
)
def test_wrong_record(record: dict[str, Any] | None, complaint: str) -> None:
    """Each way of being wrong is told."""
    found = score(TWO, record, patch_right=False)
    assert complaint in failures([found])[0]


@pytest.mark.parametrize(
    ("diagnosis", "named"),
    [
        pytest.param(_diagnosis("mean-instead-of-sum"), True, id="accepted by the catalogue"),
        pytest.param(_diagnosis("sign-flip", same_as=["double-mean"]), True, id="one of its class"),
        pytest.param(_diagnosis("sum-instead-of-mean"), False, id="not accepted"),
    ],
)
def test_names_accepted_for_each_other(diagnosis: dict[str, Any], named: bool) -> None:
    """A diagnosis names a bug by its id, by a class that it says, or by an id that overlaps."""
    found = score(TWO, _record(diagnosis))
    assert found.bugs[1].named is named
    assert found.top is named


@pytest.mark.parametrize(("line", "distance"), [(5, 0), (6, 1), (4, 1), (9, 4), (None, None)])
def test_line_of_the_top_diagnosis(line: int | None, distance: int | None) -> None:
    """It is held against the lines of the bug that it names, not against the other's."""
    assert score(TWO, _record(_diagnosis("missing-factor-2", line))).line == distance


def test_other_lines_that_count() -> None:
    """Lines where naming the bug would be right as well have distance 0."""
    assert score(TWO, _record(_diagnosis("double-mean", 15))).line == 0


def test_findings_name_what_is_no_wrong_gradient() -> None:
    """A finding is enough for low precision, and no patch or line is expected there."""
    found = score(CLIPPED, _record(verdict="pass", findings=[{"id": "low-precision"}]))
    assert (found.top, found.bugs[0].named, found.line, found.patch) == (True, True, None, None)
    assert score(TWO, _record(findings=[{"id": "double-mean"}])).bugs[1].named is False


@pytest.mark.parametrize(
    ("record", "alarm"),
    [
        (_record(verdict="pass"), False),
        (_record(verdict="fail"), True),
        (_record(_diagnosis("sign-flip"), verdict="pass"), True),
        (_record(_diagnosis("learning-rate-too-large"), verdict="pass"), False),
        (_record(verdict="invalid"), False),
    ],
)
def test_false_alarms(record: dict[str, Any], alarm: bool) -> None:
    """On a right program a fail or a wrong-gradient bug is one; trouble elsewhere and not knowing are none."""
    assert score(RIGHT, record).false_alarm is alarm


def test_not_recognised() -> None:
    """No record and an invalid verdict are not recognised."""
    assert not score(TWO, None).recognised
    assert not score(TWO, _record(verdict="invalid")).recognised


def test_several_networks_are_one_record() -> None:
    """The worst verdict and all diagnoses, most confident first."""
    results = [_record(_diagnosis("sign-flip", confidence=0.5)), _record(_diagnosis("double-mean"), verdict="pass")]
    found = merged({"schema": "gradcheck/report@1", "results": results})
    assert found["verdict"] == "fail"
    assert [d["bug"] for d in found["diagnoses"]] == ["double-mean", "sign-flip"]


def _scores() -> list[Score]:
    return [
        score(TWO, GOOD, patch_right=True, seconds=1.0),
        score(TWO, _record(_diagnosis("sign-flip", 1)), seconds=3.0),
        score(RIGHT, _record(verdict="pass"), seconds=2.0),
        score(RIGHT, _record(_diagnosis("sign-flip")), seconds=9.0),
    ]


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("top diagnosis right", (1, 2)),
        ("bugs named (recall)", (2, 4)),
        ("bugs named, programs with several", (2, 4)),
        ("diagnoses right (precision)", (2, 3)),
        ("line of the top diagnosis, exact", (1, 2)),
        ("line of each bug, within 1", (2, 4)),
        ("verified patch", (1, 2)),
        ("verified patches that are right", (1, 1)),
        ("confident and wrong", (2, 4)),
        ("false alarms on right programs", (1, 2)),
        ("not recognised", (0, 4)),
        ("verdict wrong", (1, 4)),
        ("seconds, median", 2.5),
    ],
)
def test_figures(figure: str, value: object) -> None:
    """Two programs with two bugs and two right ones, one of each gone wrong."""
    assert figures(_scores())[figure] == value


def test_tables_show_every_program_style_and_bug() -> None:
    """Bugs, styles and confidences are in the printed tables."""
    text = "\n".join(map(str, tables(_scores())))
    for part in ("double-mean", "style", "right programs", "0.8 to 0.9", "50.0 % (1 of 2)"):
        assert part in text


def test_nothing_to_count() -> None:
    """No score is no division by zero."""
    assert figures([])["top diagnosis right"] == (0, 0)
    assert "-" in str(tables([])[0])
