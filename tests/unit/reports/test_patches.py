"""Diffs read for a screen, and the part of a line that is suspicious."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from gradcheck.reports.caret import Span, suspicious, windowed
from gradcheck.reports.patches import changed_lines, changed_part, replacement


def _patch(before: str, after: str) -> str:
    return f"--- a/n.py\n+++ b/n.py\n@@ -6,3 +6,3 @@\n above\n-    {before}\n+    {after}\n below\n"


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        ("d1 = d2 @ W2.T * relu(a1)", "d1 = d2 @ W2.T * relu(z1)", "a1"),
        ("delta = out - y", "delta = 2 * (out - y)", "out - y"),
        ("dW1 = X.T @ d1", "dW1 = X.T @ d1 / m", "X.T @ d1"),
        ("d2 = (A2 - Y) / m * A2", "d2 = 2 * (A2 - Y) / m * A2", "(A2 - Y) / m"),
        ("d1 = d2 @ W2 * f", "d1 = d2 @ W2.T * f", "W2"),
        ("db1 = np.sum(d1)", "db1 = np.sum(d1, axis=0)", "d1"),
        ("W1 += rate * dW1", "W1 -= rate * dW1", "+="),
        ("d1 = dA1", "d1 = dA1 * (1 - a1**2)", "dA1"),
        ("return a * (1 - a) * 2", "return a * (1 - a)", "* 2"),
        ("for x in grads(a):", "for x in grads(z):", "a"),
        ("größe = σ(a)", "größe = σ(z)", "a"),
        ("W1 = W1 + 0.1 * (", "W1 = W1 - 0.1 * (", "+"),
    ],
    ids=lambda value: value if len(value) > 12 else None,
)
def test_the_caret_follows_the_patch(before: str, after: str, part: str) -> None:
    """The caret follows the patch; where that only adds, the expression that it adds to."""
    span = suspicious(before, 7, _patch(before, after))
    assert before[span.start : span.end] == part


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("d1 = d2 @ W2", "d2 @ W2"),
        ("W1 -= rate * dW1", "rate * dW1"),
        ("return a * (1 - a)", "a * (1 - a)"),
        ("backprop(delta, a)", "backprop(delta, a)"),
        ("pass", "pass"),
        ("b = np.zeros(", "b = np.zeros("),
        ("größe = σ(a)", "σ(a)"),
    ],
)
def test_without_a_patch_it_is_the_right_hand_side(code: str, part: str) -> None:
    """Without a patch it is the right-hand side."""
    span = suspicious(code, 7, None)
    assert code[span.start : span.end] == part
    elsewhere = suspicious(code, 3, _patch(code, "something = else_"))
    assert elsewhere == span


@pytest.mark.parametrize("width", [12, 20, 33, 60])
@pytest.mark.parametrize("place", [0, 10, 40, 90])
def test_a_line_is_cut_around_its_span(width: int, place: int) -> None:
    """A line is cut around its span."""
    code = "".join(chr(97 + n % 26) for n in range(place)) + "HERE" + "z" * (96 - place)
    shown, span = windowed(code, Span(place, place + 4), width, "…")
    assert len(shown) <= width
    assert shown[span.start : span.end] == "HERE"


def test_wide_characters_take_two_cells() -> None:
    """A line of them is cut to the cells that there are."""
    shown, span = windowed("误差 = 输出 - 目标值  # 先算输出层的误差", Span(5, 13), 20, "…")
    assert cell_len(shown) <= 20
    assert shown[span.start : span.end].startswith("输出 -")
    assert windowed("误差 = 输出", Span(5, 7), 11, "…") == ("误差 = 输出", Span(5, 7))


def test_a_span_longer_than_the_room_is_cut() -> None:
    """A span longer than the room is cut."""
    shown, span = windowed("x" * 100, Span(0, 100), 20, "...")
    assert len(shown) == 20
    assert (span.start, span.end) == (0, 20)


def test_what_a_line_becomes() -> None:
    """What a line becomes: by its number and its text, where lines are replaced one by one."""
    patch = _patch("a = 1", "a = 2")
    assert replacement(patch, 7, "a = 1") == "a = 2"
    assert replacement(patch, 8, "a = 1") is None
    assert replacement(patch, 7, "b = 1") is None
    moved = "@@ -3,3 +3,3 @@\n-W2 = W2 - dW2\n d1 = d2 @ W2.T\n+W2 = W2 - dW2\n e = 1\n@@ -9 +9,2 @@\n-x\n+y\n+z\n"
    assert replacement(moved, 9, "x") is None


def test_lines_are_numbered_as_in_their_files() -> None:
    """Lines are numbered as in their files: what goes by the old one, what comes by the new one."""
    patch = "@@ -10,4 +10,5 @@\n a\n-b\n+B\n+C\n d\n e\n@@ -30,3 +31,2 @@\n x\n-y\n z\n"
    first, second = changed_lines(patch)
    assert [(line.sign, line.number, line.text) for line in first] == [
        (" ", 10, "a"),
        ("-", 11, "b"),
        ("+", 11, "B"),
        ("+", 12, "C"),
        (" ", 12, "d"),
    ]
    assert [(line.sign, line.number) for line in second] == [(" ", 30), ("-", 31), (" ", 32)]


def test_far_changes_of_one_hunk_are_apart() -> None:
    """Far changes of one hunk are apart, and shared indentation and tabs are gone."""
    patch = "@@ -1,7 +1,7 @@\n-\t\ta\n+\t\tA\n \t\tb\n \t\tc\n \t\td\n-\t\t\te\r\n+\t\t\tE\r\n"
    assert [[line.text for line in group] for group in changed_lines(patch)] == [
        ["a", "A", "b"],
        ["d", "    e", "    E"],
    ]


def test_whole_words_are_compared() -> None:
    """Whole words are compared, so that no half of a name is marked."""
    before, after = "x = sigmoid(dz1)", "x = sigmoid_derivative(z1)"
    ours, theirs = changed_part(before, after)
    assert before[slice(*ours)] == "sigmoid(dz1"
    assert after[slice(*theirs)] == "sigmoid_derivative(z1"
