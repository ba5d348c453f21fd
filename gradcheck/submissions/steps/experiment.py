"""Experiments with one step of a submission's own training loop: what it changes, at which rate, and what it computes.

All runs start from the same state, random generators included.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import time
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from gradcheck.problem.state import StateGuard
from gradcheck.records import Finding
from gradcheck.submissions.running.draws import Draws
from gradcheck.submissions.running.looking import Capture
from gradcheck.submissions.running.runtime import Log, Runtime, StopStep, as_number
from gradcheck.submissions.steps.numbers import like, rms
from gradcheck.submissions.steps.places import Place, places_of, roots_of, variables_of
from gradcheck.submissions.text.sites import Site

__all__ = ["OCCURRENCES", "TOTAL", "Experiment", "Rates", "scalars_of"]

Array = npt.NDArray[Any]
Values = Mapping[str, Array]
# Other points that experiments look at: this far from the code's own, relative to the size of each parameter.
SCALE = 0.3
# Of steps whose rate is not known: small beside parameters, and far above rounding.
USUAL_RATE = 0.1
# How often one place of the text is looked at in a step, each time by itself.
OCCURRENCES = 4
# The occurrence that stands for all of a place's in one step together.
TOTAL = -2

# How far a generator is looked ahead for the last batch of an epoch, whose arrays are kept; and for how many seconds.
MAX_AHEAD, AHEAD_TIME = 64, 0.5
# What a loop may run over whose later items can be had without going there.
INDEXED = (range, list, tuple, np.ndarray)
# How many items that are passed over are looked behind for the first that is not: the words on one side of a first one.
MAX_IDLE = 4


@dataclass(frozen=True, slots=True)
class Rates:
    """Which factors are the learning rate, which updates have none, and what the code's own rate is.

    Attributes
    ----------
    sites : frozenset of int
        Factors that are the rate.
    scaled : frozenset of int
        Updates that have none.
    own : float or None
        The code's own rate.
    unit : float or None
        What factors that are typed as numbers are held against: one that differs is a part of the gradient. None where
        each is its own update's rate.
    literals : frozenset of int
        Those factors.
    """

    sites: frozenset[int]
    scaled: frozenset[int]
    own: float | None
    unit: float | None = None
    literals: frozenset[int] = frozenset()


# What all experiments use instead of their own step and rates, innermost last. No attribute of theirs: those are state
# of the submission's process, which is put back before every run.
_EXCHANGED: list[tuple[Any, Rates]] = []


class Experiment:
    """One captured step under study.

    Attributes
    ----------
    places : dict of name to Place
        The parameters, once a ``ParameterSearch`` has found them.
    rates : Rates
    items : tuple
        The loop's items that the step is run for; one, unless the items are samples.
    tolerant : bool
        Whether a step at rate zero may raise once the loss is known: its backward pass is what is broken.
    carried : list of (Place, array)
        State that a step hands on to the next and that its loss depends on (the last hidden state of a sequence): each
        step begins with the first one's.
    sums : list of Place
        What a step only adds to, and never clears: to look at the loss adds nothing.
    left_out : list of str
        What a step changes as it does parameters, by amounts in which no rate was found: it is not compared.
    gain : float
        What a step makes of rate times gradient: ``1 - beta`` of a moving average of gradients, from empty buffers;
        what is typed beside the rate.
    noted : list of Finding
        What to say of how the step was read.
    wide : bool
        Whether parameters in low precision are put as float64: differences of two losses resolve more.
    held : dict of int to (bool, value)
        By the site of a difference, which side (the left?) is always what it was in the first turn.
    read : callable or None
        ``read(experiment)``: the gradient, where it cannot be told from what a step does, as of an adaptive one.
    """

    def __init__(self, runtime: Runtime, capture: Capture) -> None:
        self.runtime, self.step = runtime, capture.step
        self._fresh = True
        self.items: tuple[Any, ...] = capture.items[:1]
        self.all_items = capture.items
        self.loop, self.rest, self._whole = capture.loop, capture.rest, capture.whole
        self.places: dict[str, Place] = {}
        self.rates = Rates(frozenset(), frozenset(), None)
        _bind_empty_cells(capture.step)
        self._guard = self._snapshot()
        self._bound = list(variables_of(capture.step))
        self._captured = self._guard
        self._draws = Draws(capture.step)
        self.tolerant = self.wide = False
        self.buffers: list[Place] = []
        self.carried: list[tuple[Place, Any]] = []
        self.sums: list[Place] = []
        self.left_out: list[str] = []
        self.gain = 1.0
        self.noted: list[Finding] = []
        self.held: dict[int, tuple[bool, Any]] = {}
        self.read: Callable[[Experiment], dict[str, Array]] | None = None

    def skip_idle_items(self) -> None:
        """Begin with the first item whose step updates anything: some are passed over (``if j == i: continue``)."""
        for position, item in enumerate(self.all_items):
            if self._is_busy(item):
                self.all_items = (*self.all_items[position:], *self.all_items[:position])
                self.items = self.all_items[:1]
                return
        first = len(self.all_items)
        ahead = self._whole[first : first + MAX_IDLE] if isinstance(self._whole, INDEXED) else ()
        for position, item in enumerate(ahead):
            if self._is_busy(item):
                self.all_items = tuple(ahead[position:])
                self.items = self.all_items[:1]
                return

    def _is_busy(self, item: Any) -> bool:
        """Whether its step adds to anything but whole numbers, as places in a list are."""
        try:
            return any(not isinstance(target, (int, np.integer)) for _, target, _ in self.run(item).updated)
        except BaseException:  # whoever studies the step will see
            return True
        finally:
            self.restore()

    def last_item(self) -> Any:
        """The item of the loop's last turn, as far as it can be looked ahead: the last of a smaller batch, say.

        Raises
        ------
        LookupError
            Where the loop runs over nothing, or goes through no more than was seen.
        """
        if isinstance(self._whole, INDEXED):
            return self._whole[-1]
        if self._whole is None:
            raise LookupError
        ahead, began = [], time.monotonic()
        try:
            for item in itertools.islice(self.rest, MAX_AHEAD):
                ahead.append(item)
                if time.monotonic() - began > AHEAD_TIME:
                    break
        finally:
            self.rest = itertools.chain(ahead, self.rest)
        return [*self.all_items, *ahead][-1]

    def scalar_updates(self) -> list[tuple[str, Site]]:
        """Parameters of several entries that a step changes by one number for all of them, and where."""
        self.restore()
        held = {id(place.value): name for name, place in self.places.items() if np.size(place.value) > 1}
        log = self.run(self.items[0])
        self.restore()
        return [
            (held[id(target)], self.runtime.sites[site])
            for site, target, value in log.updated
            if id(target) in held and np.size(value) == 1 and not isinstance(value, list)
        ]

    def draws(self) -> bool:
        """Whether a step draws random numbers."""
        self.run(self.items[0])
        drew = self._draws.moved()
        self.restore()
        return drew

    def other_draws(self, seed: int) -> contextlib.AbstractContextManager[None]:
        """Inside, steps draw other random numbers, the same ones every time."""
        return self._draws.another(seed)

    def restore(self) -> None:
        """Everything as it was when the loop was entered."""
        self._guard.restore_all()
        for place in self.places.values():
            place.rejoin()

    def begin_here(self) -> None:
        """From now on the loop is entered with everything as it is at this moment."""
        self._guard = self._snapshot()

    def _snapshot(self) -> StateGuard:
        """What the step can reach by its variables, and by its items: ``for p, g in zip(params, grads): p -= g``."""
        return StateGuard({"step": self.step, "items": self.all_items})

    def begin_as_captured(self) -> None:
        """The loop is entered as it was when it was captured, and everything is as it was then."""
        self._guard = self._captured
        self.restore()

    def posed(self, change: Callable[[], None]) -> Experiment:
        """The same step over another state: what ``change`` makes of that at which the loop was entered.

        Its ``restore`` puts that other state back, and so does this one's with its own.
        """
        self.restore()
        try:
            change()
            other = copy.copy(self)
            other.begin_here()
        finally:
            self.restore()
        return other

    @contextlib.contextmanager
    def exchanged(self, step: Any, rates: Rates) -> Iterator[None]:
        """Inside, runs are those of another step, with other places of its rate."""
        _EXCHANGED.append((step, rates))
        try:
            yield
        finally:
            _EXCHANGED.pop()

    @contextlib.contextmanager
    def variables_kept(self) -> Iterator[None]:
        """Inside, a step may bind its variables anew and add up; afterwards all is what it was before."""
        sums = [(place, np.array(place.value, copy=True)) for place in self.sums]
        before = []
        for get, put in self._bound:
            with contextlib.suppress(ValueError, KeyError):  # not bound yet
                before.append((put, get()))
        try:
            yield
        finally:
            for put, value in before:
                put(value)
            for place, total in sums:
                place.value = like(place.value, total)

    def advance(self, item: Any) -> Log:
        """One step as the code itself would make it next: nothing is put back, no random numbers are drawn again."""
        log = Log()
        self.runtime.log = log
        try:
            with np.errstate(all="ignore"):
                self.step(item)
        finally:
            self.runtime.log = None
        return log

    def values(self) -> dict[str, Array]:
        """The parameters as they stand when the loop is entered."""
        self.restore()
        return {name: np.array(place.value, dtype=np.float64) for name, place in self.places.items()}

    def random_values(self, rng: np.random.Generator) -> dict[str, Array]:
        """Parameters near the code's own: far enough that nothing coincides, not so far that it saturates."""
        around = {name: np.array(place.value, dtype=np.float64) for name, place in self.places.items()}
        return {name: a + SCALE * max(rms(a), SCALE) * rng.standard_normal(a.shape) for name, a in around.items()}

    def put(self, values: Values) -> None:
        """Make the code see these parameters, in the kind that it keeps them in."""
        for name, value in values.items():
            place = self.places[name]
            place.value = like(place.value, value, wide=self.wide)

    def observe(self, values: Values, item: Any = None, *, first: bool = True) -> Log:
        """What a step at rate zero computes with these parameters."""
        self.restore()
        self.put(values)
        return self.run(self.items[0] if first else item, rate=0.0)

    @property
    def rate(self) -> float:
        """The step's own learning rate; one that suits most steps where it is not known."""
        return self.rates.own or USUAL_RATE

    def in_reach(self) -> list[Place]:
        """Numbers and arrays that a step can reach."""
        return places_of(roots_of(cast("types.FunctionType", self.step)))

    def claimed(self, values: Values, rate: float | None = None) -> dict[str, Array]:
        """The gradient that a step with this rate, else with its own, applies."""
        rate = self.rate if rate is None else rate
        self.restore()
        self.put(values)
        if self.read is not None:
            gradient = self.read(self)
            self.restore()
            return gradient
        before = {name: np.array(place.value, dtype=np.float64) for name, place in self.places.items()}
        self.run(self.items[0], rate=rate)
        after = {name: np.array(place.value, dtype=np.float64) for name, place in self.places.items()}
        self.restore()
        return {name: (before[name] - after[name]) / rate for name in before}

    def run(
        self, item: Any, *, rate: float | None = None, wanted: Callable[[int, Any, Any], None] | None = None
    ) -> Log:
        """One step from the present state; what it reported."""
        runtime, log = self.runtime, Log()
        self._draws.rewind()
        for place, value in self.carried:
            if np.shape(place.value) == value.shape:  # not of another sample's length
                place.value = like(place.value, value)
        for place in self.buffers:
            with contextlib.suppress(LookupError, AttributeError):  # made by the first step
                place.value = like(place.value, np.zeros(np.shape(place.value)))
        runtime.log, runtime.wanted = (log, None) if wanted is None else (None, wanted)
        step, rates = _EXCHANGED[-1] if _EXCHANGED else (self.step, self.rates)
        runtime.rate_value, runtime.rate_sites = rate if rate is None else rate / self.gain, rates.sites
        runtime.rate_unit, runtime.literal_sites = rates.unit, rates.literals
        runtime.scaled_sites, runtime.held = rates.scaled, self.held
        runtime.learning, self._fresh = self._fresh, False
        runtime.scaled_places = tuple(_getter(place) for place in self.places.values())
        try:
            with np.errstate(all="ignore"):
                step(item)
        except StopStep:
            pass
        except BaseException:
            if not self.tolerant or rate != 0.0:
                raise
        finally:
            runtime.log = runtime.wanted = runtime.rate_value = None
            runtime.held, runtime.learning = {}, False
        log.notes[:] = [(site, _untraced(value)) for site, value in log.notes]
        return log


