"""Every operation that a box answers, differentiated and compared with central differences."""
# ruff: noqa: D103, FURB110, FURB163, PLW0108, RUF015 - what is tested is how learners write it

from __future__ import annotations

import builtins
import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from numpy.lib.stride_tricks import sliding_window_view

from gradcheck.problem import Problem

RNG = np.random.default_rng(5)
MATRIX = RNG.uniform(0.3, 0.9, (3, 4))  # inside every function's domain, away from ties
OTHER = RNG.uniform(0.2, 0.8, (3, 4))
SQUARE = RNG.uniform(0.3, 0.9, (4, 4)) + 3.0 * np.eye(4)
WEIGHTS = RNG.standard_normal((6, 6))
INDEX = np.array([2, 0, 2])
MASK = MATRIX > 0.5


def weighed(value: Any) -> Any:
    """A scalar in which every entry of a result counts differently."""
    flat = np.ravel(value)
    return np.sum(flat * np.cos(np.arange(1.0, flat.size + 1.0)))


ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    name: getattr(np, name)
    for name in (
        "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "square", "abs", "fabs", "negative",
        "positive", "reciprocal", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "arcsinh",
        "arctanh", "degrees", "radians", "cbrt", "sinc", "nan_to_num",
    )
}  # fmt: skip
ELEMENTWISE |= {
    name: getattr(scipy.special, name)
    for name in ("expit", "logit", "erf", "erfc", "gammaln", "log_expit", "entr", "softmax", "log_softmax", "logsumexp")
}
ELEMENTWISE |= {
    "minus": lambda a: -a,
    "plus": lambda a: +a,
    "sum": np.sum,
    "sigmoid with clip": lambda a: 1 / (1 + np.exp(-np.clip(a, -250, 250))),
    "clip": lambda a: np.clip(a, 0.4, 0.7),
    "clip from below": lambda a: np.clip(a, 0.4, None),
    "clip by keyword": lambda a: np.clip(a, a_min=0.4, a_max=0.7),
    "clip method": lambda a: a.clip(0.4, 0.7),
    "relu": lambda a: np.maximum(0, a - 0.5),
    "leaky": lambda a: np.where(a > 0.5, a, 0.01 * a),
    "copy": lambda a: copy.deepcopy(copy.copy(a)),
    "mask as float": lambda a: (a > 0.5).astype(float) * a,
    "step function": lambda a: a * np.sign(a - 0.5) * np.floor(3 * a) * np.round(a, 1),
    "to integers": lambda a: a * (10 * a).astype(int),
    "vectorize": lambda a: np.vectorize(lambda x: max(0.0, x - 0.5))(a),
    "isnan": lambda a: np.where(np.isnan(a), 0.0, a),
    "real": lambda a: a.real * 2.0,
    "power": lambda a: a**3 + 2.0**a + a**a,
    "contains": lambda a: a * (0.5 in a),
    "int builtin of a constant": lambda a: a * int(np.zeros(1)[0] + 2.5),
}

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(np, name)
    for name in ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "fmax", "fmin", "logaddexp",
                 "logaddexp2", "hypot", "arctan2", "float_power", "mod")
}  # fmt: skip
BINARY |= {
    "xlogy": scipy.special.xlogy,
    "xlog1py": scipy.special.xlog1py,
    "rel_entr": scipy.special.rel_entr,
    "kl_div": scipy.special.kl_div,
    "outer product": np.outer,
    "ufunc outer": np.multiply.outer,
    "inner": np.inner,
    "kron": lambda a, b: np.kron(a[:2, :2], b[:2, :2]),
    "vdot": np.vdot,
    "dot": lambda a, b: np.dot(a, b.T),
    "arguments by keyword": lambda a, b: np.tensordot(a=a, b=b.T, axes=1),
    "matmul": lambda a, b: a @ b.T,
    "dot method": lambda a, b: a.dot(b.T),
    "vectors": lambda a, b: a[0] @ b[1] + a[0].dot(b[2]),
    "stacked matmul": lambda a, b: np.matmul(a.reshape(1, 3, 4), b.T.reshape(1, 4, 3)),
    "einsum": lambda a, b: np.einsum("ij,kj->ik", a, b),
    "tensordot": lambda a, b: np.tensordot(a, b, axes=([0, 1], [0, 1])),
    "multi_dot": lambda a, b: np.linalg.multi_dot([a, b.T, a]),
    "where": lambda a, b: np.where(MASK, a, b),
    "select": lambda a, b: np.select([MASK, OTHER > 0.5], [a, b], default=3.0),
    "choose": lambda a, b: np.choose(MASK.astype(int), [a, b]),
    "concatenate": lambda a, b: np.concatenate((a, b, np.ones((1, 4))), axis=0),
    "stack": lambda a, b: np.stack([a, b], axis=1),
    "vstack": lambda a, b: np.vstack((a, b)),
    "hstack": lambda a, b: np.hstack([a, b]),
    "dstack": lambda a, b: np.dstack((a, b)),
    "column_stack": lambda a, b: np.column_stack((a[:, 0], b)),
    "block": lambda a, b: np.block([[a, b], [b, a]]),
    "append": lambda a, b: np.append(a, b),
    "append along an axis": lambda a, b: np.append(a, values=b, axis=0),
    "insert": lambda a, b: np.insert(a, 1, b[0], axis=0),
    "c_": lambda a, b: np.c_[np.ones(3), a, b],
    "r_": lambda a, b: np.r_[a[0], 0:3, b[1]],
    "r_ directive": lambda a, b: np.r_["1", a, b],
    "array of boxes": lambda a, b: np.array([a, b]),
    "array of scalars": lambda a, b: np.array([[a[0, 0], 1.0], [2.0, b[1, 1] * a[0, 1]]]),
    "asarray of a list": lambda a, b: np.asarray([a[0], b[0]], dtype=np.float64),
    "list in a function": lambda a, b: np.mean([a, b]) + np.exp([a[0, 0], 1.0]) + np.tile([a[0, 0], b[0, 0]], 2)[0],
    "list operand": lambda a, b: a[0, :2] * [b[0, 0], 2.0] + [1.0, 2.0] * b[0, :2],
    "broadcasting": lambda a, b: a[:, :1] * b[:1] + a[0] - b[:, :1] / 3.0,
    "average": lambda a, b: np.average(a, axis=1, weights=b[0]) + np.average(a, axis=0)[0],
    "average of everything": lambda a, b: np.average(a, weights=b),
    "in place": lambda a, b: in_place(a, b),
    "out": lambda a, b: np.multiply(a, b, out=np.empty((3, 4))),
    "out of a function": lambda a, b: np.dot(a, b.T, out=np.zeros((3, 3))),
    "broadcast out": lambda a, b: np.add(a[0], b[0], out=np.zeros((3, 4))),
    "divide where": lambda a, b: np.divide(a, b, out=np.zeros_like(a), where=MASK),
    "comparison": lambda a, b: (a > b) * a + (a <= b) * b + (a == b),
    "max of scalars": lambda a, b: max(a[0, 0], b[0, 0]) + min(a[1, 1], b[1, 1]) + builtins.abs(a[0, 1] - 1.0),
}

