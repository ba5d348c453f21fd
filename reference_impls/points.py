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
ATTEMPTS = 1_000


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

    Notes
    -----
    A unit that is dead for every sample comes alive when its weights and bias change their signs; one that comes too
    close to its kink is drawn again.
    """
    weights: list[FloatArray] = []
    biases: list[FloatArray] = []
    activation = x
    for (fan_in, fan_out), is_relu in zip(pairwise(layers), relu, strict=True):
        weight = weight_scale * rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
        bias = 0.3 * rng.standard_normal((1, fan_out))
        if is_relu:
            _keep_from_kinks(weight, bias, activation, rng=rng, weight_scale=weight_scale)
        pre_activation = activation @ weight + bias
        weights.append(weight)
        biases.append(bias)
        activation = np.maximum(pre_activation, 0.0) if is_relu else np.tanh(pre_activation)
    return weights, biases


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


def _keep_from_kinks(
    weight: FloatArray, bias: FloatArray, x: FloatArray, *, rng: np.random.Generator, weight_scale: float
) -> None:
    """Change a ReLU layer in place until each unit is alive for some sample and no pre-activation is near zero."""
    fan_in, fan_out = weight.shape
    margin = KINK_MARGIN * min(1.0, 50 / (len(x) * fan_out))
    for _ in range(ATTEMPTS):
        pre_activation = x @ weight + bias
        dead = np.all(pre_activation <= 0, axis=0)
        weight[:, dead] *= -1.0
        bias[:, dead] *= -1.0
        near = np.any(np.abs(pre_activation) < margin, axis=0)
        if not np.any(near):
            return
        count = int(np.count_nonzero(near))
        weight[:, near] = weight_scale * rng.standard_normal((fan_in, count)) / np.sqrt(fan_in)
        bias[:, near] = 0.3 * rng.standard_normal((1, count))
    raise RuntimeError(f"batch={len(x)}, units={fan_out}: some pre-activation stays within {margin} of the ReLU's kink")
