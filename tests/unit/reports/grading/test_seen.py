"""What a reader sees: never more than the assignment's level, and evidence for staff alone."""

import dataclasses
from typing import Any

import pytest

from gradcheck.grading.assignment.records import Assignment, Network
from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.people.standing import Standing
from gradcheck.grading.records import Audience, Hint, Outcome, State
from gradcheck.reports.grading import words
from gradcheck.reports.grading.seen import seen
from gradcheck.submissions.declared.interface import Interface, Style

DIFF = "--- a/net.py\n+++ b/net.py\n@@ -1 +1 @@\n-x\n+y\n"
MARK = {
    "item": "gradients/W1",
    "title": "dW1",
    "points": 1.0,
    "of": 2.0,
    "outcome": "partly",
    "message": {"symptom": "W1 is wrong", "place": "in line 3", "name": "a factor 2", "fix": DIFF},
    "evidence": ["ratio 0.5"],
    "bug": "missing-factor-2",
    "line": 3,
}
GRADE: dict[str, Any] = {
    "state": "graded",
    "reason": "all items have marks",
    "cure": None,
    "points": 1.0,
    "of": 2.0,
    "marks": [MARK],
    "findings": [{"id": "finite-differences", "severity": "warning", "message": "the loss is called 40 times"}],
    "curves": {"loss": [1.0, 0.5]},
}
RECORD = {"schema": "gradcheck/diagnosis@1", "grade": GRADE}
STANDING = Standing(student="u1", name="Ada", state="graded", submission="ada.py", measured=1.0, points=1.0, of=2.0)


def _assignment(**levels: Hint) -> Assignment:
    return Assignment(
        title="XOR",
        network=Network(sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="bce"),
        interface=Interface(style=Style.FUNCTIONS),
        rubric=(),
        show={Audience[name.upper()]: level for name, level in levels.items()},
    )


@pytest.mark.parametrize(
    ("level", "told", "line", "bug", "patch"),
    [
        (Hint.SYMPTOM, ("W1 is wrong",), None, None, None),
        (Hint.PLACE, ("W1 is wrong", "in line 3"), 3, None, None),
        (Hint.NAME, ("W1 is wrong", "in line 3", "a factor 2"), 3, "missing-factor-2", None),
        (Hint.FIX, ("W1 is wrong", "in line 3", "a factor 2"), 3, "missing-factor-2", DIFF),
    ],
)
def test_a_level_gives_away_no_more(
    level: Hint, told: tuple[str, ...], line: int | None, bug: str | None, patch: str | None
) -> None:
    """Also not by the line, or by the bug's id."""
    (item,) = seen(STANDING, RECORD, _assignment(now=level), Audience.NOW).items
    assert (item.told, item.line, item.bug, item.patch) == (told, line, bug, patch)


def test_without_a_level_a_student_sees_the_symptom_and_staff_all() -> None:
    """The cautious default."""
    student = seen(STANDING, RECORD, _assignment(), Audience.NOW)
    staff = seen(STANDING, RECORD, _assignment(), Audience.STAFF)
    assert student.items[0].told == ("W1 is wrong",)
    assert staff.items[0].patch == DIFF


@pytest.mark.parametrize("audience", list(Audience))
def test_a_fault_of_the_tool_is_told_to_staff_alone(audience: Audience) -> None:
    """A student reads that somebody knows of it: neither what failed inside, nor a command to run."""
    grade = {
        **GRADE, "state": "internal", "points": None, "marks": [], "curves": {},
        "reason": "IndexError: list index out of range", "cure": "Run the same command again.",
    }  # fmt: skip
    found = seen(STANDING, {**RECORD, "grade": grade}, _assignment(), audience)
    if audience is Audience.STAFF:
        assert (found.reason, found.cure) == (grade["reason"], grade["cure"])
    else:
        assert "could not be graded" in found.reason
        assert "your instructor has been told" in found.reason
        assert found.cure is None
        assert "IndexError" not in repr(found)


@pytest.mark.parametrize("audience", [Audience.NOW, Audience.AFTER_DUE])
def test_students_see_no_evidence(audience: Audience) -> None:
    """Nor findings, notes and the record, whatever their level."""
    standing = dataclasses.replace(STANDING, notes=("a note",))
    found = seen(standing, RECORD, _assignment(now=Hint.FIX, after_due=Hint.FIX), audience)
    assert (found.findings, found.notes, found.record, found.items[0].evidence) == ((), (), {}, ())
    assert "40 times" not in repr(found)
    staff = seen(standing, RECORD, _assignment(), Audience.STAFF)
    assert staff.findings == ("finite-differences: the loss is called 40 times",)
    assert staff.items[0].evidence == ("ratio 0.5",)
    assert staff.record == RECORD


def test_a_pseudonym_hides_the_name_and_the_file() -> None:
    """Files are often called by their author."""
    found = seen(STANDING, RECORD, _assignment(), Audience.NOW, pseudonym="student-X7")
    assert (found.student, found.submission) == ("student-X7", None)
    assert "Ada" not in repr(found)
    assert "ada.py" not in repr(found)


def test_overrides_show_their_reason() -> None:
    """Of an item and of the sum."""
    overrides = (
        Override(key="ada.py", item="", points=2.0, reason="explained in person"),
        Override(key="ada.py", item="gradients/W1", points=2.0, reason="a misprint in the sheet"),
    )
    found = seen(dataclasses.replace(STANDING, overrides=overrides, points=2.0), RECORD, _assignment(), Audience.NOW)
    assert found.override == "explained in person"
    assert (found.items[0].points, found.items[0].override) == (2.0, "a misprint in the sheet")
    assert found.items[0].outcome is Outcome.PARTLY


def test_students_see_a_curve_to_two_digits() -> None:
    """Whatever a program reports as its losses; staff see it as it is."""
    losses = [1.23456789 / (1 + step) for step in range(100)]
    record = {**RECORD, "grade": {**GRADE, "curves": {"loss": losses}}}
    (shown,) = seen(STANDING, record, _assignment(), Audience.NOW).curves.values()
    assert len(shown) == 24
    assert (shown[0], shown[-1]) == (1.2, 0.012)
    assert all(value == float(f"{value:.1e}") for value in shown)
    (whole,) = seen(STANDING, record, _assignment(), Audience.STAFF).curves.values()
    assert list(whole) == losses


def test_nothing_handed_in() -> None:
    """Is said, and is no mark."""
    found = seen(Standing(student="bo", of=2.0), None, _assignment(), Audience.NOW)
    assert (found.state, found.points, found.items) == (None, None, ())
    assert "nothing was handed in" in found.reason
    assert words.state(found) == "nothing was handed in"
    assert words.explanations(found) == []  # it has been said


def test_ungradable() -> None:
    """With its cure."""
    grade = {
        **GRADE,
        "state": "ungradable",
        "reason": "line 3: a bracket",
        "cure": "Close it.",
        "points": None,
        "marks": [],
    }
    standing = dataclasses.replace(STANDING, state="ungradable", points=None, measured=None)
    found = seen(standing, {"grade": grade}, _assignment(), Audience.NOW)
    assert (found.state, found.points, found.cure) == (State.UNGRADABLE, None, "Close it.")
