"""Points at which a gradient check of a network can see its bugs.

The texts' own initialisations hide some: their weights are near zero, or their biases are zero, or an input sits
on the kink of a ReLU. The points here have pre-activations of unit size, biases that are not zero, no dead unit
and nothing near a kink.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from reference_impls.arrays import FloatArray, Params

__all__ = ["binary_targets", "draw_point", "one_hot_targets", "pack", "unpack"]

KINK_MARGIN = 1e-3
ATTEMPTS = 10_000


def draw_point(
    layers: Sequence[int],
    x: FloatArray,
    *,
    relu: Sequence[bool],
    rng: np.random.Generator,
    weight_scale: float = 1.0,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Draw weights and biases, away from kinks and with every ReLU unit alive.

    Parameters
    ----------
    layers : sequence of int
        Units of each layer from the input to the output.
    x : ndarray of shape (batch, layers[0])
        The inputs at which the units must be alive.
    relu : sequence of bool
        For each layer after the input, whether its activation is a ReLU.
    rng : numpy.random.Generator
        Source of the draws.
    weight_scale : float
        Multiplies the weights' standard deviation ``1/sqrt(fan_in)``, dimensionless.

    Returns
    -------
    weights : list of ndarray of shape (fan_in, fan_out)
    biases : list of ndarray of shape (1, fan_out)
        Standard deviation 0.3.

    Raises
    ------
    RuntimeError
        If no draw of many keeps every unit alive, which takes layers far too wide for the batch.
    """
    for _ in range(ATTEMPTS):
        weights = [
            weight_scale * rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
            for fan_in, fan_out in pairwise(layers)
        ]
        biases = [0.3 * rng.standard_normal((1, fan_out)) for fan_out in layers[1:]]
        if _alive(weights, biases, x, relu):
            return weights, biases
    raise RuntimeError(f"layers={list(layers)}, batch={len(x)}: no draw keeps every ReLU unit alive; enlarge the batch")


def pack(weights: Sequence[FloatArray], biases: Sequence[FloatArray]) -> Params:
    """Name the arrays of each layer ``W1, b1, W2, b2, ...``."""
    params: Params = {}
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        params[f"W{number}"], params[f"b{number}"] = weight, bias
    return params


def unpack(params: Mapping[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return the weights and the biases of ``W1, b1, W2, b2, ...`` as two lists."""
    depth = len(params) // 2
    return [params[f"W{n}"] for n in range(1, depth + 1)], [params[f"b{n}"] for n in range(1, depth + 1)]


def binary_targets(batch: int, outputs: int, *, rng: np.random.Generator) -> FloatArray:
    """Draw zeros and ones, shape ``(batch, outputs)``."""
    return rng.integers(0, 2, size=(batch, outputs)).astype(np.float64)


def one_hot_targets(batch: int, outputs: int, *, rng: np.random.Generator) -> FloatArray:
    """Draw one class for each sample, shape ``(batch, outputs)``, rows with a single one."""
    return np.eye(outputs)[rng.integers(0, outputs, size=batch)]


def _alive(weights: Sequence[FloatArray], biases: Sequence[FloatArray], x: FloatArray, relu: Sequence[bool]) -> bool:
    """Tell whether each ReLU unit is active for some sample and no pre-activation is near the kink."""
    activation = x
    for weight, bias, is_relu in zip(weights, biases, relu, strict=True):
        pre_activation = activation @ weight + bias
        if is_relu:
            near = np.abs(pre_activation) < KINK_MARGIN * min(1.0, 50 / pre_activation.size)
            if np.any(near) or not np.all(np.any(pre_activation > 0, axis=0)):
                return False
        activation = np.maximum(pre_activation, 0.0) if is_relu else np.tanh(pre_activation)
    return True
