"""Disagreements as slight as a constant beside a logarithm makes: open where only that can tell, else wrong."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from networks.cases import random_cases

from gradcheck import CheckConfig, Problem, check

_rng = np.random.default_rng(0)
X = _rng.standard_normal((12, 3))
Y = (_rng.random((12, 1)) < 0.5).astype(float)


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


@pytest.mark.parametrize("number", [13, 1058])
def test_what_a_constant_can_make_is_no_verdict_by_differences_alone(number: int) -> None:
    """ReLU networks of 256 units on ``log(p + 1e-8)``: steps cross kinks wherever outputs are equalised."""
    case = next(itertools.islice(random_cases(number + 1, 600), number, None))
    assert case.spec is not None
    assert case.spec.loss == "ce-epsilon"
    loss, gradient, params = case.make()
    verdict = check(Problem(loss, gradient, params), rng=number, config=CheckConfig(oracle="finite-difference")).verdict
    assert verdict.name == "INCONCLUSIVE"
    report = check(Problem(loss, gradient, params), rng=number)
    assert report.verdict.name == "PASS", report.reason

    def wrong(given: Any) -> Any:
        found = gradient(given)
        return {name: 1.1 * value for name, value in found.items()} if isinstance(found, dict) else 1.1 * found

    report = check(Problem(loss, wrong, params), rng=number, config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == "FAIL", report.reason


def test_a_constant_too_small_to_matter_excuses_nothing() -> None:
    """Differences alone call a slight mistake wrong where what stands beside the logarithm cannot have made it."""

    def loss(w: Any) -> float:
        a = _sigmoid(X @ w)
        return float(-np.mean(Y * np.log(a + 1e-30) + (1.0 - Y) * np.log(1.0 - a + 1e-30)))

    def gradient(w: Any) -> Any:
        return (1.0 + 2e-5) * X.T @ (_sigmoid(X @ w) - Y) / len(X)

    problem = Problem(loss, gradient, np.array([[0.3], [-0.7], [0.2]]))
    report = check(problem, config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == "FAIL", report.reason
