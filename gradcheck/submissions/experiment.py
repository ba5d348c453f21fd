"""Experiments with one step of a submission's own training loop: what it changes, at which rate, and what it computes.

Parameters are what a step changes, what stays as it is at learning rate zero, and what the step's results depend on;
names are not needed for that. All runs start from the same state, random generators included.
"""

from __future__ import annotations

import contextlib
import copy
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from gradcheck.errors import SubmissionError
from gradcheck.problem.state import StateGuard
from gradcheck.submissions.draws import Draws
from gradcheck.submissions.handed_on import bound_together
from gradcheck.submissions.momentum import momentum_buffers
from gradcheck.submissions.numbers import copied, copied_if_there, digest, is_real, like, moved, only_grew, rms, uneven
from gradcheck.submissions.place_names import is_total, last_word, looks_alike, outer
from gradcheck.submissions.places import Place, name_places, places_of, roots_of, variables_of
from gradcheck.submissions.runtime import Capture, Log, Runtime, StopStep, as_number
from gradcheck.submissions.sites import LOSS_NAME, PARAMETER_NAME, RATE_NAME, WEAK_RATE_NAME, Site

__all__ = ["Experiment", "Rates", "scalars_of"]

Array = npt.NDArray[Any]
Values = Mapping[str, Array]
# Other points that experiments look at: this far from the code's own, relative to the size of each parameter.
SCALE = 0.3
# Seconds: a step that takes longer is tried for one item only.
SLOW_STEP = 0.5


class Rates:
    """Which factors are the learning rate, which updates have none, and what the code's own rate is."""

    def __init__(self, sites: frozenset[int], scaled: frozenset[int], own: float | None) -> None:
        self.sites, self.scaled, self.own = sites, scaled, own


# What all experiments use instead of their own step and rates, innermost last. No attribute of theirs: those are state
# of the submission's process, which is put back before every run.
_EXCHANGED: list[tuple[Any, Rates]] = []


