"""Activations and their derivatives: as numbers, to recognise what a helper computes, and as formulas to write."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.repair.evaluate import Unknown, evaluate_function

__all__ = ["ACTIVATIONS", "Activation", "Part", "classify", "named_kind"]

Array = npt.NDArray[np.float64]
PRE_ACTIVATIONS = np.array([[-2.1, -0.7, -0.2, 0.3], [0.6, 0.9, 1.7, 2.6]])
OUTPUTS = np.array([[0.12, 0.27, 0.45], [0.62, 0.81, 0.93]])
NEGATIVE = -0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One activation.

    Attributes
    ----------
    value, slope : callable
        Of the pre-activation.
    at_output : callable
        The slope, of the activation.
    formulas_of_input, formulas_of_output : tuple of str
        Ways to write the slope with ``{}`` for the pre-activation, or the activation; the usual one first. ``{f}`` is
        what computes the activation itself.
    below_zero : bool
        Whether outputs below zero tell its slope from another one's.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    at_output: Callable[[Array], Array]
    formulas_of_input: tuple[str, ...]
    formulas_of_output: tuple[str, ...] = ()
    below_zero: bool = False


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


ACTIVATIONS: Mapping[str, Activation] = {
    "sigmoid": Activation(
        value=_sigmoid,
        slope=lambda z: _sigmoid(z) * (1 - _sigmoid(z)),
        at_output=lambda a: a * (1 - a),
        formulas_of_input=("{f}({}) * (1 - {f}({}))",),
        formulas_of_output=("{} * (1 - {})",),
    ),
    "tanh": Activation(
        value=np.tanh,
        slope=lambda z: 1 - np.tanh(z) ** 2,
        at_output=lambda a: 1 - a**2,
        formulas_of_input=("1 - np.tanh({}) ** 2",),
        formulas_of_output=("1 - {} ** 2",),
    ),
    "relu": Activation(
        value=lambda z: np.maximum(z, 0),
        slope=lambda z: (z > 0).astype(float),
        at_output=lambda a: (a > 0).astype(float),
        formulas_of_input=("{} > 0",),
        formulas_of_output=("{} > 0",),
    ),
    "softplus": Activation(
        value=lambda z: np.log1p(np.exp(z)),
        slope=_sigmoid,
        at_output=lambda a: 1 - np.exp(-a),
        formulas_of_input=("1 / (1 + np.exp(-{}))",),
        formulas_of_output=("1 - np.exp(-{})",),
    ),
    "elu": Activation(
        value=lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        slope=lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
        at_output=lambda a: np.where(a > 0, 1.0, a + 1.0),
        formulas_of_input=("np.where({} > 0, 1.0, np.exp({}))",),
        formulas_of_output=("np.where({} > 0, 1.0, {} + 1.0)",),
        below_zero=True,
    ),
    "silu": Activation(
        value=lambda z: z * _sigmoid(z),
        slope=lambda z: _sigmoid(z) * (1 + z * (1 - _sigmoid(z))),
        at_output=lambda a: np.full_like(a, np.nan),  # two inputs have one output
        formulas_of_input=("(1 + {} * (1 - 1 / (1 + np.exp(-{})))) / (1 + np.exp(-{}))",),
    ),
    "linear": Activation(
        value=lambda z: z,
        slope=np.ones_like,
        at_output=np.ones_like,
        formulas_of_input=("1",),
        formulas_of_output=("1",),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a helper computes: the activation itself, or its derivative from the pre-activation or the activation."""

    kind: str
    what: str  # "value", "slope", "at_output"
    leak: float = 0.0
    call: str = "{f}({})"  # how it is called for that