def _bind_empty_cells(step: Any) -> None:
    """Names that the loop's body has not bound yet: bound to nothing, so that a snapshot can hold them."""
    for cell in step.__closure__ or ():
        try:
            _ = cell.cell_contents
        except ValueError:
            cell.cell_contents = None


def _getter(place: Place) -> Callable[[], Any]:
    def get() -> Any:
        try:
            return place.value
        except (LookupError, AttributeError, TypeError):  # the step has bound what held it to something else
            return None

    return get


def _untraced(value: Any) -> Any:
    """The number that a library which differentiates in the step has wrapped."""
    while hasattr(value, "_value"):
        value = value._value  # noqa: SLF001 (autograd's own name for it)
    return value


def scalars_of(log: Log, kinds: Mapping[int, str]) -> dict[tuple[int, int], float]:
    """Scalars by (site, occurrence); what accumulates within one step counts as one, its sum (occurrence -1).

    Of all others that occur several times the sum is there as well (occurrence ``TOTAL``).
    """
    counts: dict[int, int] = {}
    totals: dict[int, float] = {}
    found: dict[tuple[int, int], float] = {}
    for site, value in log.notes:
        number = float(np.real(as_number(value)))
        occurrence = counts.get(site, 0)
        counts[site] = occurrence + 1
        if occurrence < OCCURRENCES:
            found[site, occurrence] = number
        if kinds[site] == "accumulate":
            found[site, -1] = found.get((site, -1), 0.0) + number
        else:
            totals[site] = totals.get(site, 0.0) + number
    parts = {site for site, count in counts.items() if count > 1 and kinds[site] == "accumulate"}
    found.update({(site, TOTAL): total for site, total in totals.items() if counts[site] > 1})
    return {key: number for key, number in found.items() if key[1] < 0 or key[0] not in parts}
