"""Diffs are applied strictly."""

from __future__ import annotations

import difflib

import pytest

from benchmarks.wrong_programs.patching import PatchError, apply_patch

OLD = "".join(f"line {number}\n" for number in range(30))


@pytest.mark.parametrize(
    "new",
    [
        OLD.replace("line 3\n", "three\n"),
        OLD.replace("line 3\n", "").replace("line 25\n", "line 25\nmore\n"),
        "first\n" + OLD,
        OLD + "last\n",
        OLD.replace("line 0\n", ""),
    ],
    ids=["change", "two hunks", "at the top", "at the end", "delete the first"],
)
def test_round_trip(new: str) -> None:
    """What difflib writes is applied to the same text."""
    diff = "".join(difflib.unified_diff(OLD.splitlines(keepends=True), new.splitlines(keepends=True), "a", "b"))
    assert apply_patch(OLD, diff) == new


@pytest.mark.parametrize(
    ("diff", "message"),
    [
        ("", "no hunk"),
        ("--- a\n+++ b\n@@ -2,1 +2,1 @@\n-line 7\n+x\n", "line 2 is not 'line 7'"),
        ("@@ -99,1 +99,1 @@\n-x\n+y\n", "starts at line 99"),
    ],
)
def test_a_diff_that_does_not_fit_is_refused(diff: str, message: str) -> None:
    """No fuzz: a line that is not there is an error."""
    with pytest.raises(PatchError, match=message):
        apply_patch(OLD, diff)
