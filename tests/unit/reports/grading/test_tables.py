"""Tables for spreadsheets: numbers are numbers, and nothing that somebody wrote is a formula."""

import csv
import io

import pytest
from constructed_class import FORMULAS, HOSTILE, record

from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.people.standing import Standing
from gradcheck.reports.grading.tables import Table, cell, grade_headings, grade_row

ITEMS = ("loads", "gradients/W1", "gradients/b1")


def _written(*rows: list[str | float | None]) -> str:
    stream = io.StringIO(newline="")
    table = Table(stream)
    for row in rows:
        table.row(row)
    return stream.getvalue()


@pytest.mark.parametrize("text", [*FORMULAS, "\n=1", "  @x", "\uff0b1", "\uff0d1", "\uff20x"])
def test_formulas_become_text(text: str) -> None:
    """As OWASP has it, with signs of full width too."""
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "Ada", "W1", "a=b", "1", "d' = 1"])
def test_other_text_stays(text: str) -> None:
    """An apostrophe that is not needed would be a wrong name."""
    assert cell(text) == text


def test_a_hostile_cell_is_one_cell() -> None:
    """Neither line breaks nor quotes lead out of it, whatever the separator; no control characters are left."""
    written = _written([cell(HOSTILE), 1.0])
    (row,) = csv.reader(io.StringIO(written))
    assert len(row) == 2
    assert written.count("\n") == 1
    assert row[0].isprintable()
    assert written.startswith('"')


def test_a_row() -> None:
    """Points as numbers, whole ones without a point; an override in its item's column, with the reason."""
    standing = Standing(
        student="u1", name="=Ada", group="g", state="graded", submission="ada.py", measured=3.0, points=2.5, of=4.0,
        late_days=1, late_points=1.0, overrides=(Override(key="ada.py", item="gradients/W1", points=1.5, reason="-x"),),
    )  # fmt: skip
    row = dict(zip(grade_headings(ITEMS), grade_row(standing, record("ada.py").to_dict(), ITEMS, None), strict=True))
    assert row["name"] == "'=Ada"
    assert (row["points"], row["of"], row["percent"], row["late_days"], row["late_points"]) == (2.5, 4.0, 62.5, 1, 1.0)
    assert (row["loads"], row["gradients/W1"], row["gradients/b1"]) == (1.0, 1.5, 1.0)
    assert row["override_reason"] == "gradients/W1: -x"
    assert _written([1.0, 2.5, None, "a"]) == '1,2.5,"","a"\r\n'


def test_no_mark_is_an_empty_cell() -> None:
    """And no zero."""
    row = dict(zip(grade_headings(ITEMS), grade_row(Standing(student="bo", of=4.0), None, ITEMS, None), strict=True))
    assert (row["state"], row["points"], row["percent"], row["loads"]) == ("missing", None, None, None)


def test_a_pseudonym_hides_everything() -> None:
    """Name, group, file."""
    standing = Standing(student="ada", name="Ada", group="ada-and-bo", submission="ada.py", of=4.0)
    assert "ada" not in repr(grade_row(standing, None, ITEMS, "student-X")).lower()
