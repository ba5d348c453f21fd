"""Right gradients at and near kinks never fail, whatever convention they take; wrong ones still do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, Verdict, check

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])


def _relu_network(at_zero: float, factor: float = 1.0, seed: int = 0) -> Problem:
    """2-4-1 on XOR with zero biases: the first sample sits exactly on every kink."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((2, 4)),
        "b1": np.zeros((1, 4)),
        "W2": rng.standard_normal((4, 1)),
        "b2": np.full((1, 1), 0.3),  # the error of the first sample is not zero: its kinks matter
    }

    def forward(p: Any) -> tuple[Any, Any, Any]:
        z = XOR @ p["W1"] + p["b1"]
        a = np.maximum(z, 0.0)
        return z, a, a @ p["W2"] + p["b2"]

    def loss(p: Any) -> Any:
        return np.mean((forward(p)[2] - XOR_TARGETS) ** 2)

    def gradient(p: Any) -> Any:
        z, a, output = forward(p)
        d = 2.0 * (output - XOR_TARGETS) / 4
        slope = np.where(z > 0, 1.0, np.where(z == 0, at_zero, 0.0))
        below = factor * (d @ p["W2"].T) * slope
        return {
            "W1": XOR.T @ below,
            "b1": below.sum(axis=0, keepdims=True),
            "W2": a.T @ d,
            "b2": d.sum(axis=0, keepdims=True),
        }

    return Problem(loss, gradient, params)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_relu_exactly_at_its_kink_passes_with_any_convention(at_zero: float, seed: int) -> None:
    """relu'(0) is a convention."""
    report = check(_relu_network(at_zero, seed=seed))
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("better", [True, False], ids=["better point", "given point only"])
def test_a_kink_is_a_finding(better: bool) -> None:
    """A reader learns that the point as given was not what decided."""
    reports = [check(_relu_network(c, seed=1), config=CheckConfig(better_point=better)) for c in (0.0, 0.5, 1.0)]
    assert {report.verdict.name for report in reports} == {"PASS"}
    findings = [report.finding("kink") for report in reports if report.finding("kink") is not None]
    assert findings  # two of the three conventions disagree with a central difference at the least
    assert all(finding is not None and finding.severity.name == "INFO" for finding in findings)


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_wrong_gradient_at_a_kink_fails(at_zero: float) -> None:
    """It stays wrong away from the kink."""
    report = check(_relu_network(at_zero, factor=0.5))
    assert report.verdict.name == "FAIL"
    assert report.block("W1").verdict.name == "FAIL"
    assert report.block("W1").ratio == pytest.approx(0.5, abs=1e-4)
    assert report.block("W2").verdict.name == "PASS"


def _pool(x: Any) -> Any:
    return np.sum(x.reshape(-1, 2).max(axis=1) ** 2)


def _pool_gradient(x: Any) -> Any:
    pairs = x.reshape(-1, 2)
    g = np.zeros_like(pairs)
    rows, top = np.arange(len(pairs)), pairs.argmax(axis=1)
    g[rows, top] = 2.0 * pairs[rows, top]
    return g.ravel()


def _pool_gradient_to_both(x: Any) -> Any:
    return np.repeat(2.0 * x.reshape(-1, 2).max(axis=1), 2)


_rng = np.random.default_rng(5)
MARGINS, LABELS = _rng.standard_normal((10, 4)), _rng.choice([-1.0, 1.0], 10)
# A weight for which two samples lie exactly at the hinge.
HINGE = np.linalg.lstsq(MARGINS[:2], LABELS[:2], rcond=None)[0]


def _hinge(w: Any) -> Any:
    return np.mean(np.maximum(0.0, 1.0 - LABELS * (MARGINS @ w)))


def _hinge_gradient(w: Any) -> Any:
    active = LABELS * (MARGINS @ w) < 1.0
    return -(MARGINS.T @ (LABELS * active)) / 10


def _absolute(w: Any) -> Any:
    return np.sum(np.abs(w)) + np.sum(w**2)


Case = tuple[Callable[[Any], Any], Callable[[Any], Any], Any]

