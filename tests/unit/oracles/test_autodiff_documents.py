"""The four documents' forward and loss code, differentiated as it stands."""
# ruff: noqa: D101, D102, D103, RET504 - learners' code, as they type it

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from gradcheck.problem import Problem, ref

RNG = np.random.default_rng(11)
X = RNG.standard_normal((6, 2))
Y = (X[:, :1] * X[:, 1:] > 0.0).astype(float)
LABELS = np.array([0, 2, 1, 2, 0, 1])


def no_gradient(*_: Any) -> None:
    """Only the loss is differentiated here."""


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape)


# --- document 000: a dict of parameters, free functions, cross-entropy with an epsilon


def sigmoid(Z: Any) -> Any:
    A = 1 / (1 + np.exp(-Z))
    return A


def relu(Z: Any) -> Any:
    A = np.maximum(0, Z)
    return A


def forward_propagation(X: Any, parameters: Any) -> Any:
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = np.dot(X, W1) + b1
    A1 = relu(Z1)
    Z2 = np.dot(A1, W2) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_loss(A2: Any, Y: Any) -> Any:
    m = Y.shape[0]
    epsilon = 1e-8
    loss = -(1 / m) * np.sum(Y * np.log(A2 + epsilon) + (1 - Y) * np.log(1 - A2 + epsilon))
    loss = np.squeeze(loss)
    return loss


def params_dict() -> Problem:
    params = {"W1": normal(2, 4), "b1": normal(1, 4), "W2": normal(4, 1), "b2": normal(1, 1)}
    return Problem(lambda p: compute_loss(forward_propagation(X, p)[0], Y), no_gradient, params)


# --- document 001: dicts a layer, updated in place


def predictjihuo(x: Any, l1: Any, l2: Any) -> Any:
    o1 = x.dot(l1["w"]) + l1["b"]
    a1 = relu(o1)
    o2 = a1.dot(l2["w"]) + l2["b"]
    return [o1, a1, o2]


def layer_dicts() -> Problem:
    l1, l2 = {"w": normal(2, 3), "b": normal(1, 3)}, {"w": normal(3, 1), "b": normal(1, 1)}

    def loss() -> Any:
        return np.sum(np.square(predictjihuo(X, l1, l2)[-1] - Y))

    return Problem.live(loss, no_gradient, {"w1": l1["w"], "b1": l1["b"], "w2": l2["w"], "b2": l2["b"]})


# --- document 002: a class with attributes, which stores what it computes


class TwoLayers:
    def __init__(self) -> None:
        self.W1, self.b1 = normal(2, 4), np.zeros((1, 4))
        self.W2, self.b2 = normal(4, 1), np.zeros((1, 1))

    def sigmoid(self, x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def forward(self, X: Any) -> Any:
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def loss(self) -> Any:
        return np.mean((self.forward(X) - Y) ** 2)


def class_with_attributes() -> Problem:
    net = TwoLayers()
    return Problem.live(net.loss, no_gradient, {"W1": net.W1, "b1": net.b1, "W2": net.W2, "b2": net.b2})


def class_by_reference() -> Problem:
    net = TwoLayers()
    return Problem.live(net.loss, no_gradient, {name: ref(net, name) for name in ("W1", "b1", "W2", "b2")})


# --- document 003: a class with lists, static activations and losses


class ActivationFunctions:
    @staticmethod
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-np.clip(x, -250, 250)))

    @staticmethod
    def relu(x: Any) -> Any:
        return np.maximum(0, x)

    @staticmethod
    def tanh(x: Any) -> Any:
        return np.tanh(x)


class LossFunctions:
    @staticmethod
    def mse(y_true: Any, y_pred: Any) -> Any:
        return np.mean((y_true - y_pred) ** 2)

    @staticmethod
    def binary_crossentropy(y_true: Any, y_pred: Any) -> Any:
        y_pred = np.clip(y_pred, 1e-15, 1 - 1e-15)
        return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))


class NeuralNetwork:
    def __init__(self, layers: list[int], activation: str, loss: str) -> None:
        self.activation, self.loss = activation, loss
        self.weights: list[Any] = []
        self.biases: list[Any] = []
        for i in range(1, len(layers)):
            self.weights.append(normal(layers[i - 1], layers[i]) * np.sqrt(2.0 / layers[i - 1]))
            self.biases.append(np.zeros((1, layers[i])) + 0.1)

    def forward_propagation(self, X: Any) -> Any:
        activations = [X]
        z_values = []
        current_input = X
        for i in range(len(self.weights)):
            z = np.dot(current_input, self.weights[i]) + self.biases[i]
            z_values.append(z)
            if self.activation == "sigmoid":
                a = ActivationFunctions.sigmoid(z)
            elif self.activation == "relu":
                a = ActivationFunctions.relu(z)
            elif self.activation == "tanh":
                a = ActivationFunctions.tanh(z)
            activations.append(a)
            current_input = a
        return activations, z_values

    def compute_loss(self, y_true: Any, y_pred: Any) -> Any:
        if self.loss == "mse":
            return LossFunctions.mse(y_true, y_pred)
        return LossFunctions.binary_crossentropy(y_true, y_pred)


def class_with_lists(activation: str, loss: str) -> Problem:
    net = NeuralNetwork([2, 4, 3, 1], activation, loss)
    params = {f"weights[{i}]": ref(net.weights, i) for i in range(3)} | {f"b{i}": net.biases[i] for i in range(3)}
    return Problem.live(lambda: net.compute_loss(Y, net.forward_propagation(X)[0][-1]), no_gradient, params)


FORMS = {
    "000 params dict": params_dict,
    "001 layer dicts": layer_dicts,
    "002 class": class_with_attributes,
    "002 class by reference": class_by_reference,
    **{
        f"003 {activation} {loss}": functools.partial(class_with_lists, activation, loss)
        for activation, loss in (
            ("sigmoid", "mse"), ("sigmoid", "bce"), ("tanh", "mse"), ("relu", "mse"),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_traced_gradient_is_the_central_difference(form: str, assert_differentiated: Any) -> None:
    """Every entry of every block."""
    traced = assert_differentiated(FORMS[form]())
    assert any(np.any(part) for part in traced)
