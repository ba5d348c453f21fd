"""Document 003's losses, each with the derivative that belongs to it, and the one that its text only writes down."""

import numpy as np

from reference_impls.arrays import FloatArray
from reference_impls.document_003.published.losses import CLIP

__all__ = ["LossFunctions"]


class LossFunctions:
    """Losses of targets and outputs of shape ``(batch, outputs)``; every derivative has that shape."""

    @staticmethod
    def mse(y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return ``mean((y - p)^2)`` over batch and outputs."""
        return float(np.mean((y_true - y_pred) ** 2))

    @staticmethod
    def mse_derivative(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
        """Return ``2 (p - y) / (batch outputs)``."""
        return np.asarray(2 * (y_pred - y_true) / y_true.size)

    @staticmethod
    def binary_crossentropy(y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return ``-mean(y log p + (1-y) log(1-p))`` in nats, with p clipped to [1e-15, 1 - 1e-15]."""
        p = np.clip(y_pred, CLIP, 1 - CLIP)
        return float(-np.mean(y_true * np.log(p) + (1 - y_true) * np.log1p(-p)))

    @staticmethod
    def binary_crossentropy_derivative(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
        """Return ``(p - y) / (p (1 - p)) / (batch outputs)``, and 0 where clipping makes the loss constant."""
        p = np.clip(y_pred, CLIP, 1 - CLIP)
        slope = (p - y_true) / (p * (1 - p)) / y_true.size
        return np.where((y_pred > CLIP) & (y_pred < 1 - CLIP), slope, 0.0)

    @staticmethod
    def categorical_crossentropy(y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return ``-(1/batch) sum_ij y_ij log p_ij`` in nats, as the text writes it, with p clipped from below.

        Notes
        -----
        The formula takes any positive outputs. It only makes sense where they sum to 1, as a softmax's do: outputs
        of a sigmoid, which the text's network has, make it smallest when every output is 1.
        """
        return float(-np.sum(y_true * np.log(np.maximum(y_pred, CLIP))) / len(y_true))

    @staticmethod
    def categorical_crossentropy_derivative(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
        """Return ``-y / p / batch``, and 0 where clipping makes the loss constant."""
        slope = -y_true / np.maximum(y_pred, CLIP) / len(y_true)
        return np.where(y_pred > CLIP, slope, 0.0)
