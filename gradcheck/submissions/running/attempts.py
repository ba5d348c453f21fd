"""What a program tries that it may not: heard before it is refused, so that no ``except`` of its own hides it."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from gradcheck.language import mark, tr
from gradcheck.submissions.isolation.forbidden import REFUSALS

__all__ = ["listen"]

PACKAGE = str(Path(__file__).resolve().parents[1])
# Events of Python that no computation needs, and the right that each asks for (Python's table of audit events).
ACTS = {
    "socket.__new__": mark("the network"),
    **dict.fromkeys(("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"),
                    mark("another process")),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), mark("signals to other processes")),
}  # fmt: skip
# Events of files and folders whose first argument is a path: whether it may be read, the system is asked.
READING = ("open", "os.listdir", "os.scandir")
WRITES = os.O_WRONLY | os.O_RDWR
FRAMES = 12


def listen(path: Path, note: Callable[[str], None]) -> None:
    """Tell from now on what a file's own code tries and this process may not do.

    Parameters
    ----------
    path : Path
        Of the file; what libraries do by themselves is not its own.
    note : callable
        ``note(right)``, in the words of ``right_of``.

    Notes
    -----
    An audit hook stays for the life of the process; it never raises.
    """
    own, ours = str(path), {"asking": False}
    libraries = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})

    def is_its_own() -> bool:
        """Whether the file, or our lines or the standard library for it, does this."""
        here = inspect.currentframe()
        frame = here.f_back.f_back if here is not None and here.f_back is not None else None
        for _ in range(FRAMES):
            if frame is None:
                return False
            name = frame.f_code.co_filename
            if name == own:
                return True
            passes_on = name.startswith((PACKAGE, *libraries)) and "site-packages" not in name
            if not passes_on:
                return False
            frame = frame.f_back
        return False

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if ours["asking"] or (event not in ACTS and event not in READING):
            return
        ours["asking"] = True
        with contextlib.suppress(Exception):
            if is_its_own():
                right = ACTS.get(event) or _refused(arguments)
                if right is not None:
                    note(tr(right))
        ours["asking"] = False

    sys.addaudithook(heard)


def _refused(arguments: tuple[object, ...]) -> str | None:
    """What is said of a path that may not be read; None for one that may be, or that is not there."""
    path = arguments[0] if arguments else None
    flags = arguments[2] if len(arguments) > 2 else 0
    if not isinstance(path, (str, bytes)) or (isinstance(flags, int) and flags & WRITES):
        return None
    try:
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
    except OSError as error:
        return tr("the file or folder {name!r}", name=os.fsdecode(path)[:200]) if error.errno in REFUSALS else None
    return None
