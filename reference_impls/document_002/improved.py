"""The directions for improvement that document 002 lists, each as a network with its loss and gradient.

More hidden layers, ReLU, an L2 penalty, cross-entropy: all are one network with options. Adam is an update rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from reference_impls.arrays import FloatArray, Params, Report, Rng, no_report
from reference_impls.points import pack, unpack
from reference_impls.stable import bce_from_logits, sigmoid

__all__ = ["Adam", "ImprovedNetwork", "train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovedNetwork:
    """A network of any depth, sigmoid output.

    Attributes
    ----------
    hidden : {'sigmoid', 'relu'}
        Activation of the hidden layers.
    loss_name : {'squared-error', 'cross-entropy'}
        Averaged over batch and outputs.
    penalty : float
        Factor of the sum of squared weights (biases are not penalised), dimensionless.
    """

    hidden: Literal["sigmoid", "relu"] = "sigmoid"
    loss_name: Literal["squared-error", "cross-entropy"] = "squared-error"
    penalty: float = 0.0

    def initial(self, layers: Sequence[int], *, rng: Rng) -> Params:
        """Draw weights from the standard normal distribution, as the text does, and set biases to zero.

        Returns
        -------
        dict
            ``W1`` (layers[0], layers[1]), ``b1`` (1, layers[1]), ``W2``, ...
        """
        weights = [rng.randn(fan_in, fan_out) for fan_in, fan_out in pairwise(layers)]
        return pack(weights, [np.zeros((1, fan_out)) for fan_out in layers[1:]])

    def forward(self, x: FloatArray, params: Mapping[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return pre-activations and activations of each layer, the inputs first among the activations."""
        weights, biases = unpack(params)
        pre_activations: list[FloatArray] = []
        activations = [x]
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
            z = np.dot(activations[-1], weight) + bias
            is_relu = self.hidden == "relu" and number < len(weights)
            pre_activations.append(z)
            activations.append(np.maximum(z, 0.0) if is_relu else sigmoid(z))
        return pre_activations, activations

    def loss(self, x: FloatArray, y: FloatArray, params: Mapping[str, FloatArray]) -> float:
        """Return the loss with its penalty, dimensionless (cross-entropy in nats)."""
        pre_activations, activations = self.forward(x, params)
        if self.loss_name == "squared-error":
            data_loss = float(np.mean((activations[-1] - y) ** 2))
        else:
            data_loss = float(np.mean(bce_from_logits(pre_activations[-1], y)))
        weights, _ = unpack(params)
        return data_loss + self.penalty * float(sum(np.sum(weight**2) for weight in weights))

    def gradient(self, x: FloatArray, y: FloatArray, params: Mapping[str, FloatArray]) -> Params:
        """Return the gradient of `loss`, with the keys and shapes of `params`."""
        pre_activations, activations = self.forward(x, params)
        weights, biases = unpack(params)
        output = activations[-1]
        delta = (output - y) / y.size
        if self.loss_name == "squared-error":
            delta = 2 * delta * output * (1 - output)
        grad_weights, grad_biases = list(weights), list(biases)
        for layer in range(len(weights) - 1, -1, -1):
            grad_weights[layer] = np.dot(activations[layer].T, delta) + 2 * self.penalty * weights[layer]
            grad_biases[layer] = np.sum(delta, axis=0, keepdims=True)
            if layer > 0:
                delta = np.dot(delta, weights[layer].T)
                delta = delta * self._derivative(pre_activations[layer - 1], activations[layer])
        return pack(grad_weights, grad_biases)

    def _derivative(self, pre_activation: FloatArray, activation: FloatArray) -> FloatArray:
        """Return the derivative of a hidden layer."""
        if self.hidden == "relu":
            return (pre_activation > 0).astype(np.float64)
        return activation * (1 - activation)


@dataclass(slots=True, kw_only=True)
class Adam:
    """The Adam update; its state belongs to one training run.

    Attributes
    ----------
    learning_rate, beta1, beta2, epsilon : float
        Dimensionless, with the paper's defaults.
    step : int
        Updates so far.
    first, second : dict
        Moving averages of gradient and squared gradient, by block.

    References
    ----------
    D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    step: int = 0
    first: Params = field(default_factory=dict)
    second: Params = field(default_factory=dict)

    def update(self, params: Params, gradient: Params) -> Params:
        """Return new parameters one update further; `params` and `gradient` stay as they are."""
        self.step += 1
        updated: Params = {}
        for name, slope in gradient.items():
            mean = self.beta1 * self.first.get(name, np.zeros_like(slope)) + (1 - self.beta1) * slope
            square = self.beta2 * self.second.get(name, np.zeros_like(slope)) + (1 - self.beta2) * slope**2
            self.first[name], self.second[name] = mean, square
            corrected_mean = mean / (1 - self.beta1**self.step)
            corrected_square = square / (1 - self.beta2**self.step)
            change = self.learning_rate * corrected_mean / (np.sqrt(corrected_square) + self.epsilon)
            updated[name] = params[name] - change
        return updated


def train(
    network: ImprovedNetwork,
    x: FloatArray,
    y: FloatArray,
    params: Params,
    *,
    epochs: int,
    learning_rate: float = 0.5,
    adam: Adam | None = None,
    report: Report = no_report,
) -> tuple[Params, FloatArray]:
    """Train a network by gradient descent, or by Adam where one is given.

    Parameters
    ----------
    network : ImprovedNetwork
        What to train.
    x : ndarray of shape (batch, features)
    y : ndarray of shape (batch, outputs)
    params : dict
        Start, not changed.
    epochs : int
        Full-batch steps.
    learning_rate : float
        Step size of gradient descent, dimensionless.
    adam : Adam, optional
        Takes the place of gradient descent and has a rate of its own.
    report : callable
        Receives every hundredth epoch and its loss.

    Returns
    -------
    params : dict
    losses : ndarray of shape (epochs,)
        Loss before each update.
    """
    losses = np.empty(epochs)
    for epoch in range(epochs):
        losses[epoch] = network.loss(x, y, params)
        gradient = network.gradient(x, y, params)
        if adam is not None:
            params = adam.update(params, gradient)
        else:
            params = {name: value - learning_rate * gradient[name] for name, value in params.items()}
        if epoch % 100 == 0:
            report(epoch, float(losses[epoch]))
    return params, losses
