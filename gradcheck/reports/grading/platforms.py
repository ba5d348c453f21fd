"""Tables that learning platforms import: the columns that they have exported, with the grades filled in.

References
----------
Canvas: "How do I import grades in the Gradebook?", and ``lib/gradebook_importer.rb`` of canvas-lms: the columns of the
student in their order, one column an assignment (its title, with its number in parentheses where it has one), a row
``Points Possible``; an empty cell removes a grade that is there.
Moodle: the offline grading worksheet of ``mod/assign/feedback/offline``: ``Identifier``, ``Grade`` and ``Last modified
(grade)`` are required; feedback is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from gradcheck.grading.people.roster import CANVAS, NO_STUDENT, Roster, Student
from gradcheck.language import tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.seen import Sheet
from gradcheck.reports.grading.tables import cell
from gradcheck.reports.unicode import printable

__all__ = ["CanvasColumns", "MoodleColumns", "is_canvas", "is_moodle"]

CANVAS_STUDENT = (
    *("student", "lastname", "firstname", "id", "sis user id", "sis login id", "integration id", "root account"),
    "section",
)
CANVAS_NAMES = frozenset({"student", "lastname", "firstname", "section"})
MOODLE = frozenset({"identifier", "full name"})
GRADE, MAXIMUM, FEEDBACK = "Grade", "Maximum Grade", "Feedback comments"
# What identifies somebody and is no formula, whatever it begins with: it must reach the platform as it came.
IDENTITY = re.compile(r"[\w.@+-]*")


def is_canvas(roster: Roster | None) -> bool:
    """Whether a roster is a gradebook that Canvas has exported."""
    return roster is not None and _keys(roster.headings) >= CANVAS


def is_moodle(roster: Roster | None) -> bool:
    """Whether a roster is a grading worksheet of Moodle."""
    return roster is not None and _keys(roster.headings) >= MOODLE


class CanvasColumns:
    """The columns of the student, and of one assignment.

    Parameters
    ----------
    roster : Roster
    title : str
        Of the assignment; a column of that title is filled in, else a new one is made.
    of : float
        Points of the assignment.
    """

    def __init__(self, roster: Roster, title: str, of: float) -> None:
        self._students = {student.id: student for student in roster.students}
        self._own = [head for head in roster.headings if head.lower() in CANVAS_STUDENT]
        self._column = next((head for head in roster.headings if _title(head) == title.strip().casefold()), None)
        possible = next((row for row in roster.preamble if row and row[0].strip().lower() == NO_STUDENT[0]), ())
        there = dict(zip(roster.headings, possible, strict=False)).get(self._column or "", "")
        self._of, self._possible = of, _number(there) or of
        self._title = self._column or " ".join(printable(title).split())

    def headings(self) -> list[str]:
        """The first row."""
        return [*self._own, cell(self._title)]

    def possible(self) -> list[str | float | None]:
        """The second row."""
        return ["    Points Possible", *[""] * (len(self._own) - 1), self._possible]

    def row(self, student: str, points: float | None) -> list[str | float | None] | None:
        """A student's row; None for somebody whom the roster does not know. Without a mark what was there stays."""
        known = self._students.get(student)
        if known is None:
            return None
        kept = cell(known.cells.get(self._column or "", ""))
        graded = kept if points is None else _scaled(points, self._of, self._possible)
        return [*(_identity(known, head, CANVAS_NAMES) for head in self._own), graded]


class MoodleColumns:
    """All columns of the worksheet, with grade and feedback.

    Parameters
    ----------
    roster : Roster
    of : float
        Points of the assignment; a worksheet of another maximum gets its own points.
    """

    def __init__(self, roster: Roster, of: float) -> None:
        self._students = {student.id: student for student in roster.students}
        more = [head for head in (GRADE, FEEDBACK) if head not in roster.headings]
        self._headings, self._of = [*roster.headings, *more], of

    def headings(self) -> list[str]:
        """The first row."""
        return [cell(head) for head in self._headings]

    def row(self, student: str, sheet: Sheet) -> list[str | float | None] | None:
        """A student's row; None for somebody whom the roster does not know. Without a mark the grade stays as it was.

        Parameters
        ----------
        student : str
        sheet : Sheet
            What the student may see.
        """
        known = self._students.get(student)
        if known is None:
            return None
        filled: Mapping[str, str | float | None] = {FEEDBACK: _feedback(sheet)}
        if sheet.points is not None:
            most = _number(known.cells.get(MAXIMUM, "")) or self._of
            filled = {**filled, GRADE: _scaled(sheet.points, self._of, most)}
        names = frozenset({"full name"})
        return [filled[head] if head in filled else _identity(known, head, names) for head in self._headings]


def _keys(headings: Sequence[str]) -> set[str]:
    return {heading.lower() for heading in headings}


def _title(heading: str) -> str:
    """A column's title without the assignment's number."""
    return re.sub(r"\s*\(\d+\)\s*$", "", heading).strip().casefold()


def _number(text: str) -> float | None:
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return found if 0 < found < float("inf") else None


def _scaled(points: float, of: float, possible: float) -> float:
    # Both platforms show two digits.
    return round(points / of * possible if of else points, 2)


def _identity(student: Student, heading: str, names: frozenset[str]) -> str:
    text = student.cells.get(heading, "")
    return text if heading.lower() not in names and IDENTITY.fullmatch(text) else cell(text)


def _feedback(sheet: Sheet) -> str:
    """What a student may see, as HTML without line breaks of its own."""
    lines = [*words.explanations(sheet)]
    for item in sheet.items:
        lines.append(
            tr("{title}: {points}, {outcome}", title=words.title(item), points=words.points_of(item.points, item.of),
               outcome=words.outcome(item))
        )  # fmt: skip
        lines += item.told if item.outcome not in words.COUNTED else ()
    return "".join(f"<p>{escape(' '.join(printable(line).split()))}</p>" for line in lines)
