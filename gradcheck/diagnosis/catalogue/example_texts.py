"""Small right programs of functions, or with more layers than those of ``planting``, to plant bugs in; formulas."""

from __future__ import annotations

__all__ = ["COLUMN_OF_ONES", "RELU", "RIGHT_DELTA", "RIGHT_STEP", "SIGMOID", "SQUARE", "TANH", "TRAINING"]

# How a right hidden delta is written, alone and as a step of the way back.
RIGHT_DELTA = "({above} {upper}^T) * f'({z})"
RIGHT_STEP = "{delta} = " + RIGHT_DELTA

TANH = """\
import numpy as np


def forward(X, p):
    z1 = X @ p["W1"] + p["b1"]
    a1 = np.tanh(z1)
    return z1, a1, a1 @ p["W2"] + p["b2"]


def loss(X, y, p):
    return 0.5 * np.sum((forward(X, p)[2] - y) ** 2)


def backward(X, y, p):
    z1, a1, out = forward(X, p)
    d2 = out - y
    d1 = (d2 @ p["W2"].T) * (1 - a1**2)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
"""
SIGMOID = (
    TANH.replace("\n\ndef forward", "\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n\ndef forward", 1)
    .replace("np.tanh(z1)", "sigmoid(z1)")
    .replace("(1 - a1**2)", "a1 * (1 - a1)")
)
RELU = TANH.replace("np.tanh(z1)", "np.maximum(0, z1)").replace("(1 - a1**2)", "(z1 > 0)")
# Three layers of weights, the middle one square, so that more can be exchanged without a crash.
SQUARE = """\
import numpy as np

rng = np.random.default_rng(0)
X, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
W1, W2, W3 = rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 2))
b1, b2, b3 = rng.normal(size=4), rng.normal(size=4), rng.normal(size=2)

for step in range(100):
    z1 = X @ W1 + b1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2 + b2
    a2 = np.maximum(0, z2)
    out = a2 @ W3 + b3
    loss = 0.5 * np.sum((out - y) ** 2)
    d3 = out - y
    d2 = (d3 @ W3.T) * (z2 > 0)
    d1 = (d2 @ W2.T) * (z1 > 0)
    dW3, dW2, dW1 = a2.T @ d3, a1.T @ d2, X.T @ d1
    W3 -= 0.001 * dW3
    W2 -= 0.001 * dW2
    W1 -= 0.001 * dW1
    b3 -= 0.001 * d3.sum(axis=0)
    b2 -= 0.001 * d2.sum(axis=0)
    b1 -= 0.001 * d1.sum(axis=0)
"""
# One hidden layer in a training loop: what is updated when matters.
TRAINING = """\
import numpy as np

rng = np.random.default_rng(0)
X, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
W1, b1 = rng.normal(size=(3, 4)), rng.normal(size=4)
W2, b2 = rng.normal(size=(4, 2)), rng.normal(size=2)

for step in range(100):
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    out = a1 @ W2 + b2
    loss = 0.5 * np.sum((out - y) ** 2)
    d2 = out - y
    d1 = (d2 @ W2.T) * (1 - a1**2)
    W2 -= 0.01 * a1.T @ d2
    b2 -= 0.01 * d2.sum(axis=0)
    W1 -= 0.01 * X.T @ d1
    b1 -= 0.01 * d1.sum(axis=0)
"""
COLUMN_OF_ONES = """\
import numpy as np

rng = np.random.default_rng(0)
X, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
X = np.hstack([np.ones((7, 1)), X])
W1, W2 = rng.normal(size=(4, 5)), rng.normal(size=(6, 2))

for step in range(100):
    a1 = np.tanh(X @ W1)
    with_ones = np.hstack([np.ones((7, 1)), a1])
    out = with_ones @ W2
    loss = 0.5 * np.sum((out - y) ** 2)
    d2 = out - y
    d1 = (d2 @ W2.T)[:, 1:] * (1 - a1**2)
    dW2 = with_ones.T @ d2
    dW1 = X.T @ d1
    W2 -= 0.01 * dW2
    W1 -= 0.01 * dW1
"""
