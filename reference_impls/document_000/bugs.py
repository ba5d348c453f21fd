"""Mistakes planted in document 000's backward pass, one function each, named by the bug catalogue.

Each takes ``(parameters, cache, x, y)`` and returns ``dW1, db1, dW2, db2`` as the published function does.
"""

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_000.published import backward_propagation

__all__ = [
    "bias_sum_without_axis",
    "extra_output_derivative",
    "missing_hidden_derivative",
    "sign_flip",
    "sum_instead_of_mean",
    "updated_weights_used",
]


def sign_flip(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Use ``Y - A2`` for ``A2 - Y``: every block has the wrong sign."""
    return {name: -value for name, value in backward_propagation(parameters, cache, x, y).items()}


def sum_instead_of_mean(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Leave out 1/m, which the loss has: every block is m times too large."""
    return {name: x.shape[0] * value for name, value in backward_propagation(parameters, cache, x, y).items()}


def missing_hidden_derivative(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Forget the ReLU's mask: the first layer is wrong, the last is right."""
    dz1 = np.dot(cache["A2"] - y, parameters["W2"].T)
    return _blocks(cache, x, cache["A2"] - y, dz1)


def extra_output_derivative(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Multiply ``A2 - Y`` by the sigmoid's derivative once more, as if the loss were a squared error."""
    dz2 = (cache["A2"] - y) * cache["A2"] * (1 - cache["A2"])
    return _blocks(cache, x, dz2, np.dot(dz2, parameters["W2"].T) * (cache["Z1"] > 0))


def bias_sum_without_axis(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Sum the hidden delta over units as well as over the batch: all entries of ``db1`` are equal."""
    gradients = backward_propagation(parameters, cache, x, y)
    return gradients | {"db1": np.full_like(gradients["db1"], np.sum(gradients["db1"]))}


def updated_weights_used(
    parameters: Params, cache: Params, x: FloatArray, y: FloatArray, *, learning_rate: float = 0.5
) -> Params:
    """Update ``W2`` before the error passes through it: the first layer is off in proportion to the rate."""
    gradients = backward_propagation(parameters, cache, x, y)
    w2 = parameters["W2"] - learning_rate * gradients["dW2"]
    dz2 = cache["A2"] - y
    return _blocks(cache, x, dz2, np.dot(dz2, w2.T) * (cache["Z1"] > 0))


def _blocks(cache: Params, x: FloatArray, dz2: FloatArray, dz1: FloatArray) -> Params:
    """Turn the deltas of both layers into the gradients of their blocks, averaged over the batch."""
    m = x.shape[0]
    return {
        "dW1": np.dot(x.T, dz1) / m,
        "db1": np.sum(dz1, axis=0, keepdims=True) / m,
        "dW2": np.dot(cache["A1"].T, dz2) / m,
        "db2": np.sum(dz2, axis=0, keepdims=True) / m,
    }
