"""Taylor remainders: rate 2 for a right gradient, 1 for a wrong one, no verdict where noise or kinks decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, OrderTest, Problem, check
from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.order_test import STEPS, order_test

W = np.array([0.3, -0.8, 1.1])


def _order(loss: Callable[[Any], Any], gradient: Callable[[Any], Any], params: Any = W) -> OrderTest:
    """The test along one fixed direction."""
    evaluator = Evaluator(Problem(loss, gradient, params))
    point = evaluator.point("as given", evaluator.start())
    vector = np.linspace(0.5, 1.5, evaluator.size)
    return order_test(evaluator, point, Direction(vector=vector, blocks=(0,), weights=(1.0,)))


def _sines(w: Any) -> Any:
    return np.sum(np.sin(w))


def test_a_right_gradient_has_rate_two() -> None:
    """``R1 ~ h**2`` and ``R0 ~ h``."""
    result = _order(_sines, np.cos)
    assert result.verdict.name == "PASS"
    assert result.rate == pytest.approx(2.0, abs=0.05)
    zeroth = np.diff(np.log(result.zeroth)) / np.diff(np.log(result.steps))
    assert zeroth == pytest.approx(np.ones(STEPS - 1), abs=0.05)


@pytest.mark.parametrize("factor", [0.5, -1.0, 1.1])
def test_a_wrong_gradient_has_rate_one(factor: float) -> None:
    """``R1 ~ h``."""
    result = _order(_sines, lambda w: factor * np.cos(w))
    assert result.verdict.name == "FAIL"
    assert result.rate == pytest.approx(1.0, abs=0.1)


def test_a_quadratic_loss_has_rate_two_to_the_last_usable_step() -> None:
    """Its remainder is exactly ``h**2``."""
    result = _order(lambda w: np.sum(w**2), lambda w: 2 * w)
    usable = [rate for rate, a, b in zip(result.rates, result.usable, result.usable[1:], strict=False) if a and b]
    assert result.verdict.name == "PASS"
    assert usable == pytest.approx([2.0] * len(usable), abs=0.02)


def test_a_linear_loss_leaves_no_remainder() -> None:
    """Nothing beyond round-off is a pass; there is no rate."""
    result = _order(np.sum, np.ones_like)
    assert result.verdict.name == "PASS"
    assert result.rate is None
    assert not any(result.usable)


def test_a_wrong_gradient_of_a_linear_loss_fails() -> None:
    """All of the remainder is the error."""
    result = _order(np.sum, lambda w: 2 * np.ones_like(w))
    assert result.verdict.name == "FAIL"
    assert result.rate == pytest.approx(1.0, abs=1e-6)


def test_at_a_kink_the_rate_is_one_and_the_test_says_fail() -> None:
    """One-sided steps see the slope jump: a second opinion, which is why it decides no verdict."""
    result = _order(lambda w: np.sum(np.abs(w)), np.zeros_like, np.zeros(3))
    assert result.rate == pytest.approx(1.0, abs=1e-6)
    report = check(Problem(lambda w: np.sum(np.abs(w)), np.sign, np.zeros(3)), config=CheckConfig(order_test=True))
    assert report.verdict.name == "PASS"


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        (lambda w: np.sum(np.abs(w)), np.sign),
        (lambda w: np.sum(w**2) + 0.1 * np.sum(np.abs(w)), lambda w: 2 * w + 0.1 * np.sign(w)),
    ],
    ids=["absolute values", "an L1 penalty"],
)
def test_of_a_right_gradient_a_kink_is_no_failure(loss: Any, gradient: Any) -> None:
    """Its remainders are taken where no entry is zero."""
    report = check(Problem(loss, gradient, np.array([0.0, 1.0, -2.0])), config=CheckConfig(order_test=True))
    assert report.verdict.name == "PASS"
    assert report.order_test is not None
    assert report.order_test.verdict.name == "PASS"


def test_where_every_point_has_a_kink_the_test_is_left_open() -> None:
    """A loss that is nothing but kinks: its slope is right nearly everywhere, its remainders are not."""

    def jagged(w: Any) -> Any:
        return np.sum(np.abs((1e5 * w + 0.5) % 1.0 - 0.5)) * 1e-5 + np.sum(w)

    def slope(w: Any) -> Any:
        return np.sign((1e5 * w + 0.5) % 1.0 - 0.5) + 1.0

    report = check(Problem(jagged, slope, W), config=CheckConfig(order_test=True))
    assert report.order_test is not None
    assert (report.verdict.name, report.order_test.verdict.name) == ("PASS", "INCONCLUSIVE")


@pytest.mark.parametrize("error", [1e-2, 1e-4])
def test_a_slight_error_shows_at_the_smallest_steps(error: float) -> None:
    """At large steps the remainder of such a gradient falls with their square as well."""
    result = _order(_sines, lambda w: (1.0 + error) * np.cos(w))
    assert result.verdict.name == "FAIL"
    assert result.rates[0] > 1.75 or error > 1e-3


def test_what_a_claim_in_low_precision_leaves_out_is_no_error() -> None:
    """Its remainder falls with the step as soon as it is below the rounding of the claim."""
    assert _order(_sines, lambda w: np.cos(w).astype(np.float32)).verdict.name == "PASS"


def test_a_rate_in_between_is_left_open() -> None:
    """``|t|**1.5`` is differentiable, and its remainder falls with 3/2."""
    result = _order(lambda w: np.sum(np.abs(w) ** 1.5), np.zeros_like, np.zeros(3))
    assert result.rate == pytest.approx(1.5, abs=0.01)
    assert result.verdict.name == "INCONCLUSIVE"


def test_noise_leaves_nothing_to_say() -> None:
    """A loss of 1e12 moves by less than its own spacing."""
    result = _order(lambda w: 1e12 + _sines(w), np.cos)
    assert result.verdict.name == "INCONCLUSIVE"
    assert result.rate is None


def test_a_constant_loss_with_a_zero_gradient_is_left_open() -> None:
    """No movement, no remainder, nothing shown."""
    result = _order(lambda _: 1.0, np.zeros_like)
    assert result.verdict.name == "INCONCLUSIVE"
    assert not any(np.isfinite(result.rates))


@pytest.mark.parametrize("outside", ["raises", "nan"])
def test_steps_where_the_loss_cannot_be_evaluated_are_left_out(outside: str) -> None:
    """The rates of the others remain."""

    def loss(w: Any) -> Any:
        if np.max(np.abs(w - W)) > 1e-3:
            if outside == "raises":
                raise ValueError(outside)
            return np.nan
        return _sines(w)

    result = _order(loss, np.cos)
    assert result.verdict.name == "PASS"
    assert 2 <= len(result.steps) < STEPS


def test_no_step_at_all_is_left_open() -> None:
    """An empty test is no pass."""
    result = _order(lambda w: _sines(w) if np.array_equal(w, W) else np.nan, np.cos)
    assert (result.steps, result.rate, result.verdict.name) == ((), None, "INCONCLUSIVE")


def test_two_rates_are_enough() -> None:
    """Three remainders above round-off, and the fourth below: a constant of that size hides what follows."""
    hiding = 2.0**24
    result = _order(lambda w: hiding + np.sum(w**2), lambda w: 2 * w)
    assert result.usable[:4] == (True, True, True, False)
    assert result.verdict.name == "PASS"
    assert result.rate == pytest.approx(2.0, abs=0.05)
