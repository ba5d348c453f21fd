"""Constants beside a logarithm that are so large that they show everywhere: told by the factor that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def _two_layers(eps: float, outputs: str, wrong: str = "", penalty: float = 0.0) -> Problem:
    """4-6-3 with tanh; sigmoid or softmax outputs, and a constant that shows wherever one looks."""
    rng = np.random.default_rng(5)
    inputs, labels = rng.standard_normal((11, 4)), np.eye(3)[rng.integers(3, size=11)]
    params = {
        "W1": rng.standard_normal((4, 6)),
        "b1": 0.1 * rng.standard_normal(6),
        "W2": rng.standard_normal((6, 3)),
        "b2": np.zeros(3),
    }

    def forward(p: Any) -> tuple[Any, Any]:
        a1 = np.tanh(inputs @ p["W1"] + p["b1"])
        z2 = a1 @ p["W2"] + p["b2"]
        e = np.exp(z2 - z2.max(axis=1, keepdims=True))
        return a1, _sigmoid(z2) if outputs == "sigmoid" else e / e.sum(axis=1, keepdims=True)

    def loss(p: Any) -> Any:
        a2 = forward(p)[1]
        entropy = np.sum(labels * np.log(a2 + eps))
        if outputs == "sigmoid":
            entropy += np.sum((1.0 - labels) * np.log(1.0 - a2 + eps))
        return -entropy / 11 + penalty * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))

    def gradient(p: Any) -> Any:
        a1, a2 = forward(p)
        d2 = (a2 - labels) / 11
        d2 = d2 * 11 / 10 if wrong == "one sample less" else d2
        d1 = d2 @ p["W2"].T * (1.0 if wrong == "hidden" else 1.0 - a1**2)
        found = {"W1": inputs.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
        for name in ("W1", "W2"):
            found[name] = found[name] * (1.001 if wrong == name else 1.0) + 2 * penalty * p[name]
        return found

    return Problem(loss, gradient, params)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("penalty", [0.0, 1e-3])
@pytest.mark.parametrize("outputs", ["sigmoid", "softmax"])
@pytest.mark.parametrize("eps", [1e-6, 1e-5, 1e-4])
def test_a_constant_that_shows_everywhere_is_told_by_its_factor(
    eps: float, outputs: str, penalty: float, oracle: Any
) -> None:
    """Where all outputs are equal a gradient without the constant is one plus so many constants too large."""
    report = check(_two_layers(eps, outputs, penalty=penalty), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == "PASS", report.reason
    assert report.finding("loss-epsilon") is not None


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("outputs", ["sigmoid", "softmax"])
@pytest.mark.parametrize("wrong", ["one sample less", "hidden", "W1", "W2"])
def test_a_constant_that_shows_everywhere_excuses_only_its_factor(wrong: str, outputs: str, oracle: Any) -> None:
    """Any other factor, one block's own, and a missing derivative stay wrong."""
    report = check(_two_layers(1e-5, outputs, wrong), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == "FAIL", report.reason


def test_a_constant_is_told_without_any_matrix() -> None:
    """Weights in a vector: all of them together show the factor."""
    inputs = np.random.default_rng(0).standard_normal((12, 3))
    labels = np.random.default_rng(3).integers(2, size=12)
    w = 3.0 * np.random.default_rng(4).standard_normal(3)

    def problem(factor: float) -> Problem:
        def loss(w: Any) -> Any:
            a = _sigmoid(inputs @ w)
            return -np.mean(labels * np.log(a + 1e-5) + (1 - labels) * np.log(1.0 - a + 1e-5))

        return Problem(loss, lambda w: factor * inputs.T @ (_sigmoid(inputs @ w) - labels) / 12, w)

    assert check(problem(1.0)).verdict.name == "PASS"
    assert check(problem(1.001)).verdict.name == "FAIL"


def test_a_constant_is_not_looked_for_where_equal_outputs_cannot_be_had() -> None:
    """A loss that refuses small weights: the numbers at hand decide, and show the constant."""
    right = _two_layers(1e-5, "softmax")

    def loss(p: Any) -> Any:
        if np.abs(p["W2"]).max() < 0.05:
            raise ValueError("too small")
        return right.driver.loss(list(p.values()))

    params = dict(zip(("W1", "b1", "W2", "b2"), right.driver.values(), strict=True))
    problem = Problem(
        loss,
        lambda p: dict(zip(p, right.driver.gradient(list(p.values())), strict=True)),
        params,
    )
    assert check(problem).verdict.name in {"FAIL", "INCONCLUSIVE"}
