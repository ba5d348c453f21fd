"""Marks that a person has decided on, as a table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.gradebook.gradebook import TOTAL, Override
from gradcheck.grading.people.tables import rows_of

__all__ = ["Decision", "read_overrides"]

COLUMNS = ("submission", "item", "points", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the table: other points from now on, or (None) the measured ones again."""

    key: str
    item: str
    override: Override | None


def read_overrides(path: Path) -> list[Decision]:
    """Read a table of the columns ``submission``, ``item``, ``points`` and ``reason``.

    Parameters
    ----------
    path : Path
        CSV as for ``rows_of``. ``submission`` is a submission's key, or ``student:ID`` whichever attempt counts;
        ``item`` its path in the rubric, or empty for the sum; empty ``points`` take an earlier decision back.

    Raises
    ------
    GradingError
        If it cannot be read, or a line has no number or no reason: with the line.
    """
    return [_decision(f"{path}, line {line}", row) for line, row in rows_of(path, COLUMNS)]


def _decision(place: str, row: Mapping[str, str]) -> Decision:
    key, item = row["submission"], row["item"] or TOTAL
    if not key:
        raise GradingError(f"{place}: no submission is named.")
    if not row["points"]:
        return Decision(key=key, item=item, override=None)
    try:
        points = float(row["points"].replace(",", "."))  # as spreadsheets of half the world write it
    except ValueError:
        raise GradingError(f"{place}: points are '{row['points']}'; expected a number.") from None
    if not 0.0 <= points < float("inf"):
        raise GradingError(f"{place}: points are {points:g}; expected 0 or more.")
    if not row["reason"]:
        raise GradingError(f"{place}: a mark is overridden without a reason: give one.")
    return Decision(key=key, item=item, override=Override(key=key, item=item, points=points, reason=row["reason"]))
