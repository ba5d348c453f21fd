"""Unified diffs, read for a screen: which lines go, which come, and at which numbers."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.reports.unicode import printable

__all__ = ["PatchLine", "changed_lines", "changed_part", "emphasis", "replaced_line", "replacement"]

TOKEN = re.compile(r"\w+|\*\*=?|//=?|[-+*/@%<>=!]=|->|:=|\s+|.", re.DOTALL)
HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
CONTEXT = 1  # lines shown on either side of a change: the code is at hand, and quoted above


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLine:
    """One line of a diff: ``sign`` is ``-``, ``+`` or a blank, ``number`` that in the file it belongs to.

    ``number`` counts in the new file for a line that comes, and in the old one for all others.
    """

    sign: str
    number: int
    text: str


def changed_lines(patch: str, context: int = CONTEXT) -> list[list[PatchLine]]:
    r"""The lines of a diff in groups that belong together, with few lines around each change.

    Examples
    --------
    >>> patch = "--- a/f.py\n+++ b/f.py\n@@ -1,3 +1,3 @@\n a\n b\n-c\n+d\n"
    >>> [(line.sign, line.number, line.text) for group in changed_lines(patch) for line in group]
    [(' ', 2, 'b'), ('-', 3, 'c'), ('+', 3, 'd')]
    """
    groups: list[list[PatchLine]] = []
    for hunk in _hunks(patch):
        changes = [place for place, line in enumerate(hunk) if line.sign != " "]
        near = [p for p in range(len(hunk)) if any(abs(p - change) <= context for change in changes)]
        previous = None
        for place in near:
            if previous is None or place != previous + 1:
                groups.append([])
            groups[-1].append(hunk[place])
            previous = place
    return [_outdented(_without_blank_edges(group)) for group in groups]


def changed_part(before: str, after: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """What differs between two versions of a line, in whole tokens: start and end in the first and in the second.

    Examples
    --------
    >>> changed_part("d * f(a)", "d * f(z)")
    ((6, 7), (6, 7))
    """
    ours, theirs = TOKEN.findall(before), TOKEN.findall(after)
    steps = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    pieces = [step for step in steps if step[0] != "equal"]
    if not pieces:
        return (len(before), len(before)), (len(after), len(after))
    _, first, _, second, _ = pieces[0]
    _, _, last, _, end = pieces[-1]
    return _characters(ours, first, last), _characters(theirs, second, end)


def emphasis(group: Sequence[PatchLine]) -> list[tuple[int, int] | None]:
    """For each line of a group the part in which it differs from the line that it replaces, or is replaced by."""
    gone = [place for place, line in enumerate(group) if line.sign == "-"]
    come = [place for place, line in enumerate(group) if line.sign == "+"]
    spans: list[tuple[int, int] | None] = [None] * len(group)
    if len(gone) == len(come):
        for before, after in zip(gone, come, strict=True):
            spans[before], spans[after] = changed_part(group[before].text, group[after].text)
    return spans


def replacement(patch: str, line: int, code: str) -> str | None:
    """What a diff makes of one line (stripped), or None where it does not replace that line by one.

    Parameters
    ----------
    patch : str
        A unified diff.
    line : int
        The number of the line in the old file.
    code : str
        The line, stripped.
    """
    for hunk in _hunks(patch):
        gone = [entry for entry in hunk if entry.sign == "-"]
        come = [entry for entry in hunk if entry.sign == "+"]
        place = next((n for n, e in enumerate(gone) if e.number == line and e.text.strip() == code), None)
        if place is not None and len(gone) == len(come):
            return come[place].text.strip()
    return None


def replaced_line(patch: str) -> tuple[int, str] | None:
    """The number and text (stripped) of the one line that a diff replaces, or None where it changes more or less."""
    gone = [line for hunk in _hunks(patch) for line in hunk if line.sign == "-"]
    return (gone[0].number, gone[0].text.strip()) if len(gone) == 1 else None


def _characters(tokens: Sequence[str], first: int, last: int) -> tuple[int, int]:
    start = sum(map(len, tokens[:first]))
    return start, start + sum(map(len, tokens[first:last]))


def _outdented(group: Sequence[PatchLine]) -> list[PatchLine]:
    """Fit for a screen, and without the indentation that all lines share."""
    texts = [printable(line.text) for line in group]
    margin = min((len(text) - len(text.lstrip()) for text in texts if text.strip()), default=0)
    return [dataclasses.replace(line, text=text[margin:]) for line, text in zip(group, texts, strict=True)]


def _without_blank_edges(group: list[PatchLine]) -> list[PatchLine]:
    told = [place for place, line in enumerate(group) if line.sign != " " or line.text.strip()]
    return group[told[0] : told[-1] + 1]


def _hunks(patch: str) -> list[list[PatchLine]]:
    hunks: list[list[PatchLine]] = []
    old = new = 0
    for raw in patch.split("\n"):
        line = raw.removesuffix("\r")
        header = HUNK.match(line)
        if header:
            old, new = int(header[1]), int(header[2])
            hunks.append([])
        elif hunks and (line[:1] in ("-", "+", " ") or not line):
            sign = line[:1] or " "
            hunks[-1].append(PatchLine(sign=sign, number=new if sign == "+" else old, text=line[1:]))
            old += sign != "+"
            new += sign != "-"
    for hunk in hunks:
        while hunk and hunk[-1].sign == " " and not hunk[-1].text:
            hunk.pop()
    return hunks