SHAPES: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "transpose": lambda a: a.transpose(1, 0) @ a.transpose().T,
    "transpose by tuple": lambda a: a.transpose((1, 0)),
    "reshape": lambda a: a.reshape(2, 6) * a.reshape((2, -1)),
    "reshape by columns": lambda a: a.reshape(-1, order="F"),
    "reshape function": lambda a: np.reshape(a, (6, 2)),
    "ravel": lambda a: a.ravel() * np.ravel(a.T),
    "flatten": lambda a: a.flatten(),
    "squeeze": lambda a: np.squeeze(a[None], axis=0) + a[:, :, None].squeeze(),
    "expand_dims": lambda a: np.expand_dims(a, 1),
    "newaxis": lambda a: a[:, None, :] * a[None, :, :],
    "swapaxes": lambda a: np.swapaxes(a, 0, 1) @ a.swapaxes(0, 1).T,
    "moveaxis": lambda a: np.moveaxis(a, 0, 1),
    "broadcast_to": lambda a: np.broadcast_to(a[0], (5, 4)),
    "broadcast_arrays": lambda a: np.broadcast_arrays(a, a[0])[1],
    "flip": lambda a: np.flip(a, 0) + np.fliplr(a) + np.flipud(a) + a[::-1, ::-1],
    "rot90": np.rot90,
    "roll": lambda a: np.roll(a, 1, axis=0),
    "tile": lambda a: np.tile(a, (2, 2)),
    "repeat": lambda a: a.repeat(2, axis=0) + np.repeat(a, [1, 2, 3], axis=0),
    "delete": lambda a: np.delete(a, 1, axis=1),
    "take": lambda a: np.take(a, INDEX, axis=0) + a.take(INDEX, axis=0),
    "compress": lambda a: np.compress([True, False, True], a, axis=0),
    "extract": lambda a: np.extract(MASK, a),
    "take_along_axis": lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1),
    "diagonal": lambda a: a.diagonal() + np.diag(a),
    "diagonal matrix": lambda a: np.diag(a[0]) + np.diagflat(a[1]),
    "triangles": lambda a: np.tril(a) + 2 * np.triu(a),
    "pad": lambda a: np.pad(a, 1) + np.pad(a, 1, mode="edge"),
    "pad with a constant": lambda a: np.pad(a, ((1, 0), (0, 2)), "constant", constant_values=7.0),
    "atleast": lambda a: np.atleast_2d(a[0]) + np.atleast_1d(a[0, 0]) + np.atleast_3d(a[0, 0]),
    "split": lambda a: np.split(a, 2, axis=1)[1] * np.hsplit(a, 2)[0] + np.array_split(a, 2, axis=1)[0],
    "windows": lambda a: sliding_window_view(a, (2, 2)).sum(axis=(2, 3)),
    "meshless grid": lambda a: np.stack(np.broadcast_arrays(a[:, :1], a[:1]), axis=-1),
    "integer index": lambda a: a[1] * a[0, 2] * a[-1, -1],
    "slice": lambda a: a[1:, ::2] * a[:-1, 1::2],
    "fancy index": lambda a: a[INDEX] * a[INDEX, [0, 1, 1]][:, None],
    "mask index": lambda a: a[MASK],
    "mask of itself": lambda a: a[a > 0.5],
    "ellipsis": lambda a: a[..., 0],
    "rows": lambda a: sum(row @ row for row in a),
    "entries": lambda a: sum(entry**2 for row in a.tolist() for entry in row),
    "item": lambda a: a.item(0, 1) + a.item(3) + a[0, 0].item() + a.item((1, 1)),
    "list": lambda a: list(a)[0] * len(a) * a.shape[1] * a.size * a.ndim,
    "sort": lambda a: np.sort(a, axis=1),
    "sort in place": lambda a: sorted_copy(a),
    "cumsum": lambda a: np.cumsum(a, axis=0) + np.add.accumulate(a) + a.cumsum(1),
    "diff": lambda a: np.diff(a, axis=1),
    "fill": lambda a: filled(a),
    "full": lambda a: np.full((2, 2), a[0, 0]) + np.full(2, 1.0),
    "full_like": lambda a: np.full_like(a, 2.0) * a + np.full_like(a, a[0, 0]) * np.full_like(OTHER, a[0, 1]),
    "copyto": lambda a: copied_to(a),
    "fill_diagonal": lambda a: with_diagonal(a),
}

REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda a: a.sum() + np.sum(a, axis=0)[1] + a.sum(1, keepdims=True)[2] + np.sum(a=a),
    "sum along a tuple": lambda a: np.sum(a[None], axis=(0, 1)),
    "sum positional": lambda a: np.sum(a, 0, np.float64, None, True),
    "sum initial": lambda a: np.sum(a, axis=0, initial=2.0),
    "sum where": lambda a: np.sum(a, axis=0, where=MASK) + a.sum(where=MASK, initial=1.0),
    "mean": lambda a: a.mean() + np.mean(a, axis=0) + a.mean(axis=0, keepdims=True),
    "mean where": lambda a: np.mean(a, axis=1, where=a > 0.2),
    "var": lambda a: a.var() + np.var(a, axis=0) + np.var(a, 0, ddof=1),
    "std": lambda a: a.std() + np.std(a, axis=0) + a.std(axis=1, keepdims=True)[0],
    "std positional": lambda a: np.std(a, 0, None, None, 1),
    "prod": lambda a: np.prod(a, axis=0) + a.prod(),
    "max": lambda a: a.max() + np.max(a, axis=0) + np.amax(a, axis=0, keepdims=True),
    "min": lambda a: a.min() + np.min(a, axis=0) + np.amin(a),
    "ptp": lambda a: np.ptp(a, axis=0) + np.ptp(a),
    "argmax": lambda a: a[a.argmax(axis=0), np.arange(4)] * np.argmin(a),
    "norm": lambda a: np.linalg.norm(a) + np.linalg.norm(a, axis=1).sum() + np.linalg.norm(a[0], 1),
    "reduce of logarithms": lambda a: np.logaddexp.reduce(a) + np.logaddexp.reduce(a, axis=1, keepdims=True),
    "accumulate logarithms": lambda a: np.logaddexp.accumulate(a) + np.logaddexp.accumulate(a, axis=1),
    "reduce": lambda a: np.add.reduce(a) + np.maximum.reduce(a, axis=0) + np.multiply.reduce(a),
    "other norms": lambda a: (
        np.linalg.norm(a, 1)
        + np.linalg.norm(a, np.inf)
        + np.linalg.norm(a[0], np.inf)
        + np.linalg.norm(a, 3, axis=1)
        + np.linalg.norm(a, 2, axis=0, keepdims=True).sum()
    ),
    "trace": lambda a: np.trace(a) + a.trace(),
    "logsumexp": lambda a: scipy.special.logsumexp(a, axis=1, keepdims=True),
    "weighted logsumexp": lambda a: scipy.special.logsumexp(a, axis=1, b=OTHER),
    "count": lambda a: a * np.count_nonzero(a > 0.5) * np.any(a > 0.5) * np.all(a),
    "nonzero": lambda a: a[np.nonzero(a > 0.5)],
    "linear algebra": lambda a: np.linalg.det(a @ a.T) + np.linalg.inv(a @ a.T)[0, 0],
    "solve": lambda a: np.linalg.solve(a @ a.T + np.eye(3), a[:, 0]),
}


