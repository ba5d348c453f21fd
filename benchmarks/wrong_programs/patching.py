"""Applies a unified diff to one text, strictly: every context and deleted line must be there."""

from __future__ import annotations

import re

__all__ = ["PatchError", "apply_patch"]

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


class PatchError(ValueError):
    """A diff that does not fit its text."""


def apply_patch(text: str, diff: str) -> str:
    """The text with the diff applied.

    Raises
    ------
    PatchError
        If the diff has no hunk, or a line that it keeps or deletes is not in the text where it says.
    """
    lines = text.splitlines()
    out: list[str] = []
    position = 0
    hunks = 0
    for line in diff.splitlines():
        match = HUNK.match(line)
        if match:
            hunks += 1
            start = int(match[1]) - (match[2] != "0")
            if not position <= start <= len(lines):
                raise PatchError(f"a hunk starts at line {start + 1}, but should be after {position}")
            out.extend(lines[position:start])
            position = start
        elif not hunks or line.startswith("\\"):
            continue
        elif line.startswith("+"):
            out.append(line[1:])
        else:
            if position >= len(lines) or lines[position] != line[1:]:
                raise PatchError(f"line {position + 1} is not {line[1:]!r}")
            if not line.startswith("-"):
                out.append(lines[position])
            position += 1
    if not hunks:
        raise PatchError("the diff has no hunk")
    return "\n".join([*out, *lines[position:]]) + "\n"
