"""A unified diff as replacements of whole lines, for formats that take a fix in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Replacement", "replacements"]

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
FILE = re.compile(r"--- a/(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Lines that go and lines that come in their place.

    Attributes
    ----------
    line : int
        The first line that goes, counted from 1 in the old file; where none goes, the one before which new ones come.
    gone, come : tuple of str
        Without their ends.
    """

    line: int
    gone: tuple[str, ...]
    come: tuple[str, ...]


def replacements(patch: str) -> dict[str, tuple[Replacement, ...]]:
    r"""The replacements that a diff of one or more files makes, by the names of the files.

    Examples
    --------
    >>> replacements("--- a/f.py\n+++ b/f.py\n@@ -1,3 +1,3 @@\n a\n b\n-c\n+d\n")
    {'f.py': (Replacement(line=3, gone=('c',), come=('d',)),)}
    """
    found: dict[str, tuple[Replacement, ...]] = {}
    name = ""
    lines = iter(patch.split("\n"))
    for line in lines:
        file, hunk = FILE.match(line), HUNK.match(line)
        if file is not None:
            name = file[1]
        elif hunk is not None:
            old, new = (int(count) if count is not None else 1 for count in hunk.group(2, 3))
            body = [] if old + new == 0 else _body(lines, old, new)
            start = int(hunk[1]) + (old == 0)  # a hunk that takes nothing names the line before it
            found[name] = (*found.get(name, ()), *_of_hunk(body, start))
    return found


def _body(lines: Iterator[str], old: int, new: int) -> list[str]:
    """As many lines as the header of a hunk has counted, so that none of them is taken for another header."""
    body: list[str] = []
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            break
        if line.startswith("\\"):
            continue
        body.append(line)
        old -= not line.startswith("+")
        new -= not line.startswith("-")
    return body


def _of_hunk(body: list[str], line: int) -> list[Replacement]:
    found: list[Replacement] = []
    gone: list[str] = []
    come: list[str] = []
    for entry in [*body, " "]:
        if entry.startswith("-"):
            gone.append(entry[1:])
        elif entry.startswith("+"):
            come.append(entry[1:])
        else:
            if gone or come:
                found.append(Replacement(line=line, gone=tuple(gone), come=tuple(come)))
            line += len(gone) + 1
            gone, come = [], []
    return found
