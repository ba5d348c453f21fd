"""Time limits for code that runs in this process: kept by a signal where there is one, else not at all."""

from __future__ import annotations

import contextlib
import signal
import threading
import types
from collections.abc import Callable, Iterator

from gradcheck.language import tr

__all__ = ["Limited", "TimeIsUpError", "time_limited", "time_limits"]

# limited(seconds) is a context in which what runs is interrupted after so many seconds.
Limited = Callable[[float], contextlib.AbstractContextManager[None]]
# How soon the signal comes again, should what runs have swallowed the first one.
AGAIN = 0.05


class TimeIsUpError(BaseException):
    """Raised inside code that has run too long; not an ``Exception``, so that it is rarely swallowed."""


@contextlib.contextmanager
def time_limited(seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after so many seconds of wall time.

    Does nothing outside the main thread, without interval timers, or where somebody else's timer runs.

    Raises
    ------
    TimeIsUpError
        If it takes longer.
    """
    with time_limits() as limited, limited(seconds):
        yield


@contextlib.contextmanager
def time_limits() -> Iterator[Limited]:
    """The same for many short runs, one after the other: to set the signal up takes longer than such a run.

    Yields
    ------
    callable
        ``limited(seconds)``, as ``time_limited``.
    """
    if not _is_possible():
        yield lambda _seconds: contextlib.nullcontext()
        return
    asked = [0.0]

    def stop(_number: int, _frame: types.FrameType | None) -> None:
        raise TimeIsUpError(tr("took longer than {seconds:g} seconds", seconds=asked[0]))

    @contextlib.contextmanager
    def limited(seconds: float) -> Iterator[None]:
        asked[0] = seconds
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    before = signal.signal(signal.SIGALRM, stop)
    try:
        yield limited
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _is_possible() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0.0 and signal.getsignal(signal.SIGALRM) is not None
