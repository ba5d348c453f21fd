"""Activations without constants of their own: what each is, its slope, and slips of the pen for that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcheck.diagnosis.network import Array
from gradcheck.language import mark

__all__ = ["PLAIN", "Formulas", "Function", "Slip", "sech_squared", "sigmoid", "step"]

Function = Callable[[Array], Array]
Slip = Callable[[Array, Array], Array]

SQRT_2, ROOT = math.sqrt(2.0), math.sqrt(2.0 / math.pi)
CUBED = 0.044715  # of the usual approximation of GELU by tanh


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulas:
    """An activation ``f(z)``, its derivative, and wrong forms of it.

    Attributes
    ----------
    value, derivative : callable
        ``f`` and ``f'`` as functions of ``z``.
    from_output : callable or None
        ``f'`` written in terms of ``a = f(z)``, where there is such a form.
    wrong : mapping of formula to callable
        Slips seen for the derivative; each gets ``(z, a)``.
    """

    value: Function
    derivative: Function
    from_output: Function | None = None
    wrong: Mapping[str, Slip] = field(default_factory=dict)


def sigmoid(z: Array) -> Array:
    """``1 / (1 + e^-z)`` without overflow."""
    result: Array = 0.5 * (1.0 + np.tanh(0.5 * z))
    return result


def _erf(z: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(z), dtype=np.float64)


def _normal(z: Array) -> Array:
    return np.asarray(0.5 * (1.0 + _erf(z / SQRT_2)))


def _bell(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))


def _inner(z: Array) -> Array:
    return np.asarray(ROOT * (z + CUBED * z**3))


def _inner_slope(z: Array) -> Array:
    return np.asarray(ROOT * (1.0 + 3.0 * CUBED * z * z))


def step(z: Array, height: float = 1.0) -> Array:
    """``height`` right of zero."""
    return np.where(z > 0, height, 0.0)


def sech_squared(z: Array) -> Array:
    """``tanh'(z)``."""
    return np.asarray(1.0 - np.tanh(z) ** 2)


def _lifted(z: Array) -> Array:
    """``tanh(softplus(z))``, by which Mish multiplies."""
    return np.asarray(np.tanh(np.logaddexp(0.0, z)))


