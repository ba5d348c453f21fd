"""Resource limits of a process that runs somebody's code: memory, processor time, file size, open files, processes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "Usage", "usage"]

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
    """

    wall: float = 20.0
    cpu: float = 120.0
    memory: int = 4096 * MEBIBYTE
    output: int = 16 * MEBIBYTE
    file_size: int = 64 * MEBIBYTE
    files: int = 128
    scratch: int = 256 * MEBIBYTE

    def apply(self) -> tuple[str, ...]:
        """Lay the limits upon this process, after NumPy is imported: importing it under a tight limit can hang.

        Soft and hard limit are the same, so that they cannot be raised again. A limit that is lower already stays.

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
            "cpu": ("RLIMIT_CPU", max(1, round(self.cpu))),
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
        return tuple(lacking)


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


def usage(rusage: object, wall: float) -> Usage:
    """From what ``os.wait4`` returns (``ru_maxrss`` is in KiB on Linux, in bytes on macOS)."""
    import sys

    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(
        cpu=float(getattr(rusage, "ru_utime", 0.0)) + float(getattr(rusage, "ru_stime", 0.0)),
        wall=wall,
        peak_memory=int(getattr(rusage, "ru_maxrss", 0)) * unit,
    )


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


def _address_space() -> int:
    """Bytes of address space that the process has now; 0 where that is not known."""
    import os

    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (a kernel file, before any rights go)
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