def classify(function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]) -> tuple[Part, ...]:
    """What a helper of the file computes of the known activations; empty when nothing of the kind."""
    names = [item.arg for item in function.args.args if item.arg not in ("self", "cls")]
    if not names:
        return ()
    found = []
    for call, extra in _ways(names, function):
        try:
            of_input = evaluate_function(function, [PRE_ACTIVATIONS, *extra], functions)
            of_output = evaluate_function(function, [OUTPUTS, *extra], functions)
            slope = evaluate_function(function, [np.array([[NEGATIVE]]), *extra], functions)
        except (Unknown, ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            found += _scalar_parts(function, functions, call, extra)
            continue
        found += [
            Part(kind=kind, what=what, leak=leak, call=call)
            for kind, what, leak in _matches(of_input, of_output, slope)
        ]
    return tuple(found)


def named_kind(name: str) -> str | None:
    """The activation that a name speaks of."""
    lowered = name.lower()
    for word, kind in (
        ("sigm", "sigmoid"),
        ("logistic", "sigmoid"),
        ("tanh", "tanh"),
        ("relu", "relu"),
        ("elu", "elu"),
        ("silu", "silu"),
        ("swish", "silu"),
        ("softplus", "softplus"),
    ):
        if word in lowered:
            return kind
    return None


def _ways(names: list[str], function: ast.FunctionDef) -> list[tuple[str, list[object]]]:
    """Plain, and with a flag that asks for the derivative."""
    if len(names) == 1:
        return [("{f}({})", [])]
    if len(function.args.defaults) >= len(names) - 1:
        flag = function.args.defaults[-1]
        if isinstance(flag, ast.Constant) and isinstance(flag.value, bool) and len(names) == 2:
            return [("{f}({})", []), (f"{{f}}({{}}, {names[1]}={not flag.value})", [not flag.value])]
        return [("{f}({})", [])]
    return []


def _matches(of_input: object, of_output: object, negative: object) -> list[tuple[str, str, float]]:
    found = []
    for kind, activation in ACTIVATIONS.items():
        if _same(of_input, activation.value(PRE_ACTIVATIONS)):
            found.append((kind, "value", 0.0))
        if _same(of_input, activation.slope(PRE_ACTIVATIONS)):
            found.append((kind, "slope", 0.0))
        told = not activation.below_zero or _same(of_input, activation.at_output(PRE_ACTIVATIONS))
        if told and _same(of_output, activation.at_output(OUTPUTS)) and not (kind == "relu" and not found):
            found.append((kind, "at_output", 0.0))
    value = np.asarray(negative)
    if not found and value.size == 1:
        found += _leaky(of_input, float(value.ravel()[0]))
    return [item for item in found if item[0] != "linear" or item[1] != "at_output"]


def _leaky(of_input: object, negative: float) -> list[tuple[str, str, float]]:
    leak = negative / NEGATIVE
    if 0 < leak < 1 and _same(of_input, np.where(PRE_ACTIVATIONS > 0, PRE_ACTIVATIONS, leak * PRE_ACTIVATIONS)):
        return [("leaky-relu", "value", leak)]
    if 0 < negative < 1 and _same(of_input, np.where(PRE_ACTIVATIONS > 0, 1.0, negative)):
        return [("leaky-relu", "slope", negative), ("leaky-relu", "at_output", negative)]
    return []


def _scalar_parts(
    function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef], call: str, extra: list[object]
) -> list[Part]:
    """Helpers that take one number at a time."""
    try:
        of_input = [evaluate_function(function, [float(z), *extra], functions) for z in PRE_ACTIVATIONS.ravel()]
        of_output = [evaluate_function(function, [float(a), *extra], functions) for a in OUTPUTS.ravel()]
        negative = evaluate_function(function, [NEGATIVE, *extra], functions)
        shaped = np.reshape(of_input, PRE_ACTIVATIONS.shape), np.reshape(of_output, OUTPUTS.shape)
    except (Unknown, ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return []
    return [Part(kind=kind, what=what, leak=leak, call=call) for kind, what, leak in _matches(*shaped, negative)]


def _same(value: object, expected: Array) -> bool:
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return False
    return bool(found.shape == expected.shape and np.allclose(found, expected, rtol=1e-9, atol=1e-12))
