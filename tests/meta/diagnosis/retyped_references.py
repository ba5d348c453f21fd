"""Two reference networks as a learner would type them, and a dozen bugs typed into them: each with its line."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "Case"]

# Document 000: a dictionary of parameters and free functions; ReLU, sigmoid, binary cross-entropy.
FUNCTIONS = """\
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(9, 3))
y = (rng.random(size=(9, 2)) > 0.5).astype(float)
params = {"W1": rng.normal(size=(3, 5)), "b1": 0.3 * rng.normal(size=(1, 5)),
          "W2": rng.normal(size=(5, 2)), "b2": 0.3 * rng.normal(size=(1, 2))}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, params):
    z1 = np.dot(X, params["W1"]) + params["b1"]
    a1 = np.maximum(0, z1)
    z2 = np.dot(a1, params["W2"]) + params["b2"]
    return z1, a1, sigmoid(z2)


def compute_loss(y, y_hat):
    m = y.shape[0]
    return -np.sum(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)) / m


def backward(X, y, params):
    m = X.shape[0]
    z1, a1, y_hat = forward(X, params)
    dz2 = (y_hat - y) / m
    dW2 = np.dot(a1.T, dz2)
    db2 = np.sum(dz2, axis=0, keepdims=True)
    da1 = np.dot(dz2, params["W2"].T)
    dz1 = da1 * (z1 > 0)
    dW1 = np.dot(X.T, dz1)
    db1 = np.sum(dz1, axis=0, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


for epoch in range(100):
    y_hat = forward(X, params)[2]
    loss = compute_loss(y, y_hat)
    grads = backward(X, y, params)
    for name in params:
        params[name] -= 0.1 * grads[name]
"""

# Document 002: a class that holds its weights and updates them; sigmoid twice, mean of squares.
CLASS = """\
import numpy as np


class NeuralNetwork:
    def __init__(self, inputs, hidden, outputs):
        rng = np.random.default_rng(4)
        self.W1 = rng.normal(size=(inputs, hidden))
        self.b1 = 0.5 * rng.normal(size=(1, hidden))
        self.W2 = rng.normal(size=(hidden, outputs))
        self.b2 = 0.5 * rng.normal(size=(1, outputs))

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def sigmoid_derivative(self, a):
        return a * (1 - a)

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def compute_loss(self, y, output):
        return np.mean(np.sum((y - output) ** 2, axis=1))

    def backward(self, X, y, output, learning_rate):
        m = X.shape[0]
        error = 2 * (output - y) / m
        d2 = error * self.sigmoid_derivative(output)
        dW2 = np.dot(self.a1.T, d2)
        db2 = np.sum(d2, axis=0, keepdims=True)
        d1 = np.dot(d2, self.W2.T) * self.sigmoid_derivative(self.a1)
        dW1 = np.dot(X.T, d1)
        db1 = np.sum(d1, axis=0, keepdims=True)
        self.W1 -= learning_rate * dW1
        self.b1 -= learning_rate * db1
        self.W2 -= learning_rate * dW2
        self.b2 -= learning_rate * db2

    def train(self, X, y, epochs, learning_rate):
        for epoch in range(epochs):
            output = self.forward(X)
            loss = self.compute_loss(y, output)
            self.backward(X, y, output, learning_rate)


rng = np.random.default_rng(0)
X = rng.normal(size=(7, 3))
y = rng.random(size=(7, 2))
network = NeuralNetwork(3, 4, 2)
network.train(X, y, 50, 0.3)
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A bug typed into a network.

    Attributes
    ----------
    bug : str
    text : str
        With the bug in it.
    lines : tuple of str
        What stands on the lines that may be named: the wrong one, and one where a fix is as right.
    """

    bug: str
    text: str
    lines: tuple[str, ...]


def _case(right: str, old: str, new: str, bug: str, *others: str) -> Case:
    if right.count(old) != 1:
        raise ValueError(f"{old!r} occurs {right.count(old)} times")
    return Case(bug=bug, text=right.replace(old, new), lines=(new.strip().split("\n", maxsplit=1)[0], *others))


_DA1 = 'da1 = np.dot(dz2, params["W2"].T)'
_SENT = "self.W2.T) * self.sigmoid_derivative(self.a1)"
CASES = (
    _case(FUNCTIONS, "dz2 = (y_hat - y) / m", "dz2 = y_hat - y", "sum-instead-of-mean"),
    _case(FUNCTIONS, "dz2 = (y_hat - y) / m", "dz2 = (y - y_hat) / m", "sign-flip", "params[name] -= "),
    _case(FUNCTIONS, "dz2 = (y_hat - y) / m", "dz2 = (y_hat - y) / m * y_hat * (1 - y_hat)", "extra-output-derivative"),
    _case(FUNCTIONS, "dz1 = da1 * (z1 > 0)", "dz1 = da1", "missing-hidden-derivative", _DA1),
    _case(FUNCTIONS, "dz1 = da1 * (z1 > 0)", "dz1 = da1 * (a1 >= 0)", "relu-mask-always-on", _DA1),
    _case(FUNCTIONS, "db2 = np.sum(dz2, axis=0, keepdims=True)", "db2 = np.sum(dz2)", "bias-sum-without-axis"),
    _case(CLASS, "error = 2 * (output - y) / m", "error = (output - y) / m", "missing-factor-2", "d2 = "),
    _case(
        CLASS, "d2 = error * self.sigmoid_derivative(output)", "d2 = error", "missing-output-derivative", "error = 2"
    ),
    _case(CLASS, f"d1 = np.dot(d2, {_SENT}", "d1 = np.dot(d2, self.W2.T)", "missing-hidden-derivative"),
    _case(
        CLASS, "sigmoid_derivative(self.a1)", "sigmoid_derivative(self.z1)", "output-form-given-preactivation"
    ),
    _case(CLASS, f"np.dot(d2, {_SENT}", f"np.dot(error, {_SENT}", "raw-error-backpropagated"),
    _case(CLASS, "dW2 = np.dot(self.a1.T, d2)", "dW2 = np.dot(self.z1.T, d2)", "wrong-layer-activation"),
)  # fmt: skip
