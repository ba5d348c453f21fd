"""Backward passes over arrays of a library of the array API standard."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from gradcheck import InvalidArgumentError
from gradcheck.integrations.array_api import check_function

xp = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")

RNG = np.random.default_rng(0)
X, W = xp.asarray(RNG.standard_normal((4, 3))), xp.asarray(RNG.standard_normal((3, 2)))


class _Moments(NamedTuple):
    mean: Any
    variance: Any


def _forward(x: Any, w: Any) -> Any:
    return xp.tanh(x @ w)


def _backward(cotangent: Any, x: Any, w: Any) -> Any:
    delta = cotangent * (1 - _forward(x, w) ** 2)
    return delta @ w.T, x.T @ delta


def _doubled(cotangent: Any, x: Any, w: Any) -> Any:
    d_x, d_w = _backward(cotangent, x, w)
    return d_x, 2 * d_w


@pytest.mark.parametrize("dtype", [xp.float64, xp.float32], ids=str)
def test_right_and_wrong(dtype: Any) -> None:
    """The functions see arrays of their own library, in the dtype that was passed or in float64."""
    inputs = xp.astype(X, dtype), xp.astype(W, dtype)
    assert check_function(_forward, _backward, inputs).verdict.name == "PASS"
    report = check_function(_forward, _doubled, inputs)
    assert [(block.name, block.verdict.name) for block in report.blocks] == [("x", "PASS"), ("w", "FAIL")]


def test_integers_are_held_fixed() -> None:
    """They reach the functions as integers of the library."""

    def backward(cotangent: Any, x: Any, places: Any) -> Any:
        hot = xp.astype(places[:, None] == xp.arange(x.shape[0])[None, :], x.dtype)
        return hot.T @ cotangent, None

    inputs = {"x": X, "places": xp.asarray([0, 2, 2])}
    report = check_function(lambda x, places: xp.take(x, places, axis=0), backward, inputs)
    assert report.verdict.name == "PASS", report.reason
    assert [block.name for block in report.blocks] == ["x"]


def test_several_outputs() -> None:
    """Their cotangents come as a tuple."""
    report = check_function(lambda x: (xp.sum(x), x**2), lambda c, x: c[0] + 2 * x * c[1], X)
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("inputs", [1.0, (X, np.ones(3)), (xp.asarray([1 + 1j]),)], ids=["none", "two", "complex"])
def test_what_cannot_be_checked_is_refused(inputs: Any) -> None:
    """Arrays of one library, of real numbers."""
    with pytest.raises(InvalidArgumentError, match="expected"):
        check_function(lambda *x: x[0], lambda c, *_: c, inputs)


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "PASS"), (1.0, "FAIL")])
def test_outputs_in_a_named_tuple(factor: float, verdict: str) -> None:
    """As ``xp.unique_all`` and users' own functions return them."""

    def forward(x: Any) -> Any:
        mean = xp.mean(x)
        return _Moments(mean, xp.mean((x - mean) ** 2))

    def backward(cotangent: Any, x: Any) -> Any:
        of_mean, of_variance = cotangent
        return ((of_mean + factor * of_variance * (x - xp.mean(x))) / x.size,)

    assert check_function(forward, backward, [X]).verdict.name == verdict


def test_nested_inputs_are_refused_with_the_cure() -> None:
    """Only arrays that are inputs of their own are perturbed."""
    with pytest.raises(InvalidArgumentError, match="Pass each array as an input of its own"):
        check_function(lambda p: p["x"], lambda cotangent, _: ({"x": cotangent},), [{"x": X}])
