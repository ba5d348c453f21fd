"""Parameters that cannot be moved, and checks that could not have failed: both are said before any verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check


@pytest.mark.parametrize(
    ("params", "named"),
    [
        (np.array([1, 2, 3]), "params"),
        ({"W": np.ones((2, 2)), "b": np.array([1, 0])}, "b (int64)"),
        ({"W": np.array([True, False])}, "W (bool)"),
        ({"n": 3}, "n (int64)"),
        ([1, 2, 3], "params (int64)"),
    ],
    ids=["array", "beside floats", "bool", "a number", "a list"],
)
def test_integer_parameters_are_invalid_with_the_cure(params: Any, named: str) -> None:
    """They have no neighbours; the message says which, and how to write them."""
    report = check(Problem(lambda _: 1.0, lambda p: p, params))
    finding = report.finding("integer-dtype")
    assert report.verdict.name == "INVALID"
    assert finding is not None
    assert named in finding.message
    assert "dtype=float" in finding.message
    assert (report.evaluations.loss, report.evaluations.gradient) == (0, 0)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "there is nothing to compare: no parameters"),
        ([], "there is nothing to compare: no parameters"),
        (np.empty((0, 3)), "there is nothing to compare: every parameter is empty"),
        ({"W": np.empty((0, 3)), "b": np.empty(0)}, "there is nothing to compare: every parameter is empty"),
    ],
    ids=["no keys", "no elements", "an empty array", "empty arrays"],
)
def test_nothing_to_compare_is_invalid(params: Any, reason: str) -> None:
    """A check that compares nothing must not pass."""
    report = check(Problem(lambda _: 1.0, lambda p: p, params))
    assert (report.verdict.name, report.reason) == ("INVALID", reason)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameters_that_are_not_finite_are_invalid(value: float) -> None:
    """The block is named."""
    params = {"W": np.ones(2), "b": np.array([0.0, value])}
    report = check(Problem(lambda _: 1.0, lambda p: p, params))
    assert report.verdict.name == "INVALID"
    assert report.reason.startswith("b holds values that are not finite")


def test_zero_on_both_sides_everywhere_is_invalid() -> None:
    """A loss that does not depend on the parameters agrees with a zero gradient, and shows nothing."""
    report = check(Problem(lambda _: 3.0, np.zeros_like, np.ones((2, 3))))
    assert report.verdict.name == "INVALID"
    assert report.reason.startswith("every gradient is zero, claimed and numeric")
    assert report.power == {"params": None}


def test_zero_on_both_sides_without_a_better_point_is_invalid() -> None:
    """Whether or not other points are looked at."""
    report = check(Problem(lambda _: 3.0, np.zeros_like, np.ones(3)), config=CheckConfig(better_point=False))
    assert report.verdict.name == "INVALID"


def test_a_gradient_of_zero_for_a_loss_that_moves_fails() -> None:
    """Zero on one side only is wrong."""
    report = check(Problem(lambda w: np.sum(np.sin(w)), np.zeros_like, np.array([0.3, 0.4])))
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].ratio == 0.0


def test_a_gradient_for_a_loss_that_does_not_move_fails() -> None:
    """Zero on the other side only is wrong too."""
    report = check(Problem(lambda _: 3.0, np.ones_like, np.array([0.3, 0.4])))
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].ratio is None


def test_one_zero_block_on_both_sides_is_a_finding() -> None:
    """The others are compared; for this one the report says that nothing could show."""
    params = {"used": np.array([0.5, 1.5]), "unused": np.ones((2, 2))}
    problem = Problem(
        lambda p: np.sum(p["used"] ** 3), lambda p: {"used": 3 * p["used"] ** 2, "unused": np.zeros((2, 2))}, params
    )
    report = check(problem)
    finding = report.finding("zero-gradient-block")
    assert report.verdict.name == "PASS"
    assert finding is not None
    assert "The gradient of unused is zero" in finding.message
    assert report.power["unused"] is None
    assert report.power["used"] is not None


def test_a_zero_gradient_at_the_point_as_given_only_is_a_finding() -> None:
    """Weights of zero behind a product: the verdict rests on the better point, and the report says so."""
    params = {"u": np.zeros(3), "v": np.zeros(3)}
    problem = Problem(lambda p: np.sum(p["u"] * p["v"]) ** 2, _product_gradient, params)
    report = check(problem)
    assert report.verdict.name == "PASS"
    assert report.finding("vacuous-point") is not None


def _product_gradient(p: Any) -> Any:
    factor = 2.0 * np.sum(p["u"] * p["v"])
    return {"u": factor * p["v"], "v": factor * p["u"]}
