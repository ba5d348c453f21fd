"""Document 003's activations and their derivatives, each of the pre-activation, as published."""

import numpy as np

from reference_impls.arrays import FloatArray

__all__ = ["ActivationFunctions"]


class ActivationFunctions:
    """Sigmoid, ReLU and tanh; every function keeps the shape of its argument.

    Notes
    -----
    The sigmoid clips its argument at 250, so that nothing overflows: ``sigmoid(-1000)`` is 2.7e-109 where the right
    value is 0. Its derivative is ``s (1 - s)`` there too, though a clipped function has slope 0.
    """

    @staticmethod
    def sigmoid(x: FloatArray) -> FloatArray:
        """Return ``1 / (1 + exp(-clip(x, -250, 250)))``."""
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -250, 250))))

    @staticmethod
    def sigmoid_derivative(x: FloatArray) -> FloatArray:
        """Return ``s (1 - s)``."""
        s = ActivationFunctions.sigmoid(x)
        return s * (1 - s)

    @staticmethod
    def relu(x: FloatArray) -> FloatArray:
        """Return ``max(0, x)``."""
        return np.asarray(np.maximum(0, x))

    @staticmethod
    def relu_derivative(x: FloatArray) -> FloatArray:
        """Return 1 where ``x > 0`` and 0 elsewhere, the kink included."""
        return (x > 0).astype(float)

    @staticmethod
    def tanh(x: FloatArray) -> FloatArray:
        """Return the hyperbolic tangent."""
        return np.asarray(np.tanh(x))

    @staticmethod
    def tanh_derivative(x: FloatArray) -> FloatArray:
        """Return ``1 - tanh(x)^2``."""
        return np.asarray(1 - np.tanh(x) ** 2)