class Experiment:
    """One captured step under study.

    Attributes
    ----------
    places : dict of name to Place
        The parameters, once ``find_parameters`` has found them.
    rates : Rates
    items : tuple
        The loop's items that the step is run for; one, unless the items are samples.
    tolerant : bool
        Whether a step at rate zero may raise once the loss is known: its backward pass is what is broken.
    """

    def __init__(self, runtime: Runtime, capture: Capture) -> None:
        self.runtime, self.step = runtime, capture.step
        self.items: tuple[Any, ...] = capture.items[:1]
        self.all_items = self._trial_items = capture.items
        self.loop, self.rest = capture.loop, capture.rest
        self.places: dict[str, Place] = {}
        self.rates = Rates(frozenset(), frozenset(), None)
        _bind_empty_cells(capture.step)
        self._guard = StateGuard({"step": capture.step})
        self._bound = list(variables_of(capture.step))
        self._unshaken = self._guard
        self._before: list[tuple[Place, Any]] = []
        self._draws = Draws(capture.step)
        self._kept: list[Any] = []
        self.tolerant = False
        self._shaken = False
        self.buffers: list[Place] = []
        self._applied_sums: set[int] = set()

    def find_parameters(self) -> bool:
        """Fill ``places`` and ``rates``; false when this is not a training loop."""
        everything = places_of(roots_of(cast("types.FunctionType", self.step)))
        self.buffers = self._velocities(everything)
        everything = [place for place in everything if place not in self.buffers]
        changed, first = self._changed_twice(everything)
        changed = [place for place in changed if not is_total(place) and not _adds_squares(place, first)]
        changed = [place for place in changed if self._matters(place)]
        if not changed:
            return not self._shaken and self._shake(everything, first) and self._find_shaken()
        initial = {id(place.value) for place in changed}
        self._kept = [place.value for place in changed]
        self._choose_rates(changed, first, initial)
        still = self._unmoved(changed, grown=True)
        if not still:
            return False
        self._require_one_rate(everything, still)
        siblings = self._unmoved_siblings(still, everything, first)
        if siblings:
            self._rate_everywhere()
            still += siblings
        named = name_places(still)
        if any(self._moves_at_zero(named)):
            alone = {name: self._moves_at_zero({name: place})[0] for name, place in named.items()}
            named = name_places([place for name, place in named.items() if not alone[name]] or still)
        self.places = named
        self._find_momentum(everything)
        return True

    def _find_shaken(self) -> bool:
        """The same once the state was moved; where it was moved in vain, it is put back for good."""
        if self.find_parameters():
            return True
        self._guard = self._unshaken
        self.restore()
        for place, value in self._before:
            place.value = value
        return False

    def _find_momentum(self, everything: list[Place]) -> None:
        start = self.values()
        held = {id(place) for place in self.places.values()}
        others = [place for place in everything if id(place) not in held]

        def step() -> None:
            self.run(self.items[0])

        self.buffers += momentum_buffers(others, step, self.restore, lambda: self.put(start))

    def find_parameters_by_name(self) -> bool:
        """Fill ``places`` for a step that raises before it changes anything: arrays with parameters' names."""
        found = []
        for place in places_of(roots_of(cast("types.FunctionType", self.step))):
            if np.ndim(place.value) == 0 or not isinstance(place.value, np.ndarray) or place.value.dtype.kind != "f":
                continue
            if PARAMETER_NAME.search(last_word(place)) and self._matters(place):
                found.append(place)
        self.places = name_places(found)
        return bool(found)

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

    def restore(self) -> None:
        """Everything as it was when the loop was entered."""
        self._guard.restore_all()

    def posed(self, change: Callable[[], None]) -> Experiment:
        """The same step over another state: what ``change`` makes of that at which the loop was entered.

        Its ``restore`` puts that other state back, and so does this one's with its own.
        """
        self.restore()
        try:
            change()
            other = copy.copy(self)
            other._guard = StateGuard({"step": self.step})  # noqa: SLF001 (of its own kind)
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
        """Inside, a step may bind its variables anew; afterwards they are what they were before."""
        before = []
        for get, put in self._bound:
            with contextlib.suppress(ValueError, KeyError):  # not bound yet
                before.append((put, get()))
        try:
            yield
        finally:
            for put, value in before:
                put(value)

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
            place.value = like(place.value, value)

    def observe(self, values: Values, item: Any = None, *, first: bool = True) -> Log:
        """What a step at rate zero computes with these parameters."""
        self.restore()
        self.put(values)
        return self.run(self.items[0] if first else item, rate=0.0)

    def claimed(self, values: Values, rate: float) -> dict[str, Array]:
        """The gradient that a step with this rate applies."""
        self.restore()
        self.put(values)
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
        for place in self.buffers:
            place.value = like(place.value, np.zeros(np.shape(place.value)))
        runtime.log, runtime.wanted = (log, None) if wanted is None else (None, wanted)
        step, rates = _EXCHANGED[-1] if _EXCHANGED else (self.step, self.rates)
        runtime.rate_value, runtime.rate_sites = rate, rates.sites
        runtime.scaled_sites = rates.scaled
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
        return log

    def _steps(self, *, rate: float | None = None, skip: int = 0) -> list[Log]:
        """One step for each of the first items: of samples the first alone may be (0, 0)."""
        return [self.run(item, rate=rate) for item in self._trial_items[skip:]]

    # --- finding parameters -------------------------------------------------------------------------------------

    def _velocities(self, everything: list[Place]) -> list[Place]:
        """Arrays whose new value is added to a parameter, and depends on their old one."""
        self.restore()
        held = {id(place.value) for place in everything if isinstance(place.value, np.ndarray)}
        log = self.run(self.items[0])
        added = {id(value) for _, target, value in log.updated if id(target) in held and np.ndim(value)}
        found = [place for place in everything if id(_now(place)) in added]
        self.restore()
        return [place for place in found if self._feeds_itself(place)]

    def _feeds_itself(self, place: Place) -> bool:
        outcomes = []
        for value in (1.0, 0.0):
            self.restore()
            place.value = np.full(np.shape(place.value), value)
            try:
                self.run(self.items[0])
            except Exception:  # of no use to it
                return False
            finally:
                outcomes.append(copied_if_there(place))
                self.restore()
        return moved(*outcomes)

    def _changed_twice(self, everything: list[Place]) -> tuple[list[Place], Log]:
        before = [copied(place.value) for place in everything]
        began = time.monotonic()
        log = self.run(self.items[0])
        if time.monotonic() - began > SLOW_STEP:
            self._trial_items = self.items
        held = {id(place.value) for place in everything if copied_if_there(place) is not None}
        self._applied_sums = {site for site, result in log.sums if id(result) in held}
        self._steps(skip=1)
        after = [copied_if_there(place) for place in everything]
        self._steps()
        again = [copied_if_there(place) for place in everything]
        self.restore()
        changed = [
            place
            for place, a, b, c in zip(everything, before, after, again, strict=True)
            if moved(a, b) and (moved(b, c) or np.ndim(a) > 0) and is_real(c)
        ]
        return changed, log

    def _shake(self, everything: list[Place], log: Log) -> bool:
        """Parameters at which nothing moves (all zero, say) are moved a little, once; true when there were some."""
        targets = {
            id(target) for _, target, _ in log.updated if isinstance(target, np.ndarray) and target.dtype.kind == "f"
        }
        resting = [place for place in everything if id(place.value) in targets]
        self._before = [(place, place.value) for place in resting]  # some may be out of the guard's reach
        rng = np.random.default_rng(3)
        for place in resting:
            place.value = like(
                place.value, np.asarray(place.value) + SCALE * rng.standard_normal(np.shape(place.value))
            )
        self._shaken, self._unshaken = True, self._guard
        self._guard = StateGuard({"step": self.step})
        return bool(resting)

    def _require_one_rate(self, everything: list[Place], found: list[Place]) -> None:
        """Refuse when a learning rate is in sight and it is not known which updates it is part of.

        Raises
        ------
        SubmissionError
            Since a gradient that is off by an unknown rate cannot be told from a wrong one.
        """
        if not self.rates.scaled:
            return
        numbers = [place for place in everything if np.ndim(place.value) == 0]
        around = {
            last_word(place)
            for place in numbers
            if RATE_NAME.search(last_word(place)) and not WEAK_RATE_NAME.search(last_word(place))
        }
        if around or self.rates.sites:
            names = ", ".join(sorted(name_places(found)))
            rate = ", ".join(sorted(around)) or "the learning rate"
            raise SubmissionError(
                f"cannot tell which updates of {names} contain {rate}. "
                f"Write each as `W -= {rate} * gradient`, or use an adapter."
            )

    def _choose_rates(self, changed: list[Place], log: Log, initial: set[int]) -> None:
        """The first reading of the text in which no parameter moves at rate zero, else the one in which fewest do."""
        sites = self.runtime.sites
        lists = {".".join(place.parts) for place in changed if isinstance(place.value, list)}
        updates = frozenset(
            site
            for site, target, _ in log.updated
            if (id(target) in initial and (sites[site].kind != "add" or site in self._applied_sums))
            or (sites[site].kind == "accumulate" and sites[site].name.partition("[")[0] in lists)
        )
        scalars = self._constants(changed, log)
        named = {site for site in scalars if RATE_NAME.search(sites[site].name)}
        strong = {site for site in named if not WEAK_RATE_NAME.search(sites[site].name)}
        own = {site for site in scalars if sites[site].owner in updates}
        leftmost = {sites[site].owner: site for site in sorted(own, reverse=True) if not sites[site].text.isdigit()}
        unnamed = set(leftmost.values())
        inner = self._inside_velocities(log, updates, scalars)
        readings = [reading for reading in (strong & own, strong, named & own, unnamed, *inner) if reading] + [set()]
        best: tuple[int, Rates] | None = None
        self.places = name_places(changed)
        for scale in (False, True):
            for chosen in readings:
                if not chosen and not scale:
                    continue
                rated = {sites[site].owner for site in chosen}
                scaled = updates - rated if scale else frozenset()
                values = {abs(scalars[site]) for site in chosen if scalars[site] != 0.0}
                rate = Rates(frozenset(chosen), frozenset(scaled), max(values) if values else None)
                self.rates = rate
                count = len(self._unmoved(changed, grown=True))
                if best is None or count > best[0]:
                    best = (count, rate)
            if best is not None and best[0] == len(changed):
                break
        assert best is not None
        self.rates = best[1]

    def _inside_velocities(self, log: Log, updates: frozenset[int], scalars: Mapping[int, float]) -> list[set[int]]:
        """Rates that stand where a velocity is renewed, not where it is applied: ``v = 0.9 * v - 0.1 * gradient``."""
        sites = self.runtime.sites
        applied = {id(value) for site, _, value in log.updated if site in updates}
        renewing = {site for site, result in log.sums if id(result) in applied and np.ndim(result) > 0}
        factors: dict[int, list[int]] = {}
        for site in sorted(scalars):
            if sites[site].owner in renewing and site not in factors.get(sites[site].owner, []):
                factors.setdefault(sites[site].owner, []).append(site)
        return [{found[0] for found in factors.values()}, {found[-1] for found in factors.values()}]

    def _constants(self, changed: Sequence[Place], log: Log) -> dict[int, float]:
        """Factors that are the same whatever the parameters are: the gradient of a single bias is one number too."""
        self.restore()
        before = [(place, place.value) for place in changed]
        for place in changed:
            value = np.array(place.value, dtype=np.float64)
            if value.ndim == 0 and RATE_NAME.search(last_word(place)):  # a rate that decays
                continue
            place.value = like(place.value, value + SCALE * (1.0 + np.abs(value)) * uneven(value.shape))
        try:
            elsewhere = dict(self.run(self.items[0]).rates)
        except BaseException:  # these parameters are of no use to it
            elsewhere = dict(log.rates)
        self.restore()
        for place, value in before:
            place.value = value
        return {site: value for site, value in log.rates if elsewhere.get(site, value) == value}

    def _unmoved(self, places: Sequence[Place], *, grown: bool = False) -> list[Place]:
        """Those that a step at rate zero leaves exactly as they are (if ``grown``: but for a shape that broadcasts)."""
        self.restore()
        before = [copied(place.value) for place in places]
        self._steps(rate=0.0)
        after = [copied_if_there(place) for place in places]
        self.restore()
        return [
            place
            for place, a, b in zip(places, before, after, strict=True)
            if not moved(a, b) or (grown and only_grew(a, b) and isinstance(place.value, np.ndarray))
        ]

    def _moves_at_zero(self, named: Mapping[str, Place]) -> list[bool]:
        """Which of them a step at rate zero moves from other values: buffers of momentum, accumulators."""
        self.places = dict(named)
        rng = np.random.default_rng(7)
        self.restore()
        self.put(self.random_values(rng))
        before = [copied(place.value) for place in named.values()]
        self._steps(rate=0.0)
        after = [copied_if_there(place) for place in named.values()]
        drifting = [moved(a, b) and not only_grew(a, b) for a, b in zip(before, after, strict=True)]
        self.restore()
        return drifting

    def _unmoved_siblings(self, found: list[Place], everything: list[Place], log: Log) -> list[Place]:
        """Parameters that the step does not move: a zero gradient, or one that is never applied."""
        have = {id(place) for place in found}
        updated = {id(target) for _, target, _ in log.updated}
        groups = {(place.variable, outer(place)) for place in found if place.path}
        roots = {place.root for place in found if not place.path}
        together = [names for names in bound_together(self.step.__code__) if names & roots]
        siblings = []
        for place in everything:
            value = place.value
            if id(place) in have or np.ndim(value) == 0 or np.asarray(value).dtype.kind != "f":
                continue
            handed_on = not place.path and any(place.root in names for names in together)
            beside = (place.variable, outer(place)) in groups if place.path else looks_alike(place.root, found)
            if handed_on or ((id(value) in updated or beside) and PARAMETER_NAME.search(last_word(place))):
                siblings.append(place)
        return [place for place in self._unmoved(siblings) if self._matters(place)] if siblings else []

    def _rate_everywhere(self) -> None:
        """The rate is meant wherever its name stands: an update that moves nothing here may contain it too."""
        sites, own = self.runtime.sites, self.rates
        names = {sites[number].name for number in own.sites if RATE_NAME.search(sites[number].name)}
        same = {n for n, site in enumerate(sites) if site.kind == "rate" and site.name in names}
        self.rates = Rates(own.sites | same, own.scaled, own.own)

    def _is_stored_array(self, number: int, value: Any) -> bool:
        """An array of one entry that is stored under no loss's name: a bias, not a result."""
        site = self.runtime.sites[number]
        return site.kind == "store" and bool(np.ndim(value)) and not LOSS_NAME.search(site.name)

    def _matters(self, place: Place) -> bool:
        """Whether the step computes something else when this place holds something else."""
        outcomes = []
        for factor in (1.0, 1.25):
            self.restore()
            original = place.value
            value = np.array(original, dtype=np.float64)
            place.value = like(original, value * factor + (factor - 1.0) * uneven(value.shape))
            try:
                logs = self._steps(rate=0.0)
            except Exception:
                if np.asarray(original).dtype.kind != "f":  # class numbers, indices
                    return False
                raise
            finally:
                self.restore()
                place.value = original  # it may be out of the guard's reach
            notes = [note for log in logs for note in log.notes]
            numbers = [as_number(value) for site, value in notes if not self._is_stored_array(site, value)]
            outcomes.append(repr(numbers) + repr([digest(pair) for log in logs for pair in log.pairs]))
        self.restore()
        return outcomes[0] != outcomes[1]


