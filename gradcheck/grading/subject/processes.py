"""The process of a submission: started, asked for its loss and its gradient at points, ended."""

from __future__ import annotations

from typing import Any

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.subject.staging import Staged
from gradcheck.grading.subject.ungradable import UngradableError, stopped, words_of
from gradcheck.language import tr
from gradcheck.submissions.declared.remote import Fault
from gradcheck.submissions.exchange.protocol import Frame, text_of
from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.isolation.limits import Limits

__all__ = ["fault_of_session", "limits_of", "opened_session"]


def limits_of(assignment: Assignment) -> Limits:
    """What one submission of an assignment may use."""
    wanted, usual = assignment.limits, Limits()
    return Limits(
        wall=wanted.time,
        cpu=max(usual.cpu, 6.0 * wanted.time),
        memory=wanted.memory or usual.memory,
        output=wanted.output or usual.output,
    )


def opened_session(program: Staged, limits: Limits, keywords: dict[str, Any] | None = None) -> tuple[Session, Frame]:
    """A process that has loaded the program, and what it says of the first network.

    Raises
    ------
    UngradableError
        If it cannot be loaded, or holds no network.
    """
    adapter = program.adapter
    reach = program.reach.also([] if adapter is None else [adapter])
    session = Session(time_limit=limits.wall, reach=reach, limits=limits, scipy="scipy" in program.source.text)
    opening = {
        "path": str(program.file.resolve()),
        "adapter": None if adapter is None else str(adapter.resolve()),
        "keywords": keywords or {},
        "watched": adapter is None,  # what is driven by declared calls is asked for numbers alone
    }
    try:
        reply = session.request("open", opening)
    except SessionError as error:
        session.close()
        raise stopped(error) from None
    if reply.op != "network":
        session.close()
        raise _refused(reply)
    return session, reply


def fault_of_session(error: SessionError) -> Fault:
    """A process that has ended, as the fault of what was asked of it."""
    return Fault(kind=error.status.name.capitalize(), message=words_of(error), ours=True)


def _refused(reply: Frame) -> UngradableError:
    """A program that was loaded, and still cannot be driven."""
    data = reply.data
    if reply.op == "unloadable":
        return UngradableError(text_of(data.get("message")), tr("Correct that line, and hand it in again."))
    problems = [text_of(item) for item in data.get("problems") or []]
    lacks = [f"{item.get('where')}: {item.get('lacks')}" for item in data.get("lacks") or [] if isinstance(item, dict)]
    reason = text_of(data.get("refusal")) or next(iter([*problems, *lacks]), tr("no network was recognised in it"))
    cure = tr("Run the file once by itself, correct what it says there, and hand it in again.")
    return UngradableError(reason, cure)
