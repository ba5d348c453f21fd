"""Wrong members are named whatever their number, places, sizes and the noise of the residuals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcheck.checks.localisation import TooManyError, locate

LIMIT = 16
seeds = st.integers(0, 2**32 - 1)
sizes = st.one_of(st.integers(1, 50), st.integers(51, 5_000), st.just(100_000))


def _planted(size: int, count: int, seed: int, spread: float) -> npt.NDArray[np.float64]:
    """Errors of both signs over ``spread`` decades at random places."""
    rng = np.random.default_rng(seed)
    error = np.zeros(size)
    places = rng.choice(size, count, replace=False)
    error[places] = rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(-spread, 0.0, count)
    return error


@given(sizes, st.integers(0, 8), seeds, st.floats(0.0, 3.0))
def test_exact_residuals_name_exactly_the_wrong_members(size: int, count: int, seed: int, spread: float) -> None:
    """None, one or several, over three decades of size."""
    error = _planted(size, min(count, size), seed, spread)
    found = locate(lambda v: (float(error @ v), 1e-13), size, np.random.default_rng(seed), LIMIT)
    assert found == [int(place) for place in np.flatnonzero(error)]


@given(st.integers(1, 5_000), st.integers(1, 5), seeds, st.floats(-9.0, -4.0))
def test_noisy_residuals_name_the_same(size: int, count: int, seed: int, exponent: float) -> None:
    """As long as every error stands clear of the noise."""
    noise = 10.0**exponent
    error = _planted(size, min(count, size), seed, 1.0)
    draw = np.random.default_rng(seed + 1)

    def residual(v: npt.NDArray[np.float64]) -> tuple[float, float]:
        return float(error @ v) + noise * draw.uniform(-1.0, 1.0), noise

    try:
        found = locate(residual, size, np.random.default_rng(seed), LIMIT)
    except TooManyError:  # an honest answer, and a rare one
        assume(False)
    assert found == [int(place) for place in np.flatnonzero(error)]


@given(st.integers(64, 5_000), seeds)
def test_dense_errors_are_too_many(size: int, seed: int) -> None:
    """More than can be listed is never a list."""
    error = np.random.default_rng(seed).standard_normal(size)
    try:
        found = locate(lambda v: (float(error @ v), 1e-12), size, np.random.default_rng(seed), LIMIT)
    except TooManyError:
        return
    raise AssertionError(f"named {found} of {size} wrong members")


@given(st.integers(1, 5_000), seeds)
def test_nothing_wrong_names_nothing(size: int, seed: int) -> None:
    """Noise within its bound is no culprit."""
    draw = np.random.default_rng(seed)
    found = locate(lambda _: (1e-3 * draw.uniform(-1.0, 1.0), 1e-3), size, np.random.default_rng(seed), LIMIT)
    assert found == []
