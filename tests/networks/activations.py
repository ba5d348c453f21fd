"""Activations with hand-written derivatives, one table row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ACTIVATIONS", "Activation"]

Array = npt.NDArray[Any]

LEAK = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """``a = function(z)`` and ``da/dz = derivative(z)``, elementwise; both keep the dtype of ``z``."""

    name: str
    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    kinked: bool = False


def _sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):  # exp(1000) is infinity, and one over it is the right 0
        return 1.0 / (1.0 + np.exp(-z))


def _sigmoid_derivative(z: Array) -> Array:
    a = _sigmoid(z)
    return a * (1.0 - a)


def _relu_derivative(at_zero: float) -> Callable[[Array], Array]:
    """1 above 0, 0 below, and the author's choice at 0."""

    def derivative(z: Array) -> Array:
        slope = (z > 0).astype(z.dtype)
        if at_zero:
            slope[z == 0] = at_zero
        return slope

    return derivative


def _leaky(z: Array) -> Array:
    return np.where(z > 0, z, LEAK * z)


def _leaky_derivative(z: Array) -> Array:
    return np.where(z > 0, 1.0, LEAK).astype(z.dtype)


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1.0)


def _elu_derivative(z: Array) -> Array:
    return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))).astype(z.dtype)


_ROWS = (
    Activation(name="identity", function=lambda z: z, derivative=np.ones_like),
    Activation(name="tanh", function=np.tanh, derivative=lambda z: 1.0 - np.tanh(z) ** 2),
    Activation(name="sigmoid", function=_sigmoid, derivative=_sigmoid_derivative),
    Activation(name="softplus", function=lambda z: np.logaddexp(0.0 * z, z), derivative=_sigmoid),
    Activation(name="relu-0", function=lambda z: np.maximum(z, 0), derivative=_relu_derivative(0.0), kinked=True),
    Activation(name="relu-half", function=lambda z: np.maximum(0, z), derivative=_relu_derivative(0.5), kinked=True),
    Activation(name="relu-1", function=lambda z: z * (z > 0), derivative=_relu_derivative(1.0), kinked=True),
    Activation(name="leaky", function=_leaky, derivative=_leaky_derivative, kinked=True),
    Activation(name="elu", function=_elu, derivative=_elu_derivative),
)

ACTIVATIONS = {row.name: row for row in _ROWS}
