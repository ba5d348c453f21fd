"""Document 001's experiments for many seeds at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reference_impls.arrays import FloatArray, Progress, Rng, no_progress
from reference_impls.batched import Activation, Ensemble, Recipe, descend
from reference_impls.document_001 import published
from reference_impls.document_001.trainings import experiment_rng

__all__ = ["LINEAR_ON_LINEAR", "LINEAR_ON_SQUARES", "RELU_ON_SQUARES", "Setting", "costs", "costs_from", "ensemble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One experiment of the text: its data, hidden units, activation and steps."""

    data: Callable[[Rng], tuple[FloatArray, FloatArray]]
    hidden: int
    activation: Activation
    steps: int


LINEAR_ON_LINEAR = Setting(data=published.linear_data, hidden=3, activation="linear", steps=50)
LINEAR_ON_SQUARES = Setting(data=published.squared_data, hidden=10, activation="linear", steps=300)
RELU_ON_SQUARES = Setting(data=published.squared_data, hidden=10, activation="relu", steps=300)


def ensemble(seeds: Sequence[int], setting: Setting) -> Ensemble:
    """Draw data and layers of every seed in the text's order."""
    rngs = [experiment_rng(seed) for seed in seeds]
    data = [setting.data(rng) for rng in rngs]
    layers = [
        (published.layer(1, setting.hidden, rng=rng), published.layer(setting.hidden, 1, rng=rng)) for rng in rngs
    ]
    return Ensemble(
        weights=[np.stack([pair[number]["w"] for pair in layers]) for number in (0, 1)],
        biases=[np.stack([pair[number]["b"] for pair in layers]) for number in (0, 1)],
        x=np.stack([x for x, _ in data]),
        y=np.stack([y for _, y in data]),
    )


def costs(seeds: Sequence[int], setting: Setting, progress: Progress | None = None) -> tuple[FloatArray, FloatArray]:
    """Train every seed and return the mean squared errors that the text prints.

    Parameters
    ----------
    seeds : sequence of int
        Seeds.
    setting : Setting
        The experiment.
    progress : callable, optional
        Receives steps done and their total.

    Returns
    -------
    first, last : ndarray of shape (seeds,)
        At step 0 and at the last printed step, ten before the end.
    """
    return costs_from(ensemble(seeds, setting), setting, progress)


def costs_from(networks: Ensemble, setting: Setting, progress: Progress | None = None) -> tuple[FloatArray, FloatArray]:
    """Train networks already drawn; results as `costs`."""
    printed: list[FloatArray] = []
    recipe = Recipe(
        hidden=setting.activation,
        output="linear",
        output_delta=lambda o, y: 2 * (o - y),
        learning_rate=0.01,
        epochs=setting.steps,
    )
    descend(
        networks,
        recipe,
        observe=lambda _, outputs: printed.append(np.mean(np.square(outputs - networks.y), axis=(1, 2))),
        every=10,
        progress=progress or no_progress,
    )
    return printed[0], printed[-1]
