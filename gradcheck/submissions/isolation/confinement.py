"""All rights together: prepared once where children are forked from, given up by each, named in a report."""

from __future__ import annotations

import enum
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gradcheck.submissions.isolation.kernel import UnsupportedError, forbid_new_privileges
from gradcheck.submissions.isolation.landlock import Ruleset
from gradcheck.submissions.isolation.limits import Limits
from gradcheck.submissions.isolation.seccomp import Filter

__all__ = ["Confinement", "Level", "Reached"]

# What programs read besides Python itself: shared libraries, time zones, random numbers, nothing of a person's.
SYSTEM_READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/opt/conda", "/nix/store", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip


class Level(enum.IntEnum):
    """How far a child is shut in, from nothing to everything; each level includes those below it."""

    NONE = 0  # the same process
    PROCESS = 1  # a process of its own with a time limit
    LIMITS = 2  # and limits on memory, processor time and files
    FILTERED = 3  # and one of Landlock and seccomp
    FULL = 4  # and both of them

    @property
    def words(self) -> str:
        """For a report."""
        return {
            Level.NONE: "none: it ran in this process",
            Level.PROCESS: "a process of its own with a time limit, nothing more",
            Level.LIMITS: "a process of its own with limits, but free to read files and use the network",
            Level.FILTERED: "limits and part of the kernel's locks",
            Level.FULL: "no other files, no network, no other processes, limits on all it uses",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a child has given up, as the kernel has confirmed it.

    ``lacking`` says in words what this machine does not offer.
    """

    level: Level
    landlock: int = 0  # version of the interface; 0 for none
    seccomp: bool = False
    limits: bool = False
    lacking: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "level": self.level.name.lower(),
            "landlock": self.landlock,
            "seccomp": self.seccomp,
            "limits": self.limits,
            "lacking": list(self.lacking),
        }


class Confinement:
    """The rules for children forked from here.

    Parameters
    ----------
    limits : Limits
    enabled : bool
        False for a plain process, to compare with.

    Notes
    -----
    Building the rules takes under a millisecond and is done once; a child's ``enter`` as long again.
    """

    def __init__(self, limits: Limits | None = None, *, enabled: bool = True) -> None:
        self.limits = limits or Limits()
        self._lacking: list[str] = []
        self._rules: Ruleset | None = None
        self._filter: Filter | None = None
        self._enabled = enabled
        if not enabled:
            self._lacking.append("isolation was switched off")
            return
        try:
            self._rules = Ruleset([*SYSTEM_READABLE, *python_folders()])
            self._rules.allow_devices(["/dev/null"])
        except (UnsupportedError, OSError) as error:
            self._lacking.append(f"Landlock: {error}")
        try:
            self._filter = Filter()
        except (UnsupportedError, OSError) as error:
            self._lacking.append(f"seccomp: {error}")

    def enter(self, *, readable: Iterable[str | Path] = (), scratch: str | Path | None = None) -> Reached:
        """Give up every right that can be given up; called in the child, before any code of the submission's is read.

        Parameters
        ----------
        readable : iterable of path
            The submission, and the data that it may read.
        scratch : path, optional
            The folder that it may write in.
        """
        lacking = list(self._lacking)
        if not self._enabled:
            return Reached(level=Level.PROCESS, lacking=tuple(lacking))
        missing = self.limits.apply()
        limited = not {"memory", "cpu"} & set(missing)
        if missing:
            lacking.append(f"limits: {', '.join(missing)}")
        landlock = self._restrict_files(readable, scratch, lacking)
        filtered = self._restrict_calls(lacking)
        count = bool(landlock) + filtered
        level = (Level.LIMITS, Level.FILTERED, Level.FULL)[count] if limited else Level.PROCESS
        if landlock and self._rules is not None and not self._rules.covers_network and not filtered:
            lacking.append("Landlock: this version does not cover the network")
        return Reached(level=level, landlock=landlock, seccomp=filtered, limits=limited, lacking=tuple(lacking))

    def _restrict_files(self, readable: Iterable[str | Path], scratch: str | Path | None, lacking: list[str]) -> int:
        if self._rules is None:
            return 0
        try:
            self._rules.allow(readable, () if scratch is None else (scratch,))
            forbid_new_privileges()
            self._rules.restrict()
        except OSError as error:
            lacking.append(f"Landlock: {error.strerror}")
            return 0
        version = self._rules.abi
        self._rules.close()
        return version

    def _restrict_calls(self, lacking: list[str]) -> bool:
        if self._filter is None:
            return False
        try:
            self._filter.install()
        except OSError as error:
            lacking.append(f"seccomp: {error.strerror}")
            return False
        return True


def python_folders() -> list[str]:
    """Where this interpreter, its library and installed packages lie; not the working folder, not a home folder."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sysconfig.get_paths().values()}
    paths |= set(site.getsitepackages())
    own = str(Path(__file__).resolve().parents[2])
    home = str(Path.home())
    return sorted({path for path in (*paths, own) if path and path not in ("/", home) and os.path.isdir(path)})  # noqa: PTH112
