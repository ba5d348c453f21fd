"""Several edits of one text as one: what is one mistake in several lines gets one patch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

__all__ = ["changed_lines", "together"]


def changed_lines(before: str, after: str) -> tuple[int, ...]:
    r"""Lines of ``before``, counted from 1, that ``after`` changes or drops; where it only adds, the one it adds at.

    Examples
    --------
    >>> changed_lines("a\nb\nc\n", "a\nB\nc\n")
    (2,)
    """
    own = before.splitlines()
    found: list[int] = []
    for _, first, last, _, _ in _changes(own, after.splitlines()):
        found += range(first + 1, last + 1) if last > first else [min(first + 1, len(own))]
    return tuple(dict.fromkeys(found))


def together(text: str, edited: Sequence[str]) -> str | None:
    r"""A text with the changes of several others of it; None where two of them change the same line.

    Examples
    --------
    >>> together("a\nb\nc\n", ["A\nb\nc\n", "a\nb\nC\n"])
    'A\nb\nC\n'
    """
    own = text.splitlines(keepends=True)
    changes = sorted(
        {
            (first, last, "".join(other.splitlines(keepends=True)[start:stop]))
            for other in edited
            for _, first, last, start, stop in _changes(own, other.splitlines(keepends=True))
        }
    )
    out: list[str] = []
    done = 0
    for first, last, new in changes:
        if first < done or (out and first == done == last):
            return None
        out += own[done:first]
        out.append(new)
        done = last
    return "".join((*out, *own[done:]))


def _changes(own: list[str], other: list[str]) -> list[tuple[str, int, int, int, int]]:
    matcher = difflib.SequenceMatcher(None, own, other, autojunk=False)
    return [change for change in matcher.get_opcodes() if change[0] != "equal"]
