"""Finds the parameters of a captured step: what it changes, what stays at rate zero, and what its results depend on."""

from __future__ import annotations

import collections
import re
import time
import types
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import SCALE, Experiment
from gradcheck.submissions.steps.momentum import gain_of, momentum_buffers
from gradcheck.submissions.steps.numbers import copied, copied_if_there, is_number, is_real, like, moved
from gradcheck.submissions.steps.place_names import is_total, last_word
from gradcheck.submissions.steps.places import Place, name_places, roots_of, whole_numbers, zeros_of
from gradcheck.submissions.steps.rate_search import choose_rates, rate_everywhere, require_one_rate
from gradcheck.submissions.steps.resting import moved_by_a_rate, resting_parameters
from gradcheck.submissions.steps.running_sums import running_sums
from gradcheck.submissions.steps.trials import Trials
from gradcheck.submissions.text.sites import PARAMETER_NAME, RATE_NAME, Site

__all__ = ["ParameterSearch"]

# Seconds: a step that takes longer is tried for one item only.
SLOW_STEP = 0.5
# Numbers that are one attribute of objects of one class, from which on some are tried for all.
MANY_ALIKE = 8


class ParameterSearch:
    """The search in one experiment.

    Parameters
    ----------
    experiment : Experiment
        Its ``places``, ``rates`` and ``buffers`` are filled.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._trials = Trials(experiment, experiment.all_items)
        self._before: list[tuple[Place, Any]] = []
        self._shaken = False
        self._applied_sums: set[int] = set()

    def find(self) -> bool:
        """Fill ``places`` and ``rates``; false when this is not a training loop."""
        self._give_points()
        everything = self._experiment.in_reach()
        self._experiment.buffers = self._velocities(everything)
        everything = [place for place in everything if place not in self._experiment.buffers]
        changed, first = self._changed_twice(everything)
        changed = self._without_sums(changed, first)
        totals = _totals(changed)
        sites = self._experiment.runtime.sites
        squares = [place for place in changed if _adds_squares(place, first, sites)]
        changed = [place for place in changed if place not in totals and place not in squares]
        moved_at_all, changed = changed, self._mattering(changed)
        if not changed:
            return not self._shaken and self._shake(everything, first) and self._find_shaken()
        choose_rates(self._experiment, self._trials, changed, first, self._applied_sums)
        still = self._trials.unmoved(changed, grown=True)
        if not still:
            return False
        require_one_rate(self._experiment, everything, still)
        siblings = resting_parameters(self._experiment, self._trials, still, everything, first, self._applied_sums)
        if siblings:
            rate_everywhere(self._experiment)
            still += siblings
        named = name_places(still)
        if any(self._trials.moves_at_zero(named)) and not self._stands_still_everywhere(named):
            alone = {name: self._trials.moves_at_zero({name: place})[0] for name, place in named.items()}
            named = name_places([place for name, place in named.items() if not alone[name]] or still)
        self._experiment.places = named
        if self._experiment.runtime.depth > 1 and self._moves_what_is_read_elsewhere(moved_at_all, changed):
            return False
        self._find_momentum(everything)
        self._find_carried([place for place in changed if place not in still], first)
        self._carry_copies([place for place in still if place not in named.values()], first)
        steering = [*squares, *(place for place in totals if self._steers(place))]
        self._experiment.carried += [(place, copied(place.value)) for place in steering]
        return not self._is_inner_part(first)

    def _stands_still_everywhere(self, named: dict[str, Place]) -> bool:
        """Whether nothing moves once the rate is the rate wherever its name stands: ``soft(w - eta * g, eta * l1)``."""
        before = self._experiment.rates
        rate_everywhere(self._experiment)
        if before.sites == self._experiment.rates.sites or any(self._trials.moves_at_zero(named)):
            self._experiment.rates = before
            return False
        return True

    def _moves_what_is_read_elsewhere(self, moved: Sequence[Place], mattering: Sequence[Place]) -> bool:
        """Whether an update by the same rate is of what only the loop around reads: a row was taken out of it there."""
        sites, chosen = self._experiment.runtime.sites, self._experiment.rates.sites
        names = {sites[site].name for site in chosen if RATE_NAME.search(sites[site].name)}
        owners = {sites[site.owner].name for site in sites if site.owner >= 0 and site.name in names}
        updated = {name.partition("[")[0].rpartition(".")[2] for name in owners}
        idle = [place for place in moved if place not in mattering and np.ndim(place.value)]
        return any(last_word(place) in updated for place in idle)

    def _is_inner_part(self, log: Log) -> bool:
        """Whether a loop around this one applies a gradient that this one only adds up, beside what it updates."""
        if self._experiment.runtime.depth < 2:
            return False
        sites, ran = self._experiment.runtime.sites, {site for site, _, _ in log.updated}
        held = {id(place.value) for place in self._experiment.places.values()}
        summed = {
            sites[site].name
            for site, target, _ in log.updated
            if sites[site].kind == "accumulate" and not is_number(target) and id(target) not in held
        }
        return any(
            site.function == self._experiment.loop.function
            and site.kind in ("accumulate", "subtract")
            and number not in ran
            and not self._experiment.loop.line <= site.line <= self._experiment.loop.last
            and any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", site.text) for name in summed)
            for number, site in enumerate(sites)
        )

    def _mattering(self, changed: list[Place]) -> list[Place]:
        """Those on which results depend; of many numbers in one role, as a scalar autograd has, a few stand for all."""
        roles: dict[Any, list[Place]] = {}
        for place in changed:
            roles.setdefault(_role(place), []).append(place)
        found: dict[int, bool] = {}
        for same in roles.values():
            few = [same[0], same[len(same) // 2], same[-1]] if len(same) >= MANY_ALIKE else same
            answers = [self._trials.matters(place) for place in few]
            if len(set(answers)) > 1 and len(few) < len(same):
                answers = [self._trials.matters(place) for place in same]
            told = answers if len(answers) == len(same) else answers[:1] * len(same)
            found.update(zip(map(id, same), told, strict=True))
        return [place for place in changed if found[id(place)]]

    def _without_sums(self, changed: list[Place], log: Log) -> list[Place]:
        """What is left beside running sums, which begin empty."""
        found = running_sums(self._experiment, changed, log)
        if not found:
            return changed
        self._experiment.restore()
        for place in found:
            place.value = like(place.value, np.zeros(np.shape(place.value)))
        self._experiment.sums = found
        self._experiment.begin_here()
        return [place for place in changed if place not in found]

    def _find_carried(self, others: list[Place], log: Log) -> None:
        """What moves at rate zero, and is neither added to nor named like a parameter."""
        self._experiment.restore()
        added_to = {id(target) for _, target, _ in log.updated}
        others = [place for place in others if place not in self._experiment.buffers]
        self._experiment.carried = [
            (place, copied(place.value))
            for place in others
            if isinstance(place.value, np.ndarray)
            and place.value.dtype.kind == "f"
            and id(place.value) not in added_to
            and not PARAMETER_NAME.search(last_word(place))
        ]
        carried = {id(place) for place, _ in self._experiment.carried}
        self._experiment.left_out = [
            ".".join(place.parts) for place in others if id(place) not in carried and np.ndim(place.value) > 0
        ]

    def _carry_copies(self, dropped: list[Place], log: Log) -> None:
        """Copies of the parameters that a step makes for later ones, as a target network: nothing is added to them."""
        sites = self._experiment.runtime.sites
        added_to = {id(t) for site, t, _ in log.updated if sites[site].kind != "add" or site in self._applied_sums}
        self._experiment.restore()
        self._experiment.carried += [
            (place, copied(place.value))
            for place in dropped
            if isinstance(place.value, np.ndarray) and place.value.dtype.kind == "f" and id(place.value) not in added_to
        ]

    def _steers(self, place: Place) -> bool:
        """Whether a step moves parameters otherwise where a number is another one, as the average reward is."""
        outcomes = []
        for more in (0.0, 0.25):
            self._experiment.restore()
            place.value = like(place.value, np.asarray(place.value) + more)
            try:
                self._experiment.run(self._experiment.items[0])
                outcomes.append([copied(param.value) for param in self._experiment.places.values()])
            except Exception:  # of no use to it
                return False
            finally:
                self._experiment.restore()
        return any(moved(a, b) for a, b in zip(*outcomes, strict=True))

    def _give_points(self) -> None:
        """``bias = 0`` may be a parameter as ``bias = 0.0`` may: a whole number that a step turns into another."""
        whole = whole_numbers(roots_of(cast("types.FunctionType", self._experiment.step)))
        if not whole:
            return
        self._experiment.run(self._experiment.items[0])
        turned = [place for place in whole if isinstance(_now(place), (float, np.floating))]
        self._experiment.restore()
        for place in turned:
            place.value = float(place.value)
        if turned:
            self._experiment.begin_here()

    def _find_shaken(self) -> bool:
        """The same once the state was moved; where it was moved in vain, it is put back for good."""
        if self.find():
            return True
        self._experiment.begin_as_captured()
        for place, value in self._before:
            place.value = value
        return False

    def _find_momentum(self, everything: list[Place]) -> None:
        start = self._experiment.values()
        held = {id(place) for place in self._experiment.places.values()}
        others = [place for place in everything if id(place) not in held]

        def step() -> None:
            self._experiment.run(self._experiment.items[0])

        shapes = {value.shape for value in start.values() if value.ndim}
        known = {place.parts for place in everything} | {place.parts for place in self._experiment.buffers}

        def made() -> list[Place]:
            now = self._experiment.in_reach()
            return [place for place in now if place.parts not in known]

        self._experiment.buffers += momentum_buffers(
            others, shapes, step, self._experiment.restore, lambda: self._experiment.put(start), made
        )
        self._find_gain(start)

    def _find_gain(self, start: Mapping[str, Any]) -> None:
        """Where the buffers are moving averages, the first step is a share of the gradient's."""
        if not self._experiment.buffers:
            return
        rate = self._experiment.rate
        self._experiment.restore()
        averaged = self._experiment.run(self._experiment.items[0], rate=rate).averaged
        places = self._experiment.places
        change = {name: (value - np.asarray(places[name].value)) / rate for name, value in start.items()}
        self._experiment.restore()
        self._experiment.gain = gain_of(change, averaged)

    def find_by_name(self) -> bool:
        """Fill ``places`` for a step that raises before it changes anything: arrays with parameters' names.

        So are those of which the text subtracts something times a learning rate, whatever they are called.
        """
        found = []
        updated = moved_by_a_rate(self._experiment)
        for place in self._experiment.in_reach():
            if np.ndim(place.value) == 0 or not isinstance(place.value, np.ndarray) or place.value.dtype.kind != "f":
                continue
            word = last_word(place)
            if (word in updated or PARAMETER_NAME.search(word)) and self._trials.matters(place):
                found.append(place)
        self._experiment.places = name_places(found)
        return bool(found)

    def _velocities(self, everything: list[Place]) -> list[Place]:
        """Arrays whose new value is added to a parameter, and depends on their old one; they may begin as ``v = 0``."""
        self._experiment.restore()
        zeros = zeros_of(roots_of(cast("types.FunctionType", self._experiment.step)))
        held = {id(place.value) for place in everything if isinstance(place.value, np.ndarray)}
        held |= {number for place in everything for number in _floats_in(place)}
        log = self._experiment.run(self._experiment.items[0])
        added = {
            id(value)
            for _, target, value in log.updated
            if (id(target) in held or id(getattr(target, "base", None)) in held)  # `W[...] += v`
            and (np.ndim(value) or isinstance(value, float))  # of a bias that one number is added to
        }
        found = [place for place in [*everything, *zeros] if id(_now(place)) in added or _floats_in(place) & added]
        self._experiment.restore()
        return [place for place in found if self._feeds_itself(place)]

    def _feeds_itself(self, place: Place) -> bool:
        outcomes = []
        for value in (1.0, 0.0):
            self._experiment.restore()
            place.value = np.full(np.shape(place.value), value)
            try:
                self._experiment.run(self._experiment.items[0])
            except Exception:  # of no use to it
                return False
            finally:
                outcomes.append(copied_if_there(place))
                self._experiment.restore()
        return moved(*outcomes)

    def _changed_twice(self, everything: list[Place]) -> tuple[list[Place], Log]:
        own = [place.value for place in everything]
        before = [copied(value) for value in own]
        began = time.monotonic()
        log = self._experiment.run(self._experiment.items[0])
        if time.monotonic() - began > SLOW_STEP:
            self._trials.items = self._experiment.items
        self._applied_sums = _applied(everything, own, log)
        self._trials.steps(skip=1)
        after = [copied_if_there(place) for place in everything]
        self._trials.steps()
        again = [copied_if_there(place) for place in everything]
        self._experiment.restore()
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
        self._shaken = True
        self._experiment.begin_here()
        return bool(resting)


