"""Words between the controller and the zygote: fixed-size packets over a socket that carries descriptors too."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["FORK", "KILL", "PACKET", "REAP", "SCIPY", "Ending", "Order"]

FORK, REAP, KILL, SCIPY = b"F", b"R", b"K", b"S"
PACKET = 64
_ORDER = struct.Struct(">cq")
_ENDING = struct.Struct(">Biddq")


@dataclass(frozen=True, slots=True)
class Order:
    """What the zygote is to do, and with which child (0 for none)."""

    what: bytes
    pid: int = 0

    def encode(self) -> bytes:
        """As a packet."""
        return _ORDER.pack(self.what, self.pid)

    @classmethod
    def decode(cls, packet: bytes) -> Order:
        """From a packet."""
        what, pid = _ORDER.unpack(packet)
        return cls(what, pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a process ended.

    Attributes
    ----------
    code : int
        Its exit code, or the number of the signal that ended it, negative.
    user, system : float
        Seconds of processor time.
    peak : int
        Most resident memory, in the unit of the system's ``ru_maxrss``.
    """

    code: int
    user: float = 0.0
    system: float = 0.0
    peak: int = 0

    def encode(self) -> bytes:
        """As a packet."""
        return _ENDING.pack(1, self.code, self.user, self.system, self.peak)

    @staticmethod
    def still_running() -> bytes:
        """The packet that says that there is no ending yet."""
        return _ENDING.pack(0, 0, 0.0, 0.0, 0)

    @classmethod
    def decode(cls, packet: bytes) -> Ending | None:
        """From a packet; None while it still runs."""
        ended, code, user, system, peak = _ENDING.unpack(packet)
        return cls(code=code, user=user, system=system, peak=peak) if ended else None

    @property
    def cpu(self) -> float:
        """Seconds of processor time."""
        return self.user + self.system
