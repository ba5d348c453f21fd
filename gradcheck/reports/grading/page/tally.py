"""How a class stands as a whole: marks, states, bugs by frequency, gradients that are wrong in one way, items."""

from __future__ import annotations

import math
import statistics
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcheck.grading.assignment.records import Item
from gradcheck.reports.grading.page.row import Row

__all__ = ["Alike", "Distribution", "ItemFigures", "Tally", "distribution"]

BINS = 10
# Below 30 students a correlation scatters by 0.19 or more, and the border of 0.2 could not be told from chance.
ENOUGH_TO_CORRELATE = 30
# A mean share of fewer is one or two students' work.
ENOUGH_TO_CALL = 10
# Borders of difficulty and discrimination as textbooks of item analysis have them (Ebel and Frisbie, "Essentials of
# Educational Measurement", 1991, ch. 13): an item nearly all or hardly any earn tells students apart no more.
EASY, HARD, TELLS = 0.95, 0.2, 0.2
# "Mostly": more than half of what was lost, and of more students than two, who may have sat together.
MOSTLY, SEVERAL = 0.5, 3
NAMED = 6
# Points are sums of binary fractions: what is below this is no loss.
NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Marks: how many in each of equal steps from 0 to the most, and quartiles in points.

    Attributes
    ----------
    edges : tuple of float
        One more than `counts`; a mark on an edge counts above it, the highest in the last step.
    counts : tuple of int
    mean, low, quartiles, high
        Of the marks; `quartiles` are the lower one, the median and the upper one.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    mean: float
    low: float
    quartiles: tuple[float, float, float]
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFigures:
    """How one item did.

    Attributes
    ----------
    path, title : str
    of : float
    marked, lost : int
        Students with a mark for it, and those of them that lost some.
    difficulty : float or None
        Mean share earned, in [0, 1]; high is easy.
    discrimination : float or None
        Correlation of the item's points with the rest of the mark (corrected item-total); None where the class is too
        small, or all have the same.
    bug : str or None
        The one that more than half of the points were lost for.
    bug_share : float
        Of the points lost, in [0, 1].
    """

    path: str
    title: str
    of: float
    marked: int
    lost: int
    difficulty: float | None
    discrimination: float | None
    bug: str | None = None
    bug_share: float = 0.0

    @property
    def told(self) -> str:
        """What that means, in a few words; empty where nothing stands out."""
        if self.marked < ENOUGH_TO_CALL or self.difficulty is None:
            return ""
        if self.difficulty >= EASY:
            return "easy: nearly everybody earns it"
        if self.difficulty <= HARD:
            return "hard: hardly anybody earns it"
        if self.discrimination is not None and self.discrimination + _scatter(self.marked) < TELLS:
            return "says little: those who are good at the rest do no better here"
        return ""


@dataclass(slots=True)
class Alike:
    """Students whose gradient is wrong in one way; the first few are kept by name and sheet."""

    number: int
    students: int = 0
    first: list[tuple[str, str]] = field(default_factory=list)
    submissions: set[str] = field(default_factory=set)
    bugs: Counter[str] = field(default_factory=Counter)


