"""Losses too rough for differences: automatic differentiation, confirmed where they are calm, decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check

_rng = np.random.default_rng(0)
X = _rng.standard_normal((6, 4))
ROUGH = np.linalg.lstsq(X, np.full(6, 18.0), rcond=None)[0] + np.array([3.0, -2.0, 8.0, 1.0])


def _outputs(w: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-(X @ w)))


def _loss(w: Any) -> Any:
    """``1 - p`` near ``p = 1`` has few digits left, and the logarithm shows it: the loss moves in steps."""
    return -np.mean(np.log(1.0 - _outputs(w) + 1e-8)) + 0.05 * np.sum(w**2)


def _gradient(w: Any) -> Any:
    p = _outputs(w)
    return X.T @ (p * (1.0 - p) / (1.0 - p + 1e-8)) / len(X) + 0.1 * w


def _check(factor: Any = 1.0, scale: float = 1.0, **options: Any) -> CheckReport:
    return check(Problem(_loss, lambda w: factor * _gradient(w), scale * ROUGH), config=CheckConfig(**options))


SCALES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)


@pytest.mark.parametrize("better_point", [True, False])
@pytest.mark.parametrize("scale", SCALES)
def test_a_right_gradient_of_a_rough_loss_passes(scale: float, better_point: bool) -> None:
    """Claim and automatic differentiation agree everywhere, differences with both where the loss is calm."""
    report = _check(scale=scale, better_point=better_point)
    assert report.verdict.name == "PASS", report.reason
    assert report.evaluations.loss <= 40


@pytest.mark.parametrize("factor", [0.5, 1.01, np.array([1.0, 1.0, 1.0, 1.001])], ids=["half", "1 %", "one entry"])
@pytest.mark.parametrize("scale", SCALES)
def test_a_wrong_gradient_of_a_rough_loss_fails(scale: float, factor: Any) -> None:
    """Roughness excuses nothing that automatic differentiation shows."""
    assert _check(factor, scale).verdict.name == "FAIL"


@pytest.mark.parametrize("elsewhere", ["raises", "gradient raises", "flat"])
def test_a_rough_loss_that_cannot_be_calmed_is_not_passed_on_a_trace_alone(elsewhere: str) -> None:
    """Far from the given point there is no loss, or none that moves: differences confirm nothing."""

    def far(w: Any) -> bool:
        return bool(np.max(np.abs(w - ROUGH)) > 1e-3)

    def loss(w: Any) -> Any:
        if far(w) and elsewhere != "flat":
            raise ValueError("too far")
        return 0.0 if far(w) else _loss(w)

    def gradient(w: Any) -> Any:
        if far(w) and elsewhere == "gradient raises":
            raise ValueError("too far")
        return 0.0 * w if far(w) else _gradient(w)

    problem = Problem(loss, gradient, ROUGH)
    report = check(problem, config=CheckConfig(better_point=False, localise=False))
    assert "where outputs are small" not in report.reason


def _product(factor: float = 1.0) -> Problem:
    """No gradient at the parameters as given, and a loss so large that differences are coarse everywhere."""
    first, second = np.random.default_rng(1).standard_normal((2, 6, 3))

    def loss(p: Any) -> Any:
        return 1e9 + np.mean((first @ p["a"]) * (second @ p["b"]))

    def gradient(p: Any) -> Any:
        a, b = first @ p["a"], second @ p["b"]
        return {"a": factor * first.T @ b / 6, "b": factor * second.T @ a / 6}

    return Problem(loss, gradient, {"a": np.zeros(3), "b": np.zeros(3)})


def test_a_coarse_loss_that_is_flat_as_given_passes_where_it_is_not() -> None:
    """Differences agree as far as they reach, and the report says that nothing was compared at the given point."""
    report = check(_product(), config=CheckConfig(better_point=False))
    assert report.verdict.name == "PASS"
    assert "they agree with both as far as they reach" in report.reason
    assert report.finding("vacuous-point") is not None


def test_a_coarse_loss_that_is_flat_as_given_acquits_nobody() -> None:
    """Half of the gradient is not within what differences know."""
    assert check(_product(0.5), config=CheckConfig(better_point=False)).verdict.name != "PASS"


def _rough_unless_small(factor: float) -> Problem:
    """A loss with a large constant, which also jumps by thousands except where its weights are small."""
    first, second = np.random.default_rng(1).standard_normal((2, 6, 3))

    def loss(p: Any) -> Any:
        jumps = np.round(np.max(np.abs(p["a"]))) * np.round(np.sin(1e6 * np.sum(p["a"] + p["b"])))
        return 1e9 + np.mean((first @ p["a"]) * (second @ p["b"])) + 1e3 * jumps

    def gradient(p: Any) -> Any:
        a, b = first @ p["a"], second @ p["b"]
        return {"a": factor * first.T @ b / 6, "b": factor * second.T @ a / 6}

    return Problem(loss, gradient, {"a": np.array([2.0, -4.0, 3.0]), "b": np.array([1.4, 2.0, -2.0])})


def test_coarse_agreement_where_weights_are_small_confirms_a_rough_loss() -> None:
    """Differences know little where the loss is calm and nothing where it is not; what they know agrees."""
    report = check(_rough_unless_small(1.0), config=CheckConfig(better_point=False))
    assert report.verdict.name == "PASS", report.reason
    assert "where outputs are small they agree with both as far as they reach" in report.reason


def test_coarse_agreement_where_weights_are_small_acquits_nobody() -> None:
    """Half of the gradient is not what they know there."""
    assert check(_rough_unless_small(0.5), config=CheckConfig(better_point=False)).verdict.name != "PASS"


@pytest.mark.parametrize("rtol", [0.0, 1e-14])
def test_a_tolerance_below_what_differentiation_knows_shows_nothing(rtol: float) -> None:
    """Automatic differentiation rounds too: it confirms no claim more closely than that."""
    w = np.array([1.0, -2.0])
    report = check(Problem(lambda w: np.sum(np.tanh(w)), lambda w: 1.0 - np.tanh(w) ** 2, w), rtol=rtol)
    assert report.verdict.name == "INCONCLUSIVE", report.reason