def in_place(a: Any, b: Any) -> Any:
    c = a * 1.0
    alias = c
    c += b
    c *= 2.0
    c -= 1.0
    c /= b
    c **= 2
    return alias


def sorted_copy(a: Any) -> Any:
    b = a.copy()
    b.sort(axis=0)
    return b


def filled(a: Any) -> Any:
    b = np.zeros((2, 2))
    b.fill(a[0, 0])
    return b


def copied_to(a: Any) -> Any:
    b = np.empty((3, 4))
    np.copyto(b, a)
    return b


def with_diagonal(a: Any) -> Any:
    b = np.zeros((3, 3))
    np.fill_diagonal(b, a[0, :3])
    return b


def problem_of(function: Callable[..., Any], **params: Any) -> Problem:
    def loss(given: dict[str, Any]) -> Any:
        return weighed(function(*given.values()))

    return Problem(loss, lambda given: given, params)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_function_of_one_array(name: str, assert_differentiated: Any) -> None:
    assert_differentiated(problem_of(ELEMENTWISE[name], a=MATRIX))


@pytest.mark.parametrize("name", BINARY)
def test_function_of_two_arrays(name: str, assert_differentiated: Any) -> None:
    assert_differentiated(problem_of(BINARY[name], a=MATRIX, b=OTHER))


@pytest.mark.parametrize("name", SHAPES)
def test_function_that_moves_entries(name: str, assert_differentiated: Any) -> None:
    assert_differentiated(problem_of(SHAPES[name], a=MATRIX))


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduction(name: str, assert_differentiated: Any) -> None:
    assert_differentiated(problem_of(REDUCTIONS[name], a=MATRIX))


PYTHON: dict[str, Callable[[Any], Any]] = {
    name: getattr(math, name)
    for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
                 "asin", "acos", "atan", "asinh", "atanh", "fabs", "degrees", "radians")
}  # fmt: skip
PYTHON |= {
    "acosh": lambda x: math.acosh(1.0 + x),
    "log with a base": lambda x: math.log(x, 10),
    "pow": lambda x: math.pow(x, 3) + pow(x, 2) + 2**x,
    "hypot": lambda x: math.hypot(x, 2.0 * x),
    "atan2": lambda x: math.atan2(x, 2.0),
    "fsum": lambda x: math.fsum([x, x * x, 1.0]),
    "prod": lambda x: math.prod([x, x, 2.0]),
    "float": lambda x: float(x) * float("2.5"),
    "float in a loop": lambda x: sum(map(float, [x, 2 * x])),
    "mapped": lambda x: sum(map(math.exp, [x, 1.0])),
    "steps": lambda x: x * math.floor(10 * x) * math.ceil(x) * (not math.isnan(x)) * round(x, 1) * (1 + round(x)),
    "truth": lambda x: x if x else 0.0,
    "formatted": lambda x: x * len(f"{x:.3f}") * bool(str(x)) * bool(repr(x)),
    "isinstance": lambda x: x * isinstance(x, float) * (not isinstance(x, np.ndarray)),
    "numpy scalar": lambda x: np.float64(x) * np.exp(x) * np.array(x),
    "in place on a number": lambda x: doubled(x) + x,
    "overflow handled as Python does": lambda x: guarded(1e6 * x) + x,
}


def doubled(x: Any) -> Any:
    y = x
    y += x
    return y


def guarded(x: Any) -> Any:
    try:
        return 1.0 / (1.0 + math.exp(x))
    except OverflowError:
        return 0.0


@pytest.mark.parametrize("name", PYTHON)
def test_python_arithmetic_on_a_number(name: str, assert_differentiated: Any) -> None:
    function = PYTHON[name]
    assert_differentiated(Problem(lambda p: function(p["x"]), lambda p: p, {"x": 0.37}))
