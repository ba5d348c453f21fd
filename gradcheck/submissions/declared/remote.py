"""The controller's side of declared calls: runs are asked for in one request, and nothing but numbers is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.language import tr
from gradcheck.problem import StructureMismatchError
from gradcheck.submissions.exchange.protocol import Frame, text_of
from gradcheck.submissions.exchange.remote import RemoteDriver, answer_of, leaves_of
from gradcheck.submissions.exchange.session import Session, Status

__all__ = ["Answered", "CallError", "DeclaredCalls", "Fault", "Run"]

Array = npt.NDArray[Any]

MAX_FRAMES = 20
# Faults that are no exception of one formula: a process that has ended, or would have.
ENDS = {
    "TimeIsUpError": Status.TIME, "SystemExit": Status.EXIT, "MemoryError": Status.MEMORY,
    **{status.name.capitalize(): status for status in Status if status not in (Status.OK, Status.ERROR)},
}  # fmt: skip


class CallError(Exception):
    """A request that the child could not answer; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    Attributes
    ----------
    name : str
        Which.
    given : mapping of str to ndarray or float or int
        By role, in the form that the code has.
    ask : tuple of str
        Roles whose values are wanted.
    limit : float
        Seconds.
    seed : int or None
        Of NumPy's and Python's global generators; None leaves them as the run before has.
    """

    name: str
    given: Mapping[str, Any]
    ask: tuple[str, ...] = ()
    limit: float = 5.0
    seed: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a run raised.

    Attributes
    ----------
    kind : str
        The exception's name.
    message : str
        In one line, with the submission's own line that raised it.
    frames : tuple of str
        The submission's own, outermost first.
    forbidden : str or None
        The right that it was refused, if that is what it is about.
    call : str or None
        The declared call that does not fit what the code takes or gives, where none of its own lines was running; and
        what stood there instead.
    ours : bool
        Whether nobody but this process says so.
    """

    kind: str
    message: str
    frames: tuple[str, ...] = ()
    forbidden: str | None = None
    call: str | None = None
    ours: bool = False

    @property
    def line(self) -> int | None:
        """The submission's line that raised it, from 1."""
        found = re.match(r"line (\d+),", self.frames[-1]) if self.frames else None
        return int(found[1]) if found else None

    @property
    def status(self) -> Status | None:
        """How it has ended its run, where that is none that code goes on from; None for an ordinary exception."""
        return ENDS.get(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a run gave.

    Attributes
    ----------
    found : mapping of str to ndarray
        By role, as the code made it.
    kinds : mapping of str to str
        What stood there instead of numbers, by role: a type's name, or ``nothing``.
    mutated : tuple of str
        Roles of inputs that it has written into.
    fault : Fault or None
    """

    found: Mapping[str, Array] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    mutated: tuple[str, ...] = ()
    fault: Fault | None = None


class DeclaredCalls:
    """Asks one network's child.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    built : int
        The child's number for the network that was built last; 0 before.
    plain_rate : float or None
        At which the gradient that was asked for last was read from a step, if steps are proportional to it.
    """

    def __init__(self, session: Session) -> None:
        self._session, self.built = session, 0
        self.plain_rate: float | None = None

    def call(self, runs: Sequence[Run]) -> tuple[Answered, ...]:
        """Make runs, one after the other in one request.

        Raises
        ------
        SessionError
            If the child ends or hangs over it.
        CallError
            If what it answers makes no sense.
        """
        sending = _Sending()
        given = {id(run.given): run.given for run in runs}  # several runs may get the same
        places = {key: place for place, key in enumerate(given)}
        asked = [
            {
                "name": run.name, "given": places[id(run.given)], "ask": list(run.ask), "limit": run.limit,
                "seed": run.seed,
            }
            for run in runs
        ]  # fmt: skip
        data = {"runs": asked, "given": [sending.described(values) for values in given.values()]}
        limit = self._session.time_limit + sum(run.limit for run in runs)
        reply = self._asked("call", data, sending.arrays, limit)
        told = reply.data.get("runs")
        if not isinstance(told, list) or len(told) != len(runs):
            raise CallError("it answered other calls than were made")
        return tuple(_answered(item, run, reply.arrays) for item, run in zip(told, runs, strict=True))

    def build(self, point: Mapping[str, Any], form: int) -> RemoteDriver:
        """The network at a point, to ask for its loss and its gradient, in the place of the one before.

        Parameters
        ----------
        point : mapping of str to ndarray
            ``X``, ``Y`` and the parameters in the form that the code has.
        form : int

        Raises
        ------
        SessionError
            If the child ends or hangs over it.
        CallError
            If it cannot be built.
        """
        sending = _Sending()
        asked = {"point": sending.described(point), "form": form, "instead_of": self.built}
        reply = self._asked("build", asked, sending.arrays, None)
        number = reply.data.get("program")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise CallError("a network without a number")
        self.built = number
        try:
            return RemoteDriver(self._session, reply, number)
        except ValueError as error:
            raise CallError(str(error)) from None

    def at(self, point: Mapping[str, Any], form: int, *, blocks: int = 0) -> list[Any]:
        """The loss, or the gradient, of the network that is built at a point: one leaf, or one a block.

        Parameters
        ----------
        point, form
            As for ``build``.
        blocks : int
            How many the gradient is to have; 0 where the loss alone is asked for.

        Raises
        ------
        SessionError
            If the child ends or hangs over it.
        CallError
            If it cannot be built.
        StructureMismatchError
            If its gradient has other blocks.
        RemoteError, OracleUnavailableError
            What its code raises.
        """
        sending = _Sending()
        self.plain_rate = None
        asked = {"point": sending.described(point), "form": form, "gradient": blocks > 0}
        reply = answer_of(self._session, "at", asked, sending.arrays)
        unbuilt = reply.data.get("unbuilt")
        if unbuilt is not None:
            raise CallError(text_of(unbuilt))
        leaves = leaves_of(reply)
        expected = blocks or 1  # of an honest child, a loss is one
        if len(leaves) != expected:
            words = tr("the gradient has {leaves} parts, expected {blocks}", leaves=len(leaves), blocks=expected)
            raise StructureMismatchError(words)
        rate = reply.data.get("plain_rate")
        self.plain_rate = rate if isinstance(rate, float) and 0.0 < rate < np.inf else None
        return leaves

    def _asked(self, op: str, data: dict[str, Any], arrays: list[Array], limit: float | None) -> Frame:
        reply = self._session.request(op, data, arrays, limit)
        if reply.op != "ok":
            raise CallError(text_of(reply.data.get("message")))
        return reply


class _Sending:
    """Arrays of one request: what several of its runs get is sent once."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._places: dict[tuple[str, tuple[int, ...], bytes], int] = {}

    def described(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by role, arrays by their index."""
        return {
            role: {"array": self._place(value)} if isinstance(value, np.ndarray) else value
            for role, value in values.items()
        }

    def _place(self, array: Array) -> int:
        place = self._places.setdefault((array.dtype.str, array.shape, array.tobytes()), len(self.arrays))
        if place == len(self.arrays):
            self.arrays.append(array)
        return place


def _answered(item: Any, run: Run, arrays: Sequence[Array]) -> Answered:
    if not isinstance(item, Mapping):
        raise CallError("an answer that is none")
    changed = _listed(item.get("mutated"))
    mutated = tuple(role for role in run.given if role in changed)
    error = item.get("error")
    if isinstance(error, Mapping):
        kind = str(error.get("type", ""))
        frames = tuple(text_of(frame)[:500] for frame in _listed(error.get("frames"))[:MAX_FRAMES])
        refused = error.get("forbidden")
        fault = Fault(
            kind=kind if re.fullmatch(r"[A-Za-z_]\w{0,60}", kind) else "Exception",
            message=text_of(error.get("message")),
            frames=frames,
            forbidden=None if refused is None else text_of(refused)[:200],
            call=_call_of(error),
        )
        return Answered(mutated=mutated, fault=fault)
    found, told = item.get("found"), item.get("kinds")
    places = found if isinstance(found, Mapping) else {}
    values = {
        role: arrays[index]
        for role in run.ask
        if isinstance(index := places.get(role), int) and 0 <= index < len(arrays)
    }
    kinds = {
        role: str(kind)[:60] for role, kind in (told if isinstance(told, Mapping) else {}).items() if role in run.ask
    }
    return Answered(found=values, kinds=kinds, mutated=mutated)


def _call_of(error: Mapping[str, Any]) -> str | None:
    """A line of the adapter in the words of the interface, and what the roles that it reads are."""
    line = error.get("call")
    if not isinstance(line, str):
        return None
    values = error.get("values")
    roles = re.findall(r"s\['(\w+)'\]\[", line) + re.findall(r"s\['(\w+)'\]\.", line)
    known = values if isinstance(values, Mapping) else {}
    told = [f"{role} is {text_of(known[role])[:300]}" for role in dict.fromkeys(roles) if role in known]
    plain = re.sub(r"s\['(\w+)'\]", r"\1", line).replace("module.", "").replace(", )", ")")
    return "; ".join([plain, *told])[:600]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
