"""Files and TCP ports that a process may still reach: Landlock, which any process may lay upon itself.

References
----------
Linux kernel documentation, "Landlock: unprivileged access control" (userspace-api/landlock).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from gradcheck.language import tr
from gradcheck.submissions.isolation.kernel import UnsupportedError, forbid_new_privileges, syscall

__all__ = ["Doors", "Ruleset", "abi"]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_DIR, MAKE_REG, MAKE_SYM = 1 << 7, 1 << 8, 1 << 12
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
# How many file rights each version of the interface knows.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NET_ALL = 0b11  # bind and connect TCP, from version 4
SCOPE_ALL = 0b11  # abstract unix sockets and signals, from version 6
READING = READ_FILE | READ_DIR  # libraries are mapped, not executed: no program may be started, with or without seccomp
WRITING = (
    READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
)
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

# The first number of a door: those below are the places of what a child is given.
ASIDE = 16


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def abi() -> int:
    """The version of Landlock that this kernel offers.

    Raises
    ------
    UnsupportedError
        If it offers none: too old, not enabled at boot, or hidden by a container.
    """
    try:
        return syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(CREATE_RULESET_VERSION))
    except OSError as error:
        raise UnsupportedError(tr("this kernel offers no Landlock ({strerror})", strerror=error.strerror)) from None


class Doors:
    """Places opened once, to be allowed in many rulesets: descriptors that give no right by themselves.

    Parameters
    ----------
    readable : iterable of path
        Files, and folders with all below them. What does not exist is left out.
    devices : iterable of path
        May be read and written.
    """

    def __init__(self, readable: Iterable[str | Path] = (), devices: Iterable[str | Path] = ()) -> None:
        import fcntl

        self.opened: list[tuple[int, int]] = []
        for descriptor, access in _opened((readable, READING), (devices, DEVICE)):
            self.opened.append((fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, ASIDE), access))

    @property
    def descriptors(self) -> frozenset[int]:
        """What must stay open for as long as rulesets are made of it."""
        return frozenset(descriptor for descriptor, _ in self.opened)

    def close(self) -> None:
        """Forget them; rulesets that were made of them stay."""
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.opened = []


class Ruleset:
    """What may be read, and what written; everything else is refused once ``restrict`` has been called.

    Parameters
    ----------
    readable : iterable of path
        As for ``Doors``.
    writable : iterable of path
        Folders in which files may be made, changed and removed.
    doors : Doors, optional
        More that may be reached.

    Raises
    ------
    UnsupportedError
        Where there is no Landlock.

    Notes
    -----
    A ruleset is a file descriptor, and a forked process shares it: whatever one process adds, all may reach. So each
    process that is to be shut in makes its own; what is common to all of them is opened once, as ``Doors``.
    """

    def __init__(
        self, readable: Iterable[str | Path] = (), writable: Iterable[str | Path] = (), doors: Doors | None = None
    ) -> None:
        self.abi = abi()
        rights = FILE_RIGHTS.get(self.abi, FILE_RIGHTS[max(FILE_RIGHTS)])
        self._handled = (1 << rights) - 1
        attributes = _RulesetAttributes(
            self._handled, NET_ALL if self.abi >= 4 else 0, SCOPE_ALL if self.abi >= 6 else 0
        )
        size = 8 if self.abi < 4 else (16 if self.abi < 6 else 24)
        self._descriptor = syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
        for descriptor, access in doors.opened if doors is not None else ():
            self._add(descriptor, access)
        self.allow(readable, writable)

    @property
    def covers_network(self) -> bool:
        """Whether TCP is refused too."""
        return self.abi >= 4

    @property
    def covers_signals(self) -> bool:
        """Whether signals to processes outside are refused too."""
        return self.abi >= 6

    def allow(
        self,
        readable: Iterable[str | Path] = (),
        writable: Iterable[str | Path] = (),
        listed: Iterable[str | Path] = (),
    ) -> None:
        """Add to what may be reached.

        Parameters
        ----------
        readable, writable : iterable of path
            As for the class.
        listed : iterable of path
            Folders in which, and below which, the names of files may be seen, but no file read.
        """
        for descriptor, access in _opened((readable, READING), (writable, WRITING), (listed, READ_DIR)):
            self._add(descriptor, access)

    def restrict(self) -> None:
        """Give up everything else, for this process and all that it starts; there is no way back.

        Raises
        ------
        OSError
            If the kernel refuses.
        """
        forbid_new_privileges()
        syscall(RESTRICT_SELF, ctypes.c_int(self._descriptor), ctypes.c_uint32(0))

    def close(self) -> None:
        """Forget the rules; processes that restricted themselves stay restricted."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1

    def _add(self, descriptor: int, access: int) -> None:
        access &= self._handled
        if not access:
            return
        rule = _PathBeneath(access, descriptor)
        syscall(
            ADD_RULE,
            ctypes.c_int(self._descriptor),
            ctypes.c_int(RULE_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )


def _opened(*granted: tuple[Iterable[str | Path], int]) -> Iterator[tuple[int, int]]:
    """Each place that there is, open for a moment, with what it is granted: a file has no rights of folders."""
    for paths, access in granted:
        for path in paths:
            try:
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue  # what is not there needs no right
            try:
                is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
                yield descriptor, access if is_folder else access & FILE_ONLY
            finally:
                os.close(descriptor)
