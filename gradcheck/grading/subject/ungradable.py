"""Why a submission could not be run, with the exact cure: that is no mark of zero."""

from __future__ import annotations

from gradcheck.errors import GradcheckError
from gradcheck.grading.discretion import said
from gradcheck.language import mark, tr
from gradcheck.submissions.exchange.session import SessionError, Status

__all__ = ["OTHERWISE", "UngradableError", "cure_of", "stopped", "words_of"]


class UngradableError(GradcheckError):
    """A submission that cannot be run.

    Attributes
    ----------
    cure : str
        What to do, in a sentence or two.
    status : Status or None
        How its process ended, where it came to one.
    """

    def __init__(self, reason: str, cure: str, status: Status | None = None) -> None:
        super().__init__(reason)
        self.cure, self.status = cure, status


CURES = {
    Status.TIME: mark(
        "Find out what takes so long: a loop without an end, loops over samples where one product of matrices does, "
        "or a training at the top of the file."
    ),
    Status.EXIT: mark("Take out exit(), quit() and sys.exit(): they end the whole program."),
    Status.MEMORY: mark("Make its arrays smaller: look for shapes that broadcast into large ones, (m, 1) with (m,)."),
    Status.OUTPUT: mark("Take out what prints or writes inside loops."),
    Status.SIGNAL: mark("Run the file once by itself and see where it crashes: endless recursion, or a library in C."),
    Status.FORBIDDEN: mark("Take out what reaches for other processes, the network or other files."),
    Status.PROTOCOL: mark("Take out what writes to file descriptors directly."),
}
OTHERWISE = mark("Run the file once by itself, and hand it in again.")


def cure_of(status: Status) -> str:
    """What to do about a process that has ended so."""
    return tr(CURES.get(status, OTHERWISE))


def stopped(error: SessionError) -> UngradableError:
    """The same as a process has ended."""
    told = tr("it could not be run: {error}", error=words_of(error))
    return UngradableError(told, cure_of(error.status), error.status)


def words_of(error: SessionError) -> str:
    """How a process has ended; what it has printed last is marked as its own words."""
    return str(error).replace(error.printed, said(error.printed)) if error.printed else str(error)