PLAIN: dict[str, Formulas] = {
    "softsign": Formulas(
        value=lambda z: z / (1.0 + np.abs(z)),
        derivative=lambda z: 1.0 / (1.0 + np.abs(z)) ** 2,
        from_output=lambda a: (1.0 - np.abs(a)) ** 2,
        wrong={
            "1/(1 + |z|)": lambda z, _: 1.0 / (1.0 + np.abs(z)),
            "1 - |a|": lambda _, a: 1.0 - np.abs(a),
            "(1 - a)^2": lambda _, a: (1.0 - a) ** 2,
            "1 - a^2": lambda _, a: 1.0 - a**2,
            "1/(1 + z^2)": lambda z, _: 1.0 / (1.0 + z**2),
            "1/(1 + z)^2": lambda z, _: 1.0 / (1.0 + z) ** 2,
            "1/(1 - |z|)^2": lambda z, _: 1.0 / (1.0 - np.abs(z)) ** 2,
            "z/(1 + |z|)^2": lambda z, _: z / (1.0 + np.abs(z)) ** 2,
        },
    ),
    "gelu": Formulas(
        value=lambda z: z * _normal(z),
        derivative=lambda z: _normal(z) + z * _bell(z),
        wrong={
            "Phi(z)": lambda z, _: _normal(z),
            "Phi(z) + phi(z)": lambda z, _: _normal(z) + _bell(z),
            "Phi(z) - z*phi(z)": lambda z, _: _normal(z) - z * _bell(z),
            "z*phi(z)": lambda z, _: z * _bell(z),
            "z > 0": lambda z, _: step(z),
        },
    ),
    "gelu-tanh": Formulas(
        value=lambda z: 0.5 * z * (1.0 + np.tanh(_inner(z))),
        derivative=lambda z: 0.5 * (1.0 + np.tanh(_inner(z))) + 0.5 * z * sech_squared(_inner(z)) * _inner_slope(z),
        wrong={
            mark("the second term left out"): lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z))),
            mark("the first term left out"): lambda z, _: 0.5 * z * sech_squared(_inner(z)) * _inner_slope(z),
            mark("the inner derivative left out"): (
                lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z))) + 0.5 * z * sech_squared(_inner(z))
            ),
            mark("the cube's derivative left out"): (
                lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z))) + 0.5 * z * sech_squared(_inner(z)) * ROOT
            ),
            mark("the cube's derivative without its 3"): (
                lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z)))
                + 0.5 * z * sech_squared(_inner(z)) * ROOT * (1.0 + CUBED * z * z)
            ),
            mark("the second term without its half"): (
                lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z))) + z * sech_squared(_inner(z)) * _inner_slope(z)
            ),
            mark("the second term without its z"): (
                lambda z, _: 0.5 * (1.0 + np.tanh(_inner(z))) + 0.5 * sech_squared(_inner(z)) * _inner_slope(z)
            ),
        },
    ),
    "mish": Formulas(
        value=lambda z: z * _lifted(z),
        derivative=lambda z: _lifted(z) + z * (1.0 - _lifted(z) ** 2) * sigmoid(z),
        wrong={
            mark("the second term left out"): lambda z, _: _lifted(z),
            mark("the inner derivative left out"): lambda z, _: _lifted(z) + z * (1.0 - _lifted(z) ** 2),
            mark("the first term left out"): lambda z, _: z * (1.0 - _lifted(z) ** 2) * sigmoid(z),
        },
    ),
    "arctan": Formulas(
        value=np.arctan,
        derivative=lambda z: 1.0 / (1.0 + z**2),
        from_output=lambda a: np.cos(a) ** 2,
        wrong={
            "1/(1 + z)": lambda z, _: 1.0 / (1.0 + z),
            "1/(1 - z^2)": lambda z, _: 1.0 / (1.0 - z**2),
            "1/sqrt(1 + z^2)": lambda z, _: 1.0 / np.sqrt(1.0 + z**2),
            "1 - a^2": lambda _, a: 1.0 - a**2,
            "1 + z^2": lambda z, _: 1.0 + z**2,
        },
    ),
    "log-sigmoid": Formulas(
        value=lambda z: -np.logaddexp(0.0, -z),
        derivative=lambda z: sigmoid(-z),
        from_output=lambda a: 1.0 - np.exp(a),
        wrong={"sigmoid(z)": lambda z, _: sigmoid(z), "sigmoid'(z)": lambda z, _: sigmoid(z) * sigmoid(-z)},
    ),
    "exp": Formulas(
        value=np.exp,
        derivative=np.exp,
        from_output=lambda a: a,
        wrong={"z*e^(z - 1)": lambda z, _: z * np.exp(z - 1.0), "a*(1 - a)": lambda _, a: a * (1.0 - a)},
    ),
    "square": Formulas(
        value=np.square, derivative=lambda z: 2.0 * z, wrong={"2": lambda z, _: np.full_like(z, 2.0)}
    ),
    "cube": Formulas(
        value=lambda z: z**3,
        derivative=lambda z: 3.0 * z**2,
        wrong={"3*z": lambda z, _: 3.0 * z, "2*z": lambda z, _: 2.0 * z, "z^2": lambda z, _: z**2},
    ),
    "abs": Formulas(
        value=np.abs,
        derivative=np.sign,
        wrong={"z": lambda z, _: z, "z > 0": lambda z, _: step(z)},
    ),
    "sqrt": Formulas(
        value=np.sqrt,
        derivative=lambda z: 0.5 / np.sqrt(z),
        from_output=lambda a: 0.5 / a,
        wrong={"sqrt(z)/2": lambda z, _: 0.5 * np.sqrt(z), "1/(2*z)": lambda z, _: 0.5 / z},
    ),
    "inverse-root": Formulas(
        value=lambda z: z / np.sqrt(1.0 + z**2),
        derivative=lambda z: (1.0 + z**2) ** -1.5,
        wrong={
            "1/sqrt(1 + z^2)": lambda z, _: (1.0 + z**2) ** -0.5,
            "1/(1 + z^2)": lambda z, _: 1.0 / (1.0 + z**2),
        },
    ),
}  # fmt: skip
