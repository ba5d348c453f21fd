"""Document 003's network with the gradient of its loss."""

from collections.abc import Callable

import numpy as np

from reference_impls.arrays import FloatArray, Report, no_report
from reference_impls.document_003 import published
from reference_impls.document_003.corrected.activations import ActivationFunctions
from reference_impls.document_003.corrected.losses import LossFunctions
from reference_impls.stable import bce_from_logits

__all__ = ["NeuralNetwork"]

Function = Callable[[FloatArray], FloatArray]


class NeuralNetwork(published.NeuralNetwork):
    """The published network, divided by the batch once; arguments as published.

    Binary cross-entropy behind a sigmoid is computed from the logits, exact for every finite logit. Behind a ReLU or
    a tanh, which leave (0, 1), it is the clipped loss, and its derivative is 0 where clipping makes it constant: such
    a network can be differentiated, but what is out of range does not learn.
    """

    def activate(self, z: FloatArray) -> FloatArray:
        """Return the activation of `z`, same shape."""
        functions: dict[str, Function] = {
            "sigmoid": ActivationFunctions.sigmoid,
            "relu": ActivationFunctions.relu,
            "tanh": ActivationFunctions.tanh,
        }
        return functions[self.activation](z)

    def activation_derivative(self, z: FloatArray) -> FloatArray:
        """Return the activation's derivative at the pre-activation `z`, same shape."""
        functions: dict[str, Function] = {
            "sigmoid": ActivationFunctions.sigmoid_derivative,
            "relu": ActivationFunctions.relu_derivative,
            "tanh": ActivationFunctions.tanh_derivative,
        }
        return functions[self.activation](z)

    def output_delta(self, y: FloatArray, z: FloatArray) -> FloatArray:
        """Return the derivative of the loss at the output's pre-activation `z`, shape ``(batch, outputs)``."""
        output = self.activate(z)
        if self.loss == "binary_crossentropy" and self.activation == "sigmoid":
            return (output - y) / y.size
        derivative = (
            LossFunctions.mse_derivative if self.loss == "mse" else LossFunctions.binary_crossentropy_derivative
        )
        return derivative(y, output) * self.activation_derivative(z)

    def backward_propagation(
        self, X: FloatArray, y: FloatArray, activations: list[FloatArray], z_values: list[FloatArray]
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return the gradients of all weights and of all biases: products and sums, no further 1/batch."""
        weight_gradients: list[FloatArray] = []
        bias_gradients: list[FloatArray] = []
        layer_inputs = [X, *activations[1:-1]]
        delta = self.output_delta(y, z_values[-1])
        for i in range(len(self.weights) - 1, -1, -1):
            weight_gradients.insert(0, np.dot(layer_inputs[i].T, delta))
            bias_gradients.insert(0, np.sum(delta, axis=0, keepdims=True))
            if i > 0:
                delta = np.dot(delta, self.weights[i].T) * self.activation_derivative(z_values[i - 1])
        return weight_gradients, bias_gradients

    def loss_at(self, y: FloatArray, z: FloatArray) -> float:
        """Return the loss of the output's pre-activation `z`, from the logits where that is exact."""
        if self.loss == "binary_crossentropy" and self.activation == "sigmoid":
            return float(np.mean(bce_from_logits(z, y)))
        return self.compute_loss(y, self.activate(z))

    def compute_loss(self, y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return the loss of outputs, clipped for the cross-entropy; `loss_at` needs no clip."""
        if self.loss == "mse":
            return LossFunctions.mse(y_true, y_pred)
        return LossFunctions.binary_crossentropy(y_true, y_pred)

    def train(
        self, X: FloatArray, y: FloatArray, epochs: int, learning_rate: float, *, report: Report = no_report
    ) -> FloatArray:
        """Train by full-batch steps; arguments and result as published."""
        losses = np.empty(epochs)
        for epoch in range(epochs):
            activations, z_values = self.forward_propagation(X)
            losses[epoch] = self.loss_at(y, z_values[-1])
            weight_gradients, bias_gradients = self.backward_propagation(X, y, activations, z_values)
            self.update_parameters(weight_gradients, bias_gradients, learning_rate)
            if epoch % 100 == 0:
                report(epoch, float(losses[epoch]))
        return losses
