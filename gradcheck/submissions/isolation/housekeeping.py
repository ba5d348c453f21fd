"""What a new process inherits and must not keep: descriptors, environment, terminal, working folder, umask."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Iterable, Mapping

__all__ = ["be_first_to_go", "close_others", "keep_only", "leave_behind"]

MOST_DESCRIPTORS = 1 << 16


def keep_only(places: Mapping[int, int]) -> None:
    """Put descriptors in their places, whatever was there.

    Parameters
    ----------
    places : mapping of int to int
        The place that a descriptor is to have, and the one that it has now.
    """
    import fcntl

    above = max(places) + 1
    moved = {place: fcntl.fcntl(now, fcntl.F_DUPFD, above) for place, now in places.items()}
    for place, descriptor in moved.items():
        os.dup2(descriptor, place, inheritable=True)
        os.close(descriptor)


def close_others(kept: Iterable[int]) -> None:
    """Close every descriptor but these."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    end = MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else max(soft, MOST_DESCRIPTORS)
    start = 0
    for descriptor in sorted({*kept, end}):
        if start < descriptor:  # an empty range would be taken for all of them
            os.closerange(start, descriptor)
        start = descriptor + 1


def leave_behind(environment: Mapping[str, str], folder: str | None) -> None:
    """A session without a terminal, signals as they are by default, no environment but this, files nobody else reads.

    Parameters
    ----------
    environment : mapping
        All that is left of it.
    folder : str or None
        Where to work from now on.
    """
    with contextlib.suppress(OSError):
        os.setsid()  # it leads a session already where it was started on its own
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    os.umask(0o077)
    if folder is not None:
        os.chdir(folder)


def be_first_to_go() -> None:
    """Where memory runs out, the kernel ends this process and its children before others."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("1000")