def _applied(everything: Sequence[Place], before: Sequence[Any], log: Log) -> set[int]:
    """Sites whose sums are what a place holds after a step, and no sum of another place's that is only kept there.

    ``self.x = x`` keeps what the layer before has made of its own bias: ``x @ self.W + self.b``.
    """
    now = {id(_now(place)): id(value) for place, value in zip(everything, before, strict=True)}
    held = {id(value) for value in before if np.ndim(value)}
    found = set()
    for site, result, left, right in log.sums:
        if id(result) not in now:
            continue
        operands = {id(left), id(right)}
        if now[id(result)] in operands or not operands & held:
            found.add(site)
    return found


def _now(place: Place) -> Any:
    """What a place holds, None where it is gone."""
    try:
        return place.value
    except (LookupError, AttributeError, TypeError):
        return None


def _floats_in(place: Place) -> set[int]:
    """The numbers of a list, as the objects that they are: ``v[i] = ...; w[i] += v[i]`` adds one of them."""
    value = _now(place)
    return {id(number) for number in value if isinstance(number, float)} if isinstance(value, list) else set()


def _role(place: Place) -> Any:
    """Numbers that are one attribute of objects of one class have one role; everything else has its own."""
    return (type(place.container), place.path[-1]) if place.path and np.ndim(place.value) == 0 else id(place)


def _totals(changed: list[Place]) -> list[Place]:
    """Numbers that add up losses or hits, as their names say; ``val`` of every weight is no total."""
    roles = collections.Counter(map(_role, changed))
    return [place for place in changed if is_total(place) and roles[_role(place)] < MANY_ALIKE]


def _adds_squares(place: Place, log: Log, sites: Sequence[Site]) -> bool:
    """Whether what the step adds to an array, or to rows of it, is a square: a sum that an adaptive rate is made of."""
    added = [change for site, target, change in log.updated if _is_in(place, target, sites[site])]
    squares = [np.asarray(square) ** 2 for _, square in log.squares]
    return bool(added) and all(
        isinstance(change, (np.ndarray, np.floating)) and any(np.array_equal(change, square) for square in squares)
        for change in added
    )


def _is_in(place: Place, target: Any, site: Site) -> bool:
    """Whether something that is added to is what a place holds, a part of it, or by its name an entry of it."""
    value = place.value
    if target is value or (isinstance(value, np.ndarray) and getattr(target, "base", None) is value):
        return True
    whole, bracket, _ = site.name.partition("[")
    return bool(bracket) and is_number(target) and whole.rpartition(".")[2] == last_word(place)
