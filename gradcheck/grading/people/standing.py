"""Where each student stands: the attempt that counts, what lateness takes off, and what a person has decided."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from gradcheck.grading.assignment.records import Late
from gradcheck.grading.gradebook.gradebook import TOTAL, Override
from gradcheck.grading.people.counting import counted_marks
from gradcheck.grading.people.lateness import days_late, taken_off
from gradcheck.grading.people.owners import Owner
from gradcheck.grading.people.roster import Roster
from gradcheck.language import tr

__all__ = ["Attempted", "Attempts", "Standing", "standings", "without_effect"]


class Attempts(enum.Enum):
    """Which of several attempts counts; the value is the word of the command line."""

    LATEST = "latest"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt that does not count.

    Attributes
    ----------
    number : int
        Among all attempts of its student, from 1.
    submission : str or None
        Its key; None where the class is anonymous.
    state : str
        As of a standing.
    points : float or None
        What it would have been worth, after lateness and overrides; None is no mark.
    of : float
    """

    number: int
    submission: str | None
    state: str
    points: float | None
    of: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One student's mark, and how it came about.

    Attributes
    ----------
    student, name : str
    group : str or None
    state : str
        ``graded``, ``ungradable``, ``internal``, or ``missing`` where nothing was handed in.
    submission : str or None
        Key of the attempt that counts.
    attempts : tuple of str
        Keys of all of them, in their order.
    others : tuple of Attempted
        Those of them that do not count.
    measured : float or None
        Points of that attempt.
    late_days : int
    late_points : float
        Taken off.
    overrides : tuple of Override
        Those that changed something.
    points : float or None
        The mark in the end; None is no mark, which is not zero.
    of : float
    notes : tuple of str
        For staff.
    """

    student: str
    name: str = ""
    group: str | None = None
    state: str = "missing"
    submission: str | None = None
    attempts: tuple[str, ...] = ()
    others: tuple[Attempted, ...] = ()
    measured: float | None = None
    late_days: int = 0
    late_points: float = 0.0
    overrides: tuple[Override, ...] = ()
    points: float | None = None
    of: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    key: str
    owner: Owner
    grade: Mapping[str, Any]
    submitted: datetime | None


def standings(
    grades: Mapping[str, Mapping[str, Any]],
    owners: Mapping[str, Owner],
    *,
    roster: Roster | None,
    times: Mapping[str, datetime],
    overrides: Sequence[Override],
    late: Late,
    attempts: Attempts,
    of: float,
) -> list[Standing]:
    """Where everybody stands.

    Parameters
    ----------
    grades : mapping of str to mapping
        Each submission's ``grade`` in JSON form, by key.
    owners : mapping of str to Owner
        By key.
    roster : Roster or None
    times : mapping of str to datetime
        When each was handed in, with its zone; not all need be known.
    overrides : sequence of Override
        By key of the submission, or ``student:ID`` whichever attempt counts.
    late : Late
    attempts : Attempts
    of : float
        Points of the assignment.

    Returns
    -------
    list of Standing
        In the roster's order, then those that it does not know.
    """
    held: dict[str, list[_Attempt]] = {student.id: [] for student in (roster.students if roster else ())}
    for key, grade in grades.items():
        owner = owners[key]
        attempt = _Attempt(key=key, owner=owner, grade=grade, submitted=times.get(key))
        for student in owner.students or (f"? {owner.label}",):
            held.setdefault(student, []).append(attempt)
    known = {student.id: student for student in (roster.students if roster else ())}
    decided: dict[str, list[Override]] = {}
    for override in overrides:
        decided.setdefault(override.key, []).append(override)
    found = []
    for student, tried in held.items():
        person = known.get(student)
        ordered = sorted(tried, key=_when)
        worth = [_counted(student, attempt, decided, late, of) for attempt in ordered]
        standing = max(
            worth, key=lambda standing: _rank(standing, ordered, attempts), default=_absent(student, decided, of)
        )
        found.append(
            dataclasses.replace(
                standing,
                name=person.name if person else "",
                group=person.group if person else None,
                attempts=tuple(attempt.key for attempt in ordered),
                others=tuple(
                    Attempted(number=number, submission=one.submission, state=one.state, points=one.points, of=one.of)
                    for number, one in enumerate(worth, start=1)
                    if one is not standing
                ),
            )
        )
    return found


def without_effect(item: str) -> str:
    """What is said of an override of an item that nobody has a mark for."""
    return tr("the override of '{item}' has no effect: there is no such mark", item=item)


def _absent(student: str, decided: Mapping[str, Sequence[Override]], of: float) -> Standing:
    """Of somebody who has handed in nothing: no mark, but where a person has decided on the sum."""
    mine = {override.item: override for override in decided.get(f"student:{student}", ())}
    unknown = sorted(set(mine) - {TOTAL})
    return Standing(
        student=student,
        of=of,
        points=mine[TOTAL].points if TOTAL in mine else None,
        overrides=(mine[TOTAL],) if TOTAL in mine else (),
        notes=tuple(without_effect(item) for item in unknown),
    )


def _when(attempt: _Attempt) -> tuple[bool, float, int, str]:
    """In the order of time where that is known, else of their numbers, else of their names."""
    submitted = attempt.submitted
    return (
        submitted is not None,
        submitted.timestamp() if submitted is not None else 0.0,
        attempt.owner.attempt or 1,
        attempt.key,
    )


def _rank(standing: Standing, ordered: Iterable[_Attempt], attempts: Attempts) -> tuple[float, int]:
    """The latest that counts, or the best; what has no mark only where nothing else has one, if the best counts."""
    place = [attempt.key for attempt in ordered].index(standing.submission or "")
    if attempts is Attempts.LATEST:
        return (0.0, place)
    return (-1.0 if standing.points is None else standing.points, place)


def _counted(
    student: str, attempt: _Attempt, decided: Mapping[str, Sequence[Override]], late: Late, of: float
) -> Standing:
    """What a student would have, if that attempt counted."""
    grade = attempt.grade
    mine = {o.item: o for o in (*decided.get(attempt.key, ()), *decided.get(f"student:{student}", ()))}
    measured = grade["points"]
    points = measured
    if points is not None:
        now = counted_marks(grade["marks"], mine)
        points += sum(counted.points - mark["points"] for counted, mark in zip(now, grade["marks"], strict=True))
    days = days_late(attempt.submitted, late)
    off = taken_off(points, days, late) if points is not None else 0.0
    points = None if points is None else points - off
    notes = []
    if attempt.owner.late and not days:
        notes.append(tr("the platform has marked it as late; no time is known, so that nothing was taken off"))
    if attempt.owner.problem:
        notes.append(attempt.owner.problem)
    if TOTAL in mine:
        points, off = mine[TOTAL].points, 0.0
    above = [m["item"] for m in grade["marks"] if m["item"] in mine and mine[m["item"]].points > m.get("of", inf)]
    notes += [tr("the override of '{item}' gives more points than there are", item=item) for item in above]
    unknown = sorted(set(mine) - {TOTAL} - {mark["item"] for mark in grade["marks"]})
    notes += [without_effect(item) for item in unknown]
    return Standing(
        student=student,
        state=grade["state"],
        submission=attempt.key,
        measured=measured,
        late_days=days,
        late_points=off,
        overrides=tuple(mine[item] for item in sorted(set(mine) - set(unknown))),
        points=points,
        of=grade["of"] or of,
        notes=tuple(notes),
    )
