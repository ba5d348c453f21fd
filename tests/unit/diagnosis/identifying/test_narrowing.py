"""The part of an edit that differs; the lines that texts change; several changes of one text together."""

from __future__ import annotations

import pytest

from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.identifying.merging import changed_lines, together
from gradcheck.diagnosis.identifying.narrowing import narrowed

TEXT = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("d1 = e1 * slope(a1)", "d1 = e1 * slope(z1)", ("a1", "z1")),
        ("dW += f(x).T.dot(d)", "dW += x.T.dot(d)", ("f(x)", "x")),
        ("g = z[l] * d", "g = z[l - 1] * d", ("z[l]", "z[l - 1]")),
        ("d = a / 2 * b", "d = a * b", ("a / 2", "a")),
        ("return sum(d, axis=0)", "return sum(d, axis=1)", ("0", "1")),
        ("W -= lr * g", "W += lr * g", ("W -= lr * g", "W += lr * g")),
        ("x = f(a, b)", "x = f(c, d)", ("f(a, b)", "f(c, d)")),
        ("not python at all", "x = 1", ("not python at all", "x = 1")),
        ("x = 1", "x = 1", ("x = 1", "x = 1")),
    ],
)
def test_smallest_difference(before: str, after: str, expected: tuple[str, str]) -> None:
    """What differs, with its index and attributes; the whole where two things do, or nothing can be read."""
    edit = Edit(kind=EditKind.FORMULA, line=1, before=before, after=after, text="", cost=1)
    found = narrowed(edit)
    assert (found.before, found.after) == expected
    assert (found.kind, found.line) == (edit.kind, edit.line)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("a\nB\nc\nd\n", (2,)),
        ("a\nB\nc\nD\n", (2, 4)),
        ("a\nc\nd\n", (2,)),
        ("a\nnew\nb\nc\nd\n", (2,)),
        (TEXT, ()),
    ],
    ids=["one", "two", "dropped", "added", "none"],
)
def test_changed_lines(after: str, expected: tuple[int, ...]) -> None:
    """Lines of the text before the change."""
    assert changed_lines(TEXT, after) == expected


def test_together() -> None:
    """Changes of different lines go together, the same change counts once, two changes of one line do not."""
    assert together(TEXT, ["A\nb\nc\nd\n", "a\nb\nc\nx\nd\n"]) == "A\nb\nc\nx\nd\n"
    assert together(TEXT, ["A\nb\nc\nd\n", "A\nb\nc\nd\n"]) == "A\nb\nc\nd\n"
    assert together(TEXT, ["A\nb\nc\nd\n", "B\nb\nc\nd\n"]) is None
    assert together(TEXT, []) == TEXT
