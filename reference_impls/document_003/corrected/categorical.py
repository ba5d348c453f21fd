"""Networks for the categorical cross-entropy, which document 003 defines and does not code.

Two readings: its formula taken literally, behind the activation that every layer of its network has, and the one
that is meant, behind a softmax. A third holds the common mistake with the softmax's derivative.
"""

import numpy as np

from reference_impls.arrays import FloatArray
from reference_impls.document_003.corrected.losses import LossFunctions
from reference_impls.document_003.corrected.network import NeuralNetwork
from reference_impls.stable import log_softmax, softmax

__all__ = ["CategoricalNetwork", "ElementwiseSoftmaxNetwork", "LiteralCategoricalNetwork"]


class LiteralCategoricalNetwork(NeuralNetwork):
    """The formula taken literally: outputs of the network's own activation, no softmax."""

    def output_delta(self, y: FloatArray, z: FloatArray) -> FloatArray:
        """Return ``-y / p / batch`` times the activation's derivative."""
        return LossFunctions.categorical_crossentropy_derivative(y, self.activate(z)) * self.activation_derivative(z)

    def loss_at(self, y: FloatArray, z: FloatArray) -> float:
        """Return ``-(1/batch) sum y log p`` in nats."""
        return LossFunctions.categorical_crossentropy(y, self.activate(z))


class CategoricalNetwork(NeuralNetwork):
    """A softmax at the output; the hidden layers have the network's activation."""

    def output_delta(self, y: FloatArray, z: FloatArray) -> FloatArray:
        """Return ``(p - y) / batch`` for the softmax p of the logits; rows of `y` must sum to 1."""
        return (softmax(z) - y) / len(y)

    def loss_at(self, y: FloatArray, z: FloatArray) -> float:
        """Return ``-(1/batch) sum y log softmax(z)`` in nats, finite for every finite logit."""
        return float(-np.sum(y * log_softmax(z)) / len(y))

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the probabilities of the classes, shape ``(batch, classes)``; rows sum to 1."""
        _, z_values = self.forward_propagation(X)
        return softmax(z_values[-1])


class ElementwiseSoftmaxNetwork(CategoricalNetwork):
    """A mistake: the softmax differentiated entry by entry, ``p (1 - p)``, without its off-diagonal terms."""

    def output_delta(self, y: FloatArray, z: FloatArray) -> FloatArray:
        """Return ``-y / p / batch`` times ``p (1 - p)``."""
        p = softmax(z)
        return LossFunctions.categorical_crossentropy_derivative(y, p) * p * (1 - p)
