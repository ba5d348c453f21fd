"""What is said of a call that raised something, or answered something else than was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.grading.items.measured import Measured
from gradcheck.grading.records import Message
from gradcheck.grading.subject.replies import Reply

__all__ = ["fault_of", "first_fault", "wrong_of"]

CURES = {
    "TimeIsUpError": "Look for a loop that does not end, or for loops over samples where one product of matrices does.",
    "ValueError": "Print the shapes of both operands in that line, and compare them with those of the formula.",
    "KeyError": "Print the keys there are: the name must be the one that the assignment uses.",
    "NameError": "That name is not defined where it is used: look for a slip of spelling.",
    "AttributeError": "Set that attribute before it is read, or look for a slip of spelling.",
    "TypeError": "Compare the arguments of that call with those that the function takes.",
    "NotImplementedError": "Write what is still to be written there.",
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
    raised = "took longer than it may" if fault.late else f"raised {fault.message}"
    place = fault.frames[-1] if fault.frames else None
    message = Message(symptom=f"{what} {raised}.", place=place, fix=CURES.get(fault.kind))
    return Measured(share=0.0, message=message, evidence=(fault.message, *fault.frames), line=fault.line)


def wrong_of(what: str, reply: Reply) -> Measured | None:
    """A call that answered something else than such arrays; None where it did not."""
    if not reply.wrong:
        return None
    told = [f"{role} {words}" for role, words in reply.wrong.items()]
    return Measured(share=0.0, message=Message(symptom=f"{what}: {told[0]}."), evidence=tuple(told))


def first_fault(what: str, replies: Sequence[Reply]) -> Measured | None:
    """The first of several answers of which nothing can be compared."""
    found = (fault_of(what, reply) or wrong_of(what, reply) for reply in replies)
    return next((item for item in found if item is not None), None)