class Tally:
    """Counts a class, one student after the other, and keeps of each no more than numbers.

    Parameters
    ----------
    items : sequence of Item
        That have points, in the rubric's order.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._points = array("d")
        self._lost_for: list[dict[str, float]] = [{} for _ in items]
        self._losers: list[Counter[str]] = [Counter() for _ in items]
        self._alike: dict[str, Alike] = {}
        self.students = 0
        self.states: Counter[str] = Counter()
        self.bugs: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.groups: Counter[str] = Counter()
        self.marks: list[float] = []
        self.most = 0.0

    def add(self, row: Row, submission: str) -> int | None:
        """Count a student.

        Parameters
        ----------
        row : Row
        submission : str
            Which files are theirs: members of a group that share them are no case of two gradients alike.

        Returns
        -------
        int or None
            Number (from 1) of the gradient that is wrong in the same way.
        """
        self.students += 1
        self.states[row.state] += 1
        self.bugs.update(row.bugs)
        self.flags.update(
            flag for flag, set_ in (("late", row.late_days), ("hand", row.by_hand), ("finding", row.findings)) if set_
        )
        self.groups.update([row.group] if row.group else [])
        if row.points is not None:
            self.marks.append(row.points)
            self.most = max(self.most, row.of)
        self._count_items(row)
        return None if row.fingerprint is None else self._count_gradient(row, row.fingerprint, submission)

    @property
    def alike(self) -> list[Alike]:
        """Gradients that more than one submission has wrong in the same way, the most frequent first."""
        found = [one for one in self._alike.values() if len(one.submissions) > 1]
        return sorted(found, key=lambda one: (-one.students, one.number))

    def items(self) -> list[ItemFigures]:
        """How each item did, in the rubric's order."""
        table = np.array(self._points, dtype=np.float64).reshape(-1, len(self._items) or 1)
        return [self._item(place, table) for place in range(len(self._items))]

    def _count_items(self, row: Row) -> None:
        if row.state != "graded":
            return
        for place, cell in enumerate(row.cells):
            self._points.append(math.nan if cell is None else cell.points)
            if cell is not None and cell.of - cell.points > NOTHING and cell.bug is not None:
                lost_for = self._lost_for[place]
                lost_for[cell.bug] = lost_for.get(cell.bug, 0.0) + cell.of - cell.points
                self._losers[place][cell.bug] += 1

    def _count_gradient(self, row: Row, fingerprint: str, submission: str) -> int:
        one = self._alike.setdefault(fingerprint, Alike(number=len(self._alike) + 1))
        one.students += 1
        one.bugs.update(row.bugs)
        if len(one.first) < NAMED:
            one.first.append((row.name, row.file))
        if len(one.submissions) < 2:
            one.submissions.add(submission)
        return one.number

    def _item(self, place: int, table: npt.NDArray[np.float64]) -> ItemFigures:
        item = self._items[place]
        own = table[:, place]
        known = ~np.isnan(own)
        earned = own[known]
        lost = item.points - earned
        rest = np.nansum(table, axis=1)[known] - earned
        bug, bug_share = self._mostly(place, float(lost.sum()))
        return ItemFigures(
            path=item.path,
            title=item.title,
            of=item.points,
            marked=int(earned.size),
            lost=int((lost > NOTHING).sum()),
            difficulty=float(earned.mean() / item.points) if earned.size and item.points else None,
            discrimination=_correlation(earned, rest),
            bug=bug,
            bug_share=bug_share,
        )

    def _mostly(self, place: int, lost: float) -> tuple[str | None, float]:
        """The bug that most of an item's points were lost for, and which share of them."""
        if lost <= NOTHING or not self._lost_for[place]:
            return None, 0.0
        bug, points = max(self._lost_for[place].items(), key=lambda lost_for: lost_for[1])
        share = points / lost
        return (bug, share) if share > MOSTLY and self._losers[place][bug] >= SEVERAL else (None, 0.0)


def distribution(marks: Sequence[float], most: float) -> Distribution | None:
    """How marks are distributed; None where there are none.

    Parameters
    ----------
    marks : sequence of float
        In points.
    most : float
        Points that there are; bonuses by hand may lie above.

    Notes
    -----
    Quartiles by linear interpolation between marks, the extreme ones included (type 7 of Hyndman and Fan, "Sample
    Quantiles in Statistical Packages", 1996).
    """
    if not marks:
        return None
    top = max(most, *marks) or 1.0
    counts = [0] * BINS
    for mark in marks:
        # Rounded, since 0.3 / 0.1 is 2.9999999999999996 and belongs above the edge.
        counts[min(BINS - 1, max(0, math.floor(round(BINS * mark / top, 9))))] += 1
    quartiles = statistics.quantiles(marks, n=4, method="inclusive") if len(marks) > 1 else [marks[0]] * 3
    return Distribution(
        edges=tuple(top * step / BINS for step in range(BINS + 1)),
        counts=tuple(counts),
        mean=statistics.fmean(marks),
        low=min(marks),
        quartiles=(quartiles[0], quartiles[1], quartiles[2]),
        high=max(marks),
    )


def _scatter(count: int) -> float:
    """Standard error of a correlation that is none by nature (of Fisher's transformation, which is its own near 0)."""
    return 1.0 / math.sqrt(count - 3)


def _correlation(own: npt.NDArray[np.float64], rest: npt.NDArray[np.float64]) -> float | None:
    if own.size < ENOUGH_TO_CORRELATE or np.ptp(own) <= NOTHING or np.ptp(rest) <= NOTHING:
        return None
    return float(np.corrcoef(own, rest)[0, 1])
