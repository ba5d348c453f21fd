"""Activations beyond the usual ones, told by their numbers; those with constants get them read off."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from gradcheck.diagnosis.catalogue.plain_activations import PLAIN, Formulas, Slip, sech_squared, sigmoid, step
from gradcheck.diagnosis.network import Array
from gradcheck.language import mark

__all__ = ["recognised"]

# Relative agreement of values with a formula: a clipped argument or a shifted exponent changes less.
RTOL = 1e-9
# Factors inside an activation, f(c z), as they are written.
INNER = (1.0, 2.0 / 3.0, 0.5, 1.702, 2.0, 4.0 / 3.0, 1.5, 1.0 / 3.0, 0.25, 0.1, 3.0, 4.0, 5.0, 10.0)


def recognised(z: Array, a: Array) -> tuple[str, Formulas] | None:
    """Which activation of the menu takes ``z`` to ``a``, both of one shape, with the constants that it has here.

    Of its wrong forms only those that these constants make wrong.
    """
    with np.errstate(all="ignore"):
        for name, known in _chances(z, a):
            if _same(a, known.value(z)):
                right = known.derivative(z)
                wrong = {text: slip for text, slip in known.wrong.items() if not _same(slip(z, a), right)}
                return name, replace(known, wrong=wrong)
    return None


def _same(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=RTOL, atol=1e-14))


def _chances(z: Array, a: Array) -> Iterator[tuple[str, Formulas]]:
    yield from PLAIN.items()
    yield from _of_two_sides(z, a)
    yield from _clipped(z, a)
    yield from _with_inner_factor(z, a)


# ---- with constants that are read off


def _of_two_sides(z: Array, a: Array) -> Iterator[tuple[str, Formulas]]:
    """Linear right of zero, with a factor or without; a line, or an exponential, left of it."""
    left, right = z < 0, z > 0
    if not left.any() or not right.any():
        return
    scale = float(np.median(a[right] / z[right]))
    slope = float(np.median(a[left] / z[left]))
    if np.isfinite(slope) and slope not in (0.0, scale) and scale == 1.0 and not 0.0 < slope < 1.0:
        yield (
            "two-slopes",
            Formulas(
                value=lambda z: np.where(z > 0, z, slope * z),
                derivative=lambda z: np.where(z > 0, 1.0, slope),
                wrong={
                    mark("0 left of zero"): lambda z, _: step(z),
                    mark("1 and alpha exchanged"): lambda z, _: np.where(z > 0, slope, 1.0),
                },
            ),
        )
    alpha = float(np.median(a[left] / np.expm1(z[left])))
    if np.isfinite(alpha) and scale != 0.0 and alpha != 0.0:
        yield "elu" if abs(scale - 1.0) <= RTOL else "selu", _elu(scale, alpha)


def _elu(scale: float, alpha: float) -> Formulas:
    def sided(left: Slip, right: float = scale) -> Slip:
        return lambda z, a: np.where(z > 0, right, left(z, a))

    return Formulas(
        value=lambda z: np.where(z > 0, scale * z, alpha * np.expm1(np.minimum(z, 0.0))),
        derivative=lambda z: np.where(z > 0, scale, alpha * np.exp(np.minimum(z, 0.0))),
        from_output=lambda a: np.where(a > 0, scale, a + alpha),
        wrong={
            mark("a left of zero"): sided(lambda _, a: a),
            mark("0 left of zero"): sided(lambda z, _: 0.0 * z),
            mark("alpha left of zero"): sided(lambda z, _: np.full_like(z, alpha)),
            mark("e^z left of zero, without alpha"): sided(lambda z, _: np.exp(np.minimum(z, 0.0))),
            mark("a + 1 left of zero"): sided(lambda _, a: a + 1.0),
            mark("e^a left of zero"): sided(lambda _, a: alpha * np.exp(np.minimum(a, 0.0))),
            mark("e^-z left of zero"): sided(lambda z, _: alpha * np.exp(np.clip(-z, 0.0, 700.0))),
            mark("alpha*z left of zero"): sided(lambda z, _: alpha * z),
            mark("a - alpha left of zero"): sided(lambda _, a: a - alpha),
            mark("1 right of zero, without the factor"): sided(lambda _, a: a + alpha, 1.0),
            mark("without the factor"): sided(lambda _, a: (a + alpha) / scale, 1.0),
            mark("e^z everywhere"): lambda z, _: alpha * np.exp(z),
        },
    )  # fmt: skip


def _clipped(z: Array, a: Array) -> Iterator[tuple[str, Formulas]]:
    """A line that is cut off on both sides: hard tanh, hard sigmoid, ReLU6."""
    low, high = float(a.min()), float(a.max())
    inside = (a > low) & (a < high)
    slope, shift = _fitted_line(z[inside], a[inside])
    if not math.isfinite(slope):
        return
    for name, bounds in (("hard-tanh", (-1.0, 1.0)), ("hard-sigmoid", (0.0, 1.0)), ("relu6", (0.0, 6.0))):
        yield name, _line(slope, shift, *bounds)


def _line(slope: float, shift: float, low: float, high: float) -> Formulas:
    def between(a: Array) -> Array:
        return np.where((a > low) & (a < high), slope, 0.0)

    return Formulas(
        value=lambda z: np.clip(slope * z + shift, low, high),
        derivative=lambda z: between(slope * z + shift),
        from_output=between,
        wrong={
            "1": lambda z, _: np.ones_like(z),
            mark("cut off on the left only"): lambda z, _: step(slope * z + shift - low, slope),
            mark("cut off on the right only"): lambda z, _: step(high - slope * z - shift, slope),
            "z > 0": lambda z, _: step(z),
            mark("cut off where it is not"): lambda _, a: slope - between(a),
            "1 - a^2": lambda _, a: 1.0 - a**2,
            "a*(1 - a)": lambda _, a: a * (1.0 - a),
        },
    )


def _with_inner_factor(z: Array, a: Array) -> Iterator[tuple[str, Formulas]]:
    curved = float(np.median(-np.log(a) / z**2)) if (a > 0).all() else math.nan
    if math.isfinite(curved) and curved > 0.0:
        yield "gaussian", _gaussian(curved)
    for inner in INNER:
        yield "swish", _swish(inner)
        yield "sin", _wave(inner)
        yield "cos", _wave(inner, math.pi / 2.0)
        if inner != 1.0:
            yield "softplus", _softplus(inner)
        s = sigmoid(inner * z)
        spread, level = _fitted_line(s, a)
        if math.isfinite(spread) and spread != 0.0:
            yield "scaled-sigmoid", _scaled(spread, level, inner)


def _fitted_line(x: Array, y: Array) -> tuple[float, float]:
    """Slope and level of the line through points; NaN where there is none: LAPACK would write of it to the output."""
    if np.unique(x).size < 2 or np.unique(y).size < 2 or not np.isfinite(x).all() or not np.isfinite(y).all():
        return math.nan, math.nan
    slope, level = np.polyfit(x.ravel(), y.ravel(), 1)
    return float(slope), float(level)


def _gaussian(c: float) -> Formulas:
    return Formulas(
        value=lambda z: np.exp(-c * z * z),
        derivative=lambda z: -2.0 * c * z * np.exp(-c * z * z),
        wrong={
            "a": lambda _, a: a,
            "-2*z": lambda z, _: -2.0 * c * z,
            "e^(-2*z)": lambda z, _: np.exp(-2.0 * c * z),
            mark("without its 2"): lambda z, a: -c * z * a,
            mark("without its constants"): lambda z, a: -z * a,
        },
    )


def _swish(c: float) -> Formulas:
    def slope(z: Array) -> Array:
        s = sigmoid(c * z)
        return np.asarray(s + c * z * s * (1.0 - s))

    wrong: dict[str, Callable[[Array, Array, Array], Array]] = {
        "s": lambda _z, _a, s: s,
        "s*(1 - s)": lambda _z, _a, s: s * (1.0 - s),
        "a*(1 - s)": lambda _z, a, s: a * (1.0 - s),
        "s + s*(1 - s)": lambda _z, _a, s: s + s * (1.0 - s),
        "a + s": lambda _z, a, s: a + s,
        "s - a*(1 - s)": lambda _z, a, s: s - a * (1.0 - s),
        "s + a*(1 - a)": lambda _z, a, s: s + a * (1.0 - a),
        "s + z*(1 - s)": lambda z, _a, s: s + z * (1.0 - s),
        "a + s*(1 + a)": lambda _z, a, s: a + s * (1.0 + a),
        "s*(1 + a)": lambda _z, a, s: s * (1.0 + a),
        "s*(1 + z)": lambda z, _a, s: s * (1.0 + z),
        "a*(1 - a)": lambda _z, a, _s: a * (1.0 - a),
        mark("without the inner factor"): lambda _z, a, s: s + a * (1.0 - s),
    }
    return Formulas(
        value=lambda z: z * sigmoid(c * z),
        derivative=slope,
        wrong={text: _of_gate(slip, c) for text, slip in wrong.items()},
    )


def _of_gate(slip: Callable[[Array, Array, Array], Array], c: float) -> Slip:
    return lambda z, a: slip(z, a, sigmoid(c * z))


def _wave(c: float, phase: float = 0.0) -> Formulas:
    return Formulas(
        value=lambda z: np.sin(c * z + phase),
        derivative=lambda z: c * np.cos(c * z + phase),
        wrong={
            "sin(z)": lambda z, _: c * np.sin(c * z),
            mark("without the inner factor"): lambda z, _: np.cos(c * z + phase),
            "1 - a^2": lambda _, a: 1.0 - a**2,
        },
    )


def _softplus(c: float) -> Formulas:
    return Formulas(
        value=lambda z: np.logaddexp(0.0, c * z) / c,
        derivative=lambda z: sigmoid(c * z),
        from_output=lambda a: 1.0 - np.exp(-c * a),
        wrong={
            "sigmoid(z)": lambda z, _: sigmoid(z),
            mark("times the inner factor"): lambda z, _: c * sigmoid(c * z),
        },
    )


def _scaled(spread: float, level: float, inner: float) -> Formulas:
    """``spread * sigmoid(inner z) + level``: any scaled tanh is one as well."""

    def slope(a: Array) -> Array:
        s = (a - level) / spread
        return np.asarray(inner * spread * s * (1.0 - s))

    half = 0.5 * spread  # as a tanh: half * tanh(inner z / 2)
    wrong: dict[str, Slip] = {
        "1 - a^2": lambda _, a: 1.0 - a**2,
        "a*(1 - a)": lambda _, a: a * (1.0 - a),
        "1 - tanh(z)^2": lambda z, _: sech_squared(z),
        "sigmoid'(z)": lambda z, _: sigmoid(z) * sigmoid(-z),
        mark("without the inner factor"): lambda _, a: slope(a) / (0.5 * inner if level else inner),
        mark("without the outer factor"): lambda _, a: slope(a) / (half if level else spread),
        mark("without both factors"): lambda _, a: slope(a) / (0.5 * inner * half if level else inner * spread),
    }
    for outer, within in itertools.product((half, 1.0), (0.5 * inner, 1.0)):
        wrong[f"{outer:.5g}*{within:.5g}*(1 - a^2)"] = _scaled_slip(outer * within)
    return Formulas(
        value=lambda z: spread * sigmoid(inner * z) + level,
        derivative=lambda z: slope(spread * sigmoid(inner * z) + level),
        from_output=slope,
        wrong=wrong,
    )


def _scaled_slip(factor: float) -> Slip:
    return lambda _, a: factor * (1.0 - a**2)
