"""Kernels that compute in one 16-bit type alone, one of whose cotangents may be spoilt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck import Problem

__all__ = ["BITS", "KERNELS", "WRONG", "attention", "posed", "rounded"]

Array = npt.NDArray[Any]
Spoilt = Callable[[Array], Array]
BITS = {"bfloat16": 8, "float16": 11}


def rounded(values: Any, bits: int) -> Array:
    """Numbers of so many significant bits, in float64."""
    mantissa, exponent = np.frexp(np.asarray(values, np.float64))
    return np.ldexp(np.rint(mantissa * 2.0**bits), exponent - bits)


def linear(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """``x w + b``."""
    return x @ w + b, lambda d: (d @ w.T, x.T @ d, d.sum(axis=0))


def layer_norm(x: Array, g: Array, b: Array) -> tuple[Array, Any]:
    """Rows of mean 0 and variance 1, scaled and shifted."""
    s = 1.0 / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    h = (x - x.mean(axis=1, keepdims=True)) * s

    def back(d: Array) -> tuple[Array, ...]:
        e = d * g
        below = s * (e - e.mean(axis=1, keepdims=True) - h * (e * h).mean(axis=1, keepdims=True))
        return below, (d * h).sum(axis=0), d.sum(axis=0)

    return h * g + b, back


def attention(q: Array, k: Array, v: Array) -> tuple[Array, Any]:
    """``softmax(q k^T / 2) v``."""
    scores = np.exp(q @ k.T / 2.0)
    p = scores / scores.sum(axis=1, keepdims=True)

    def back(d: Array) -> tuple[Array, ...]:
        above = d @ v.T
        z = p * (above - (above * p).sum(axis=1, keepdims=True)) / 2.0
        return z @ k, z.T @ q, p.T @ d

    return p @ v, back


KERNELS: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    "linear": (linear, ((6, 5), (5, 4), (4,))),
    "layer-norm": (layer_norm, ((6, 8), (8,), (8,))),
    "attention": (attention, ((5, 4), (6, 4), (6, 3))),
}
WRONG: dict[str, Spoilt] = {
    "sign": lambda g: -g,
    "double": lambda g: 2.0 * g,
    "half": lambda g: g / 2.0,
    "zero": np.zeros_like,
    "moved": lambda g: np.roll(g.ravel(), 1).reshape(g.shape),
}


def posed(
    name: str, dtype: str, seed: int, *, wrong: int | None = None, how: Spoilt = np.negative, scale: float = 1.0
) -> Problem:
    """A kernel that computes in one 16-bit type alone; the cotangent of one input may be spoilt."""
    function, shapes = KERNELS[name]
    bits = BITS[dtype]
    rng = np.random.default_rng([seed, 7])
    inputs = [rounded(scale * rng.standard_normal(shape), bits).astype(np.float16) for shape in shapes]

    def forward(*arrays: Array) -> Array:
        if any(array.dtype != np.float16 for array in arrays):
            raise TypeError("expected 16 bits")
        return rounded(function(*(rounded(array, bits) for array in arrays))[0], bits).astype(np.float16)

    def backward(cotangent: Array, *arrays: Array) -> list[Array]:
        _, back = function(*(rounded(array, bits) for array in arrays))
        grads = list(back(np.asarray(cotangent, np.float64)))
        if wrong is not None:
            grads[wrong] = how(grads[wrong])
        return [rounded(grad, bits).astype(np.float16) for grad in grads]

    return Problem.from_vjp(forward, backward, inputs, rng=seed)
