"""What a reader may see of a graded submission; every format shows this, so that none gives away more than another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from gradcheck.grading.assignment.ready import item_title
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.assignment.records import Item as RubricItem
from gradcheck.grading.people.counting import CountedMark, counted_marks
from gradcheck.grading.people.standing import Attempted, Standing
from gradcheck.grading.records import Audience, Hint, Message, Outcome, State
from gradcheck.language import mark, tr

__all__ = ["Item", "Sheet", "seen"]

# Of a curve that students see.
STEPS, DIGITS = 24, 2
# A fault of the tool is nothing that a student could mend; what it was is for staff.
OURS = mark("it could not be graded, through no fault of yours; your instructor has been told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the rubric, as a reader sees it.

    Attributes
    ----------
    path, title : str
    points, of : float
        After overrides.
    outcome : Outcome
    told : tuple of str
        The one best message, as far as this reader may see it, least first.
    patch : str or None
        A unified diff, where a reader may see the cure and it is one.
    line : int or None
    bug : str or None
        The catalogue's id.
    evidence : tuple of str
        For staff alone.
    override : str or None
        Why a person has given other points.
    opened_by : str or None
        The title of the item before it that a person has decided on, without which it would not count.
    groups : tuple of str
        Titles of the groups of the rubric that it is in, from the outermost.
    """

    path: str
    title: str
    points: float
    of: float
    outcome: Outcome
    told: tuple[str, ...]
    patch: str | None = None
    line: int | None = None
    bug: str | None = None
    evidence: tuple[str, ...] = ()
    override: str | None = None
    opened_by: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one reader sees of one student's work.

    Attributes
    ----------
    title : str
        Of the assignment.
    student : str
        By the name, or pseudonym, that this reader knows.
    submission : str or None
        Its key; None where the class is anonymous, since names of files tell names.
    audience : Audience
    state : State or None
        None where nothing was handed in.
    reason : str
    cure : str or None
    points : float or None
        None is no mark, which is not zero.
    of : float
    measured : float or None
        Before lateness and overrides.
    late_days : int
    late_points : float
    override : str or None
        Why a person has given another sum.
    items : tuple of Item
    others : tuple of Attempted
        Attempts that do not count.
    notes : tuple of str
    findings : tuple of str
        For staff alone.
    curves : mapping of str to tuple of float
    record : mapping
        The whole record, for staff alone; else empty.
    """

    title: str
    student: str
    submission: str | None
    audience: Audience
    state: State | None
    reason: str
    cure: str | None = None
    points: float | None = None
    of: float = 0.0
    measured: float | None = None
    late_days: int = 0
    late_points: float = 0.0
    override: str | None = None
    items: tuple[Item, ...] = ()
    others: tuple[Attempted, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    curves: Mapping[str, tuple[float, ...]]
    record: Mapping[str, Any]


def seen(
    standing: Standing,
    record: Mapping[str, Any] | None,
    assignment: Assignment,
    audience: Audience,
    *,
    pseudonym: str | None = None,
) -> Sheet:
    """What a reader may see.

    Parameters
    ----------
    standing : Standing
    record : mapping or None
        The record (JSON form) of the attempt that counts; None where nothing was handed in.
    assignment : Assignment
    audience : Audience
    pseudonym : str, optional
        By which the student is called instead of by name.
    """
    staff = audience is Audience.STAFF
    is_ours = record is not None and not staff and record["grade"]["state"] == State.INTERNAL.name.lower()
    grade = record["grade"] if record is not None else None
    level = assignment.show.get(audience, Hint.FIX if staff else Hint.SYMPTOM)
    decided = {override.item: override for override in standing.overrides}
    total = decided.pop("", None)
    groups = dict(_groups(assignment.rubric))
    return Sheet(
        title=assignment.title,
        student=pseudonym or standing.name or standing.student,
        submission=None if pseudonym else standing.submission,
        audience=audience,
        state=State[grade["state"].upper()] if grade else None,
        reason=tr(OURS) if is_ours else grade["reason"] if grade else tr("nothing was handed in"),
        cure=grade["cure"] if grade and not is_ours else None,
        points=standing.points,
        of=standing.of,
        measured=standing.measured,
        late_days=standing.late_days,
        late_points=standing.late_points,
        override=total.reason if total else None,
        items=tuple(
            _item(counted, level, groups.get(counted.mark["item"], ()), staff=staff)
            for counted in counted_marks(grade["marks"] if grade else (), decided)
        ),
        others=tuple(dataclasses.replace(one, submission=None) for one in standing.others)
        if pseudonym
        else standing.others,
        notes=standing.notes if staff else (),
        findings=tuple(f"{found['id']}: {found['message']}" for found in grade["findings"]) if grade and staff else (),
        curves={name: tuple(values) if staff else _coarse(values) for name, values in grade["curves"].items()}
        if grade
        else {},
        record=record if record is not None and staff else {},
    )


def _groups(items: Iterable[RubricItem], above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Titles of the groups that each item of the rubric is in."""
    for item in items:
        yield item.path, above
        yield from _groups(item.items, (*above, item.title))


def _item(counted: CountedMark, level: Hint, groups: tuple[str, ...], *, staff: bool) -> Item:
    mark, override, gate = counted.mark, counted.override, counted.opened_by
    message = Message(**mark["message"])
    told: Sequence[str] = message.up_to(level)
    patch = None
    if message.fix is not None and message.fix in told and _is_diff(message.fix):
        patch, told = message.fix, [text for text in told if text != message.fix]
    return Item(
        path=mark["item"],
        title=mark["title"],
        points=counted.points,
        of=mark["of"],
        outcome=Outcome[mark["outcome"].upper()],
        told=tuple(told),
        patch=patch,
        line=mark["line"] if level >= Hint.PLACE else None,
        bug=mark["bug"] if level >= Hint.NAME else None,
        evidence=tuple(mark["evidence"]) if staff else (),
        override=override.reason if override is not None else None,
        opened_by=item_title(gate["item"], gate["title"]) if gate is not None else None,
        groups=groups,
    )


def _coarse(values: Sequence[float | None]) -> tuple[float, ...]:
    """What a picture of a curve needs: a program reports its losses itself, and could report hidden numbers instead."""
    places = sorted({round(step * (len(values) - 1) / (STEPS - 1)) for step in range(STEPS)}) if values else []
    chosen = (nan if (value := values[place]) is None else value for place in places)
    return tuple(float(f"{value:.{DIGITS - 1}e}") for value in chosen)


def _is_diff(text: str) -> bool:
    return text.startswith("--- ")
