"""Gradients read from a step at a rate that has suited other parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from gradcheck.problem import Problem
from gradcheck.problem.update import UpdateDriver

CURVATURE = np.array([[3.0, 0.5], [0.5, 1.0]])
Step = Callable[["_Code", float, np.ndarray], None]


class _Code:
    """A quadratic loss of W, and steps down it."""

    def __init__(self, step: Step) -> None:
        self.W = np.array([1.0, -0.7])
        self.velocity = np.zeros(2)
        self._step = step

    def loss(self) -> float:
        return float(0.5 * self.W @ CURVATURE @ self.W)

    def step(self, rate: float) -> None:
        self._step(self, rate, CURVATURE @ self.W)

    def driver(self) -> UpdateDriver:
        driver = Problem.from_update(self.loss, self.step, {"W": self.W}).driver
        assert isinstance(driver, UpdateDriver)
        return driver


def _plain(code: _Code, rate: float, slope: np.ndarray) -> None:
    code.W -= rate * slope


def _bounded(code: _Code, rate: float, slope: np.ndarray) -> None:
    code.W -= np.clip(rate * slope, -20.0, 20.0)


def _momentum(code: _Code, rate: float, slope: np.ndarray) -> None:
    code.velocity = 0.9 * code.velocity + slope
    code.W -= rate * code.velocity


def _decayed(code: _Code, rate: float, slope: np.ndarray) -> None:
    code.W -= rate * slope
    code.W *= 0.99


def test_a_plain_step_is_read_at_the_rate_of_other_parameters() -> None:
    """As precisely as where the rate was found, and the code is as it was."""
    code = _Code(_plain)
    driver = code.driver()
    driver.begin()
    assert driver.plain_rate is None
    driver.gradient([np.array([1.0, -0.7])])
    assert driver.plain_rate is not None
    elsewhere = np.array([-3.0, 0.2])
    found = driver.gradient_at([elsewhere], driver.plain_rate)
    assert found is not None
    np.testing.assert_allclose(found[0], CURVATURE @ elsewhere, rtol=1e-9)
    driver.end()
    np.testing.assert_array_equal(code.W, [1.0, -0.7])


@pytest.mark.parametrize(
    ("step", "point"),
    [(_bounded, np.array([400.0, 0.2])), (_plain, np.zeros(2)), (_plain, np.array([np.nan, 1.0]))],
    ids=["bounded there", "nothing to see there", "no number"],
)
def test_where_that_rate_does_not_suit(step: Step, point: np.ndarray) -> None:
    """Nothing is read, so that steps are studied there."""
    driver = _Code(step).driver()
    driver.begin()
    driver.gradient([np.array([1.0, -0.7])])
    assert driver.plain_rate is not None
    assert driver.gradient_at([point], driver.plain_rate) is None
    driver.end()


@pytest.mark.parametrize("step", [_momentum, _decayed], ids=["momentum", "decay"])
def test_steps_that_are_more_than_a_rate_times_a_gradient(step: Step) -> None:
    """They are studied at every point."""
    driver = _Code(step).driver()
    driver.begin()
    driver.gradient([np.array([1.0, -0.7])])
    assert driver.plain_rate is None
    driver.end()


def _refusing(code: _Code, rate: float, slope: np.ndarray) -> None:
    if np.abs(code.W).max() > 100.0:
        raise ValueError("parameters out of range")
    code.W = code.W - rate * slope


def test_where_the_code_refuses_nothing_is_read() -> None:
    """Its error is that of a step which is studied, and not of a look at one."""
    driver = _Code(_refusing).driver()
    driver.begin()
    driver.gradient([np.array([1.0, -0.7])])
    assert driver.plain_rate is not None
    assert driver.gradient_at([np.array([400.0, 0.2])], driver.plain_rate) is None
    driver.end()


def test_what_was_found_before_is_not_looked_for_again() -> None:
    """The gradient is the same, of one step; at every later beginning too."""
    code, steps = _Code(_plain), itertools.count()  # no state that is put back
    start = [np.array([1.0, -0.7])]
    driver = code.driver()
    driver.begin()
    (studied,) = driver.gradient(start)
    rate = driver.plain_rate
    assert rate is not None
    driver.end()

    def counting(code: _Code, rate: float, slope: np.ndarray) -> None:
        next(steps)
        _plain(code, rate, slope)

    again = _Code(counting).driver()
    again.presume(rate)
    for _ in range(2):
        again.begin()
        np.testing.assert_array_equal(again.gradient(start)[0], studied)
        again.end()
    assert next(steps) == 2
