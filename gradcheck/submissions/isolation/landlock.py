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
from collections.abc import Iterable
from pathlib import Path

from gradcheck.submissions.isolation.kernel import UnsupportedError, forbid_new_privileges, syscall

__all__ = ["Ruleset", "abi"]

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
READING = READ_FILE | READ_DIR | EXECUTE
WRITING = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | TRUNCATE
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


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
        raise UnsupportedError(f"this kernel offers no Landlock ({error.strerror})") from None


class Ruleset:
    """What may be read, and what written; everything else is refused once ``restrict`` has been called.

    Parameters
    ----------
    readable : iterable of path
        Files, and folders with all below them. What does not exist is left out.
    writable : iterable of path
        Folders in which files may be made, changed and removed.

    Raises
    ------
    UnsupportedError
        Where there is no Landlock.

    Notes
    -----
    Built once and used by any number of processes forked later: it is a file descriptor. More may be allowed with
    ``allow`` until a process restricts itself.
    """

    def __init__(self, readable: Iterable[str | Path] = (), writable: Iterable[str | Path] = ()) -> None:
        self.abi = abi()
        rights = FILE_RIGHTS.get(self.abi, FILE_RIGHTS[max(FILE_RIGHTS)])
        self._handled = (1 << rights) - 1
        attributes = _RulesetAttributes(
            self._handled, NET_ALL if self.abi >= 4 else 0, SCOPE_ALL if self.abi >= 6 else 0
        )
        size = 8 if self.abi < 4 else (16 if self.abi < 6 else 24)
        self._descriptor = syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
        self.allow(readable, writable)

    @property
    def covers_network(self) -> bool:
        """Whether TCP is refused too."""
        return self.abi >= 4

    def allow(self, readable: Iterable[str | Path] = (), writable: Iterable[str | Path] = ()) -> None:
        """Add to what may be reached."""
        for path in readable:
            self._add(path, READING)
        for path in writable:
            self._add(path, WRITING)

    def allow_devices(self, paths: Iterable[str | Path]) -> None:
        """Add devices that may be read and written, such as the null device."""
        for path in paths:
            self._add(path, READ_FILE | WRITE_FILE | TRUNCATE)

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

    def _add(self, path: str | Path, access: int) -> None:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return  # what is not there needs no right
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                access &= FILE_ONLY
            rule = _PathBeneath(access & self._handled, descriptor)
            syscall(
                ADD_RULE,
                ctypes.c_int(self._descriptor),
                ctypes.c_int(RULE_PATH_BENEATH),
                ctypes.byref(rule),
                ctypes.c_uint32(0),
            )
        finally:
            os.close(descriptor)
