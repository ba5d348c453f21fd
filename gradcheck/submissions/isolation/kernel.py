"""The few system calls that Python has no name for, by ctypes; Linux only, absent elsewhere."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from functools import cache
from typing import Any

from gradcheck.language import listed, tr

__all__ = [
    "SUPPORTED_MACHINES",
    "UnsupportedError",
    "die_with_parent",
    "forbid_dumps",
    "forbid_new_privileges",
    "give_up_capabilities",
    "libc",
    "machine",
    "prctl",
    "privileges_forbidden",
    "syscall",
]

SUPPORTED_MACHINES = ("x86_64", "aarch64")
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
CAPABILITIES = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
CAP_DAC_READ_SEARCH = 1 << 2


class UnsupportedError(Exception):
    """A right that this machine cannot take away; the message says what it lacks."""


@cache
def machine() -> str:
    """``x86_64`` or ``aarch64``.

    Raises
    ------
    UnsupportedError
        On another system or processor.
    """
    if sys.platform != "linux":
        raise UnsupportedError(tr("{platform} has no Landlock and no seccomp", platform=platform.system()))
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if name not in SUPPORTED_MACHINES or sys.maxsize < 2**32:
        raise UnsupportedError(
            tr(
                "{machine} is not one of {known}",
                machine=platform.machine(),
                known=listed(SUPPORTED_MACHINES),
            )
        )
    return name


@cache
def libc() -> Any:
    """The C library that this interpreter runs on."""
    machine()
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: Any) -> int:
    """A raw system call.

    Raises
    ------
    OSError
        With the kernel's error number.
    """
    result = int(libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def prctl(option: int, *arguments: int) -> int:
    """``prctl``, its arguments as unsigned longs."""
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    result = int(libc().prctl(ctypes.c_int(option), *padded))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def forbid_new_privileges() -> None:
    """Set-uid programs and file capabilities give nothing from here on; Landlock and seccomp ask for it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def privileges_forbidden() -> bool:
    """Whether ``forbid_new_privileges`` holds."""
    return prctl(PR_GET_NO_NEW_PRIVS) == 1


def forbid_dumps() -> None:
    """No core file, and no other process of the same user may look into this one; its children inherit it.

    Where nothing else keeps children apart, this does: without it one child could trace its neighbour.
    """
    prctl(PR_SET_DUMPABLE, 0)


def give_up_capabilities() -> None:
    """What root may do besides; all but reading files of other users, as a class's files may be.

    Raises
    ------
    OSError
        With the kernel's error number.
    """
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    if libc().capget(header, sets) == 0:
        kept = sets[1] & CAP_DAC_READ_SEARCH
        sets[:] = [kept, kept, 0, 0, 0, 0]
        if libc().capset(header, sets) == 0:
            return
    error = ctypes.get_errno()
    raise OSError(error, os.strerror(error))


def die_with_parent() -> None:
    """Be killed when the thread that forked this process ends, however that ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
