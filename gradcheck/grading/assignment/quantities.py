"""Lengths of time and amounts of memory, as they are written in an assignment file."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["UNITS_OF_MEMORY", "UNITS_OF_TIME", "bytes_of", "length_of"]

UNITS_OF_TIME = {
    "s": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400, "week": 604800, "weeks": 604800,
}  # fmt: skip
"""Seconds in each."""

UNITS_OF_MEMORY = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
"""Bytes in each."""

AMOUNT = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)\s*", re.ASCII)


def length_of(text: str) -> timedelta | None:
    """A length of time such as ``1 h`` or ``90 s``; None where it is none.

    Examples
    --------
    >>> length_of("1.5 h")
    datetime.timedelta(seconds=5400)
    """
    seconds = _amount(text, UNITS_OF_TIME)
    try:
        return None if seconds is None else timedelta(seconds=seconds)
    except OverflowError:
        return None


def bytes_of(text: str) -> int | None:
    """An amount of memory such as ``512 MB``, in bytes; None where it is none.

    Examples
    --------
    >>> bytes_of("512 MB")
    512000000
    """
    amount = _amount(text, UNITS_OF_MEMORY)
    return None if amount is None else round(amount)


def _amount(text: str, units: dict[str, int]) -> float | None:
    match = AMOUNT.fullmatch(text)
    if match is None or match[2].lower() not in units:
        return None
    return float(match[1]) * units[match[2].lower()]
