"""Gradients read off what an update does: plain steps pass, steps that are no gradient descent are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check


class _Net:
    """Logistic regression that updates its own weights, as learners write it."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.X, self.y = rng.standard_normal((9, 4)), rng.standard_normal((9, 3))
        self.W, self.b = rng.standard_normal((4, 3)), rng.standard_normal(3)
        self.scale = np.ones(1)
        self.velocity: Any = 0.0
        self.total: Any = 0.0

    def loss(self) -> Any:
        return np.mean((np.tanh(self.X @ self.W + self.b) - self.y) ** 2) + np.sum(np.sin(self.scale))

    def gradient(self) -> tuple[Any, Any]:
        a = np.tanh(self.X @ self.W + self.b)
        d = 2.0 * (a - self.y) / self.y.size * (1.0 - a**2)
        return self.X.T @ d, d.sum(axis=0)

    def plain(self, rate: float) -> None:
        dW, db = self.gradient()
        self.W -= rate * dW
        self.b -= rate * db
        self.scale -= rate * np.cos(self.scale)

    def half(self, rate: float) -> None:
        self.plain(0.5 * rate)

    def decayed(self, rate: float) -> None:
        before = self.W.copy()
        self.plain(rate)
        self.W -= rate * 0.1 * before

    def decayed_everywhere(self, rate: float) -> None:
        W, b = self.W.copy(), self.b.copy()
        self.plain(rate)
        self.W -= rate * 0.1 * W
        self.b -= rate * 0.1 * b

    def decayed_unevenly(self, rate: float) -> None:
        W, b = self.W.copy(), self.b.copy()
        self.plain(rate)
        self.W -= rate * 0.1 * W
        self.b -= rate * 0.2 * b

    def grown(self, rate: float) -> None:
        before = self.W.copy()
        self.plain(rate)
        self.W += rate * 0.1 * before

    def momentum(self, rate: float) -> None:
        dW, db = self.gradient()
        self.velocity = 0.9 * self.velocity + dW
        self.W -= rate * self.velocity
        self.b -= rate * db
        self.scale -= rate * np.cos(self.scale)

    def accumulated(self, rate: float) -> None:
        dW, _ = self.gradient()
        self.total = self.total + dW
        self.W -= rate * self.total

    def signs(self, rate: float) -> None:
        dW, db = self.gradient()
        self.W -= rate * np.sign(dW)
        self.b -= rate * np.sign(db)


def _check(step: Callable[[_Net, float], None], oracle: Any = "auto") -> CheckReport:
    net = _Net()
    problem = Problem.from_update(net.loss, lambda rate: step(net, rate), {"W": net.W, "b": net.b, "scale": net.scale})
    return check(problem, config=CheckConfig(oracle=oracle))


def test_a_plain_step_passes() -> None:
    """What a step subtracts, over its rate, is the gradient; that it overwrites the parameters is its job."""
    report = _check(_Net.plain)
    assert report.verdict.name == "PASS"


def test_a_wrong_step_fails_with_its_ratio() -> None:
    """Half a step is half a gradient."""
    report = _check(_Net.half)
    assert report.verdict.name == "FAIL"
    assert report.block("W").ratio == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("step", "verdict", "finding"),
    [
        (_Net.momentum, "INVALID", "stateful-step"),
        (_Net.accumulated, "FAIL", "gradient-accumulated"),
        (_Net.signs, "INVALID", "adaptive-step"),
        (_Net.decayed, "INVALID", "weight-decay"),
        (_Net.decayed_everywhere, "INVALID", "weight-decay"),
    ],
    ids=["momentum", "accumulated", "signs", "decay of the weights", "decay of all"],
)
def test_a_step_that_is_no_gradient_descent_is_named(step: Any, verdict: str, finding: str) -> None:
    """The reason says why nothing can be read off, and the cure."""
    report = _check(step)
    found = report.finding(finding)
    assert report.verdict.name == verdict
    assert found is not None
    assert report.reason == found.message


@pytest.mark.parametrize("step", [_Net.decayed_unevenly, _Net.grown], ids=["two rates", "growth"])
def test_what_is_no_one_decay_is_a_wrong_gradient(step: Any) -> None:
    """A penalty of the wrong sign, or of different size by block, is a bug."""
    report = _check(step)
    assert report.verdict.name == "FAIL"
    assert report.finding("weight-decay") is None


def test_decay_is_told_by_differences_too() -> None:
    """No other oracle is needed."""
    report = _check(_Net.decayed, "finite-difference")
    assert report.verdict.name == "INVALID"
    assert report.finding("weight-decay") is not None


def test_an_error_at_weights_of_zero_is_no_decay() -> None:
    """There is nothing that could decay."""
    net = _Net()
    net.W[...] = 0.0
    net.b[...] = 0.0
    problem = Problem.from_update(net.loss, net.half, {"W": net.W, "b": net.b, "scale": net.scale})
    report = check(problem, config=CheckConfig(better_point=False))
    assert report.verdict.name == "FAIL"
    assert report.finding("weight-decay") is None
