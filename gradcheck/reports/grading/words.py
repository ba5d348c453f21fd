"""What every sheet says in the same words: points, states, lateness."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from gradcheck.grading.assignment.ready import assignment_title, item_title
from gradcheck.grading.people.standing import Attempted
from gradcheck.grading.records import Outcome, State
from gradcheck.language import clauses, listed, mark, sentence, tr, trn
from gradcheck.reports.grading.pictures import Curve
from gradcheck.reports.grading.seen import Item, Sheet

__all__ = [
    "COUNTED",
    "as_points",
    "caption",
    "curve_name",
    "explanations",
    "heading",
    "not_counted",
    "opened",
    "outcome",
    "percent",
    "points_of",
    "state",
    "sureness",
    "title",
    "total",
]

# Outcomes of items that were looked at and have all their points.
COUNTED = frozenset({Outcome.EARNED, Outcome.CARRIED})
STATES = {
    State.GRADED: mark("graded"),
    State.UNGRADABLE: mark("could not be run: that is no mark, and no zero"),
    State.INTERNAL: mark("gradcheck failed over it: it will be graded again"),
    None: mark("nothing was handed in"),
}
CURVES = {"loss": mark("loss")}


def as_points(points: float) -> str:
    """Points without digits that say nothing.

    Examples
    --------
    >>> as_points(18.75), as_points(3.0), as_points(1 / 3)
    ('18.75', '3', '0.33')
    """
    return f"{points:.2f}".rstrip("0").rstrip(".")


def points_of(points: float, of: float) -> str:
    """``3 of 4``."""
    return tr("{points} of {of}", points=as_points(points), of=as_points(of))


def percent(sheet: Sheet) -> float | None:
    """Of the points that there are; None where there is no mark."""
    return None if sheet.points is None or not sheet.of else 100.0 * sheet.points / sheet.of


def total(sheet: Sheet) -> str:
    """The sum, or that there is none."""
    return tr("no mark") if sheet.points is None else points_of(sheet.points, sheet.of)


def state(sheet: Sheet) -> str:
    """What became of the submission, in a few words."""
    return tr(STATES[sheet.state])


def outcome(item: Item) -> str:
    """What became of an item; what a person has decided is said as such."""
    return tr("decided by hand") if item.override is not None else tr(item.outcome.value)


def opened(item: Item) -> str | None:
    """Why an item counts although what comes before it is not right; None where there is no such reason."""
    if item.opened_by is None:
        return None
    return tr("It counts, because '{item}', which comes before it, was decided by hand.", item=item.opened_by)


def heading(sheet: Sheet) -> str:
    """The assignment's title."""
    return assignment_title(sheet.title)


def title(item: Item) -> str:
    """An item's title, after those of the groups that it is in."""
    ids = item.path.split("/")
    paths = ["/".join(ids[:length]) for length in range(1, len(ids) + 1)]
    titles = map(item_title, paths[-len(item.groups) - 1 :], (*item.groups, item.title))
    return functools.reduce(lambda above, below: tr("{group}: {title}", group=above, title=below), titles)


def curve_name(name: str) -> str:
    """What a record calls a curve, in words."""
    return tr(CURVES.get(name, name))


def caption(picture: Curve) -> str:
    """What a curve shows, in a sentence."""
    values = {"name": curve_name(picture.name), "first": picture.first, "last": picture.last}
    told = [tr("The {name} in training, from {first:.4g} to {last:.4g}", **values)]
    told += [tr(", on a logarithmic scale")] if picture.logarithmic else []
    told += [tr("; values that are not finite are left out")] if picture.broken else []
    return sentence("".join(told))


def sureness(bug: Mapping[str, Any]) -> str:
    """How sure the name of a bug is, where it is, and what it cannot be told from."""
    told = [tr("{percent:.0f} % sure", percent=100 * bug["confidence"])]
    told += [tr("line {line}", line=bug["line"])] if bug["line"] is not None else []
    told += [tr("not to be told from {names}", names=listed(bug["same_as"]))] if bug["same_as"] else []
    return clauses(told)


def explanations(sheet: Sheet) -> list[str]:
    """Why the sum is what it is, beyond its items."""
    told = []
    if sheet.state is not State.GRADED:
        told += [sheet.reason] if sheet.reason != state(sheet) else []
        told += [tr("What to do: {cure}", cure=sheet.cure)] if sheet.cure else []
    if sheet.late_days:
        days, off = sheet.late_days, sheet.late_points
        told.append(
            trn("{n} day late: {points} points taken off.", "{n} days late: {points} points taken off.",
                days, points=as_points(off))
            if off
            else trn("{n} day late: nothing taken off.", "{n} days late: nothing taken off.", days)
        )  # fmt: skip
    if sheet.override is not None:
        told.append(
            tr("The sum was decided by hand: {reason}", reason=sheet.override)
            if sheet.measured is None
            else tr("The sum was decided by hand ({points} was measured): {reason}",
                    points=as_points(sheet.measured), reason=sheet.override)
        )  # fmt: skip
    return [*told, *map(not_counted, sheet.others)]


def not_counted(attempt: Attempted) -> str:
    """Of an attempt that does not count, what it would have been worth."""
    state = next((state for state in State if state.name.lower() == attempt.state), None)
    worth = tr(STATES[state]) if attempt.points is None else points_of(attempt.points, attempt.of)
    if attempt.submission is None:
        return tr("Attempt {number} does not count: {points}.", number=attempt.number, points=worth)
    return tr("Attempt {number} ({file}) does not count: {points}.",
              number=attempt.number, file=attempt.submission, points=worth)  # fmt: skip
