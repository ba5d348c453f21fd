"""What agreement away from saturation shows, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check
from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.probing import Tolerance, probe
from gradcheck.checks.saturation import CANCELLATION, FAR, _Gap, _Ray

_rng = np.random.default_rng(0)
X = _rng.standard_normal((12, 3))
Y = (_rng.random((12, 1)) < 0.5).astype(float)


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def _cross_entropy(a: Any) -> Any:
    return -np.mean(Y * np.log(a + 1e-8) + (1.0 - Y) * np.log(1.0 - a + 1e-8))


def _dead_at_fresh_points(factor: float) -> Problem:
    """12 ReLU units that the parameters as given hold alive with biases of 100; ``factor`` scales what reaches them."""
    rng = np.random.default_rng(1)
    params = {
        "W1": rng.standard_normal((3, 12)),
        "b1": 100.0 + 2.0 * rng.standard_normal(12),
        "W2": 20.0 * rng.standard_normal((12, 1)),
        "b2": np.zeros(1),
    }

    def hidden(p: Any) -> Any:
        return np.maximum(X @ p["W1"] + p["b1"] - 100.0, 0.0)

    def loss(p: Any) -> Any:
        return _cross_entropy(_sigmoid(hidden(p) @ p["W2"] + p["b2"]))

    def gradient(p: Any) -> Any:
        a1 = hidden(p)
        d2 = (_sigmoid(a1 @ p["W2"] + p["b2"]) - Y) / len(Y)
        d1 = factor * d2 @ p["W2"].T * (a1 > 0.0)
        return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}

    return Problem(loss, gradient, params)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("factor", [1.0, 0.5], ids=["right", "half below"])
def test_agreement_of_what_is_left_of_a_dead_network_settles_nothing(factor: float, oracle: Any) -> None:
    """Away from saturation only the last bias has a gradient: the layers that may be wrong were not compared there."""
    report = check(_dead_at_fresh_points(factor), config=CheckConfig(oracle=oracle, better_point=False))
    assert report.verdict.name == "INCONCLUSIVE", report.reason
    assert "where outputs saturate under a logarithm" in report.reason


SIZES = {0: 1e-5, 1: 3.5e-6, 2: 1e-7, 3: 1e-7}  # by halvings; further ones are as the last


def test_the_first_halving_that_agrees_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disagreement is gone after two: what it was after one is too much for a power of the weights."""
    theta = np.ones(3)

    def gap(_ray: Any, scaled: Any, _name: str = "") -> _Gap:
        halvings = round(-np.log2(scaled[0]))
        return _Gap(SIZES.get(halvings, SIZES[3]), agrees=halvings >= 2)

    evaluator = Evaluator(Problem(np.sum, np.ones_like, theta))
    investigation: Any = SimpleNamespace(oracle="finite-difference", evaluator=evaluator)
    place: Any = SimpleNamespace(point=evaluator.point("as given", evaluator.start()))
    ray = _Ray(investigation, place)
    monkeypatch.setattr(_Ray, "gap", gap)
    assert ray.vanishes(theta, slice(0, 3)) is True


def _ray(problem: Problem, smoothing: tuple[float, ...] = ()) -> tuple[Any, Any]:
    evaluator = Evaluator(problem)
    point = evaluator.point("as given", evaluator.start())
    hints = SimpleNamespace(smoothing=smoothing)
    investigation: Any = SimpleNamespace(oracle="finite-difference", evaluator=evaluator, hints=hints)
    place: Any = SimpleNamespace(point=point)
    return _Ray(investigation, place), point


@pytest.mark.parametrize(
    ("probability", "constants", "explained"),
    [
        (0.25, (1e-8,), CANCELLATION * 1e-8 / 0.25),
        (0.25, (1e-8, 1e-6), CANCELLATION * 1e-6 / 0.25),
        (0.25, (), np.inf),  # nothing in the code says what the disagreement would be of
        (1.0 - 1e-6, (1e-8,), np.inf),  # what a sample sends back is lost in rounding
    ],
)
def test_what_a_constant_may_explain(probability: float, constants: tuple[float, ...], explained: float) -> None:
    """A thousand times ``eps / p``; where nothing bounds it, anything."""
    problem = Problem(lambda w: -np.sum(np.log(w)), lambda w: -1.0 / w, np.array([probability]))
    ray, point = _ray(problem, constants)
    assert ray._explicable(point) == pytest.approx(explained, rel=1e-6)


@pytest.mark.parametrize(("block", "known"), [(0, False), (1, True)])
def test_a_step_that_is_no_small_part_of_a_hidden_block_tells_no_bend(block: int, known: bool) -> None:
    """A shorter one would leave the same bends behind; the output layer's matrix has none."""
    params = {"W1": np.full((2, 3), 0.1), "W2": np.full((3, 1), 0.1)}
    x = np.array([[0.5, -1.0], [0.2, 0.9]])

    def loss(p: Any) -> Any:
        return np.mean(np.tanh(x @ p["W1"]) @ p["W2"])

    def gradient(p: Any) -> Any:
        a = np.tanh(x @ p["W1"])
        d = np.full((2, 1), 0.5)
        return {"W1": x.T @ (d @ p["W2"].T * (1.0 - a**2)), "W2": a.T @ d}

    ray, point = _ray(Problem(loss, gradient, params))
    investigation = ray._investigation
    investigation.tolerance = Tolerance(rtol=1e-6, atol=0.0)
    where = investigation.evaluator.slices[block]
    vector = np.zeros(point.theta.size)
    vector[where] = 1.0
    step = 2.0 * FAR * float(np.linalg.norm(point.theta[where]) / np.linalg.norm(vector))
    direction = Direction(vector=vector, blocks=(block,), weights=(1.0,))
    first = probe(investigation.evaluator, point, direction, investigation.tolerance)
    longer = replace(first, differences=(replace(first.differences[0], step=step),))
    bend = ray._bend(point, longer)
    assert np.isfinite(bend) == known
