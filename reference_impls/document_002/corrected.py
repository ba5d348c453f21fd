"""Document 002 with the whole gradient of its loss, and the mistake of differentiating at the wrong place."""

import numpy as np

from reference_impls.arrays import FloatArray
from reference_impls.document_002 import published
from reference_impls.document_002.published import xor_data
from reference_impls.stable import sigmoid

__all__ = ["NeuralNetwork", "PreactivationDerivative", "xor_data"]


class NeuralNetwork(published.NeuralNetwork):
    """The published class with the factor ``2 / outputs`` and a sigmoid that does not overflow."""

    def sigmoid(self, x: FloatArray) -> FloatArray:
        """Return ``1 / (1 + exp(-x))`` without overflow."""
        return sigmoid(x)

    def output_error(self, y: FloatArray) -> FloatArray:
        """Return ``2 (a2 - y) a2 (1 - a2) / outputs``; the batch is averaged later, as published."""
        return np.asarray((2 / y.shape[1]) * (self.a2 - y) * self.sigmoid_derivative(self.a2))


class PreactivationDerivative(NeuralNetwork):
    """The corrected class with a mistake: the hidden derivative is taken of ``z1`` where it needs ``a1``."""

    def hidden_derivative(self) -> FloatArray:
        """Return ``z1 (1 - z1)``, negative for half of all pre-activations."""
        return self.sigmoid_derivative(self.z1)
