"""What is said of a call that raised something, or answered something else than was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcheck.grading.discretion import plain, said
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.records import Message, Outcome
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.ungradable import UngradableError, cure_of
from gradcheck.language import mark, tr
from gradcheck.submissions.declared.remote import Fault

__all__ = [
    "fault_of",
    "first_fault",
    "line_of",
    "not_asked",
    "place_in",
    "place_of",
    "require_end",
    "without_place",
    "wrong_of",
]

CURES = {
    "ValueError": mark("Print the shapes of both operands in that line, and compare them with those of the formula."),
    "KeyError": mark("Print the keys there are: the name must be the one that the assignment uses."),
    "NameError": mark("That name is not defined where it is used: look for a slip of spelling."),
    "AttributeError": mark("Set that attribute before it is read, or look for a slip of spelling."),
    "TypeError": mark("Compare the arguments of that call with those that the function takes."),
    "NotImplementedError": mark("Write what is still to be written there."),
}
# How a program's process tells what was raised, and a frame of its traceback; names such as `net (2).py` are usual.
PLACE = re.compile(r"(?P<error>.*) \((?:[^()]|\([^()]*\))*, line (?P<line>\d+): (?P<code>.*)\)", re.DOTALL)
FRAME = re.compile(r"line (?P<line>\d+), in (?P<function>[^:]*): (?P<code>.*)", re.DOTALL)
UNASKED = {
    "outputs": mark("Its outputs cannot be asked for at points of ours: they cannot be held against what is meant."),
    "loss": mark("Its loss cannot be asked for at points of ours: they cannot be held against what is meant."),
    "gradient": mark("Its gradient cannot be asked for at points of ours: they cannot be held against what is meant."),
}


def fault_of(what: str, reply: Reply) -> Measured | None:
    """A call that raised; None where it did not.

    Parameters
    ----------
    what : str
        Of what the call was made, as the beginning of a sentence: ``The forward pass``.
    reply : Reply
    """
    fault = reply.fault
    if fault is None:
        return None
    error, place = _apart(fault)
    error = error if fault.ours else said(error)
    if fault.status is None:
        symptom = tr("{what} raised {error}.", what=what, error=error)
        cure = tr(CURES[fault.kind]) if fault.kind in CURES else None
    else:
        symptom = tr("{what} could not be run to its end: {error}.", what=what, error=error)
        cure = cure_of(fault.status)
    if fault.call is not None:
        return _misfit(what, fault)
    return Measured(
        share=0.0,
        message=Message(symptom=symptom, place=place, fix=cure),
        evidence=(fault.message, *fault.frames),
        line=line_of(fault),
        broken=True,
        outcome=None if fault.status is None else Outcome.UNGRADABLE,
    )


def _apart(fault: Fault) -> tuple[str, str | None]:
    """What was raised, without its place, which is another level of hints; and the place, if it is known."""
    error = without_place(fault.message)
    if fault.frames:
        return error, place_of(fault.frames[-1])
    return error, place_in(fault.message)


def place_in(message: str) -> str | None:
    """The line that raised what a program has raised, in words; None where it is not told."""
    found = PLACE.fullmatch(message)
    return None if found is None else tr("Line {line}: {code}", line=said(found["line"]), code=said(found["code"]))


def without_place(message: str) -> str:
    """What a program has raised, without the line that raised it."""
    found = PLACE.fullmatch(plain(message))
    if found is None:
        return message
    return said(found["error"]) if plain(message) != message else found["error"]


def place_of(frame: str) -> str:
    """A frame of a traceback in words."""
    found = FRAME.fullmatch(frame)
    if found is None:
        return said(frame)
    return tr("line {line}, in {function}: {code}", **{name: said(part) for name, part in found.groupdict().items()})


def line_of(fault: Fault) -> int | None:
    """The submission's line that raised it, from 1; None where it is not told."""
    found = PLACE.fullmatch(fault.message)
    return fault.line or (None if found is None else int(found["line"]))


def _misfit(what: str, fault: Fault) -> Measured:
    """Code that takes or gives something else than the assignment says: it could not be run, and that is curable."""
    message = Message(
        symptom=tr(
            "{what} does not fit the interface that the assignment asks for: {error}, at: {call}.",
            what=what, error=said(fault.message), call="; ".join(map(said, str(fault.call).split("; "))),
        ),
        fix=tr("Take the arguments, and give back the results, that the assignment names, under those names."),
    )  # fmt: skip
    unwritten = "None" in fault.message  # what gives nothing back is not written yet, and no matter of names
    return Measured(
        share=0.0, message=message, evidence=(fault.message,), broken=True,
        outcome=None if unwritten else Outcome.UNGRADABLE,
    )  # fmt: skip


def require_end(what: str, replies: Sequence[Reply]) -> None:
    """Of what everything rests on: a call that does not come to its end leaves nothing to be marked.

    Raises
    ------
    UngradableError
        With the cure.
    """
    for reply in replies:
        if reply.fault is not None and reply.fault.status is not None:
            where = f" ({place_of(reply.fault.frames[-1])})" if reply.fault.frames else ""
            message = without_place(reply.fault.message)
            error = f"{message if reply.fault.ours else said(message)}{where}"
            reason = tr("{what} could not be run to its end: {error}", what=what, error=error)
            raise UngradableError(reason, cure_of(reply.fault.status), reply.fault.status)


def wrong_of(what: str, reply: Reply) -> Measured | None:
    """A call that answered something else than such arrays; None where it did not."""
    if not reply.wrong:
        return None
    told = [tr("{role} {words}", role=role, words=misfit.words) for role, misfit in reply.wrong.items()]
    return Measured(
        share=0.0, message=Message(symptom=tr("{what}: {told}.", what=what, told=told[0])), evidence=tuple(told)
    )


def first_fault(what: str, replies: Sequence[Reply]) -> Measured | None:
    """The first of several answers of which nothing can be compared."""
    found = (fault_of(what, reply) or wrong_of(what, reply) for reply in replies)
    return next((item for item in found if item is not None), None)


def not_asked(what: str) -> Measured:
    """Of code that gives no way to ask: nothing is known of it.

    Parameters
    ----------
    what : str
        ``outputs``, ``loss``, ``gradient``.
    """
    return Measured(share=0.0, message=Message(symptom=tr(UNASKED[what])), outcome=Outcome.UNVERIFIED)
