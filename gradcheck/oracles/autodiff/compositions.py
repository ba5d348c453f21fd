"""NumPy functions without a derivative rule of their own, written in functions that have one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.oracles.autodiff.signatures import REDUCING

__all__ = ["composition_of", "cumulative_logsumexp", "log_softmax", "logsumexp", "softmax"]


def composition_of(function: Any, kwargs: Mapping[str, Any]) -> Callable[..., Any] | None:
    """What computes the same as ``function``, if it has to be taken apart.

    Raises
    ------
    NotImplementedError
        If the keyword arguments ask a reduction for something that no rule knows.
    """
    asked = kwargs.keys() - {"axis", "keepdims", "ddof"}
    if function in REDUCING and asked:
        if function not in MASKED or asked - {"where", "initial"}:
            raise NotImplementedError(", ".join(sorted(asked)))
        return MASKED[function]
    return COMPOSITIONS.get(function) or SPECIAL.get(getattr(function, "__name__", ""))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    lower, upper = (a_min if min is None else min), (a_max if max is None else max)
    above = a if lower is None else np.maximum(a, lower)
    return above if upper is None else np.minimum(above, upper)


def _sort(a: Any, axis: int | None = -1, kind: Any = None) -> Any:
    return np.take_along_axis(a, np.argsort(a, axis=axis, kind=kind), axis=axis)


def _ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if np.ndim(weights) != np.ndim(a):
        weights = np.reshape(weights, [-1 if place == axis % np.ndim(a) else 1 for place in range(np.ndim(a))])
    total = np.sum(weights * np.ones(np.shape(a)), axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / total


def _nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:  # noqa: ARG001
    top = np.finfo(np.float64).max
    ends = np.where(x > 0, top if posinf is None else posinf, -top if neginf is None else neginf)
    return np.where(np.isfinite(x), x, np.where(np.isnan(x), nan, ends))


def _outer(a: Any, b: Any) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


def _broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*(np.shape(array) for array in arrays))
    return tuple(np.broadcast_to(array, shape) for array in arrays)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Frobenius norms, norms of vectors, and the two matrix norms that are maxima of sums."""
    if ord in (None, "fro") or (ord == 2 and (np.ndim(x) == 1 or isinstance(axis, int))):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if np.ndim(x) == 2 and axis is None and ord in (1, np.inf):
        return np.max(np.sum(np.abs(x), axis=0 if ord == 1 else 1))
    if not isinstance(ord, (int, float)) or ord <= 0 or not (np.ndim(x) == 1 or isinstance(axis, int)):
        raise NotImplementedError(f"ord={ord!r}, axis={axis!r}")
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def _multi_dot(arrays: Any) -> Any:
    product = arrays[0]
    for array in arrays[1:]:
        product = np.dot(product, array)
    return product


def _masked_sum(a: Any, axis: Any = None, *, where: Any = True, keepdims: bool = False, initial: float = 0.0) -> Any:
    return np.sum(np.where(where, a, 0.0), axis=axis, keepdims=keepdims) + initial


def _masked_mean(a: Any, axis: Any = None, *, where: Any, keepdims: bool = False) -> Any:
    counted = np.broadcast_to(where, np.shape(a))
    return _masked_sum(a, axis, where=where, keepdims=keepdims) / np.sum(counted, axis=axis, keepdims=keepdims)


def _copyto(dst: Any, src: Any) -> None:
    dst[...] = src


def _fill_diagonal(a: Any, val: Any) -> None:
    places = np.arange(min(np.shape(a)))
    a[places, places] = val


COMPOSITIONS: dict[Any, Callable[..., Any]] = {
    np.clip: _clip,
    np.sort: _sort,
    np.ptp: _ptp,
    np.average: _average,
    np.nan_to_num: _nan_to_num,
    np.outer: _outer,
    np.broadcast_arrays: _broadcast_arrays,
    np.linalg.norm: _norm,
    np.linalg.multi_dot: _multi_dot,
    np.hypot: lambda x, y: np.sqrt(x**2 + y**2),
    np.cbrt: lambda x: np.sign(x) * np.abs(x) ** (1.0 / 3.0),
    np.float_power: np.power,
    np.vdot: lambda a, b: np.dot(np.ravel(a), np.ravel(b)),
    np.full_like: lambda a, fill_value, dtype=None: np.zeros_like(a, dtype=dtype) + fill_value,
    np.copyto: _copyto,
    np.fill_diagonal: _fill_diagonal,
}
MASKED: dict[Any, Callable[..., Any]] = {np.sum: _masked_sum, np.mean: _masked_mean}


def _xlogy(x: Any, y: Any) -> Any:
    zero = (x == 0) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log(np.where(zero, 1.0, y)))


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """As ``scipy.special.logsumexp``."""
    top = np.max(a, axis=axis, keepdims=True)
    weighted = np.exp(a - top) if b is None else b * np.exp(a - top)
    total = np.log(np.sum(weighted, axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def cumulative_logsumexp(a: Any, axis: int = 0) -> Any:
    """As ``np.logaddexp.accumulate``: one entry after the other, since sums over all would underflow."""
    rows = np.moveaxis(a, axis, 0)
    found = [rows[0]]
    for number in range(1, len(rows)):
        found.append(np.logaddexp(found[-1], rows[number]))
    return np.moveaxis(np.stack(found), 0, axis)


def softmax(x: Any, axis: Any = None) -> Any:
    """As ``scipy.special.softmax``."""
    return np.exp(log_softmax(x, axis=axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """As ``scipy.special.log_softmax``."""
    return x - logsumexp(x, axis=axis, keepdims=True)


# SciPy's ufuncs, by name: SciPy is not imported for them.
SPECIAL: dict[str, Callable[..., Any]] = {
    "xlogy": _xlogy,
    "xlog1py": lambda x, y: _xlogy(x, 1.0 + y),
    "log_expit": lambda x: -np.logaddexp(0.0, -x),
    "entr": lambda x: -_xlogy(x, x),
    "rel_entr": lambda x, y: _xlogy(x, x) - _xlogy(x, y),
    "kl_div": lambda x, y: _xlogy(x, x) - _xlogy(x, y) - x + y,
}
