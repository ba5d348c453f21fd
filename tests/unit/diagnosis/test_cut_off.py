"""Points at which the gradient was cut to a length, told by what is right elsewhere; others are looked at instead."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

import gradcheck
from gradcheck import Problem
from gradcheck.diagnosis.cut_off import cut_off, may_be_cut_off
from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.programs.program import Program

TRUE = {"W": np.array([[3.0, -4.0]]), "b": np.array([1.0, 2.0])}
WRONG = {"W": np.array([[3.0, 4.0]]), "b": TRUE["b"]}


def _look(claimed: dict[str, np.ndarray], factor: float = 1.0, size: float = 1.0) -> Look:
    return Look(
        what="a point",
        program=cast("Program", None),
        arrays=(),
        claimed={name: factor * size * value for name, value in claimed.items()},
        true={name: size * value for name, value in TRUE.items()},
        precision=1e-9,
    )


def test_a_smaller_multiple_of_what_is_right_elsewhere_is_cut_off() -> None:
    """The block that is right at the other point is 0.3 of the truth at this one."""
    whole, cut = _look(WRONG), _look(WRONG, 0.3)
    assert may_be_cut_off(cut)
    assert not may_be_cut_off(whole)
    assert cut_off([whole, cut]) == [cut]


@pytest.mark.parametrize("factor", [1.0, 2.0, -0.5])
def test_what_is_no_smaller_multiple_is_not_cut_off(factor: float) -> None:
    """Neither what is right, nor what is larger than the truth or turned round."""
    assert not cut_off([_look(WRONG), _look(WRONG, factor)])


def test_claims_of_one_length_are_cut_off_where_nothing_is_right() -> None:
    """A bound holds at all points, so that the truth alone differs in its length."""
    long, longer = _look(WRONG, 0.3), _look(WRONG, 0.1, 3.0)
    assert cut_off([long, longer]) == [long, longer]
    assert not cut_off([_look(WRONG, 0.3), _look(WRONG, 0.3)])


def test_a_bug_is_named_beside_a_bound_on_the_length() -> None:
    """A missing slope below a gradient that is cut to a length where it is long."""
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    start = {"W1": rng.normal(size=(3, 4)), "b1": np.zeros(4), "W2": rng.normal(size=(4, 2)), "b2": np.zeros(2)}

    def run(p: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        a = np.tanh(X @ p["W1"] + p["b1"])
        return a, a @ p["W2"] + p["b2"] - Y

    def gradient(p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        a, error = run(p)
        d = 2 * error / error.size
        e = d @ p["W2"].T
        found = {"W1": X.T @ e, "b1": e.sum(0), "W2": a.T @ d, "b2": d.sum(0)}
        length = np.sqrt(sum((part**2).sum() for part in found.values()))
        return {name: part * min(1.0, BOUND / length) for name, part in found.items()}

    lengths = []
    for seed in range(20):
        moved = {name: part + np.random.default_rng(seed).normal(size=part.shape) for name, part in start.items()}
        lengths.append(np.sqrt(sum((part**2).sum() for part in gradient(moved).values())))
    assert min(lengths) < BOUND == pytest.approx(max(lengths))
    problem = Problem(lambda p: float(np.mean(run(p)[1] ** 2)), gradient, start)
    named = [gradcheck.diagnose(problem, rng=seed).diagnoses[0].bug for seed in range(3)]
    assert set(named) == {"missing-hidden-derivative"}


BOUND = 4.0
