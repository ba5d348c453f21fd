"""What the processes of one file have used, how the last one ended, and how far it was shut in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcheck.submissions.exchange.session import Session, Status
from gradcheck.submissions.isolation.limits import Usage

__all__ = ["Used"]


class Used:
    """Added up over the processes of one file.

    Attributes
    ----------
    traceback : tuple of str
        Of the first error that ended a statement of the file, cut to the file's own frames, outermost first.
    """

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._isolation: dict[str, Any] | None = None
        self._status = Status.OK
        self.traceback: tuple[str, ...] = ()

    def told(self, outcome: Mapping[str, Any]) -> None:
        """What a program's own run came to, by its process's account.

        Parameters
        ----------
        outcome : mapping
            The last reply of the process.
        """
        told = outcome.get("traceback")
        self.traceback = tuple(str(line)[:300] for line in told[:40]) if isinstance(told, list) else ()
        if outcome.get("exits"):
            self._status = Status.EXIT
        elif outcome.get("crashed") is True:
            self._status = Status.FORBIDDEN if outcome.get("forbidden") else Status.ERROR

    def add(self, session: Session) -> None:
        """A process that has ended.

        Parameters
        ----------
        session : Session
            Closed.
        """
        if session.failure is not None:
            self._status = session.failure.status
        self._isolation = session.reached.to_dict()
        used, before = session.usage, self._usage
        if used is not None:
            self._usage = (
                used
                if before is None
                else Usage(
                    cpu=before.cpu + used.cpu,
                    wall=before.wall + used.wall,
                    peak_memory=max(before.peak_memory, used.peak_memory),
                )
            )

    def to_dict(self) -> dict[str, Any]:
        """The fields of a report."""
        return {
            "status": self._status.name.lower(),
            "isolation": self._isolation,
            "usage": None if self._usage is None else self._usage.to_dict(),
        }
