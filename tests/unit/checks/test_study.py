"""What pictures show: every entry, differences over steps, remainders; right, wrong, and where nothing can be drawn."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, Verdict
from gradcheck.checks.config import default_rtol
from gradcheck.checks.study import compare_entries, step_ladder, taylor_remainders
from gradcheck.errors import GradcheckError

PARAMS = {"W": np.array([[0.4, -0.7, 1.3], [0.2, 0.9, -0.5]]), "b": np.array([0.3, -0.6])}


def _loss(p: Any) -> float:
    return float(np.sum(np.sin(p["W"]) ** 2) + np.sum(np.exp(p["b"])))


def _right(p: Any) -> dict[str, Any]:
    return {"W": np.sin(2 * p["W"]), "b": np.exp(p["b"])}


def _wrong(p: Any) -> dict[str, Any]:
    claimed = _right(p)
    claimed["W"][1, 2] *= 3.0
    return claimed


def _text(p: Any) -> float:
    """The loss again, in code that neither a trace nor a complex number gets through."""
    return _loss({name: np.array([float(repr(float(x))) for x in p[name].ravel()]) for name in p})


@pytest.mark.parametrize(("loss", "oracle", "error"), [(_loss, "autodiff", 1e-14), (_text, "finite-difference", 1e-6)])
def test_every_entry_stands_beside_its_numeric_derivative(loss: Callable[..., Any], oracle: str, error: float) -> None:
    """By differences entry by entry where nothing exact runs: 1e-6, half of the digits that two losses leave."""
    entries = compare_entries(Problem(loss, _wrong, PARAMS))
    assert (entries.oracle, entries.measured, entries.rtol) == (oracle, 8, 1e-6)
    weights, biases = entries.blocks
    assert (weights.name, weights.analytic.shape, biases.numeric.shape) == ("W", (2, 3), (2,))
    np.testing.assert_allclose(weights.numeric, _right(PARAMS)["W"], atol=error)
    np.testing.assert_allclose(weights.analytic / _right(PARAMS)["W"], [[1, 1, 1], [1, 1, 3]])


def test_of_many_entries_some_are_measured() -> None:
    """The others are NaN, not zero; which, the seed decides."""
    problem = Problem(_text, _right, PARAMS)
    entries = compare_entries(problem, rng=3, most=5)
    assert entries.measured == 5
    again = compare_entries(problem, rng=3, most=5)
    np.testing.assert_array_equal(entries.blocks[0].numeric, again.blocks[0].numeric)


def test_entries_next_to_which_there_is_no_loss_are_not_measured() -> None:
    """A loss that raises for one parameter a little larger."""

    def loss(p: Any) -> float:
        if p["b"][0] > PARAMS["b"][0] and np.array_equal(p["W"], PARAMS["W"]):
            raise ValueError("too large")
        return _text(p)

    entries = compare_entries(Problem(loss, _right, PARAMS))
    assert entries.measured == 7
    assert np.isnan(entries.blocks[1].numeric[0])


@pytest.mark.parametrize("loss", [_loss, _text], ids=["autodiff", "differences"])
def test_a_ladder_has_both_branches(loss: Callable[..., Any]) -> None:
    """Errors stay below round-off on the left, fall with the square of the step on the right."""
    ladder = step_ladder(Problem(loss, _right, PARAMS))
    assert ladder.truncation is not None
    left, right = ladder.steps < 1e-8, (ladder.steps > 1e-3) & (ladder.steps < 1e-1)
    assert np.all(ladder.errors[left] <= 4.0 * ladder.round_off[left])
    # A third of a decade in the step is 2/3 of a decade in the error; the next term of the series bends it a little.
    np.testing.assert_allclose(np.diff(np.log10(ladder.errors[right])), 2.0 / 3.0, atol=0.05)
    np.testing.assert_allclose(ladder.errors[right], ladder.truncation * ladder.steps[right] ** 2, rtol=0.2)
    assert 1e-8 < ladder.chosen < 1e-2
    assert ladder.bound < ladder.tolerance


def test_a_wrong_gradient_stays_away_whatever_the_step() -> None:
    """The differences agree among themselves, not with the claim."""
    ladder = step_ladder(Problem(_loss, _wrong, PARAMS))
    near = (ladder.steps > 1e-8) & (ladder.steps < 1e-4)
    assert np.all(ladder.gaps[near] > 1e-2)
    assert np.all(ladder.errors[near] < 1e-6)


def test_a_loss_without_a_third_derivative_has_no_truncation() -> None:
    """Nothing but round-off is left of a quadratic."""
    assert step_ladder(Problem(lambda w: float(w @ w), lambda w: 2 * w, np.array([1.0, -2.0]))).truncation is None


def test_steps_at_which_there_is_no_loss_are_left_out() -> None:
    """Infinite beyond a distance, an exception beyond another."""
    centre = np.array([1.0, 2.0])

    def loss(w: Any) -> float:
        away = float(np.linalg.norm(w - centre))
        if away > 0.5:
            raise OverflowError("far")
        return np.inf if away > 0.1 else float(np.sum(w**3))

    ladder = step_ladder(Problem(loss, lambda w: 3 * w**2, centre))
    assert 1e-3 < ladder.steps.max() < 0.5


@pytest.mark.parametrize(("gradient", "verdict"), [(_right, Verdict.PASS), (_wrong, Verdict.FAIL)])
def test_remainders_are_those_of_the_order_test(gradient: Callable[..., Any], verdict: Verdict) -> None:
    """Order 2 for a right gradient, 1 for a wrong one."""
    assert taylor_remainders(Problem(_loss, gradient, PARAMS)).verdict is verdict


def _raises(_: Any) -> float:
    raise ValueError("mine")


def _nothing(_: Any) -> None:
    return None


def _constant(_: Any) -> float:
    return 1.0


_CALLS: list[int] = []


def _chance(w: Any) -> float:
    """Other at every call, and it leaves a trace: so it is called twice."""
    _CALLS.append(1)
    return float(w @ w) + int.from_bytes(os.urandom(4)) / 2**32


def _squares(w: Any) -> float:
    return float(w @ w)


UNDRAWN: dict[str, tuple[Problem, str]] = {
    "loss raises": (Problem(_raises, lambda w: w, np.ones(2)), "the loss raised ValueError: mine"),
    "no gradient": (Problem(_squares, _nothing, np.ones(2)), "nothing to draw: .*None"),
    "integers": (Problem(_squares, lambda w: 2 * w, np.array([1, 2])), "integers have no neighbours"),
    "nothing": (Problem(_constant, lambda w: w, np.empty(0)), "every parameter is empty"),
    "chance": (Problem(_chance, lambda w: 2 * w, np.ones(2)), "nothing to draw: "),
}


@pytest.mark.parametrize("case", UNDRAWN)
def test_what_cannot_be_evaluated_is_said(case: str) -> None:
    """As an error that a user reads, not as an empty picture."""
    problem, message = UNDRAWN[case]
    for measure in (compare_entries, step_ladder, taylor_remainders):
        with pytest.raises(GradcheckError, match=message):
            measure(problem)


def test_a_constant_loss_has_no_ladder() -> None:
    """Nothing to divide by."""
    with pytest.raises(GradcheckError, match="does not change along the direction"):
        step_ladder(Problem(_constant, lambda w: 0 * w, np.ones(2)))


def test_the_tolerance_is_that_of_the_lowest_precision() -> None:
    """Of parameters and loss."""
    assert default_rtol("float64", "float32") == default_rtol("float32") == 1e-3
