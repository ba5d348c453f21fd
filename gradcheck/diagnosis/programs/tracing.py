"""Runs a piece of code and remembers, line by line, every array and number that it binds, changes or returns.

Only functions of the files asked for are followed. Where the Python has ``sys.monitoring`` (3.12 and later) that is
used, else ``sys.settrace``; whatever tracer there was is back afterwards.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import itertools
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.frames import variables
from gradcheck.diagnosis.programs.program import Array, Event, Trace
from gradcheck.diagnosis.programs.statements import Statement, leaves, read, statements

__all__ = ["COMPREHENSIONS", "Limits", "Recorder", "recording", "shown_name"]

# A step of a submission's training loop: the loop's own lines, in a function that was put beside it.
STEP_NAME = re.compile(r"(^|\.)__gradcheck_step_\d+__")
# Names of code that runs where it stands, as a part of what is around it.
COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
GENERATOR = 0x20 | 0x80 | 0x200  # flags of generators, coroutines and asynchronous generators
TOOL_NAME = "gradcheck"
# Of one call: names that it is given, and elements of each.
MAX_GIVEN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a run is kept: events, bytes in all, and entries of any one array."""

    events: int = 20_000
    size: int = 64 << 20
    entries: int = 1 << 20


class Recorder:
    """Remembers events while it is told of calls, lines and returns.

    Parameters
    ----------
    texts : mapping of file name to text
        The files to follow, by the name that their code carries.
    limits : Limits, optional
    """

    def __init__(self, texts: Mapping[str, str], limits: Limits | None = None) -> None:
        self._plans = {name: statements(text) for name, text in texts.items()}
        self._limits = limits or Limits()
        self._events: list[Event] = []
        self._given: list[Event] = []
        self._met: set[str] = set()
        self._owners: set[tuple[str, int]] = set()
        self._lines: dict[tuple[str, int], None] = {}
        self._size = 0
        self._order = 0
        self._calls: dict[str, int] = {}
        self._running: dict[int, _Activation] = {}
        self.complete = True

    def trace(self) -> Trace:
        """What has been remembered so far."""
        return Trace(
            events=tuple(self._events), lines=tuple(self._lines), complete=self.complete, given=tuple(self._given)
        )

    def follows(self, code: types.CodeType) -> bool:
        """Whether a function's lines are of interest."""
        return self.complete and code.co_filename in self._plans and code.co_name not in COMPREHENSIONS

    def enter(self, frame: types.FrameType) -> None:
        """A call begins, or a generator goes on."""
        if id(frame) in self._running:
            return
        name = shown_name(frame.f_code)
        call = self._calls.get(name, 0)
        self._calls[name] = call + 1
        self._running[id(frame)] = _Activation(frame, name, call, self._plans[frame.f_code.co_filename])
        self._take(frame, name, call)

    def _take(self, frame: types.FrameType, function: str, call: int) -> None:
        """What a call is given: its arguments, once an object what it holds, and at first what is around it too."""
        code = frame.f_code
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        found = {name: frame.f_locals[name] for name in arguments if name in frame.f_locals}
        owner = found.pop("self", None)
        if (function, id(owner)) not in self._owners:
            self._owners.add((function, id(owner)))
            found.update({f"self.{name}": value for name, value in getattr(owner, "__dict__", {}).items()})
        if call == 0:
            around = {name: frame.f_globals[name] for name in code.co_names if name in frame.f_globals}
            around.update({name: frame.f_locals[name] for name in code.co_freevars if name in frame.f_locals})
            for name, value in around.items():
                if name not in self._met:
                    self._met.add(name)
                    found.setdefault(name, value)
        order, self._order = self._order, self._order + 1
        for name, value in itertools.islice(found.items(), MAX_GIVEN):
            for full, leaf in itertools.islice(leaves(name, value), MAX_GIVEN):
                if len(self._given) >= self._limits.events:
                    return
                array = self._array(leaf)
                if array is not None:
                    self._given.append(
                        Event(
                            order=order, line=code.co_firstlineno, function=function, call=call, turn=0, name=full,
                            value=array,
                        )
                    )  # fmt: skip

    def line(self, frame: types.FrameType, number: int) -> None:
        """A line begins: the one before it is done."""
        activation = self._running.get(id(frame))
        if activation is None or frame.f_code.co_name == "<lambda>":
            return
        following = activation.plan.get(number, ())
        if activation.goes_on(number, following):
            return
        self._finish(activation, number)
        activation.current, activation.number = following, number
        if following:
            self._lines.setdefault((activation.name, following[0].first))

    def leave(self, frame: types.FrameType, value: Any) -> None:
        """A call returns a value."""
        activation = self._running.get(id(frame))
        if activation is None:
            return
        if frame.f_code.co_name != "<lambda>":
            self._finish(activation, None)
        number = frame.f_lineno
        found = activation.plan.get(number, ())
        first = found[-1].first if found else number
        if not frame.f_code.co_flags & GENERATOR:
            if value is not None:
                self._keep(activation, first, -first, list(leaves("return", value)))
            del self._running[id(frame)]

    def interrupt(self, frame: types.FrameType) -> None:
        """The line that runs is not finished: it has raised."""
        activation = self._running.get(id(frame))
        if activation is not None:
            activation.current = ()

    def _finish(self, activation: _Activation, following: int | None) -> None:
        """Keep what the line that is done has bound."""
        current, activation.current = activation.current, ()
        for statement in current:
            if not statement.targets or not activation.binds(statement, current, following):
                continue
            found: list[tuple[str, Any]] = []
            for target in statement.targets:
                found += read(target, activation.lookup)
            self._keep(activation, statement.first, id(statement), found)

    def _keep(self, activation: _Activation, line: int, place: int, found: list[tuple[str, Any]]) -> None:
        """Events of one statement (``place`` tells it from others of its line)."""
        turn = activation.turns.get(place, 0)
        activation.turns[place] = turn + 1
        order, self._order = self._order, self._order + 1
        for name, value in found:
            array = self._array(value)
            if array is None:
                continue
            self._events.append(
                Event(
                    order=order, line=line, function=activation.name, call=activation.call, turn=turn, name=name,
                    value=array,
                )
            )  # fmt: skip

    def _array(self, value: Any) -> Array | None:
        """A copy, if there is room for one."""
        entries = value.size if isinstance(value, np.ndarray) else 1
        if entries > self._limits.entries:
            return None
        self._size += 8 * entries + 200
        if len(self._events) >= self._limits.events or self._size > self._limits.size:
            self.complete = False
            return None
        try:
            return np.array(value, dtype=np.float64)
        except (ValueError, OverflowError, TypeError):
            return None


