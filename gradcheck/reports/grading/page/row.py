"""What the class page tells of one student."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.grading.records import Audience, Outcome
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pictures import GradientPicture, curve, gradient_picture
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.seen import Sheet
from gradcheck.reports.unicode import printable

__all__ = ["Cell", "Loss", "Row", "one_line", "row_of"]

# Of a curve that is as wide as a word.
STEPS = 24
# Of each block: the picture shows where a gradient is off, the sheet by how much in every entry.
ENTRIES = 2
UNNAMED = "unnamed"
# States of which there is more to tell than their name.
UNMARKED = ("ungradable", "internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One item of the rubric: what was earned, why, and for which bug of the catalogue the rest was lost."""

    points: float
    of: float
    outcome: Outcome
    bug: str | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A curve of the loss over training: points of an SVG polyline, and both ends."""

    points: str
    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One student.

    Attributes
    ----------
    name : str
        Or the pseudonym.
    file : str
        Name of the student's sheets, without suffix.
    submission : str
        Key of the attempt that counts; empty where there is none, or the class is anonymous.
    group : str
        Empty where there is none, or the class is anonymous.
    state : str
        As ``Standing`` has it.
    points : float or None
        The mark in the end.
    of : float
    bugs : tuple of str
        Ids of the catalogue; ``unnamed`` where the gradient is wrong and no bug was named.
    late_days : int
    late_points : float
    by_hand : tuple of str
        What a person has decided, and why.
    findings, told : tuple of str
        For staff; why there is no mark, and the cure.
    others : tuple of str
        Attempts that do not count.
    cells : tuple of Cell or None
        By item of the rubric; None where there is no mark for it.
    fingerprint : str or None
        Of the wrong gradient.
    loss : Loss or None
    gradient : GradientPicture or None
    """

    name: str
    file: str
    submission: str
    group: str
    state: str
    points: float | None
    of: float
    bugs: tuple[str, ...]
    late_days: int
    late_points: float
    by_hand: tuple[str, ...]
    findings: tuple[str, ...]
    told: tuple[str, ...]
    others: tuple[str, ...]
    cells: tuple[Cell | None, ...]
    fingerprint: str | None
    loss: Loss | None
    gradient: GradientPicture | None


def row_of(pupil: Pupil, items: Sequence[str], *, anonymous: bool) -> Row:
    """What the page tells of a student.

    Parameters
    ----------
    pupil : Pupil
    items : sequence of str
        Paths of the rubric's items that have points.
    anonymous : bool
        Whether nothing may be told by which a student is known: no file, no group, no words of those who know the name.
    """
    sheet, standing = pupil.sheets[Audience.STAFF], pupil.standing
    cells = {item.path: _cell(item) for item in sheet.items}
    others = [dataclasses.replace(one, submission=None) for one in sheet.others] if anonymous else sheet.others
    return Row(
        name=one_line(sheet.student),
        file=pupil.name,
        submission="" if anonymous else one_line(sheet.submission or ""),
        group="" if anonymous else one_line(standing.group or ""),
        state=standing.state,
        points=sheet.points,
        of=sheet.of,
        bugs=_bugs(sheet),
        late_days=sheet.late_days,
        late_points=sheet.late_points,
        by_hand=_by_hand(sheet, anonymous=anonymous),
        findings=tuple(map(one_line, (*sheet.findings, *(() if anonymous else sheet.notes)))),
        told=_unmarked(sheet, standing.state),
        others=tuple(one_line(words.not_counted(one)) for one in others),
        cells=tuple(cells.get(path) for path in items),
        fingerprint=sheet.record["grade"]["fingerprint"] if sheet.record else None,
        loss=_loss(sheet.curves.get("loss", ())),
        gradient=_gradient(sheet.record.get("blocks", ())),
    )


def one_line(text: str) -> str:
    r"""Text on one line, without what is invisible or turns a line around.

    Examples
    --------
    >>> one_line("a" + chr(10) + " b" + chr(0x202E))
    'a b\\u202e'
    """
    return " ".join(printable(text).split())


def _unmarked(sheet: Sheet, state: str) -> tuple[str, ...]:
    """Why there is no mark, and the cure."""
    return tuple(one_line(text) for text in (sheet.reason, sheet.cure) if text) if state in UNMARKED else ()


def _cell(item: Any) -> Cell:
    return Cell(points=item.points, of=item.of, outcome=item.outcome, bug=item.bug, by_hand=item.override is not None)


def _bugs(sheet: Sheet) -> tuple[str, ...]:
    """What points were lost for, then what else the diagnosis names."""
    charged = (item.bug for item in sheet.items if item.bug is not None)
    named = (str(bug["bug"]) for bug in sheet.record.get("diagnoses", ()))
    found = tuple(dict.fromkeys(one_line(bug) for bug in (*charged, *named)))
    return found or ((UNNAMED,) if sheet.record.get("verdict") == "fail" else ())


def _by_hand(sheet: Sheet, *, anonymous: bool) -> tuple[str, ...]:
    """Reasons name whoever asked for them: an anonymous page tells what was decided alone."""
    decided = [(item.path, item.override) for item in sheet.items if item.override is not None]
    decided += [("the sum", sheet.override)] if sheet.override is not None else []
    return tuple(path if anonymous else f"{path}: {one_line(reason)}" for path, reason in decided)


def _loss(values: Sequence[float | None]) -> Loss | None:
    if len(values) > STEPS:
        values = [values[round(place * (len(values) - 1) / (STEPS - 1))] for place in range(STEPS)]
    drawn = curve("loss", values)
    return None if drawn is None else Loss(points=drawn.points, first=drawn.first, last=drawn.last)


def _gradient(blocks: Sequence[Mapping[str, Any]]) -> GradientPicture | None:
    return gradient_picture([{"name": one_line(block["name"]), "worst": block["worst"][:ENTRIES]} for block in blocks])
