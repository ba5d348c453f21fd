"""What lateness takes off."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from gradcheck.grading.assignment.records import Late

__all__ = ["days_late", "taken_off"]

DAY = timedelta(days=1)


def days_late(submitted: datetime | None, late: Late) -> int:
    """Days begun after the due time and its grace; 0 where in time, or where either time is not known.

    Parameters
    ----------
    submitted : datetime or None
        With its zone.
    late : Late

    Examples
    --------
    >>> from datetime import UTC
    >>> policy = Late(due=datetime(2026, 10, 1, 12, tzinfo=UTC), grace=timedelta(hours=1), per_day=0.1)
    >>> [days_late(datetime(2026, 10, day, hour, tzinfo=UTC), policy) for day, hour in ((1, 13), (1, 14), (3, 13))]
    [0, 1, 2]
    """
    if submitted is None or late.due is None:
        return 0
    over = submitted - late.due - late.grace
    return max(0, math.ceil(over / DAY))


def taken_off(points: float, days: int, late: Late) -> float:
    """Points that so many days take off.

    Parameters
    ----------
    points : float
        That were earned.
    days : int
    late : Late
    """
    return points * min(late.per_day * days, late.most)