class _Activation:
    """One run of a function: its names, and which line it is in."""

    __slots__ = ("call", "current", "frame", "name", "number", "plan", "turns")

    def __init__(self, frame: types.FrameType, name: str, call: int, plan: Mapping[int, tuple[Statement, ...]]) -> None:
        self.frame, self.name, self.call, self.plan = frame, name, call, plan
        self.current: tuple[Statement, ...] = ()
        self.number = 0
        self.turns: dict[int, int] = {}

    def lookup(self, name: str) -> Any:
        """A variable as the code sees it."""
        space = variables(self.frame)
        return space[name] if name in space else self.frame.f_globals[name]

    def goes_on(self, number: int, following: tuple[Statement, ...]) -> bool:
        """Whether a line only continues the statement that runs: within its lines, or around a comprehension."""
        if not self.current or (self.current != following and self.current[0] not in following):
            return False
        return number != self.number or not any(statement.repeats for statement in self.current)

    @staticmethod
    def binds(statement: Statement, together: tuple[Statement, ...], following: int | None) -> bool:
        """Whether a statement that has run has bound its targets: a loop that is at its end has not."""
        if statement.body is None and not any(other.repeats for other in together):
            return True
        first, last = statement.body or (statement.first, statement.last)
        return following is not None and first <= following <= last


def shown_name(code: types.CodeType) -> str:
    """A function as its reader would call it: ``Net.backward``; a loop's step is the function that it stands in.

    Examples
    --------
    >>> shown_name(compile("a = 1", "f.py", "exec"))
    '<module>'
    """
    name = STEP_NAME.sub("", code.co_qualname.replace(".<locals>", ""))
    return name.removeprefix(".") or "<module>"


