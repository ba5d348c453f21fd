"""Parameters that the first steps do not move: their gradient is zero there, or is never applied."""

from __future__ import annotations

import types
from collections.abc import Collection, Sequence
from typing import cast

import numpy as np

from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.place_names import has_gradient, last_word, looks_alike, outer
from gradcheck.submissions.steps.places import Place
from gradcheck.submissions.steps.rate_search import rate_everywhere
from gradcheck.submissions.steps.trials import Trials
from gradcheck.submissions.text.handed_on import bound_together
from gradcheck.submissions.text.sites import PARAMETER_NAME, RATE_NAME

__all__ = ["moved_by_a_rate", "resting_parameters"]


def moved_by_a_rate(experiment: Experiment) -> set[str]:
    """What something times a learning rate is subtracted from, as the text has it."""
    sites = experiment.runtime.sites
    owners = {sites[site.owner].name for site in sites if site.owner >= 0 and RATE_NAME.search(site.name)}
    return {name.rpartition(".")[2] for name in owners}


def resting_parameters(
    experiment: Experiment,
    trials: Trials,
    found: Sequence[Place],
    everything: Sequence[Place],
    log: Log,
    applied_sums: Collection[int],
) -> list[Place]:
    """Those beside the parameters found that the step leaves as they are: a zero gradient, or one never applied.

    Parameters
    ----------
    experiment : Experiment
    trials : Trials
    found : sequence of Place
        Parameters that move.
    everything : sequence of Place
        In the step's reach.
    log : Log
        Of the first step.
    applied_sums : collection of int
        Sites at which a sum is a parameter's new value.
    """
    have = {id(place) for place in found}
    kinds = experiment.runtime.sites
    updated = {id(t) for site, t, _ in log.updated if kinds[site].kind != "add" or site in applied_sums}
    added = {id(target) for _, target, _ in log.updated}  # `x @ W + b`, of which the step moves W
    groups = {(place.variable, outer(place)) for place in found if place.path}
    roots = {place.root for place in found if not place.path}
    together = [names for names in bound_together(experiment.step.__code__) if names & roots]
    arrays = {id(place.value) for place in everything if np.ndim(place.value)}
    by_rate = moved_by_a_rate(experiment)
    siblings, told = [], []
    for place in everything:
        value = place.value
        if id(place) in have or np.asarray(value).dtype.kind != "f":
            continue
        if np.ndim(value) == 0:  # ``b -= eta * gb`` where gb is a sum of signs: it may be zero, and stay so
            told += [place] if last_word(place) in by_rate and _is_beside(experiment, place, found) else []
            continue
        if id(getattr(value, "base", None)) in arrays:  # ``v = E[c]``: a part of another one
            continue
        handed_on = not place.path and any(place.root in names for names in together)
        beside = (place.variable, outer(place)) in groups if place.path else _is_beside(experiment, place, found)
        meant = beside or id(value) in updated or (not place.path and id(value) in added)
        if handed_on or (meant and (PARAMETER_NAME.search(last_word(place)) or last_word(place) in by_rate)):
            siblings.append(place)
    resting = [place for place in trials.unmoved(siblings) if trials.matters(place)] if siblings else []
    return resting + (_unmoved_by_any_rate(experiment, trials, told) if told else [])


def _unmoved_by_any_rate(experiment: Experiment, trials: Trials, told: list[Place]) -> list[Place]:
    """Those that stay once the rate is zero wherever its name stands, which then holds for all."""
    before = experiment.rates
    rate_everywhere(experiment)
    found = trials.unmoved(told)
    if not found:
        experiment.rates = before
    return found


def _is_beside(experiment: Experiment, place: Place, found: Sequence[Place]) -> bool:
    """``b1`` beside ``W1``; of one letter, which data may have too, only what a gradient is named after."""
    if not looks_alike(place.root, found):
        return False
    code = cast("types.FunctionType", experiment.step).__code__
    return len(place.root) > 1 or has_gradient(place.root, (*code.co_freevars, *code.co_names, *code.co_varnames))
