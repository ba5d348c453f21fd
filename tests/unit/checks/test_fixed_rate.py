"""Steps at one rate that cannot be varied: several updates, and what they do not explain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcheck import CheckReport, Problem, Verdict, check

SAMPLES = 6


def _checked(change: Callable[[dict[str, np.ndarray], np.ndarray, float, float], None]) -> CheckReport:
    """Of squared errors of ``w x + b``, by what one turn over the samples does."""
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((SAMPLES, 3)), rng.standard_normal(SAMPLES)
    p = {"w": rng.standard_normal(3), "b": np.zeros(2)}

    def loss() -> float:
        return float(0.5 * np.sum((X @ p["w"] + p["b"].sum() - y) ** 2))

    def step() -> None:
        errors = X @ p["w"] + p["b"].sum() - y
        for i in range(SAMPLES):
            change(p, X[i], float(X[i] @ p["w"] + p["b"].sum() - y[i]), float(errors[i]))

    return check(Problem.from_update(loss, step, p, 0.01))


def _one_after_the_other(p: dict[str, np.ndarray], x: np.ndarray, now: float, _before: float) -> None:
    p["w"] -= 0.01 * now * x
    p["b"] -= 0.01 * now


def _at_once(p: dict[str, np.ndarray], x: np.ndarray, _now: float, before: float) -> None:
    p["w"] -= 0.01 * before * x
    p["b"] -= 0.01 * before


def _twice(p: dict[str, np.ndarray], x: np.ndarray, now: float, _before: float) -> None:
    p["w"] -= 0.02 * now * x
    p["b"] -= 0.02 * now


def _one_block_right(p: dict[str, np.ndarray], x: np.ndarray, now: float, before: float) -> None:
    p["w"] -= 0.01 * now * x
    p["b"] -= 0.01 * before


def _by_a_constant(p: dict[str, np.ndarray], x: np.ndarray, _now: float, before: float) -> None:
    p["w"] -= 0.011 * before * x
    p["b"] -= 0.011 * before


def test_updates_one_after_the_other_are_undecided_and_the_cure_is_said() -> None:
    """Nothing tells them from a gradient that is a little wrong."""
    report = _checked(_one_after_the_other)

    assert report.verdict is Verdict.INCONCLUSIVE, report.reason
    assert "step(rate)" in report.reason
    assert report.finding("fixed-rate") is not None


@pytest.mark.parametrize("change", [_twice, _one_block_right, _by_a_constant])
def test_what_they_do_not_explain_fails(change: Callable[..., None]) -> None:
    """Far off, right in one block, or off by a constant; what was assumed of the step is said."""
    report = _checked(change)

    assert report.verdict is Verdict.FAIL, report.reason
    assert report.finding("fixed-rate") is not None


def test_one_update_passes_with_nothing_to_add() -> None:
    """A rate that cannot be varied is no matter then."""
    report = _checked(_at_once)

    assert report.verdict is Verdict.PASS, report.reason
    assert report.finding("fixed-rate") is None
