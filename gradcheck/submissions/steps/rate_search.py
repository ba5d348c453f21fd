"""Which factors of a step are its learning rate, and which updates have none: told by what moves at rate zero."""

from __future__ import annotations

import collections
import dataclasses
import linecache
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from gradcheck.errors import SubmissionError
from gradcheck.language import listed, tr
from gradcheck.submissions.running.runtime import Log, is_part
from gradcheck.submissions.steps.experiment import SCALE, Experiment, Rates
from gradcheck.submissions.steps.numbers import is_number, like, uneven
from gradcheck.submissions.steps.place_names import last_word
from gradcheck.submissions.steps.places import Place, name_places
from gradcheck.submissions.steps.trials import Trials
from gradcheck.submissions.text.sites import RATE_NAME, WEAK_RATE_NAME, Site

__all__ = ["choose_rates", "rate_everywhere", "require_one_rate"]


def choose_rates(experiment: Experiment, trials: Trials, changed: list[Place], log: Log, summed: set[int]) -> None:
    """The first reading of the text in which no parameter moves at rate zero, else the one in which fewest do.

    Parameters
    ----------
    experiment : Experiment
        Its ``rates`` are set.
    trials : Trials
    changed : list of Place
        What a step changes, as it stands when the loop is entered.
    log : Log
        What that step reported.
    summed : set of int
        Sites whose sums become the value of a place.
    """
    initial = {id(part) for place in changed for part in (place.value, *_numbers(place.value))}
    sites = experiment.runtime.sites
    # By its last word: an entry of ``model.bias`` is changed as ``self.bias[u] += ...``.
    by_word = {last_word(place) for place in changed if isinstance(place.value, (list, np.ndarray))}
    kept = {id(target) for site, target, _ in log.updated if sites[site].kind == "subtract" and site in summed}
    updates = frozenset(
        site
        for site, target, _ in log.updated
        if (
            (id(target) in initial and (sites[site].kind != "add" or site in summed))
            and (site in summed or sites[site].kind != "subtract" or id(target) not in kept)
        )  # a line search looks ahead
        or (sites[site].kind == "accumulate" and sites[site].name.partition("[")[0].rpartition(".")[2] in by_word)
        or (
            (
                sites[site].kind == "accumulate"
                or (sites[site].kind == "subtract" and _is_renewed(experiment, site, target))
            )
            and any(is_part(target, place.value) for place in changed)
        )
    )
    scalars = _constants(experiment, changed, log)
    named = {site for site in scalars if RATE_NAME.search(sites[site].name)}
    strong = {site for site in named if not WEAK_RATE_NAME.search(sites[site].name)}
    beside = {site for site in scalars if sites[site].owner in updates}
    leftmost = {sites[site].owner: site for site in sorted(beside, reverse=True) if not sites[site].text.isdigit()}
    unnamed = set(leftmost.values())
    whole = {site for site in beside if sites[site].text.isdigit() and _is_its_own(sites, site)}
    whole = whole if len({sites[site].text for site in whole}) == 1 and len(whole) == len(updates) else set()
    inner = _inside_velocities(sites, log, updates, scalars)
    found = (strong & beside, strong, named & beside, unnamed, whole, *inner)
    readings = [reading for reading in found if reading] + [set()]
    best: tuple[int, Rates] | None = None
    experiment.places = name_places(changed)
    for scale in (False, True):
        for chosen in readings:
            if not chosen and not scale:
                continue
            rated = {sites[site].owner for site in chosen}
            scaled = updates - rated if scale else frozenset()
            values = {abs(scalars[site]) for site in chosen if scalars[site] != 0.0}
            literals = frozenset(site for site in chosen if sites[site].is_literal and not _is_its_own(sites, site))
            unit = _unit({site: value for site, value in log.rates if site in literals})
            own = unit if unit is not None else max(values, default=None)
            rate = Rates(frozenset(chosen), frozenset(scaled), own, unit, literals)
            experiment.rates = rate
            count = len(trials.unmoved(changed, grown=True))
            if best is None or count > best[0]:
                best = (count, rate)
        if best is not None and best[0] == len(changed):
            break
    assert best is not None
    experiment.rates = best[1]


def _is_renewed(experiment: Experiment, number: int, target: Any) -> bool:
    """Whether a difference takes the place of what it begins with, ``W[i] = W[i] - ...``; so does one of nditer."""
    if is_number(target):
        return True
    file = cast("types.FunctionType", experiment.step).__code__.co_filename
    line = re.sub(r"\s", "", linecache.getline(file, experiment.runtime.sites[number].line))
    renewed = re.match(r"(?P<target>.+?)=(?P=target)-", line)
    return renewed is not None and "=" not in renewed["target"]