RIGHT: dict[str, Case] = {
    "|x| at 0, sign(0) = 0": (_absolute, lambda w: np.sign(w) + 2 * w, np.zeros(5)),
    "|x| at 0, sign(0) = 1": (_absolute, lambda w: np.where(w >= 0, 1.0, -1.0) + 2 * w, np.zeros(5)),
    "|x| at 0, sign(0) = -1": (_absolute, lambda w: np.where(w > 0, 1.0, -1.0) + 2 * w, np.zeros(5)),
    "|x|, some at 0": (_absolute, lambda w: np.sign(w) + 2 * w, np.array([0.0, 1.0, -2.0, 0.0])),
    "max pooling at ties": (_pool, _pool_gradient, np.array([1.0, 1.0, -2.0, -2.0, 0.5, 0.1])),
    "max pooling": (_pool, _pool_gradient, _rng.standard_normal(12)),
    "hinge at the margin": (_hinge, _hinge_gradient, HINGE),
    "hinge": (_hinge, _hinge_gradient, _rng.standard_normal(4)),
    "norm at 0": (np.linalg.norm, lambda w: w / (np.linalg.norm(w) or 1.0), np.zeros(3)),
}

WRONG: dict[str, Case] = {
    "|x| without the sign": (_absolute, lambda w: 1.0 + 2 * w, np.zeros(5)),
    "|x| forgotten": (_absolute, lambda w: 2 * w, np.zeros(5)),
    "max pooling to both": (_pool, _pool_gradient_to_both, np.array([1.0, 1.0, -2.0, -2.0, 0.5, 0.1])),
    "hinge always active": (_hinge, lambda _: -(MARGINS.T @ LABELS) / 10, HINGE),
    "norm doubled": (np.linalg.norm, lambda w: 2 * w / (np.linalg.norm(w) or 1.0), np.zeros(3)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_of_kinked_losses_pass(name: str, seed: int) -> None:
    """At the kink and away from it."""
    assert check(Problem(*RIGHT[name]), rng=seed).verdict.name == "PASS"


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_never_fail_without_a_better_point(name: str) -> None:
    """Jittered points next to the given one are enough."""
    report = check(Problem(*RIGHT[name]), config=CheckConfig(better_point=False))
    assert report.verdict.name in {"PASS", "INCONCLUSIVE"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_of_kinked_losses_fail(name: str, seed: int) -> None:
    """A kink excuses nothing."""
    assert check(Problem(*WRONG[name]), rng=seed).verdict.name == "FAIL"


def _counted(seed: int) -> CheckReport:
    """A wide ReLU layer: thousands of kinks, none of which a small step crosses."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((32, 20)), rng.standard_normal((32, 1))
    params = {"W1": rng.standard_normal((20, 200)) / 5.0, "W2": rng.standard_normal((200, 1)) / 15.0}

    def gradient(p: Any) -> Any:
        z = X @ p["W1"]
        a = np.maximum(z, 0)
        d = 2.0 * (a @ p["W2"] - y) / len(y)
        return {"W1": X.T @ (d @ p["W2"].T * (z > 0)), "W2": a.T @ d}

    return check(Problem(lambda p: np.mean((np.maximum(X @ p["W1"], 0) @ p["W2"] - y) ** 2), gradient, params))


@pytest.mark.parametrize("seed", range(10))
def test_wide_relu_layers_pass_at_the_first_steps(seed: int) -> None:
    """Steps of 6e-7 of the parameters' norm cross hardly any kink."""
    report = _counted(seed)
    assert report.verdict.name == "PASS"
    assert report.evaluations.loss <= 20


def test_a_wrong_gradient_left_undecided_by_noise_is_not_passed() -> None:
    """Rounded to four digits the loss is a staircase: nothing can be shown, and nothing is."""
    report = check(
        Problem(lambda w: np.round(np.sum(np.sin(w)), 4), lambda w: 0.9999 * np.cos(w), np.linspace(0, 1, 5))
    )
    assert report.verdict.name != "PASS"


@pytest.mark.parametrize("size", [8_000, 20_000])
@pytest.mark.parametrize("factor", [1.0, 2.0], ids=["right", "wrong"])
def test_so_many_kinks_that_each_step_crosses_some(size: int, factor: float) -> None:
    """A sort has a kink wherever two entries meet: two steps may agree there on a slope that is nobody's.

    A right gradient is never called wrong for it; of a wrong one what is left does not shrink with the step.
    """
    verdicts = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        weights, values = rng.standard_normal(size), rng.uniform(0.5, 1.5, size)

        def loss(x: Any, weights: Any = weights) -> float:
            return float(weights @ np.sort(x))

        def gradient(x: Any, weights: Any = weights) -> Any:
            result = np.empty_like(x)
            result[np.argsort(x)] = factor * weights
            return result

        config = CheckConfig(oracle="finite-difference")
        verdicts.append(check(Problem(loss, gradient, values), rng=seed, config=config).verdict)
    if factor == 1.0:
        assert Verdict.FAIL not in verdicts
    else:
        assert Verdict.PASS not in verdicts
        assert verdicts.count(Verdict.FAIL) >= 8  # of the others it is said that they are open
