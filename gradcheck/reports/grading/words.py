"""What every sheet says in the same words: points, states, lateness."""

from __future__ import annotations

from gradcheck.grading.records import Outcome, State
from gradcheck.reports.grading.seen import Item, Sheet

__all__ = [
    "COUNTED",
    "as_points",
    "explanations",
    "mark",
    "outcome",
    "percent",
    "points_of",
    "sentence",
    "state",
    "title",
]

# Outcomes of items that were looked at and have all their points.
COUNTED = frozenset({Outcome.EARNED, Outcome.CARRIED})
STATES = {
    State.GRADED: "graded",
    State.UNGRADABLE: "could not be run: that is no mark, and no zero",
    State.INTERNAL: "gradcheck failed over it: it will be graded again",
    None: "nothing was handed in",
}


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
    return f"{as_points(points)} of {as_points(of)}"


def percent(sheet: Sheet) -> float | None:
    """Of the points that there are; None where there is no mark."""
    return None if sheet.points is None or not sheet.of else 100.0 * sheet.points / sheet.of


def mark(sheet: Sheet) -> str:
    """The sum, or that there is none."""
    return "no mark" if sheet.points is None else points_of(sheet.points, sheet.of)


def state(sheet: Sheet) -> str:
    """What became of the submission, in a few words."""
    return STATES[sheet.state]


def outcome(item: Item) -> str:
    """What became of an item; what a person has decided is said as such."""
    return "decided by hand" if item.override is not None else item.outcome.value


def title(item: Item) -> str:
    """An item's title, with the group that it is in."""
    group = item.path.rpartition("/")[0]
    return f"{group}: {item.title}" if group else item.title


def sentence(text: str) -> str:
    """Some words as a sentence.

    Examples
    --------
    >>> sentence("earned: right")
    'Earned: right.'
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def explanations(sheet: Sheet) -> list[str]:
    """Why the sum is what it is, beyond its items."""
    told = []
    if sheet.state is not State.GRADED:
        told.append(sheet.reason)
        told += [f"What to do: {sheet.cure}"] if sheet.cure else []
    if sheet.late_days:
        days = "day" if sheet.late_days == 1 else "days"
        off = f"{as_points(sheet.late_points)} points taken off" if sheet.late_points else "nothing taken off"
        told.append(f"{sheet.late_days} {days} late: {off}.")
    if sheet.override is not None:
        measured = "" if sheet.measured is None else f" ({as_points(sheet.measured)} was measured)"
        told.append(f"The sum was decided by hand{measured}: {sheet.override}")
    return told
