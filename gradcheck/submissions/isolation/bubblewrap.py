"""bubblewrap around the zygote, where it is installed and works: another file system, no network, no other processes.

An extra layer: what is inside gives up its rights all the same.

References
----------
https://github.com/containers/bubblewrap
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Wrapping", "wrapping"]

# Everything is seen and nothing can be written but the scratch folders; namespaces of its own for all but users.
ARGUMENTS = (
    "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/", "--dev", "/dev",
    "--proc", "/proc",
)  # fmt: skip
PROBING = 5.0
VARIABLE = "GRADCHECK_NO_BUBBLEWRAP"


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What stands before a command, and what it is called in a report."""

    name: str
    command: tuple[str, ...]


def wrapping(writable: Path) -> Wrapping | None:
    """The outer layer with one folder that can be written; None where there is none.

    Parameters
    ----------
    writable : Path
    """
    program = shutil.which("bwrap")
    if program is None or os.environ.get(VARIABLE) or not works(program):
        return None
    return Wrapping("bubblewrap", (program, *ARGUMENTS, "--bind", str(writable), str(writable), "--"))


@cache
def works(program: str) -> bool:
    """Whether it can do here what is asked of it: tried once, on a program that does nothing."""
    try:
        tried = subprocess.run(
            [program, *ARGUMENTS, "--", "/bin/sh", "-c", "exit 0"],
            check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBING,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0
