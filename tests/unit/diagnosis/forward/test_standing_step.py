"""What a step at a rate of zero computes is no forward pass."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.forward.standing_step import without_the_step
from gradcheck.diagnosis.programs.program import Forward
from gradcheck.oracles.autodiff.recording import record_forward
from gradcheck.problem import Problem

X = np.random.default_rng(2).standard_normal((5, 3))
START = {"W": np.random.default_rng(3).standard_normal((3, 2))}


def _recorded(rate: float) -> Forward:
    def stepped_loss(p: dict[str, np.ndarray]) -> float:
        z = X @ p["W"]
        a = np.tanh(z - z.max(axis=1, keepdims=True))
        d = a * (1 - a**2)
        moved = p["W"] - rate * (X.T @ d)
        return np.sum(np.tanh(X @ moved) ** 2)

    problem = Problem(stepped_loss, lambda p: p, START)
    return record_forward(problem.driver, list(START.values()))


def test_a_step_at_rate_zero_is_left_out() -> None:
    """What the loss depends on keeps its adjoint, and the lines of the backward pass are none of the forward pass."""
    recorded = _recorded(0.0)
    kept = without_the_step(recorded)
    slopes = [value for value in kept.values if value.operation == "tanh"]
    assert [value.adjoint is None for value in slopes] == [True, False]
    assert len(kept.lines) < len(recorded.lines)
    parameter, before = kept.values[0], recorded.values[0]
    assert parameter.adjoint is not None
    assert before.adjoint is not None
    assert np.array_equal(parameter.adjoint, before.adjoint)


def test_a_step_that_moves_is_a_part_of_the_loss() -> None:
    """At another rate the loss depends on what was computed: nothing is left out."""
    recorded = _recorded(0.1)
    assert without_the_step(recorded) is recorded
