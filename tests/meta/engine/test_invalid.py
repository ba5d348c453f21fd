"""Where nothing could be compared the verdict is ``INVALID``, never a pass."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, Verdict, check

W = np.array([[1.0, -2.0], [0.5, 3.0]])


def _square(w: Any) -> float:
    return float(np.sum(np.asarray(w, dtype=float) ** 2))


def _double(w: Any) -> Any:
    return 2.0 * np.asarray(w, dtype=float)


def _problem(params: Any, loss: Any = _square, gradient: Any = _double) -> Callable[[], Problem]:
    return lambda: Problem(loss, gradient, params)


def _raising(_: Any) -> float:
    raise RuntimeError("no data")


def _noise(w: Any) -> float:
    return _square(w) + int.from_bytes(os.urandom(4), "little") / 2**32


def _counting() -> Problem:
    """A loss that grows with every call, in a way that no state of Python shows."""
    calls = itertools.count()
    return Problem(lambda w: _square(w) + next(calls), _double, W)


def _dead_relu(w: Any) -> float:
    return float(np.sum(np.maximum(-1.0 - np.asarray(w) ** 2, 0.0)))


def _zeros(w: Any) -> Any:
    return np.zeros_like(w)


NOTHING = {
    "no parameters, mapping": _problem({}),
    "no parameters, list": _problem([]),
    "no parameters, tuple": _problem(()),
    "no parameters, nested": _problem({"layers": []}),
    "empty array": _problem(np.empty(0)),
    "empty matrix in a mapping": _problem({"W": np.empty((0, 3))}, lambda p: 0.0, lambda p: p),  # noqa: ARG005
    "two empty arrays": _problem([np.empty(0), np.empty((2, 0))], lambda p: 0.0, lambda p: p),  # noqa: ARG005
    "constant loss": _problem(W, lambda w: 3.0, _zeros),  # noqa: ARG005
    "dead units": _problem(W, _dead_relu, _zeros),
    "zero in every block": _problem({"a": W, "b": W[0]}, lambda p: 1.0, lambda p: {k: 0 * v for k, v in p.items()}),  # noqa: ARG005
    "integer array": _problem(np.array([1, 2, 3])),
    "integer list": _problem([1, 2, 3]),
    "integer block": _problem(
        {"W": W, "n": np.array([1, 2])}, lambda p: _square(p["W"]), lambda p: {"W": 2 * p["W"], "n": 0 * p["n"]}
    ),
    "boolean array": _problem(np.array([True, False])),
    "parameters not finite": _problem(np.array([1.0, np.nan])),
    "parameters infinite": _problem(np.array([1.0, np.inf])),
    "loss NaN": _problem(W, lambda w: float("nan")),  # noqa: ARG005
    "loss infinite": _problem(W, lambda w: float("inf")),  # noqa: ARG005
    "loss None": _problem(W, lambda w: None),  # noqa: ARG005
    "loss a string": _problem(W, lambda w: "0.3"),  # noqa: ARG005
    "loss an array": _problem(W, lambda w: w**2),
    "loss complex": _problem(W, lambda w: complex(_square(w), 1.0)),
    "loss raises": _problem(W, _raising),
    "loss noisy": _problem(W, _noise),
    "loss counts its calls": _counting,
    "gradient noisy": _problem(W, _square, lambda w: 2 * w + int.from_bytes(os.urandom(4), "little")),
}


@pytest.mark.parametrize("build", NOTHING.values(), ids=NOTHING)
def test_nothing_compared_is_invalid(build: Callable[[], Problem]) -> None:
    """Empty, zero on both sides, integer, not finite, not reproducible: no pass, and a reason."""
    report = check(build())
    assert report.verdict is Verdict.INVALID, report.reason
    assert len(report.reason) > 15


WRONG_BEFORE_NUMBERS = {
    "raises": _raising,
    "None": lambda w: None,  # noqa: ARG005
    "NaN": lambda w: w * np.nan,
    "shape": lambda w: np.ones((3, 3)),  # noqa: ARG005
    "a string": lambda w: "2 w",  # noqa: ARG005
    "another structure": lambda w: {"W": 2 * w},
}


@pytest.mark.parametrize("gradient", WRONG_BEFORE_NUMBERS.values(), ids=WRONG_BEFORE_NUMBERS)
def test_broken_gradient_fails(gradient: Callable[[Any], Any]) -> None:
    """A gradient that raises, is missing, not finite or of another shape is wrong, not unchecked."""
    assert check(Problem(_square, gradient, W)).verdict is Verdict.FAIL


@pytest.mark.parametrize("gradient", [_zeros, lambda w: 2e-20 * w], ids=["zero", "tiny"])
def test_zero_on_one_side_fails(gradient: Callable[[Any], Any]) -> None:
    """A gradient of zero where the loss has one is wrong."""
    assert check(Problem(_square, gradient, W)).verdict is Verdict.FAIL


def test_gradient_of_a_constant_fails() -> None:
    """A gradient that is claimed where the loss has none is wrong."""
    assert check(Problem(lambda w: 3.0, _double, W)).verdict is Verdict.FAIL  # noqa: ARG005


def test_one_zero_block_is_a_finding() -> None:
    """One block that the loss does not use is said, and the others are judged."""
    problem = Problem(
        lambda p: _square(p["W"]), lambda p: {"W": 2 * p["W"], "unused": np.zeros(3)}, {"W": W, "unused": np.ones(3)}
    )
    report = check(problem)
    assert report.verdict is Verdict.PASS
    finding = report.finding("zero-gradient-block")
    assert finding is not None
    assert "unused" in finding.message
