"""What a bug is called, and how sure that is, in words: shared by every screen that shows a diagnosis."""

from __future__ import annotations

from pathlib import PurePath

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.wording import fill
from gradcheck.language import clauses, listed, mark, tr
from gradcheck.records import DiagnosedBug, Diagnosis
from gradcheck.reports.unicode import printable

__all__ = ["bug_place", "bug_summary", "bug_title", "line_place", "sureness", "told_apart"]

# From this confidence on (dimensionless) these words.
SURENESS = (
    (0.95, mark("almost certain")),
    (0.8, mark("very likely")),
    (0.6, mark("likely")),
    (0.3, mark("possible")),
    (0.0, mark("a guess")),
)
COUNTS = (
    mark("one of these two: {told}"),
    mark("one of these three: {told}"),
    mark("one of these four: {told}"),
    mark("one of these five: {told}"),
    mark("one of these six: {told}"),
    mark("one of these seven: {told}"),
    mark("one of these eight: {told}"),
    mark("one of these nine: {told}"),
)


def bug_title(identifier: str) -> str:
    """The catalogue's title of a bug; an id that is not in it reads as its own words.

    Examples
    --------
    >>> bug_title("some-later-bug")
    'some later bug'
    """
    return tr(CATALOGUE[identifier].title) if identifier in CATALOGUE else identifier.replace("-", " ")


def told_apart(identifier: str) -> str:
    """What would tell a bug from its look-alikes, as the catalogue has it; empty where it says nothing."""
    return fill(CATALOGUE[identifier].told_apart, {}) if identifier in CATALOGUE else ""


def sureness(bug: DiagnosedBug) -> str:
    """How sure a name is, in words and as a number.

    Examples
    --------
    >>> sureness(DiagnosedBug(bug="sign-flip", confidence=0.97, message="..."))
    'almost certain (97 %)'
    >>> sureness(DiagnosedBug(bug="double-mean", same_as=("mean-instead-of-sum",), confidence=0.9, message="..."))
    'one of these two: very likely (90 %)'
    """
    word = next((word for least, word in SURENESS if bug.confidence >= least), SURENESS[-1][1])
    told = tr("{title} ({details})", title=tr(word), details=_percent(bug.confidence))
    if not bug.same_as:
        return told
    number = len(bug.same_as) - 1
    if number < len(COUNTS):
        return tr(COUNTS[number], told=told)
    return tr("one of these {number}: {told}", number=number + 2, told=told)


def bug_place(bug: DiagnosedBug) -> str:
    """The line as it is spoken of; empty where no line is known.

    Examples
    --------
    >>> bug_place(DiagnosedBug(bug="sign-flip", confidence=0.9, message="...", line=7, lines=(7, 9)))
    'line 7'
    """
    number = bug.line if bug.cell is None else bug.cell_line
    return "" if number is None else line_place(bug, number)


def line_place(bug: DiagnosedBug, number: int) -> str:
    """A line near a bug as it is spoken of: that of its cell in a notebook, or of its file among several.

    Examples
    --------
    >>> line_place(DiagnosedBug(bug="sign-flip", confidence=0.9, message="...", line=7, cell=2, cell_line=3), 4)
    'cell 2, line 4'
    """
    if bug.cell is not None:
        return tr("cell {cell}, line {line}", cell=bug.cell, line=number)
    if bug.file is None:
        return tr("line {line}", line=number)
    return tr("{file}, line {line}", file=PurePath(bug.file).name, line=number)


def bug_summary(report: Diagnosis) -> str:
    """All bugs of a diagnosis on one line; empty where none is named."""
    return clauses(map(_with_details, report.diagnoses))


def _with_details(bug: DiagnosedBug) -> str:
    details = listed(filter(None, (bug.bug, bug_place(bug), _percent(bug.confidence))))
    return printable(tr("{title} ({details})", title=bug_title(bug.bug), details=details))


def _percent(confidence: float) -> str:
    """Never rounded up to certainty."""
    return f"{min(max(round(100 * confidence), 1), 99)} %"