@contextlib.contextmanager
def recording(texts: Mapping[str, str], limits: Limits | None = None) -> Iterator[Recorder]:
    """Inside, everything that runs in this thread is followed.

    Parameters
    ----------
    texts : mapping of file name to text
    limits : Limits, optional

    Yields
    ------
    Recorder
        ``trace()`` is what was seen, also after an exception.
    """
    recorder = Recorder(texts, limits)
    monitoring = getattr(sys, "monitoring", None)
    with _traced(recorder) if monitoring is None else _monitored(recorder, monitoring):
        yield recorder


@contextlib.contextmanager
def _traced(recorder: Recorder) -> Iterator[None]:
    """``sys.settrace``."""

    def local(frame: types.FrameType, event: str, value: Any) -> Callable[..., Any] | None:
        if not recorder.complete:
            return None
        if event == "line":
            recorder.line(frame, frame.f_lineno)
        elif event == "return":
            recorder.leave(frame, value)
        elif event == "exception":
            recorder.interrupt(frame)
        return local

    def begin(frame: types.FrameType, event: str, _value: Any) -> Callable[..., Any] | None:
        if event != "call" or not recorder.follows(frame.f_code):
            return None
        recorder.enter(frame)
        return local

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        yield
    finally:
        sys.settrace(before)


@contextlib.contextmanager
def _monitored(recorder: Recorder, monitoring: Any) -> Iterator[None]:
    """``sys.monitoring``: code of other files is asked about once, and never again."""
    tool = next((number for number in (3, 4, 1, 2, 0, 5) if monitoring.get_tool(number) is None), None)
    if tool is None:
        with _traced(recorder):
            yield
        return

    wanted = _callbacks(recorder, monitoring)
    monitoring.use_tool_id(tool, TOOL_NAME)
    try:
        for event, callback in wanted.items():
            monitoring.register_callback(tool, event, callback)
        monitoring.set_events(tool, sum(wanted))
        monitoring.restart_events()
        yield
    finally:
        monitoring.set_events(tool, 0)
        for event in wanted:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


def _callbacks(recorder: Recorder, monitoring: Any) -> dict[int, Callable[..., Any]]:
    """What is called at which event."""

    def followed(then: Callable[..., Any]) -> Callable[..., Any]:
        def called(code: types.CodeType, *details: Any) -> Any:
            if not recorder.follows(code):
                return monitoring.DISABLE
            return then(sys._getframe(1), *details)  # noqa: SLF001 (the frame in which it happens)

        return called

    def jump(frame: types.FrameType, _offset: int, destination: int) -> Any:
        """The next turn of a loop that stands on one line: a line that follows itself is no LINE event."""
        if destination not in _one_line_loops(frame.f_code):
            return monitoring.DISABLE
        return recorder.line(frame, frame.f_lineno)

    def interrupt(code: types.CodeType, _offset: int, _error: BaseException) -> None:
        if recorder.follows(code):  # this event cannot be switched off for one place
            recorder.interrupt(sys._getframe(1))  # noqa: SLF001

    events = monitoring.events
    return {
        events.PY_START: followed(lambda frame, _offset: recorder.enter(frame)),
        events.LINE: followed(recorder.line),
        events.PY_RETURN: followed(lambda frame, _offset, value: recorder.leave(frame, value)),
        events.JUMP: followed(jump),
        events.RAISE: interrupt,
    }


@functools.lru_cache(maxsize=64)
def _one_line_loops(code: types.CodeType) -> frozenset[int]:
    """Where loops begin that jump back within their line; of several the last to end (others are comprehensions)."""
    found: dict[int, int] = {}
    line = code.co_firstlineno
    lines = {start: number for start, _, number in code.co_lines() if number is not None}
    at = {}
    for instruction in dis.get_instructions(code):
        line = at[instruction.offset] = lines.get(instruction.offset, line)
        destination = instruction.argval
        if instruction.opcode in dis.hasjrel and destination < instruction.offset and at[destination] == line:
            found[line] = destination
    return frozenset(found.values())
