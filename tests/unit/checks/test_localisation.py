"""Naming wrong members from residuals: none, one, several, too many; exact and noisy; what a search may cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from gradcheck.checks.localisation import TooManyError, locate

Vector = npt.NDArray[np.float64]


def _planted(size: int, places: list[int], values: list[float]) -> Vector:
    error = np.zeros(size)
    error[places] = values
    return error


def _exact(error: Vector, bound: float = 1e-12) -> Callable[[Vector], tuple[float, float]]:
    return lambda weights: (float(error @ weights), bound)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1_000, 100_000])
def test_one_culprit(size: int, rng: np.random.Generator) -> None:
    """At the first place, the last and one between, in blocks of any size."""
    for place in sorted({0, size // 2, size - 1}):
        assert locate(_exact(_planted(size, [place], [0.3])), size, rng, limit=8) == [place]


def test_none(rng: np.random.Generator) -> None:
    """Nothing is named where nothing is wrong, after one probe."""
    probes = itertools.count()

    def residual(weights: Vector) -> tuple[float, float]:
        next(probes)
        return float(np.zeros(50) @ weights), 1e-12

    assert locate(residual, 50, rng, limit=4) == []
    assert next(probes) == 1


def test_several_in_ascending_order(rng: np.random.Generator) -> None:
    """Of very different size and both signs."""
    error = _planted(5_000, [4_000, 3, 77, 2_500, 78], [1.0, -0.02, 3.0, -1.0, 0.5])
    assert locate(_exact(error), 5_000, rng, limit=8) == [3, 77, 78, 2_500, 4_000]


def test_two_that_cancel_are_told_apart(rng: np.random.Generator) -> None:
    """Equal and opposite errors."""
    assert locate(_exact(_planted(100, [10, 60], [1.0, -1.0])), 100, rng, limit=4) == [10, 60]


@pytest.mark.parametrize("count", [5, 50, 400])
def test_more_than_asked_for(count: int, rng: np.random.Generator) -> None:
    """Dense errors are no list of entries."""
    error = _planted(400, list(range(count)), [1.0] * count)
    with pytest.raises(TooManyError):
        locate(_exact(error), 400, rng, limit=4)


def test_dense_errors_are_given_up_early(rng: np.random.Generator) -> None:
    """Not after as many probes as there are entries."""
    probes = itertools.count()
    error = rng.standard_normal(10_000)

    def residual(weights: Vector) -> tuple[float, float]:
        next(probes)
        return float(error @ weights), 1e-12

    with pytest.raises(TooManyError):
        locate(residual, 10_000, rng, limit=16)
    assert next(probes) < 200


def test_one_entry_of_half_a_million_costs_few_probes(rng: np.random.Generator) -> None:
    """Two probes name it, one confirms."""
    probes = itertools.count()
    error = _planted(500_000, [123_456], [0.1])

    def residual(weights: Vector) -> tuple[float, float]:
        next(probes)
        return float(error @ weights), 1e-12

    assert locate(residual, 500_000, rng, limit=8) == [123_456]
    assert next(probes) <= 4


@pytest.mark.parametrize("noise", [1e-8, 1e-5, 1e-3])
def test_noisy_residuals_cost_more_probes_and_name_the_same(noise: float) -> None:
    """Where the ratio of two noisy residuals leaves a window, the window is measured again."""
    rng, draw = np.random.default_rng(1), np.random.default_rng(2)
    probes = itertools.count()
    error = _planted(20_000, [15, 9_000], [1.0, -2.0])

    def residual(weights: Vector) -> tuple[float, float]:
        next(probes)
        return float(error @ weights) + noise * draw.uniform(-1.0, 1.0), noise

    assert locate(residual, 20_000, rng, limit=8) == [15, 9_000]
    assert next(probes) < 60


def test_errors_below_the_noise_are_not_named(rng: np.random.Generator) -> None:
    """What cannot be told from noise is not guessed."""
    assert locate(_exact(_planted(100, [5], [1e-6]), bound=1e-3), 100, rng, limit=4) == []


def test_the_answer_does_not_depend_on_the_seed() -> None:
    """Only the probes do."""
    error = _planted(3_000, [7, 1_500, 2_999], [0.1, -5.0, 1.0])
    found = {tuple(locate(_exact(error), 3_000, np.random.default_rng(seed), limit=8)) for seed in range(20)}
    assert found == {(7, 1_500, 2_999)}
