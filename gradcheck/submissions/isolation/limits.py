"""Resource limits of a process that runs somebody's code: memory, processor time, file size, open files, processes."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from dataclasses import dataclass

__all__ = ["Limits", "Usage", "usage_of"]

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    wall : float
        Seconds that one request may take by the clock on the wall; kept by the controller.
    cpu : float
        Seconds of processor time of the whole process.
    memory : int
        Bytes of address space beyond what the process has when the limits are set.
    output : int
        Bytes that it may write to its standard output and error together; kept by the controller.
    file_size : int
        Bytes of any one file that it writes.
    files : int
        Open files.
    scratch : int
        Bytes of all files in its folder; kept by the controller.
    entries : int
        Files and folders in its folder; kept by the controller.
    threads : int
        Kept by the controller.

    Notes
    -----
    A file that is deleted while it is open is not seen in the folder: such files together have at most
    ``files * file_size`` bytes, until the process ends.
    """

    wall: float = 20.0
    cpu: float = 120.0
    memory: int = 4096 * MEBIBYTE
    output: int = 16 * MEBIBYTE
    file_size: int = 32 * MEBIBYTE
    files: int = 64
    scratch: int = 256 * MEBIBYTE
    entries: int = 2000
    threads: int = 64

    def apply(self) -> tuple[str, ...]:
        """Lay the limits upon this process, after NumPy is imported: importing it under a tight limit can hang.

        Soft and hard limit are the same, so that they cannot be raised again; but of processor time, where the first
        ends the process by a signal that says why, and the second, a second later, kills it. A limit that is lower
        already stays.

        Returns
        -------
        tuple of str
            Names of the limits that this system does not have.
        """
        try:
            import resource
        except ImportError:
            return ("cpu", "memory", "file_size", "files")
        lacking = []
        wanted = {
            "cpu": ("RLIMIT_CPU", max(1, round(self.cpu)) + 1),
            "memory": ("RLIMIT_AS", _address_space() + self.memory),
            "file_size": ("RLIMIT_FSIZE", self.file_size),
            "files": ("RLIMIT_NOFILE", self.files),
            "core": ("RLIMIT_CORE", 0),
            "locked": ("RLIMIT_MEMLOCK", 0),
            "queues": ("RLIMIT_MSGQUEUE", 0),
        }
        for name, (constant, value) in wanted.items():
            kind = getattr(resource, constant, None)
            if kind is None or not _lower(resource, kind, value):
                lacking.append(name)
        _soften(resource, max(1, round(self.cpu)))
        return tuple(lacking)

    def to_dict(self) -> dict[str, float]:
        """By name, for a child that is told of them."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process has used: processor seconds, wall seconds, peak bytes of memory."""

    cpu: float
    wall: float
    peak_memory: int

    def to_dict(self) -> dict[str, float]:
        """JSON form: seconds, and bytes."""
        return {
            "cpu_seconds": round(self.cpu, 4),
            "wall_seconds": round(self.wall, 4),
            "peak_memory_bytes": self.peak_memory,
        }


def usage_of(cpu: float, peak: int, wall: float) -> Usage:
    """From what ``os.wait4`` tells (``ru_maxrss`` is in KiB on Linux, in bytes on macOS).

    Parameters
    ----------
    cpu, wall : float
        Seconds.
    peak : int
        ``ru_maxrss``.
    """
    return Usage(cpu=cpu, wall=wall, peak_memory=peak * (1 if sys.platform == "darwin" else 1024))


def _lower(resource: object, kind: int, value: int) -> bool:
    """Soft and hard limit to ``value``, or to what the hard limit is already if that is less."""
    get, put = resource.getrlimit, resource.setrlimit  # type: ignore[attr-defined]
    try:
        _, hard = get(kind)
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)  # type: ignore[attr-defined]
        put(kind, (least, least))
    except (ValueError, OSError):
        return False
    return True


def _soften(resource: object, seconds: int) -> None:
    """The signal that says that the processor time is used up comes a second before the end."""
    kind = getattr(resource, "RLIMIT_CPU", None)
    with contextlib.suppress(ValueError, OSError, TypeError):
        _, hard = resource.getrlimit(kind)  # type: ignore[attr-defined]
        resource.setrlimit(kind, (min(seconds, hard), hard))  # type: ignore[attr-defined]


def _address_space() -> int:
    """Bytes of address space that the process has now; 0 where that is not known."""
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY)
        try:
            return int(os.read(descriptor, 200).split()[0]) * os.sysconf("SC_PAGE_SIZE")
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return 0
