"""Tables that Canvas and Moodle import: their own columns, with the grades in them."""

import csv
from pathlib import Path

import pytest
from constructed_class import graded_class, record, ungradable

from gradcheck.grading.people.roster import read_roster
from gradcheck.reports.grading.writing import write_class

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,XOR with one hidden layer (311),Other (312),Current Score
    Points Possible,,,,,{possible},5,(read only)
,,,,,Manual Posting,,
"Lovelace, Ada",4711,u1,ada,A,,1,
"=cmd|' /C calc'!A1",4712,-2+3,bo,A,3,2,
"Curie, Cleo",4713,u3,cleo,A,2,2,
"""
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    'Participant 4711,Ada Lovelace,ada@example.org,Submitted,-,8.00,"Thursday, 1 October 2026, 5:00 PM",\n'
    'Participant 4712,"=1+1",bo@example.org,Submitted,3.00,8.00,-,old\n'
)


# As both platforms call what they hand out: with their numbers of the students.
ADA, BO = "lovelaceada_4711_9_net.py", "bo_4712_8_net.py"


def _table(folder: Path, roster: str, name: str, **people: bool) -> list[list[str]]:
    place = folder / "roster.csv"
    place.write_text(roster, encoding="utf-8")
    graded = graded_class(folder / "out", [record(ADA), ungradable(BO)], roster=read_roster(place), **people)
    write_class(graded)
    written = folder / "out" / name
    return list(csv.reader(written.read_text(encoding="utf-8").splitlines())) if written.exists() else []


def test_canvas(tmp_path: Path) -> None:
    """The columns of the student, the assignment's own with its number, and the row of possible points."""
    rows = _table(tmp_path, CANVAS.format(possible=4), "canvas.csv")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "XOR with one hidden layer (311)"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "4"]
    assert rows[2] == ["Lovelace, Ada", "4711", "u1", "ada", "A", "3"]


def test_canvas_keeps_what_was_there(tmp_path: Path) -> None:
    """An empty cell would remove the grade of somebody who has no mark here, or has handed in nothing."""
    rows = _table(tmp_path, CANVAS.format(possible=4), "canvas.csv")
    assert [row[-1] for row in rows[3:]] == ["3", "2"]


def test_canvas_takes_no_formula_but_every_id(tmp_path: Path) -> None:
    """A name is neutralised; what identifies somebody reaches Canvas as it came."""
    rows = _table(tmp_path, CANVAS.format(possible=4), "canvas.csv")
    assert rows[3][:3] == ["'=cmd|' /C calc'!A1", "4712", "-2+3"]


def test_canvas_counts_as_the_column_does(tmp_path: Path) -> None:
    """Where the assignment has other points there."""
    rows = _table(tmp_path, CANVAS.format(possible=100), "canvas.csv")
    assert (rows[1][-1], rows[2][-1]) == ("100", "75")


def test_canvas_without_the_column_gets_one(tmp_path: Path) -> None:
    """Called as the assignment is, with its points."""
    rows = _table(tmp_path, CANVAS.format(possible=4).replace("XOR with", "And with"), "canvas.csv")
    assert (rows[0][-1], rows[1][-1], rows[3][-1]) == ("XOR with one hidden layer", "4", "")


def test_moodle(tmp_path: Path) -> None:
    """All columns, the grade on Moodle's scale, the feedback as escaped HTML; without a mark the grade stays."""
    rows = _table(tmp_path, MOODLE, "moodle.csv")
    assert rows[0] == MOODLE.split("\n", 1)[0].split(",")
    ada, bo = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (ada["Identifier"], ada["Grade"], ada["Maximum Grade"]) == ("Participant 4711", "6", "8.00")
    assert ada["Last modified (grade)"] == "Thursday, 1 October 2026, 5:00 PM"
    assert "<p>Gradients: W1: 1 of 2, earned in part</p>" in ada["Feedback comments"]
    assert (bo["Full name"], bo["Grade"], bo["Last modified (grade)"]) == ("'=1+1", "3.00", "-")
    assert "Close the bracket." in bo["Feedback comments"]


def test_moodle_s_feedback_is_what_a_student_may_see(tmp_path: Path) -> None:
    """The symptom, at this assignment's level; neither the place nor the bug."""
    feedback = _table(tmp_path, MOODLE, "moodle.csv")[1][-1]
    assert "W1 is half" in feedback
    assert not any(word in feedback for word in ("line 3", "a factor 2", "finite-differences"))


@pytest.mark.parametrize(("roster", "name"), [(CANVAS.format(possible=4), "canvas.csv"), (MOODLE, "moodle.csv")])
def test_an_anonymous_class_has_no_such_table(tmp_path: Path, roster: str, name: str) -> None:
    """It would tell who is who."""
    assert _table(tmp_path, roster, name, anonymous=True) == []
