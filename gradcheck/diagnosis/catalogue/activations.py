"""The activations that learners write, with what their derivatives are taken for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.diagnosis.catalogue.elementwise import recognised
from gradcheck.diagnosis.catalogue.plain_activations import Formulas, sigmoid
from gradcheck.diagnosis.network import Array, Layer
from gradcheck.language import mark

__all__ = ["Formulas", "formulas", "leak"]


def leak(layer: Layer) -> float:
    """The slope of a leaky ReLU left of zero, read off its slopes there; 0.01 where no unit is there."""
    if layer.slope is None:
        return 0.01
    left = layer.slope[layer.pre_activation < 0]
    return float(np.median(left)) if left.size else 0.01


def formulas(layer: Layer) -> Formulas | None:
    """What the layer's activation and its derivative are; None for one that is not known or not elementwise."""
    if layer.activation == "leaky-relu":
        return _leaky(leak(layer))
    if layer.activation == "softmax":
        return SOFTMAX
    if layer.activation in TABLE or layer.activation == "unknown":
        return TABLE.get(layer.activation)
    found = recognised(layer.pre_activation, layer.output)
    return None if found is None else found[1]


def _sigmoid_slope(z: Array) -> Array:
    s = sigmoid(z)
    return s * (1.0 - s)


def _softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    result: Array = powers / powers.sum(axis=-1, keepdims=True)
    return result


def _tanh_slope(z: Array) -> Array:
    result: Array = 1.0 - np.tanh(z) ** 2
    return result


def _step(z: Array) -> Array:
    return (z > 0).astype(np.float64)


# Slopes that are written left of zero where the forward pass has another one.
OTHER_LEAKS = {
    mark("0.001 left of zero"): 0.001,
    mark("0.01 left of zero"): 0.01,
    mark("0.02 left of zero"): 0.02,
    mark("0.05 left of zero"): 0.05,
    mark("0.1 left of zero"): 0.1,
    mark("0.2 left of zero"): 0.2,
    mark("0.3 left of zero"): 0.3,
    mark("0.5 left of zero"): 0.5,
}


def _with_leak(slope: float) -> Callable[[Array, Array], Array]:
    return lambda z, _: np.where(z > 0, 1.0, slope)


def _leaky(alpha: float) -> Formulas:
    return Formulas(
        value=lambda z: np.where(z > 0, z, alpha * z),
        derivative=lambda z: np.where(z > 0, 1.0, alpha),
        from_output=lambda a: np.where(a > 0, 1.0, alpha),
        wrong={
            mark("0 left of zero"): lambda z, _: _step(z),
            mark("alpha everywhere"): lambda z, _: np.full_like(z, alpha),
            "z": lambda z, _: z,
            mark("alpha*z left of zero"): lambda z, _: np.where(z > 0, 1.0, alpha * z),
            mark("z right of zero"): lambda z, _: np.where(z > 0, z, alpha),
            mark("1 and alpha exchanged"): lambda z, _: np.where(z > 0, alpha, 1.0),
            **{text: _with_leak(other) for text, other in OTHER_LEAKS.items()},
            mark("1 - alpha left of zero"): lambda z, _: np.where(z > 0, 1.0, 1.0 - alpha),
        },
    )


