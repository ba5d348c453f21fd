"""What an instrumented submission reports to while it runs, and what can stop it inside its own training loop."""

from __future__ import annotations

import contextlib
import itertools
import operator
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.oracles.autodiff.protocol import is_box
from gradcheck.submissions.running.leftovers import emptied
from gradcheck.submissions.running.looking import Capture, Looked, Step, Ticket
from gradcheck.submissions.text.sites import RATE_NAME, WEAK_RATE_NAME, Loop, Site

__all__ = ["Log", "Runtime", "StopStep", "as_number", "is_part", "is_scalar"]

Operation = Callable[..., Any]

# A loop that was looked at this often without being a training loop is left alone from then on.
MAX_LOOKS = 3
# Items kept of a loop over samples: enough that not all of them are (0, 0).
MAX_ITEMS = 4

# A loop inside a step may take so many times the turns that it takes in the program's own first step, and some more.
LONGER, SPARE = 20, 200
# What such a loop may take that the first step does not enter: more than any search by halves, less than a time limit.
UNSEEN = 10_000
# Seconds of computing for which a loop runs on that seems to train, and of which no loss is known.
WHILE = 2.0


class StopStep(BaseException):
    """Raised inside a step once what was asked for is known; not an ``Exception``, so that it is rarely swallowed."""


@dataclass(slots=True)
class Log:
    """What one step reported, in order: (site, value) of scalars, pairs of differences, factors, updates, squares.

    ``sums`` are (site, result, left, right), of differences too.
    ``chances`` are (line, value) of the probabilities that it draws by.
    """

    notes: list[tuple[int, Any]] = field(default_factory=list)
    pairs: list[tuple[int, Any, Any]] = field(default_factory=list)
    rates: list[tuple[int, float]] = field(default_factory=list)
    updated: list[tuple[int, Any, Any]] = field(default_factory=list)
    sums: list[tuple[int, Any, Any, Any]] = field(default_factory=list)
    squares: list[tuple[int, Any]] = field(default_factory=list)
    averaged: list[Any] = field(default_factory=list)
    chances: list[tuple[int, Any]] = field(default_factory=list)


