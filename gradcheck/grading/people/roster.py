"""The roster: who is in the class, in which group, and by which file or folder names each is known.

Tables are read as learning platforms write them: the gradebook that Canvas exports (``Student``, ``ID``, ``SIS User
ID``, ``SIS Login ID``, ``Section``, and a row ``Points Possible``), the grading worksheet of Moodle (``Identifier``,
``Full name``, ``Email address``), or a table of one's own (``student``; if wanted ``name``, ``email``, ``group``,
``files``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.people.tables import separator_of

__all__ = ["SUFFIXES", "Roster", "Student", "read_roster"]

# Headings of the columns that tell a student apart from the others, the best first, in lower case.
IDENTIFYING = (
    *("student", "student id", "sis user id", "id", "sis login id", "username", "id number", "identifier"),
    *("email address", "email"),
)
NAMES = ("name", "full name", "student name")
EMAILS = ("email", "email address")
GROUPS = ("group", "group name", "team")
PATTERNS = ("files", "file", "folder", "match")
# Of what is handed in.
SUFFIXES = (".py", ".ipynb", ".zip")
CANVAS = frozenset({"student", "id", "section"})
# First cells of rows that are about the table itself, in lower case and without spaces around.
NO_STUDENT = ("points possible", "student, test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One person of the class.

    Attributes
    ----------
    id : str
        Tells it apart from the others.
    name, email : str
        Empty where they are not known.
    group : str or None
        Whose submission counts for all in it.
    files : tuple of str
        Patterns of file or folder names, as ``hw3-ada*``.
    cells : mapping of str to str
        The row as it was read, by heading.
    """

    id: str
    name: str = ""
    email: str = ""
    group: str | None = None
    files: tuple[str, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A class, in the order of its table.

    Attributes
    ----------
    students : tuple of Student
    headings : tuple of str
        As they were read.
    preamble : tuple of tuple of str
        Rows that are about the table itself, such as Canvas's ``Points Possible``.
    """

    students: tuple[Student, ...]
    headings: tuple[str, ...] = ()
    preamble: tuple[tuple[str, ...], ...] = ()


def read_roster(path: Path) -> Roster:
    """Read a table of students.

    Parameters
    ----------
    path : Path
        CSV, UTF-8 (a byte-order mark is allowed), separated by commas, semicolons or tabs, with a line of headings.

    Raises
    ------
    GradingError
        If it cannot be read, has no column that tells students apart, or holds one twice: with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise GradingError(f"{path} is not in UTF-8: save it as 'CSV UTF-8'.") from None
    except OSError as error:
        raise GradingError(f"{path} cannot be read ({error.strerror}).") from None
    rows = csv.reader(io.StringIO(text), delimiter=separator_of(text))
    headings = tuple(cell.strip() for cell in next(rows, []))
    keys = [heading.lower() for heading in headings]
    canvas = set(keys) >= CANVAS
    column = _identifying(path, keys)
    students: list[Student] = []
    preamble: list[tuple[str, ...]] = []
    lines: dict[str, int] = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if cells[0].lower() in NO_STUDENT or (canvas and not any(cells[:2])):  # or of how grades are posted
            preamble.append(tuple(row))
            continue
        student = _student(headings, keys, cells, column)
        if not student.id:
            raise GradingError(f"{path}, line {rows.line_num}: the column '{headings[column]}' is empty.")
        if student.id in lines:
            raise GradingError(
                f"{path}, line {rows.line_num}: '{student.id}' stands in line {lines[student.id]} already; one line a "
                "student, and several file names in one cell, separated by spaces."
            )
        lines[student.id] = rows.line_num
        students.append(student)
    if not students:
        raise GradingError(f"{path} names no student: expected a line of headings, and one line a student.")
    return Roster(students=tuple(students), headings=headings, preamble=tuple(preamble))


def _patterns(cell: str) -> tuple[str, ...]:
    """Separated by semicolons; or by blanks, where these are not inside one name: ``net (2).py``."""
    words = cell.split()
    files = [word.lower().endswith(SUFFIXES) or "*" in word for word in words]
    parts = cell.split(";") if ";" in cell or (any(files) and not all(files)) else words
    return tuple(part for item in parts if (part := item.strip()))


def _identifying(path: Path, keys: Sequence[str]) -> int:
    # What Canvas calls `Student` is the name; its `ID` tells students apart.
    names = [name for name in IDENTIFYING if not (set(keys) >= CANVAS and name == "student")]
    for name in names:
        if name in keys:
            return keys.index(name)
    raise GradingError(
        f"{path}: no column tells students apart. Its headings are {', '.join(keys) or 'missing'}; expected one of "
        f"{', '.join(IDENTIFYING)}."
    )


def _student(headings: Sequence[str], keys: Sequence[str], cells: Sequence[str], column: int) -> Student:
    def cell(names: Sequence[str]) -> str:
        return next((cells[keys.index(name)] for name in names if name in keys and keys.index(name) < len(cells)), "")

    name = cell(("student",)) if set(keys) >= CANVAS else cell(NAMES)
    return Student(
        id=cells[column] if column < len(cells) else "",
        name=name,
        email=cell(EMAILS),
        group=cell(GROUPS) or None,
        files=_patterns(cell(PATTERNS)),
        cells=dict(zip(headings, cells, strict=False)),
    )
