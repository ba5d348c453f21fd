"""Unified diffs."""

from __future__ import annotations

import difflib

__all__ = ["unified"]

NO_NEWLINE = "\\ No newline at end of file\n"


def unified(before: str, after: str, name: str) -> str:
    r"""The unified diff of two texts, ``a/name`` against ``b/name``; empty when they are equal.

    Lines end where ``\n`` says so; a carriage return stays part of its line, and a last line without an end is marked
    as ``patch`` and ``git apply`` expect it.

    Examples
    --------
    >>> print(unified("a\nb\n", "a\nc\n", "x.py"), end="")
    --- a/x.py
    +++ b/x.py
    @@ -1,2 +1,2 @@
     a
    -b
    +c
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    ended = [f"{part}\n" for part in parts[:-1]]
    return ended + ([parts[-1]] if parts[-1] else [])
