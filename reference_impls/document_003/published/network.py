"""Document 003's network as published: lists of weights and biases, and gradients divided by the batch twice."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from reference_impls.arrays import FloatArray, Report, Rng, no_report
from reference_impls.document_003.published.activations import ActivationFunctions
from reference_impls.document_003.published.losses import LossFunctions

__all__ = ["NeuralNetwork"]

Function = Callable[[FloatArray], FloatArray]


class NeuralNetwork:
    """A network of any depth with one activation in every layer, the output's included.

    The text defines the class twice, first with forward propagation alone; this is the second.

    Parameters
    ----------
    layers : sequence of int
        Units from the input to the output.
    activation : {'sigmoid', 'relu', 'tanh'}
        Of every layer.
    loss : {'mse', 'binary_crossentropy'}
        Loss.
    rng : numpy.random.RandomState
        Draws the weights with standard deviation ``sqrt(2 / fan_in)``, which the text calls Xavier's and which is
        He's; biases are zero.

    Raises
    ------
    ValueError
        If the activation or the loss is not one of these.
    """

    def __init__(self, layers: Sequence[int], activation: str = "sigmoid", loss: str = "mse", *, rng: Rng) -> None:
        _check_choice("activation", activation, ("sigmoid", "relu", "tanh"))
        _check_choice("loss", loss, ("mse", "binary_crossentropy"))
        self.layers = list(layers)
        self.num_layers = len(layers)
        self.activation = activation
        self.loss = loss
        self.weights: list[FloatArray] = []
        self.biases: list[FloatArray] = []
        for fan_in, fan_out in pairwise(self.layers):
            self.weights.append(rng.randn(fan_in, fan_out) * np.sqrt(2.0 / fan_in))
            self.biases.append(np.zeros((1, fan_out)))

    def forward_propagation(self, X: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return the activations of each layer, inputs first, and their pre-activations.

        Parameters
        ----------
        X : ndarray of shape (batch, layers[0])
            Inputs.
        """
        activations = [X]
        z_values: list[FloatArray] = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            z = np.dot(activations[-1], weight) + bias
            z_values.append(z)
            activations.append(self.activate(z))
        return activations, z_values

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

    def backward_propagation(
        self, X: FloatArray, y: FloatArray, activations: list[FloatArray], z_values: list[FloatArray]
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return the gradients of all weights and of all biases.

        Notes
        -----
        The loss's derivative has 1/batch already; ``/ m`` for the weights and the mean for the biases put it in a
        second time. With k outputs and m samples every block is ``k / m`` of the gradient.
        """
        m = X.shape[0]
        weight_gradients: list[FloatArray] = []
        bias_gradients: list[FloatArray] = []
        if self.loss == "mse":
            delta = LossFunctions.mse_derivative(y, activations[-1])
        else:
            delta = LossFunctions.binary_crossentropy_derivative(y, activations[-1])
        delta = delta * self.activation_derivative(z_values[-1])
        for i in range(len(self.weights) - 1, -1, -1):
            weight_gradients.insert(0, np.dot(activations[i].T, delta) / m)
            bias_gradients.insert(0, np.mean(delta, axis=0, keepdims=True))
            if i > 0:
                delta = np.dot(delta, self.weights[i].T) * self.activation_derivative(z_values[i - 1])
        return weight_gradients, bias_gradients

    def update_parameters(
        self, weight_gradients: list[FloatArray], bias_gradients: list[FloatArray], learning_rate: float
    ) -> None:
        """Subtract ``learning_rate`` (dimensionless) times the gradients from the parameters, in place."""
        for i in range(len(self.weights)):
            self.weights[i] -= learning_rate * weight_gradients[i]
            self.biases[i] -= learning_rate * bias_gradients[i]

    def compute_loss(self, y_true: FloatArray, y_pred: FloatArray) -> float:
        """Return the loss of outputs of shape ``(batch, outputs)``."""
        if self.loss == "mse":
            return LossFunctions.mse(y_true, y_pred)
        return LossFunctions.binary_crossentropy(y_true, y_pred)

    def train(
        self, X: FloatArray, y: FloatArray, epochs: int, learning_rate: float, *, report: Report = no_report
    ) -> FloatArray:
        """Train by full-batch steps.

        Parameters
        ----------
        X : ndarray of shape (batch, layers[0])
        y : ndarray of shape (batch, layers[-1])
        epochs : int
            Steps.
        learning_rate : float
            Step size, dimensionless.
        report : callable
            Receives every hundredth epoch and its loss.

        Returns
        -------
        ndarray of shape (epochs,)
            Loss before each update.
        """
        losses = np.empty(epochs)
        for epoch in range(epochs):
            activations, z_values = self.forward_propagation(X)
            losses[epoch] = self.compute_loss(y, activations[-1])
            weight_gradients, bias_gradients = self.backward_propagation(X, y, activations, z_values)
            self.update_parameters(weight_gradients, bias_gradients, learning_rate)
            if epoch % 100 == 0:
                report(epoch, float(losses[epoch]))
        return losses

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the outputs, shape ``(batch, layers[-1])``."""
        activations, _ = self.forward_propagation(X)
        return activations[-1]


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError where `value` is none of `choices`."""
    if value not in choices:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(choices)}")
