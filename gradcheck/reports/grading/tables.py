"""Tables for spreadsheets: one row a student, and no cell that a spreadsheet would run.

References
----------
OWASP, "CSV Injection": cells that begin with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return or a line feed, or
with their full-width forms, are formulas to some spreadsheets; an apostrophe before them makes them text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from gradcheck.grading.people.counting import counted_marks
from gradcheck.grading.people.standing import Standing
from gradcheck.reports.unicode import printable

__all__ = ["Table", "cell", "grade_headings", "grade_row"]

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
COLUMNS = (
    *("student", "name", "group", "submission", "state", "points", "of", "percent", "late_days", "late_points"),
    "override_reason",
)


def cell(text: str) -> str:
    r"""Text that a spreadsheet shows, and does not run.

    Examples
    --------
    >>> cell("=1+1"), cell("a" + chr(10) + "b"), cell("W1")
    ("'=1+1", 'a b', 'W1')
    """
    line = " ".join(printable(text).splitlines()) if text else text
    return f"'{line}" if FORMULA.match(text) or FORMULA.match(line) else line


class Table:
    """Rows for a spreadsheet, written as they come: texts in quotation marks, numbers without.

    Parameters
    ----------
    stream : TextIO
        Opened without translation of line ends.
    """

    def __init__(self, stream: TextIO) -> None:
        self._rows = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")

    def row(self, cells: Sequence[str | float | None]) -> None:
        """Write a row; None is an empty cell."""
        self._rows.writerow([_as_it_is(value) for value in cells])


def grade_headings(items: Sequence[str]) -> list[str]:
    """The headings of ``grades.csv``: what is known of the student, and a column for each item of the rubric."""
    return [*COLUMNS, *(cell(item) for item in items)]


def grade_row(
    standing: Standing, record: Mapping[str, Any] | None, items: Sequence[str], pseudonym: str | None
) -> list[str | float | None]:
    """A student's row of ``grades.csv``.

    Parameters
    ----------
    standing : Standing
    record : mapping or None
        Of the attempt that counts.
    items : sequence of str
        Paths of the items that have columns.
    pseudonym : str or None
        If the class is anonymous; then neither name, group nor file is told.
    """
    decided = {override.item: override for override in standing.overrides}
    counted = counted_marks(record["grade"]["marks"] if record else (), decided)
    points = {one.mark["item"]: one.points for one in counted}
    reasons = [
        f"{override.item}: {override.reason}" if override.item else override.reason for override in standing.overrides
    ]
    known = pseudonym is None
    return [
        cell(standing.student if pseudonym is None else pseudonym),
        cell(standing.name) if known else "",
        cell(standing.group or "") if known else "",
        cell(standing.submission or "") if known else "",
        standing.state,
        _rounded(standing.points),
        _rounded(standing.of),
        _rounded(100.0 * standing.points / standing.of) if standing.points is not None and standing.of else None,
        standing.late_days,
        _rounded(standing.late_points),
        cell("; ".join(reasons)),
        *(_rounded(points.get(item)) for item in items),
    ]


def _rounded(value: float | None) -> float | None:
    # Sums of binary fractions: what is beyond the sixth digit is none of anybody's points.
    return None if value is None else round(value, 6)


def _as_it_is(value: str | float | None) -> str | float:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value is None else value
