"""One dense tanh layer at fixed numbers, with its right gradient and a wrong one."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck import Problem

__all__ = ["PARAMS", "gradient", "half_weights", "loss", "right", "wrong"]

_drawn = np.random.default_rng(7)
X, Y = _drawn.standard_normal((6, 3)), _drawn.standard_normal((6, 2))
PARAMS = {"W": _drawn.standard_normal((3, 2)), "b": _drawn.standard_normal(2)}


def loss(p: Any) -> Any:
    """The mean of squares behind one tanh layer."""
    return np.mean((np.tanh(X @ p["W"] + p["b"]) - Y) ** 2)


def gradient(p: Any) -> Any:
    """Right."""
    a = np.tanh(X @ p["W"] + p["b"])
    d = 2.0 * (a - Y) / Y.size * (1.0 - a**2)
    return {"W": X.T @ d, "b": d.sum(axis=0)}


def half_weights(p: Any) -> Any:
    """Of the weights half of it, of the biases right."""
    g = gradient(p)
    return {"W": 0.5 * g["W"], "b": g["b"]}


def right() -> Problem:
    """The loss with its gradient."""
    return Problem(loss, gradient, PARAMS)


def wrong() -> Problem:
    """The loss with half of the weights' gradient."""
    return Problem(loss, half_weights, PARAMS)
