"""One complex evaluation gives the slope, or says why it cannot."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.oracles.complex_step import directional_derivative
from gradcheck.problem import OracleUnavailableError, Problem, ref

RNG = np.random.default_rng(2)
X = RNG.standard_normal((5, 3))
WEIGHT = RNG.standard_normal((3, 2))
DIRECTION = RNG.standard_normal((3, 2))
BUFFER = np.zeros((5, 2))


def loss(weight: Any) -> Any:
    """Analytic in its parameter."""
    return np.mean(np.tanh(X @ weight) ** 2)


def slope(weight: Any, direction: Any) -> float:
    """The derivative of ``loss``, written out."""
    hidden = np.tanh(X @ weight)
    return float(np.sum(X.T @ (2.0 * hidden * (1.0 - hidden**2) / hidden.size) * direction))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e6])
@pytest.mark.parametrize("length", [1e-8, 1.0])
def test_slope_to_machine_precision(scale: float, length: float) -> None:
    """Whatever the size of parameters and direction."""
    weight, direction = scale * WEIGHT, length * DIRECTION
    problem = Problem(lambda w: loss(w / scale), lambda w: w, weight)
    found = directional_derivative(problem.driver, problem.values(), [direction])
    assert found == pytest.approx(slope(WEIGHT, direction / scale), rel=1e-13)


def test_parameters_that_are_zero() -> None:
    """The step falls back to an absolute one."""
    problem = Problem(lambda w: np.sum(np.exp(w)), lambda w: w, np.zeros(3))
    assert directional_derivative(problem.driver, problem.values(), [np.ones(3)]) == pytest.approx(3.0, rel=1e-14)


def test_live_parameters_are_replaced_and_put_back() -> None:
    """Real arrays cannot hold complex numbers: others take their place."""
    held = {"w": WEIGHT.copy(), "b": 0.5}
    weight = held["w"]
    problem = Problem.live(lambda: loss(held["w"]) * held["b"], lambda: None, {"w": held["w"], "b": ref(held, "b")})
    found = directional_derivative(problem.driver, problem.values(), [DIRECTION, np.array(2.0)])
    assert found == pytest.approx(0.5 * slope(WEIGHT, DIRECTION) + 2.0 * float(loss(WEIGHT)), rel=1e-13)
    assert held == {"w": weight, "b": 0.5}
    np.testing.assert_array_equal(weight, WEIGHT)


class Remote:
    """A driver that only evaluates, as one in another process does."""

    def loss(self, arrays: Any) -> Any:
        """As the code returns it."""
        return loss(*arrays)


def test_driver_in_another_process() -> None:
    """Complex arrays are sent as they are."""
    found = directional_derivative(Remote(), [WEIGHT], [DIRECTION])  # type: ignore[arg-type]
    assert found == pytest.approx(slope(WEIGHT, DIRECTION), rel=1e-13)


def into_a_real_array(weight: Any) -> Any:
    """The imaginary part is dropped with a warning only."""
    BUFFER[...] = X @ weight
    return np.mean(BUFFER)


def refused(_: Any) -> Any:
    """As a driver does that cannot replace a view."""
    raise OracleUnavailableError("a view")


def warned(weight: Any) -> Any:
    """Other warnings are the code's own business."""
    warnings.warn("overflow", RuntimeWarning, stacklevel=1)
    return loss(weight)


UNAVAILABLE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "real array": (into_a_real_array, "ComplexWarning"),
    "real result": (lambda w: np.abs(w).sum(), "keeps the real part only"),
    "float": (lambda w: float(w[0, 0]), "cannot be computed with complex parameters"),
    "math": (lambda w: math.exp(w[0, 0]), "cannot be computed with complex parameters"),
    "several": (lambda w: w, r"shape \(3, 2\), not one complex number"),
    "infinite": (lambda w: np.sum(np.exp(w * 1e4)) * np.inf, "not finite"),
    "refusal": (refused, "a view"),
}


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_code_that_is_not_for_complex_numbers(name: str) -> None:
    """A reason, never a number."""
    function, message = UNAVAILABLE[name]
    problem = Problem(function, lambda w: w, WEIGHT)
    with pytest.raises(OracleUnavailableError, match=message):
        directional_derivative(problem.driver, problem.values(), [DIRECTION])


def test_other_warnings_do_not_stop_it() -> None:
    """Only the warning that says that an imaginary part is lost."""
    problem = Problem(warned, lambda w: w, WEIGHT)
    found = directional_derivative(problem.driver, problem.values(), [DIRECTION])
    assert found == pytest.approx(slope(WEIGHT, DIRECTION), rel=1e-13)