def require_one_rate(experiment: Experiment, everything: list[Place], found: list[Place]) -> None:
    """Refuse when a learning rate is in sight and it is not known which updates it is part of.

    Raises
    ------
    SubmissionError
        Since a gradient that is off by an unknown rate cannot be told from a wrong one.
    """
    if not experiment.rates.scaled:
        return
    numbers = [place for place in everything if np.ndim(place.value) == 0]
    around = {
        last_word(place)
        for place in numbers
        if RATE_NAME.search(last_word(place)) and not WEAK_RATE_NAME.search(last_word(place))
    }
    if around or experiment.rates.sites:
        names = listed(sorted(name_places(found)))
        rate = listed(sorted(around)) or tr("the learning rate")
        raise SubmissionError(
            tr(
                "cannot tell which updates of {names} contain {rate}. Write each as `W -= {rate} * gradient`, or use "
                "an adapter.",
                names=names,
                rate=rate,
            )
        )


def rate_everywhere(experiment: Experiment) -> None:
    """The rate is meant wherever its name stands: an update that moves nothing here may contain it too."""
    sites, own = experiment.runtime.sites, experiment.rates
    names = {sites[number].name for number in own.sites if RATE_NAME.search(sites[number].name)}
    same = {n for n, site in enumerate(sites) if site.kind == "rate" and site.name in names}
    experiment.rates = dataclasses.replace(own, sites=own.sites | same)


def _numbers(value: Any) -> Iterator[Any]:
    """The numbers of a list of (lists of) numbers: ``[[w - 0.1 * g for w, g in zip(*rows)] for rows in ...]``."""
    for part in value if isinstance(value, list) else ():
        yield from _numbers(part) if isinstance(part, list) else (part,)


def _is_its_own(sites: Sequence[Site], site: int) -> bool:
    """Whether an update takes a number times a gradient that has a name: that number is its rate, whatever others take.

    In ``b -= 0.01 * delta.sum(0)`` it may as well be a part of the formula.
    """
    text = sites[sites[site].owner].text if sites[site].owner >= 0 else ""
    return re.fullmatch(rf"(.* - )?-?{re.escape(sites[site].text)} \* [\w.]+(\[[^\[\]]+\])?", text) is not None


def _unit(literals: Mapping[int, float]) -> float | None:
    """The rate, where it is typed as a number in each update: that of all updates but at most one.

    A training loop has one rate: who means two gives them names, or types each more than once. With a single odd number
    it is the gradient that is a multiple of the true one. Of two updates that differ the first to run has the rate.
    """
    counts = collections.Counter(abs(number) for number in literals.values() if number)
    if not counts:
        return None
    (most, count), *others = counts.most_common()
    return most if sum(other for _, other in others) <= 1 <= count else None


def _inside_velocities(
    sites: Sequence[Site], log: Log, updates: frozenset[int], scalars: Mapping[int, float]
) -> list[set[int]]:
    """Rates that stand where a velocity is renewed, not where it is applied: ``v = 0.9 * v - 0.1 * gradient``."""
    velocities = [value for site, _, value in log.updated if site in updates]
    applied = {id(value) for value in velocities}
    held = [value for value in velocities if isinstance(value, np.ndarray) and np.any(value)]
    renewing = {
        site
        for site, result, *_ in log.sums
        if (id(result) in applied and (np.ndim(result) or isinstance(result, float)))
        or (isinstance(result, np.ndarray) and any(np.array_equal(result, value) for value in held))  # ``v[...] = ...``
    }
    renewing |= {  # ``v *= 0.9; v -= 0.1 * gradient``
        site
        for site, target, _ in log.updated
        if site not in updates and sites[site].kind == "accumulate" and not is_number(target) and id(target) in applied
    }
    factors: dict[int, list[int]] = {}
    for site in sorted(scalars):
        if sites[site].owner in renewing and site not in factors.get(sites[site].owner, []):
            factors.setdefault(sites[site].owner, []).append(site)
    return [{found[0] for found in factors.values()}, {found[-1] for found in factors.values()}]


def _constants(experiment: Experiment, changed: Sequence[Place], log: Log) -> dict[int, float]:
    """Factors that are the same whatever the parameters are: the gradient of a single bias is one number too."""
    experiment.restore()
    before = [(place, place.value) for place in changed]
    for place in changed:
        value = np.array(place.value, dtype=np.float64)
        if value.ndim == 0 and RATE_NAME.search(last_word(place)):  # a rate that decays
            continue
        place.value = like(place.value, value + SCALE * (1.0 + np.abs(value)) * uneven(value.shape))
    try:
        elsewhere = dict(experiment.run(experiment.items[0]).rates)
    except BaseException:  # these parameters are of no use to it
        elsewhere = dict(log.rates)
    experiment.restore()
    for place, value in before:
        place.value = value
    return {site: value for site, value in log.rates if elsewhere.get(site, value) == value}
