"""Document 001's activations and their derivatives, each of the pre-activation, as its text gives them.

Only the ReLU is used by its experiments. The text's sigmoid overflows below about -709, with a warning and the right
value 0; `reference_impls.stable.sigmoid` does not.
"""

import numpy as np

from reference_impls.arrays import FloatArray

__all__ = ["relu", "relu_derivative", "sigmoid", "sigmoid_derivative", "tanh", "tanh_derivative"]


def relu(x: FloatArray) -> FloatArray:
    """Return ``max(0, x)``, shape of `x`."""
    return np.asarray(np.maximum(0, x))


def relu_derivative(x: FloatArray) -> FloatArray:
    """Return 1 where ``x > 0`` and 0 elsewhere, the kink included."""
    return np.where(x > 0, np.ones_like(x), np.zeros_like(x))


def tanh(x: FloatArray) -> FloatArray:
    """Return the hyperbolic tangent, in [-1, 1]."""
    return np.asarray(np.tanh(x))


def tanh_derivative(x: FloatArray) -> FloatArray:
    """Return ``1 - tanh(x)^2``."""
    return np.asarray(1 - np.square(np.tanh(x)))


def sigmoid(x: FloatArray) -> FloatArray:
    """Return ``1 / (1 + exp(-x))``, in [0, 1]."""
    return np.asarray(1 / (1 + np.exp(-x)))


def sigmoid_derivative(x: FloatArray) -> FloatArray:
    """Return ``s (1 - s)`` with ``s = sigmoid(x)``."""
    o = sigmoid(x)
    return o * (1 - o)
