"""Document 003's activations without the clipped sigmoid."""

from reference_impls.arrays import FloatArray
from reference_impls.document_003 import published
from reference_impls.stable import sigmoid

__all__ = ["ActivationFunctions"]


class ActivationFunctions(published.ActivationFunctions):
    """Sigmoid, ReLU and tanh; ReLU and tanh and their derivatives are right as published."""

    @staticmethod
    def sigmoid(x: FloatArray) -> FloatArray:
        """Return ``1 / (1 + exp(-x))`` for every x, without overflow."""
        return sigmoid(x)

    @staticmethod
    def sigmoid_derivative(x: FloatArray) -> FloatArray:
        """Return ``s(x) s(-x)``, which does not cancel for large positive x as ``s (1 - s)`` does."""
        return sigmoid(x) * sigmoid(-x)