class Runtime:
    """The object that a submission knows as ``__gradcheck__``.

    Parameters
    ----------
    sites, loops : sequence
        Of ``instrument``.
    on_loop : callable
        ``on_loop(capture) -> Looked``: called when a loop that may train is about to; ``CAPTURED`` when it does and has
        been dealt with, so that one turn of it is enough.
    """

    __slots__ = (
        "captured",
        "depth",
        "driving",
        "entered",
        "held",
        "learning",
        "literal_sites",
        "log",
        "longest",
        "looks",
        "loops",
        "on_loop",
        "on_turn",
        "rate_sites",
        "rate_unit",
        "rate_value",
        "scaled_places",
        "scaled_sites",
        "sites",
        "wanted",
    )

    def __init__(self, sites: Sequence[Site], loops: Sequence[Loop], on_loop: Callable[[Capture], Looked]) -> None:
        self.sites, self.loops, self.on_loop = sites, loops, on_loop
        self.driving = False
        self.entered: set[int] = set()
        self.captured = 0
        self.depth = 0
        self.looks: dict[int, int] = {}
        self.log: Log | None = None
        self.rate_sites: frozenset[int] = frozenset()
        self.rate_value: float | None = None
        self.rate_unit: float | None = None
        self.literal_sites: frozenset[int] = frozenset()
        self.scaled_sites: frozenset[int] = frozenset()
        self.scaled_places: tuple[Callable[[], Any], ...] = ()
        self.held: dict[int, tuple[bool, Any]] = {}
        self.longest: dict[int, int] = {}
        self.learning = False
        self.wanted: Callable[[int, Any, Any], None] | None = None
        self.on_turn: Callable[[int], None] | None = None

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Inside, loops run as they are: the program's functions are tried, not watched."""
        before, self.driving = self.driving, True
        try:
            yield
        finally:
            self.driving = before

    # --- loops --------------------------------------------------------------------------------------------------

    def loop(self, number: int, iterable: Iterable[Any], step: Step) -> Iterator[Any]:
        """The items of a ``for`` loop; of a training loop only the first, after it has been looked at."""
        if self.driving:
            yield from iterable if self.on_turn is None else self._told(number, iterable, self.on_turn)
            return
        self.entered.add(number)
        self.depth += 1
        try:
            yield from self._turns(number, iterable, step)
        finally:
            self.depth -= 1

    @staticmethod
    def _told(number: int, iterable: Iterable[Any], on_turn: Callable[[int], None]) -> Iterator[Any]:
        """The items of a loop inside a step; each turn's beginning is told, and the last one's end."""
        for item in iterable:
            on_turn(number)
            yield item
        on_turn(number)

    def _turns(self, number: int, iterable: Iterable[Any], step: Step) -> Iterator[Any]:
        before = self.captured
        items = iter(iterable)
        first: list[Any] = []
        if self.loops[number].nested:
            first = list(itertools.islice(items, 1))
            try:
                yield from first
            except GeneratorExit:  # the first turn raised (or broke off): was that this loop's own step?
                if self.captured == before:
                    self._look(number, step, first, items, iterable)
                raise
            if self.captured > before:
                return  # the training loop lay inside
        head = list(itertools.islice(items, MAX_ITEMS))
        seen = [*first, *head]
        rest = itertools.chain(seen[MAX_ITEMS:], items)
        found = self._look(number, step, seen[:MAX_ITEMS], rest, iterable) if head else Looked.PASSED
        if found is Looked.CAPTURED:  # the first turn is often the one that prints
            yield head[0]
            return
        if found is Looked.REFUSED:
            yield from self._for_a_while(itertools.chain(head, items))
            return
        for item in itertools.chain(head, items):
            yield item
            if self.captured > before:
                return

    def _for_a_while(self, items: Iterator[Any]) -> Iterator[Any]:
        """The turns of a loop that seems to train, and of which no loss is known: a simulation is made to its end.

        What comes behind it may need all that it makes; a long training is broken off.
        """
        began = time.process_time()
        for item in items:
            self.driving = True
            try:
                yield item
            finally:
                self.driving = False
            if time.process_time() - began > WHILE:
                self.captured += 1
                return

    def ticket(self, number: int, step: Step) -> Ticket:
        """Opens a ``while`` loop."""
        if not self.driving:
            self.entered.add(number)
        return Ticket(number, step, self.captured)

    def turn(self, ticket: Ticket) -> bool:
        """Whether a ``while`` loop, its own condition being true, goes on."""
        if self.driving:
            if self.on_turn is not None:
                self.on_turn(ticket.number)
            self._count(ticket)
            return True
        ticket.turns += 1
        if ticket.turns > 1 and self.captured > ticket.captured_before:
            return False
        if ticket.turns == (2 if self.loops[ticket.number].nested else 1):
            self._look(ticket.number, ticket.step, [None], itertools.repeat(None))
        return True

    def received(self, number: int, value: Any, step: Step) -> Any:
        """What a generator was sent, with which a turn of its loop begins."""
        if not self.driving:
            self.entered.add(number)
            if value is not None and self._look(number, step, [value], iter(())) is not Looked.PASSED:
                self.looks[number] = MAX_LOOKS  # it goes on as long as something is sent
        return value

    def _count(self, ticket: Ticket) -> None:
        """Break off what does not end as it does in the step that is the program's own.

        A line search that waits for a smaller loss than one that was kept before waits for ever at other parameters.
        """
        ticket.turns += 1
        if self.learning:
            self.longest[ticket.number] = max(ticket.turns, self.longest.get(ticket.number, 0))
            return
        longest = self.longest.get(ticket.number)
        if ticket.turns > (UNSEEN if longest is None else LONGER * longest + SPARE):
            if self.rate_value == 0.0:
                raise StopStep
            raise SubmissionError(
                tr(
                    "the while loop in line {line} does not end where parameters are other than its own: what it waits "
                    "for was computed in an earlier turn. Compute that where the loop begins",
                    line=self.loops[ticket.number].line,
                )
            )

    def _look(
        self, number: int, step: Step, items: list[Any], rest: Iterator[Any], whole: Iterable[Any] | None = None
    ) -> Looked:
        looks = self.looks[number] = self.looks.get(number, 0) + 1
        if looks > MAX_LOOKS:
            return Looked.PASSED
        self.driving = True
        try:
            with emptied(cast("types.FunctionType", step)):
                found = self.on_loop(Capture(self.loops[number], number, step, tuple(items), rest, whole))
        finally:
            self.driving = False
        if found is Looked.CAPTURED or (found is Looked.REFUSED and self.loops[number].while_loop):
            self.captured += 1
        if found is not Looked.PASSED:
            self.looks[number] = 0
        return found

    # --- values -------------------------------------------------------------------------------------------------

    def note(self, site: int, value: Any) -> Any:
        """A value that may be the loss."""
        if self.log is not None and is_scalar(value):
            self.log.notes.append((site, value))
        if self.wanted is not None:
            self.wanted(site, value, None)
        return value

    def rate(self, site: int, value: Any) -> Any:
        """A factor that may be the learning rate; a rate with a minus keeps it, an odd number its ratio to the rest."""
        if self.log is not None and is_scalar(value) and not is_box(value):  # what depends on parameters is no rate
            self.log.rates.append((site, float(np.real(as_number(value)))))
        elif self.log is not None and site < len(self.sites) and _is_rate_of_each(value, self.sites[site].name):
            self.log.rates.append((site, float(np.max(value))))
        if self.rate_value is not None and site in self.rate_sites:
            if isinstance(value, np.ndarray) and value.size > 1:
                return np.full_like(value, self.rate_value)
            if self.rate_unit is not None and site in self.literal_sites:
                return self.rate_value * (value / self.rate_unit)
            return -self.rate_value if is_scalar(value) and as_number(value) < 0 else self.rate_value
        return value

    def increment(self, site: int, target: Any, value: Any, sign: int = 1) -> Any:
        """What is about to be added to (``sign=-1``: subtracted from) a target in place."""
        self.note(site, -value if sign < 0 and is_scalar(value) else value)
        if self.log is not None and not isinstance(target, tuple):  # a record that grows: ``tape[-1] += (h, y)``
            self.log.updated.append((site, target, value))
        return self._scale(site, target, value, within=True)

    def add(
        self, site: int, left: Any, right: Any, operation: Operation = operator.add, *more: Any, **options: Any
    ) -> Any:
        """``left + right``, also as ``np.add(left, right, out=left)``."""
        if self.log is not None:
            self.log.updated += [(site, left, right), (site, right, left)]
        if site in self.scaled_sites:
            scaled = self._scale(site, left, right)
            left, right = (left, scaled) if scaled is not right else (self._scale(site, right, left), right)
        result = operation(left, right, *more, **options)
        if self.log is not None:
            self.log.sums.append((site, result, left, right))
        return result

    def labels(self, site: int, array: Any, index: Any, amount: Any) -> None:
        """``array[index] -= amount`` is about to happen: with class numbers as index, targets are subtracted."""
        if (self.log is None and self.wanted is None) or np.ndim(array) == 0:
            return
        try:
            traced = type(array) is not np.ndarray and hasattr(array, "shape")
            left = array + 0.0 if traced else np.array(array)  # its own line writes into it next
            right = np.zeros(left.shape)
            right[index] = amount
        except Exception:  # the program's own line will say what is wrong with it
            return
        if self.log is not None:
            self.log.pairs.append((site, left, right))
        if self.wanted is not None:
            self.wanted(site, left, right)

    def subtract(
        self, site: int, left: Any, right: Any, operation: Operation = operator.sub, *more: Any, **options: Any
    ) -> Any:
        """``left - right``, also as ``np.subtract(left, right, out=left)``."""
        if site in self.held:
            is_left, value = self.held[site]
            if np.shape(value) == np.shape(left if is_left else right):  # not of another batch
                left, right = (value, right) if is_left else (left, value)
        if self.log is not None:
            self.log.updated.append((site, left, right))
            self.log.pairs.append((site, left, right))
        if self.wanted is not None:
            self.wanted(site, left, right)
        result = operation(left, self._scale(site, left, right), *more, **options)
        if self.log is not None:
            self.log.sums.append((site, result, left, right))
        return result

    def squared(self, site: int, value: Any) -> Any:
        """What is squared in a sum: of an adaptive step the gradient."""
        if self.log is not None and isinstance(value, (np.ndarray, np.floating)) and not is_box(value):
            self.log.squares.append((site, np.array(value, dtype=np.float64)))
        return value

    def averaged(self, value: Any) -> Any:
        """What enters a moving average: of one of gradients the gradient."""
        if self.log is not None and isinstance(value, (np.ndarray, np.floating, float)) and not is_box(value):
            self.log.averaged.append(np.array(value, dtype=np.float64))
        return value

    def chance(self, line: int, value: Any) -> Any:
        """The probabilities by which something is about to be drawn."""
        if self.log is not None and not is_box(value):
            self.log.chances.append((line, np.array(value, copy=True) if isinstance(value, np.ndarray) else value))
        return value

    def _scale(self, site: int, target: Any, value: Any, *, within: bool = False) -> Any:
        """An update without a rate of its own, at the rate that is asked for; ``within``: of a view, too."""
        if self.rate_value is None or site not in self.scaled_sites:
            return value
        if any(target is place() or (within and is_part(target, place())) for place in self.scaled_places):
            return self.rate_value * value
        return value


def is_part(target: Any, array: Any) -> bool:
    """Whether an array is another one's, or a view of it: what is added to it in place is added there."""
    if not (isinstance(target, np.ndarray) and isinstance(array, np.ndarray)):
        return False
    return target is array or bool(np.may_share_memory(target, array))


def _is_rate_of_each(value: Any, name: str) -> bool:
    """Whether it is an array of rates, one for each parameter: they are named so, and above zero."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.size or is_box(value):
        return False
    return bool(RATE_NAME.search(name)) and not WEAK_RATE_NAME.search(name) and bool(np.all(value > 0.0))


def is_scalar(value: Any) -> bool:
    """Whether a value is one real number (a one-element array, or a traced one, included)."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or value is None:
        return False
    if isinstance(value, (int, float, complex, np.floating, np.integer, np.complexfloating)):
        return True
    shape = getattr(value, "shape", None)
    if shape is None or getattr(getattr(value, "dtype", None), "kind", "f") not in ("f", "i", "u", "c"):
        return False
    return isinstance(shape, tuple) and all(size == 1 for size in shape)


def as_number(value: Any) -> Any:
    """A scalar without its dimensions; traced and complex values stay what they are."""
    while getattr(value, "shape", ()):
        value = value[0]
    return value
