"""Document 002 as published: a class whose `backward` updates, with half the gradient of its loss.

The loss is ``mean((output - y)^2)``; the backward pass starts from ``output - y`` and so drops the 2. Its
`sigmoid_derivative` takes the sigmoid's *output*, and is called with it, which is right. The sigmoid overflows below
about -709, with a warning and the right value 0.
Changed: the random stream is a parameter, and what the text prints goes to a callback.
"""

import numpy as np

from reference_impls.arrays import FloatArray, Report, Rng, no_report

__all__ = ["NeuralNetwork", "xor_data"]


class NeuralNetwork:
    """A network input-hidden-output, sigmoid in both layers, squared error.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        Units.
    rng : numpy.random.RandomState
        Draws ``W1`` and ``W2`` from the standard normal distribution; the biases are zero.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, *, rng: Rng) -> None:
        self.W1: FloatArray = rng.randn(input_size, hidden_size)
        self.b1: FloatArray = np.zeros((1, hidden_size))
        self.W2: FloatArray = rng.randn(hidden_size, output_size)
        self.b2: FloatArray = np.zeros((1, output_size))

    def sigmoid(self, x: FloatArray) -> FloatArray:
        """Return ``1 / (1 + exp(-x))``."""
        return np.asarray(1 / (1 + np.exp(-x)))

    def sigmoid_derivative(self, x: FloatArray) -> FloatArray:
        """Return ``x (1 - x)``, the derivative where `x` is the sigmoid's *output*."""
        return x * (1 - x)

    def forward(self, X: FloatArray) -> FloatArray:
        """Return the outputs, shape ``(batch, output_size)``, and keep ``z1, a1, z2, a2``."""
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def backward(self, X: FloatArray, y: FloatArray, learning_rate: float = 0.1) -> None:
        """Update the parameters after `forward`, by half the gradient of the loss.

        Parameters
        ----------
        X : ndarray of shape (batch, input_size)
        y : ndarray of shape (batch, output_size)
        learning_rate : float
            Step size, dimensionless.
        """
        m = X.shape[0]
        dz2 = self.output_error(y)
        dW2 = np.dot(self.a1.T, dz2) / m
        db2 = np.sum(dz2, axis=0, keepdims=True) / m
        dz1 = np.dot(dz2, self.W2.T) * self.hidden_derivative()
        dW1 = np.dot(X.T, dz1) / m
        db1 = np.sum(dz1, axis=0, keepdims=True) / m
        self.W1 -= learning_rate * dW1
        self.b1 -= learning_rate * db1
        self.W2 -= learning_rate * dW2
        self.b2 -= learning_rate * db2

    def output_error(self, y: FloatArray) -> FloatArray:
        """Return ``(a2 - y) a2 (1 - a2)``: the 2 of the squared error is missing."""
        return (self.a2 - y) * self.sigmoid_derivative(self.a2)

    def hidden_derivative(self) -> FloatArray:
        """Return the hidden layer's derivative, from its output, shape ``(batch, hidden_size)``."""
        return self.sigmoid_derivative(self.a1)

    def loss(self, output: FloatArray, y: FloatArray) -> float:
        """Return ``mean((output - y)^2)``, dimensionless."""
        return float(np.mean((output - y) ** 2))

    def train(
        self,
        X: FloatArray,
        y: FloatArray,
        epochs: int = 1000,
        learning_rate: float = 0.1,
        *,
        report: Report = no_report,
    ) -> FloatArray:
        """Train by full-batch steps.

        Parameters
        ----------
        X : ndarray of shape (batch, input_size)
        y : ndarray of shape (batch, output_size)
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
            output = self.forward(X)
            losses[epoch] = self.loss(output, y)
            self.backward(X, y, learning_rate)
            if epoch % 100 == 0:
                report(epoch, float(losses[epoch]))
        return losses


def xor_data() -> tuple[FloatArray, FloatArray]:
    """Return the four inputs of XOR, shape ``(4, 2)``, and their targets, shape ``(4, 1)``."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return x, np.array([[0.0], [1.0], [1.0], [0.0]])
