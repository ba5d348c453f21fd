"""Time limits for code that runs in this process: kept by a signal where there is one, else not at all."""

from __future__ import annotations

import contextlib
import signal
import threading
import types
from collections.abc import Iterator

from gradcheck.language import tr

__all__ = ["TimeIsUpError", "time_limited"]


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
    if not _is_possible():
        yield
        return

    def stop(_number: int, _frame: types.FrameType | None) -> None:
        raise TimeIsUpError(tr("took longer than {seconds:g} seconds", seconds=seconds))

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)  # again, should the first one be swallowed
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _is_possible() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0.0 and signal.getsignal(signal.SIGALRM) is not None
