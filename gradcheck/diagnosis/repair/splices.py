"""Changes of a text as splices: what to put in place of which characters. Everything else stays as it was typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Splice", "apply", "conflict", "trimmed"]


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """``new`` in place of the characters from ``start`` up to ``end``; an insertion where both are equal."""

    start: int
    end: int
    new: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """The text with all splices made; insertions at one place keep their order."""
    parts, place = [], 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        parts += [text[place : splice.start], splice.new]
        place = splice.end
    return "".join([*parts, text[place:]])


def conflict(first: Sequence[Splice], second: Sequence[Splice]) -> bool:
    """Whether two changes touch the same characters."""
    return any((a.start < b.end and b.start < a.end) or _inside(a, b) or _inside(b, a) for a in first for b in second)


def trimmed(text: str, splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """The same change without the characters that it keeps at either end."""
    found = []
    for splice in splices:
        start, end, new = splice.start, splice.end, splice.new
        while start < end and new and text[start] == new[0]:
            start, new = start + 1, new[1:]
        while start < end and new and text[end - 1] == new[-1]:
            end, new = end - 1, new[:-1]
        if start < end or new:
            found.append(Splice(start, end, new))
    return tuple(sorted(found))


def _inside(insertion: Splice, other: Splice) -> bool:
    return insertion.start == insertion.end and other.start < insertion.start < other.end
