"""Diffs as replacements of lines."""

from __future__ import annotations

from constructed_diagnoses import BOTH, PATCH

from gradcheck.reports.replacements import Replacement, replacements


def test_a_changed_line() -> None:
    """A changed line is replaced at its number in the old file."""
    (item,) = replacements(PATCH)["network.py"]
    assert item.line == 40
    assert [line.strip() for line in (*item.gone, *item.come)] == [
        "backprop(delta * tanh_derivative(a), first, x)",
        "backprop(delta * tanh_derivative(z), first, x)",
    ]


def test_changes_apart_are_replacements_apart() -> None:
    """Changes apart are replacements apart, numbered in the old file."""
    assert [item.line for item in replacements(BOTH)["network.py"]] == [37, 39]


def test_several_files_and_lines_that_look_like_headers() -> None:
    """Several files are told apart, and a line of code that looks like a header is none."""
    patch = (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n--- a/not.py\n+++ b/not.py\n x\n"
        "--- a/b.py\n+++ b/b.py\n@@ -3,0 +4,1 @@\n+new\n"
    )
    assert replacements(patch) == {
        "a.py": (Replacement(line=1, gone=("-- a/not.py",), come=("++ b/not.py",)),),
        "b.py": (Replacement(line=4, gone=(), come=("new",)),),
    }


def test_a_file_without_a_last_line_break() -> None:
    """The remark on a missing line break at the end is no line."""
    patch = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    assert replacements(patch) == {"a.py": (Replacement(line=1, gone=("x",), come=("y",)),)}


def test_what_is_no_diff_changes_nothing() -> None:
    """What is no diff, or is cut off, changes nothing that it does not show."""
    assert replacements("") == {}
    assert replacements("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x")["a.py"] == (
        Replacement(line=1, gone=("x",), come=()),
    )