def _bind_empty_cells(step: Any) -> None:
    """Names that the loop's body has not bound yet: bound to nothing, so that a snapshot can hold them."""
    for cell in step.__closure__ or ():
        try:
            _ = cell.cell_contents
        except ValueError:
            cell.cell_contents = None


def _now(place: Place) -> Any:
    """What a place holds, None where it is gone."""
    try:
        return place.value
    except (LookupError, AttributeError, TypeError):
        return None


def _adds_squares(place: Place, log: Log) -> bool:
    """Whether what the step adds to an array is a square: a sum that an adaptive rate is made of."""
    value = place.value
    squares = [square for _, square in log.squares if square.shape == np.shape(value)]
    added = [change for _, target, change in log.updated if target is value and isinstance(change, np.ndarray)]
    return bool(added) and all(any(np.array_equal(change, square**2) for square in squares) for change in added)


def _getter(place: Place) -> Callable[[], Any]:
    return lambda: place.value


def scalars_of(log: Log, kinds: Mapping[int, str]) -> dict[tuple[int, int], float]:
    """Scalars by (site, occurrence); what accumulates within one step counts as one, its sum (occurrence -1)."""
    counts: dict[int, int] = {}
    found: dict[tuple[int, int], float] = {}
    for site, value in log.notes:
        number = float(np.real(as_number(value)))
        occurrence = counts.get(site, 0)
        counts[site] = occurrence + 1
        if occurrence < 4:
            found[site, occurrence] = number
        if kinds[site] == "accumulate":
            found[site, -1] = found.get((site, -1), 0.0) + number
    parts = {site for site, count in counts.items() if count > 1 and kinds[site] == "accumulate"}
    return {key: number for key, number in found.items() if key[1] < 0 or key[0] not in parts}
