"""Document 003's losses and their derivatives, as published."""

import numpy as np

from reference_impls.arrays import FloatArray

__all__ = ["CLIP", "LossFunctions"]

CLIP = 1e-15


class LossFunctions:
    """Mean squared error and binary cross-entropy of targets and outputs, both of shape ``(batch, outputs)``.

    Notes
    -----
    Both losses average over batch *and* outputs; both derivatives divide by the batch alone, so they are ``outputs``
    times too large. The network divides by the batch once more (`NeuralNetwork.backward_propagation`).
    The cross-entropy clips the outputs to [1e-15, 1 - 1e-15]: beyond them it is constant, while its derivative there
    is about 1 or up to 1e15. Outputs of a ReLU or a tanh get there at once.
    """

    @staticmethod
    def mse(y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return ``mean((y - p)^2)``."""
        return float(np.mean((y_true - y_pred) ** 2))

    @staticmethod
    def mse_derivative(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
        """Return ``2 (p - y) / batch``."""
        return np.asarray(2 * (y_pred - y_true) / len(y_true))

    @staticmethod
    def binary_crossentropy(y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return ``-mean(y log p + (1-y) log(1-p))`` in nats, with p clipped: at most about 34.5 an entry."""
        y_pred = np.clip(y_pred, CLIP, 1 - CLIP)
        return float(-np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred)))

    @staticmethod
    def binary_crossentropy_derivative(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
        """Return ``(p - y) / (p (1 - p)) / batch`` with p clipped."""
        y_pred = np.clip(y_pred, CLIP, 1 - CLIP)
        return np.asarray((y_pred - y_true) / (y_pred * (1 - y_pred)) / len(y_true))
