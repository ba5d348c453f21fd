"""The loss of a step that keeps several numbers: another one of them than its name says, or some of them together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np

from gradcheck.submissions.losses import step_losses
from gradcheck.submissions.losses.own_loss import AGREEMENT, multiples, slopes
from gradcheck.submissions.losses.parts import is_part, whole
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.slopes import block_ratios
from gradcheck.submissions.steps.experiment import TOTAL, Experiment

__all__ = ["agreement", "as_shown", "descended_instead"]

POINTS = 2
# Terms of one loss that are looked for, among so many numbers that a step keeps.
TERMS, KEPT = 3, 8


def descended_instead(
    experiment: Experiment, found: list[Scalar], chosen: Scalar, rng: np.random.Generator
) -> Scalar | None:
    """What the step keeps and descends in all blocks, where it does not descend what was chosen by its name.

    One number, or the sum of a few of which the chosen one is one: ``rec`` and ``kl``, each added up by itself; such a
    sum also where it is descended in most blocks only. What is a term of the chosen one is not asked: then a term of
    the gradient is missing. Where what was chosen is not called a loss, what is called one and kept nowhere comes
    first.

    Parameters
    ----------
    experiment : Experiment
    found : list of Scalar
        All that the step computes.
    chosen : Scalar
    rng : numpy.random.Generator
    """
    sites = experiment.runtime.sites
    named = None if chosen.named else _called_a_loss(experiment, found, chosen, rng)
    if named is not None:
        return named
    kept = [
        scalar
        for scalar in found
        if scalar.recorded
        and scalar.key[1] != TOTAL
        and not (scalar is chosen or scalar.is_metric or scalar.is_gradient or is_part(scalar, sites))
        and whole(scalar, found) is scalar
    ]
    if not kept or chosen.key[1] == TOTAL:
        return None
    pool = [chosen, *kept][:KEPT]
    results = [
        scalar for scalar in found if not scalar.recorded and all(site.kind == "return" for site in scalar.sites)
    ]
    agrees = agreement(experiment, [*pool, *results], rng)
    for index, scalar in enumerate(pool[1:], start=1):
        if np.all(agrees((index,))):  # an average of losses goes on from step to step, what a function returns does not
            plain = (other for at, other in enumerate(results, start=len(pool)) if np.all(agrees((at,))))
            return next(plain, scalar)
    sums = [(0, *others) for terms in range(1, TERMS) for others in itertools.combinations(range(1, len(pool)), terms)]
    best = max(sums, key=lambda terms: (np.all(agrees(terms)), np.sum(agrees(terms))), default=(0,))
    if 2 * np.sum(agrees(best)) < len(agrees(best)) or np.sum(agrees(best)) <= np.sum(agrees((0,))):
        return None
    return dataclasses.replace(chosen, others=tuple(pool[index] for index in best[1:]))


def as_shown(experiment: Experiment, found: list[Scalar], chosen: Scalar, rng: np.random.Generator) -> Scalar:
    """Of a sum that is only shown what it is shown as, if the step descends that: ``print(loss / len(batch))``.

    Parameters
    ----------
    experiment : Experiment
    found : list of Scalar
        All that the step computes.
    chosen : Scalar
    rng : numpy.random.Generator
    """
    if experiment.tolerant or not chosen.only_shown or abs(multiples(experiment, [chosen], rng)[0] - 1.0) <= AGREEMENT:
        return chosen
    return _called_a_loss(experiment, found, chosen, rng) or chosen


def _called_a_loss(
    experiment: Experiment, found: list[Scalar], chosen: Scalar, rng: np.random.Generator
) -> Scalar | None:
    """What is called a loss, kept nowhere, and is exactly what the step descends or climbs, beside what it keeps."""
    sites = experiment.runtime.sites
    pool = [
        scalar
        for scalar in found
        if scalar.named
        and (scalar.computed or (chosen.only_shown and scalar.printed))
        and not (scalar.recorded or scalar.is_metric or is_part(scalar, sites))
        and whole(scalar, found) is scalar
    ]
    exact = [scalar for scalar in pool if _is_exact(experiment, scalar, rng)]
    return exact[-1] if exact else None


def _is_exact(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> bool:
    """Whether its gradient is the claimed one in all blocks, or that with the other sign."""
    ratios = [*block_ratios(experiment, step_losses.of_scalar(experiment, scalar), rng).values()]
    return bool(ratios) and all(abs(ratio - np.sign(ratios[0])) <= AGREEMENT for ratio in ratios)


def agreement(
    experiment: Experiment, pool: list[Scalar], rng: np.random.Generator
) -> Callable[[tuple[int, ...]], np.ndarray]:
    """Asked for the sum of some of them: in which blocks its slopes are the claimed ones, at several points.

    Parameters
    ----------
    experiment : Experiment
    pool : list of Scalar
    rng : numpy.random.Generator

    Returns
    -------
    callable
        Of the places of some in the pool: an array of truth values, one a block in the order of the parameters.
    """
    claims: list[list[float]] = []
    table: list[list[list[float]]] = []
    for _ in range(POINTS):
        experiment.restore()
        point = experiment.random_values(rng)
        gradient = experiment.claimed(point)
        still = {name: np.zeros(np.shape(value)) for name, value in point.items()}
        along = {name: rng.standard_normal(value.shape) for name, value in point.items()}
        claims.append([float(np.sum(gradient[name] * along[name])) for name in point])
        keys = [scalar.key for scalar in pool]
        table.append([slopes(experiment, keys, point, {**still, name: along[name]}) for name in point])
    experiment.restore()
    claimed, own = np.array(claims), np.array(table)

    def agrees(terms: tuple[int, ...]) -> np.ndarray:
        gaps = np.abs(own[:, :, list(terms)].sum(axis=2) - claimed)
        return np.asarray(np.all(gaps <= AGREEMENT * np.abs(claimed), axis=0))

    return agrees
