"""Orders of the differences and of the Taylor test, read off a sequence of steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem
from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.order_test import order_test
from gradcheck.oracles.finite_difference import central_difference, estimate, extrapolate

EPS = 2.0**-52
STEPS = [0.2 / 2.0**k for k in range(5)]  # truncation far above round-off

SMOOTH: dict[str, tuple[Callable[[float], float], float]] = {
    "exp": (math.exp, 1.0),
    "sin": (lambda t: math.sin(t + 0.4), math.cos(0.4)),
    "tanh": (lambda t: math.tanh(t + 0.2), 1.0 / math.cosh(0.2) ** 2),
    "softplus": (lambda t: math.log1p(math.exp(2.0 * t + 1.0)), 2.0 / (1.0 + math.exp(-1.0))),
    "rational": (lambda t: 1.0 / (2.0 + t), -0.25),
}


def _orders(errors: list[float], ratio: float = 2.0) -> list[float]:
    return [math.log(coarse / fine) / math.log(ratio) for coarse, fine in itertools.pairwise(errors)]


@pytest.mark.parametrize("name", SMOOTH)
def test_central_differences_are_of_second_order(name: str) -> None:
    """The error falls with ``h**2``."""
    phi, slope = SMOOTH[name]
    errors = [abs(central_difference(phi, step, EPS).value - slope) for step in STEPS]
    assert _orders(errors)[-1] == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize("name", SMOOTH)
def test_extrapolation_is_of_fourth_order(name: str) -> None:
    """The ``h**2`` term is gone: the error falls with ``h**4``."""
    phi, slope = SMOOTH[name]
    taken = [central_difference(phi, step, EPS) for step in STEPS]
    errors = [abs(extrapolate(fine, coarse).value - slope) for coarse, fine in itertools.pairwise(taken)]
    assert _orders(errors)[-1] == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_bound_of_an_estimate_falls_at_least_with_the_square(name: str) -> None:
    """And holds at every length of the ladder."""
    phi, slope = SMOOTH[name]
    bounds = []
    for step in STEPS:
        result = estimate([central_difference(phi, step * factor, EPS) for factor in (1.0, 0.5, 0.25)])
        assert result is not None
        assert abs(result.value - slope) <= result.error_bound
        bounds.append(result.error_bound)
    assert min(_orders(bounds)) >= 1.9


def test_round_off_grows_with_one_over_the_step() -> None:
    """Below the best step the error grows, and stays under its bound."""
    rng = np.random.default_rng(0)
    sizes = []
    for step in (1e-9, 1e-11, 1e-13):
        errors = []
        for shift in rng.uniform(0.1, 1.0, 200):
            taken = central_difference(lambda t, shift=shift: math.exp(t + shift), step, EPS)  # type: ignore[misc]
            errors.append(abs(taken.value - math.exp(shift)))
            assert errors[-1] <= taken.round_off_error + 1e-12
        sizes.append(float(np.median(errors)))
    assert _orders(sizes[::-1], 100.0) == pytest.approx([1.0, 1.0], abs=0.15)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("error", "order"), [(0.0, 2.0), (1e-2, 1.0), (1.0, 1.0)])
def test_taylor_remainders_of_a_network(error: float, order: float, seed: int) -> None:
    """Second order for the right gradient, first for a wrong one, in the limit of small steps."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))

    def loss(W: Any) -> Any:
        return np.mean((np.tanh(X @ W) - y) ** 2)

    def gradient(W: Any) -> Any:
        a = np.tanh(X @ W)
        return (1.0 + error) * X.T @ (2.0 * (a - y) / y.size * (1.0 - a**2))

    evaluator = Evaluator(Problem(loss, gradient, rng.standard_normal((3, 2))))
    point = evaluator.point("as given", evaluator.start())
    vector = gradient(point.theta.reshape(3, 2)).ravel()  # the slope along it is not small
    result = order_test(evaluator, point, Direction(vector=vector, blocks=(0,), weights=(1.0,)))
    pairs = zip(result.rates, result.usable, result.usable[1:], strict=False)
    last = [rate for rate, a, b in pairs if a and b][-1]
    assert last == pytest.approx(order, abs=0.1)
    assert result.verdict.name == ("PASS" if error == 0.0 else "FAIL") or error == 1e-2
