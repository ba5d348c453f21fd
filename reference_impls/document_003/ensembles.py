"""Document 003's runs for many seeds at once."""

from collections.abc import Sequence

import numpy as np

from reference_impls.arrays import FloatArray, Rng
from reference_impls.batched import Ensemble, OutputDelta, Recipe
from reference_impls.document_003 import published
from reference_impls.document_003.examples import GAUSSIAN_LAYERS, XOR_LAYERS, gaussian_data, standardise, xor_data
from reference_impls.document_003.published.losses import CLIP

__all__ = ["gaussian_ensemble", "gaussian_recipe", "xor_ensemble", "xor_recipe"]


def xor_ensemble(seeds: Sequence[int]) -> Ensemble:
    """Draw the initial parameters of every seed; XOR is shared."""
    x, y = xor_data()
    return _ensemble([np.random.RandomState(seed) for seed in seeds], XOR_LAYERS, x[None], y[None])


def gaussian_ensemble(seeds: Sequence[int]) -> Ensemble:
    """Draw data, then initial parameters, of every seed."""
    rngs = [np.random.RandomState(seed) for seed in seeds]
    data = [gaussian_data(rng=rng) for rng in rngs]
    x, y = np.stack([standardise(points) for points, _ in data]), np.stack([classes for _, classes in data])
    return _ensemble(rngs, GAUSSIAN_LAYERS, x, y)


def xor_recipe(epochs: int, *, twice: bool) -> Recipe:
    """Return the XOR training; with `twice` the batch is divided by twice, as published."""
    factor = 2.0 / 16 if twice else 2.0 / 4
    return _recipe(lambda a, y: np.multiply(factor * (a - y), a * (1 - a)), rate=1.0, epochs=epochs)


def gaussian_recipe(epochs: int, *, twice: bool) -> Recipe:
    """Return the two-Gaussian training; with `twice` the batch is divided by twice, and p clipped, as published."""

    def published_delta(a: FloatArray, y: FloatArray) -> FloatArray:
        p = np.clip(a, CLIP, 1 - CLIP)
        return np.asarray((p - y) / (p * (1 - p)) * (a * (1 - a)) / a.shape[1] ** 2)

    def corrected_delta(a: FloatArray, y: FloatArray) -> FloatArray:
        return np.asarray((a - y) / a.shape[1])

    return _recipe(published_delta if twice else corrected_delta, rate=0.5, epochs=epochs)


def _recipe(delta: OutputDelta, *, rate: float, epochs: int) -> Recipe:
    """Return a training with sigmoids in every layer."""
    return Recipe(hidden="sigmoid", output="sigmoid", output_delta=delta, learning_rate=rate, epochs=epochs)


def _ensemble(rngs: Sequence[Rng], layers: Sequence[int], x: FloatArray, y: FloatArray) -> Ensemble:
    """Draw one network from each stream."""
    nets = [published.NeuralNetwork(layers, rng=rng) for rng in rngs]
    return Ensemble(
        weights=[np.stack([net.weights[layer] for net in nets]) for layer in range(len(layers) - 1)],
        biases=[np.stack([net.biases[layer] for net in nets]) for layer in range(len(layers) - 1)],
        x=x,
        y=y,
    )
