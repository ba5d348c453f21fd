"""A 2-4-1 network as somebody writes one in a file: two functions and a dictionary."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from networks.network import Parts
from networks.running import Calls

from benchmarks.subject import Subject, flat_subject

__all__ = ["plain_subject"]

Vector = npt.NDArray[np.float64]

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SHAPES = {"W1": (2, 4), "b1": (4,), "W2": (4, 1), "b2": (1,)}


def sigmoid(z: Vector) -> Vector:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-z))


def loss(p: dict[str, Any]) -> float:
    """Mean squared error."""
    hidden = sigmoid(X @ p["W1"] + p["b1"])
    return float(np.mean((sigmoid(hidden @ p["W2"] + p["b2"]) - Y) ** 2))


def gradient(p: dict[str, Any]) -> dict[str, Any]:
    """Its gradient."""
    hidden = sigmoid(X @ p["W1"] + p["b1"])
    output = sigmoid(hidden @ p["W2"] + p["b2"])
    d_output = 2.0 * (output - Y) / len(X) * output * (1.0 - output)
    d_hidden = d_output @ p["W2"].T * hidden * (1.0 - hidden)
    return {"W1": X.T @ d_hidden, "b1": d_hidden.sum(axis=0), "W2": hidden.T @ d_output, "b2": d_output.sum(axis=0)}


def wrong(p: dict[str, Any]) -> dict[str, Any]:
    """Without the 2."""
    return {name: 0.5 * part for name, part in gradient(p).items()}


def plain_subject(*, right: bool) -> Subject:
    """The network in both forms, at weights of unit scale."""
    rng = np.random.default_rng(0)
    params = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    claimed = gradient if right else wrong
    return flat_subject(
        Parts(loss, claimed, params),
        lambda theta: loss(_split(theta)),
        lambda theta: _joined(claimed(_split(theta))),
        _joined(params),
        Calls(),
    )


def _split(theta: Vector) -> dict[str, Vector]:
    ends = np.cumsum([np.prod(shape) for shape in SHAPES.values()])[:-1]
    return {name: part.reshape(SHAPES[name]) for name, part in zip(SHAPES, np.split(theta, ends), strict=True)}


def _joined(parts: dict[str, Any]) -> Vector:
    return np.concatenate([parts[name].ravel() for name in SHAPES])
