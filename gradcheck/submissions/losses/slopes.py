"""Slopes of a loss that is a function, by differences, and what a step claims over them, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.submissions.running.runtime import as_number
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["AGREEMENT", "NOTHING", "block_ratios", "common_ratios", "dot", "slope"]

STEP = 1e-5
# Central differences with this step are this good; so are ratios of two of them.
AGREEMENT, POINTS = 1e-4, 2
# Below this part of the gradient a block's share is rounding.
NOTHING = 1e-9


def slope(
    experiment: Experiment, loss: Callable[[Any], Any], point: Mapping[str, Any], along: Mapping[str, Any]
) -> float:
    """A central difference of a loss.

    Parameters
    ----------
    experiment : Experiment
    loss : callable
        ``loss(step)`` at the present parameters.
    point : mapping
    along : mapping
        Of some of the blocks.
    """
    values = []
    for step in (STEP, -STEP):
        experiment.restore()
        experiment.put({name: value + step * along.get(name, 0.0) for name, value in point.items()})
        values.append(float(np.real(as_number(loss(experiment.step)))))
    experiment.restore()
    return (values[0] - values[1]) / (2 * STEP)


def dot(one: Mapping[str, Any], along: Mapping[str, Any]) -> float:
    """The inner product of two directions, over the blocks of the second.

    Parameters
    ----------
    one, along : mapping of name to ndarray
    """
    return sum(float(np.sum(one[name] * along[name])) for name in along)


def common_ratios(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> list[float] | None:
    """At each of several points, what the claimed gradient is of the loss's own; None where it is not parallel to it.

    Parameters
    ----------
    experiment : Experiment
    loss : callable
        ``loss(step)`` at the present parameters.
    rng : numpy.random.Generator
    """
    found = []
    for _ in range(POINTS):
        experiment.restore()
        point = experiment.random_values(rng)
        gradient = experiment.claimed(point)
        ratios = []
        for name in [*point, *point]:
            along = rng.standard_normal(point[name].shape)
            own = slope(experiment, loss, point, {name: along})
            ratios.append(float(np.sum(gradient[name] * along)) / own if own else float("nan"))
        if not np.ptp(ratios) <= AGREEMENT * abs(ratios[0]):
            return None
        found.append(ratios[0])
    return found


def block_ratios(
    experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator, rate: float | None = None
) -> dict[str, float]:
    """The claimed slope over the loss's own, of every block that the step moves; NaN where it is no constant.

    Parameters
    ----------
    experiment : Experiment
    loss : callable
        ``loss(step)`` at the present parameters.
    rng : numpy.random.Generator
    rate : float, optional
        Of the steps that claim; the code's own without one.
    """
    rows = []
    for _ in range(POINTS):
        experiment.restore()
        point = experiment.random_values(rng)
        gradient = experiment.claimed(point, rate)
        row = []
        for name, value in point.items():
            direction = rng.standard_normal(value.shape)
            row.append((float(np.sum(gradient[name] * direction)), slope(experiment, loss, point, {name: direction})))
        rows.append(row)
    table = np.array(rows)  # (points, blocks, claimed and own)
    sizes = np.max(np.abs(table), axis=(0, 2))
    names = [name for name, size in zip(point, sizes, strict=True) if size > NOTHING * np.max(sizes)]
    table = table[:, sizes > NOTHING * np.max(sizes)]
    with np.errstate(all="ignore"):
        ratios = table[..., 0] / table[..., 1]
        steady = np.ptp(ratios, axis=0) <= AGREEMENT * np.abs(ratios[0])
    return {name: float(ratio) for name, ratio in zip(names, np.where(steady, ratios[0], np.nan), strict=True)}
