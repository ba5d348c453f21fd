"""Marks that a person has decided on, as a table says."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.gradebook.gradebook import TOTAL, Override

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
        CSV, UTF-8. ``submission`` is a submission's key, or ``student:ID`` whichever attempt counts; ``item`` its path
        in the rubric, or empty for the sum; empty ``points`` take an earlier decision back.

    Raises
    ------
    GradingError
        If it cannot be read, or a line has no number or no reason: with the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise GradingError(
                    f"{path}: its headings are {', '.join(rows.fieldnames or ()) or 'missing'}; expected "
                    f"{', '.join(COLUMNS)}."
                )
            return [_decision(f"{path}, line {rows.line_num}", row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read ({error}).") from None


def _decision(place: str, cells: dict[str, str | None]) -> Decision:
    row = {name: (cells[name] or "").strip() for name in COLUMNS}
    key, item = row["submission"], row["item"] or TOTAL
    if not key:
        raise GradingError(f"{place}: no submission is named.")
    if not row["points"]:
        return Decision(key=key, item=item, override=None)
    try:
        points = float(row["points"])
    except ValueError:
        raise GradingError(f"{place}: points are '{row['points']}'; expected a number.") from None
    if not 0.0 <= points < float("inf"):
        raise GradingError(f"{place}: points are {points:g}; expected 0 or more.")
    if not row["reason"]:
        raise GradingError(f"{place}: a mark is overridden without a reason: give one.")
    return Decision(key=key, item=item, override=Override(key=key, item=item, points=points, reason=row["reason"]))
