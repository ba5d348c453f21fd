"""How long to wait for code on a machine that may have other work: seconds of one that has none."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["Patience", "busyness", "stretched"]

# Where Linux tells how long the main thread of this process ran and how long it waited for a processor, in nanoseconds
# (the kernel's documentation, ``scheduler/sched-stats``). Where there is none, time is the clock's.
SCHEDULE = Path("/proc/self/schedstat")
# A process that has hardly run knows little of how long it has to wait (nanoseconds).
ENOUGH = 50_000_000
# However busy the machine is, code that hangs is given up after so many times its limit.
MOST = 10.0


def busyness() -> float:
    """How many times as long as on an idle machine this process has taken so far (dimensionless): 1 to ``MOST``."""
    try:
        ran, waited = (int(number) for number in SCHEDULE.read_text(encoding="ascii").split()[:2])
    except (OSError, ValueError):
        return 1.0
    if ran < ENOUGH:
        return 1.0
    return min(MOST, (ran + waited) / ran)


def stretched(seconds: float) -> float:
    """Seconds on the clock in which this machine does what an idle one does in so many."""
    return seconds * busyness()


class Patience:
    """An amount of time that passes the more slowly the busier the machine is.

    What a program may take is decided by what it does, not by what else runs: a verdict, a diagnosis and a mark on a
    loaded machine are those on an idle one.

    Parameters
    ----------
    seconds : float
        Of an idle machine.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._began = seconds, time.monotonic()

    def left(self) -> float:
        """Seconds of an idle machine that are left; below 0 once all are used up."""
        return self._seconds - (time.monotonic() - self._began) / busyness()
