"""The marks of one attempt as they count: what a person has decided, and what that opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.records import OPENING

__all__ = ["CountedMark", "counted_marks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMark:
    """One item's mark as it counts.

    Attributes
    ----------
    mark : mapping
        In JSON form: as it was measured; of an item that was opened, what it has earned by itself.
    points : float
    override : Override or None
        What a person has decided.
    opened_by : mapping or None
        The mark of the item before it that a person has decided on, where it counts for that alone.
    """

    mark: Mapping[str, Any]
    points: float
    override: Override | None = None
    opened_by: Mapping[str, Any] | None = None

    @property
    def opens(self) -> bool:
        """Whether what comes after it counts: it has all its points by hand, or is right."""
        if self.override is not None:
            return self.points >= float(self.mark.get("of", inf))
        return self.mark.get("outcome") in OPENING


def counted_marks(marks: Sequence[Mapping[str, Any]], decided: Mapping[str, Override]) -> tuple[CountedMark, ...]:
    """The marks as they count.

    All points by hand open what waits for an item, as if it were right; fewer close nothing that was open.

    Parameters
    ----------
    marks : sequence of mapping
        Of a grade, in JSON form.
    decided : mapping of str to Override
        By the item's path.

    Returns
    -------
    tuple of CountedMark
        In the same order.
    """
    measured = {str(mark["item"]): mark for mark in marks}
    found: dict[str, CountedMark] = {}

    def counted(path: str) -> CountedMark:
        if path not in found:
            mark, override, opened_by = measured[path], decided.get(path), None
            gates = [counted(gate) for gate in mark.get("gates") or () if gate in measured]
            if mark.get("behind") is not None and gates and all(gate.opens for gate in gates):
                mark = mark["behind"]
                opened_by = next((gate.opened_by or gate.mark for gate in gates if _by_hand(gate)), None)
            points = mark["points"] if override is None else override.points
            found[path] = CountedMark(mark=mark, points=points, override=override, opened_by=opened_by)
        return found[path]

    return tuple(counted(path) for path in measured)


def _by_hand(gate: CountedMark) -> bool:
    return gate.override is not None or gate.opened_by is not None
