"""Which right a refused system call would have needed, in words; told in the child, and no more than a hint."""

from __future__ import annotations

import errno
import linecache
import traceback
from pathlib import Path

from gradcheck.language import mark, tr

__all__ = ["REFUSALS", "right_of"]

REFUSALS = (errno.EPERM, errno.EACCES)
# What stands in the lines and the files that a refusal came through; the first that fits is named.
SIGNS = (
    (mark("the network"), ("socket", "ssl", "http", "urllib", "requests", "ftplib", "smtplib")),
    (mark("another process"), ("subprocess", "fork", "popen", "posix_spawn", "execv", "os.system", "multiprocess")),
    (mark("signals to other processes"), ("os.kill", "killpg", "pidfd", "pthread_kill")),
    (mark("other limits or another priority"), ("setrlimit", "prlimit", "setpriority", "nice(", "sched_set")),
    (mark("another user or group"), ("setuid", "setgid", "setreuid", "setresuid", "setgroups")),
    (mark("a file's owner, mode or times"), ("chmod", "chown", "utime", "copystat", "touch", "setxattr")),
    (mark("memory shared with other processes"), ("memfd", "shm_open", "SharedMemory", "shared_memory")),
)  # fmt: skip
OPENING = ("open", "listdir", "scandir", "mkdir", "remove", "unlink", "rename", "truncate", "load", "save", "rmdir")


def right_of(error: BaseException) -> str | None:
    """What was refused; None for an error that is no refusal.

    Parameters
    ----------
    error : BaseException
        As the submission's code raised it.

    Examples
    --------
    >>> right_of(ValueError("no"))
    """
    if not isinstance(error, OSError) or error.errno not in REFUSALS:
        return None
    if isinstance(error.filename, (str, bytes)):
        name = error.filename if isinstance(error.filename, str) else error.filename.decode("utf-8", "replace")
        return tr("the file or folder {name!r}", name=name[:200])
    passed = " ".join(
        f"{Path(frame.filename).stem} {frame.name} {frame.line or linecache.getline(frame.filename, frame.lineno or 0)}"
        for frame in traceback.extract_tb(error.__traceback__)[-6:]
    )
    for right, signs in SIGNS:
        if any(sign in passed for sign in signs):
            return tr(right)
    return tr("a file or folder") if any(word in passed for word in OPENING) else tr("a system call")