# Slips of the pen for s' = s (1 - s), with s = sigmoid(z) = a.
_SIGMOID_SLIPS: dict[str, Callable[[Array, Array], Array]] = {
    "1 - a": lambda _, a: 1.0 - a,
    "a*(1 + a)": lambda _, a: a * (1.0 + a),
    "a*(a - 1)": lambda _, a: a * (a - 1.0),
    "1 - a^2": lambda _, a: 1.0 - a**2,
    "a^2": lambda _, a: a**2,
    "a - 1": lambda _, a: a - 1.0,
    "(1 - a)^2": lambda _, a: (1.0 - a) ** 2,
    "a*(1 - z)": lambda z, a: a * (1.0 - z),
    "z*(1 - a)": lambda z, a: z * (1.0 - a),
    "a*(1 - a^2)": lambda _, a: a * (1.0 - a**2),
    "e^-z/(1 + e^-z)": lambda z, _: sigmoid(-z),
    "e^-z": lambda z, _: np.exp(-z),
}
_TANH_SLIPS: dict[str, Callable[[Array, Array], Array]] = {
    "1 + a^2": lambda _, a: 1.0 + a**2,
    "1 - a": lambda _, a: 1.0 - a,
    "a^2 - 1": lambda _, a: a**2 - 1.0,
    "a*(1 - a)": lambda _, a: a * (1.0 - a),
    "a^2": lambda _, a: a**2,
    "1 - 2a": lambda _, a: 1.0 - 2.0 * a,
    "(1 - a)^2": lambda _, a: (1.0 - a) ** 2,
    "sqrt(1 - a^2)": lambda _, a: np.sqrt(np.maximum(1.0 - a**2, 0.0)),
    "1 - a^4": lambda _, a: 1.0 - a**4,
    "1 + a": lambda _, a: 1.0 + a,
    "a*(1 - a^2)": lambda _, a: a * (1.0 - a**2),
    "1/(1 - a^2)": lambda _, a: 1.0 / (1.0 - a**2),
    "sigmoid'(z)": lambda z, _: _sigmoid_slope(z),
    "1/cosh(z)": lambda z, _: 1.0 / np.cosh(z),
    "1 - tanh(z^2)": lambda z, _: 1.0 - np.tanh(z**2),
}
_RELU_SLIPS: dict[str, Callable[[Array, Array], Array]] = {
    "z": lambda z, _: z,
    mark("-1 left of zero"): lambda z, _: np.where(z > 0, 1.0, -1.0),
    mark("mask the wrong way round"): lambda z, _: (z <= 0).astype(np.float64),
    mark("0.01 left of zero"): lambda z, _: np.where(z > 0, 1.0, 0.01),
    "z > 1": lambda z, _: (z > 1).astype(np.float64),
    "a*(1 - a)": lambda _, a: a * (1.0 - a),
    "1 - a^2": lambda _, a: 1.0 - a**2,
    "|z|": lambda z, _: np.abs(z),
}
_SOFTPLUS_SLIPS: dict[str, Callable[[Array, Array], Array]] = {
    "sigmoid'(z)": lambda z, _: _sigmoid_slope(z),
    "e^-z/(1 + e^-z)": lambda z, _: sigmoid(-z),
    "1/(1 + e^z)": lambda z, _: sigmoid(-z),
    "e^z": lambda z, _: np.exp(z),
    "a*(1 - a)": lambda _, a: a * (1.0 - a),
    "1/(1 + z)": lambda z, _: 1.0 / (1.0 + z),
    "z > 0": lambda z, _: _step(z),
}
_LINEAR_SLIPS: dict[str, Callable[[Array, Array], Array]] = {
    "a*(1 - a)": lambda _, a: a * (1.0 - a),
    "1 - a^2": lambda _, a: 1.0 - a**2,
    "z > 0": lambda z, _: _step(z),
    "sigmoid'(z)": lambda z, _: _sigmoid_slope(z),
    "1 - tanh(z)^2": lambda z, _: _tanh_slope(z),
}
TABLE: dict[str, Formulas] = {
    "sigmoid": Formulas(
        value=sigmoid, derivative=_sigmoid_slope, from_output=lambda a: a * (1.0 - a),
        wrong={**_SIGMOID_SLIPS, "1 - tanh(z)^2": lambda z, _: _tanh_slope(z), "z > 0": lambda z, _: _step(z)},
    ),
    "tanh": Formulas(
        value=np.tanh, derivative=_tanh_slope, from_output=lambda a: 1.0 - a**2,
        wrong={**_TANH_SLIPS, "z > 0": lambda z, _: _step(z)},
    ),
    "relu": Formulas(value=lambda z: np.maximum(z, 0.0), derivative=_step, from_output=_step, wrong=_RELU_SLIPS),
    "softplus": Formulas(
        value=lambda z: np.logaddexp(0.0, z), derivative=sigmoid, from_output=lambda a: 1.0 - np.exp(-a),
        wrong=_SOFTPLUS_SLIPS,
    ),
    "linear": Formulas(value=lambda z: z, derivative=np.ones_like, wrong=_LINEAR_SLIPS),
}  # fmt: skip
# Entry by entry, as code for a sigmoid would have it: only wrong forms.
SOFTMAX = Formulas(
    value=_softmax,
    derivative=_sigmoid_slope,
    from_output=lambda a: a * (1.0 - a),
    wrong={mark("a*(1 - a) entry by entry"): lambda _, a: a * (1.0 - a)},
)
