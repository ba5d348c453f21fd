"""Problems of which nothing can be compared, and gradients that are wrong before a number is looked at."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck import Problem

__all__ = ["NOTHING", "WRONG_BEFORE_NUMBERS", "W", "double", "square", "zeros"]

W = np.array([[1.0, -2.0], [0.5, 3.0]])


def square(w: Any) -> float:
    """The loss: the sum of squares."""
    return float(np.sum(np.asarray(w, dtype=float) ** 2))


def double(w: Any) -> Any:
    """Its gradient."""
    return 2.0 * np.asarray(w, dtype=float)


def _problem(params: Any, loss: Any = square, gradient: Any = double) -> Callable[[], Problem]:
    return lambda: Problem(loss, gradient, params)


def _raising(_: Any) -> float:
    raise RuntimeError("no data")


def _noise(w: Any) -> float:
    return square(w) + int.from_bytes(os.urandom(4), "little") / 2**32


def _counting() -> Problem:
    """A loss that grows with every call, in a way that no state of Python shows."""
    calls = itertools.count()
    return Problem(lambda w: square(w) + next(calls), double, W)


def _dead_relu(w: Any) -> float:
    return float(np.sum(np.maximum(-1.0 - np.asarray(w) ** 2, 0.0)))


def zeros(w: Any) -> Any:
    """No gradient."""
    return np.zeros_like(w)


NOTHING = {
    "no parameters, mapping": _problem({}),
    "no parameters, list": _problem([]),
    "no parameters, tuple": _problem(()),
    "no parameters, nested": _problem({"layers": []}),
    "empty array": _problem(np.empty(0)),
    "empty matrix in a mapping": _problem({"W": np.empty((0, 3))}, lambda p: 0.0, lambda p: p),  # noqa: ARG005
    "two empty arrays": _problem([np.empty(0), np.empty((2, 0))], lambda p: 0.0, lambda p: p),  # noqa: ARG005
    "constant loss": _problem(W, lambda w: 3.0, zeros),  # noqa: ARG005
    "dead units": _problem(W, _dead_relu, zeros),
    "zero in every block": _problem({"a": W, "b": W[0]}, lambda p: 1.0, lambda p: {k: 0 * v for k, v in p.items()}),  # noqa: ARG005
    "integer array": _problem(np.array([1, 2, 3])),
    "integer list": _problem([1, 2, 3]),
    "integer block": _problem(
        {"W": W, "n": np.array([1, 2])}, lambda p: square(p["W"]), lambda p: {"W": 2 * p["W"], "n": 0 * p["n"]}
    ),
    "boolean array": _problem(np.array([True, False])),
    "parameters not finite": _problem(np.array([1.0, np.nan])),
    "parameters infinite": _problem(np.array([1.0, np.inf])),
    "loss NaN": _problem(W, lambda w: float("nan")),  # noqa: ARG005
    "loss infinite": _problem(W, lambda w: float("inf")),  # noqa: ARG005
    "loss None": _problem(W, lambda w: None),  # noqa: ARG005
    "loss a string": _problem(W, lambda w: "0.3"),  # noqa: ARG005
    "loss an array": _problem(W, lambda w: w**2),
    "loss complex": _problem(W, lambda w: complex(square(w), 1.0)),
    "loss raises": _problem(W, _raising),
    "loss noisy": _problem(W, _noise),
    "loss counts its calls": _counting,
    "gradient noisy": _problem(W, square, lambda w: 2 * w + int.from_bytes(os.urandom(4), "little")),
}

WRONG_BEFORE_NUMBERS = {
    "raises": _raising,
    "None": lambda w: None,  # noqa: ARG005
    "NaN": lambda w: w * np.nan,
    "shape": lambda w: np.ones((3, 3)),  # noqa: ARG005
    "a string": lambda w: "2 w",  # noqa: ARG005
    "another structure": lambda w: {"W": 2 * w},
}
