"""Lines fitted to losses along a direction: slopes, bounds, and how many losses they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem
from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.line_fits import MOVES, SIDE, Line
from gradcheck.checks.preliminaries import first_point


def line_of(loss: Callable[[Any], Any], x: Any, vector: Any) -> Line:
    """A line from ``x``, where nothing but 1 is claimed of each entry."""
    evaluator = Evaluator(Problem(loss, np.ones_like, x))
    point = first_point(evaluator)
    evaluator.losses = 0
    return Line(evaluator, point, Direction(vector=np.asarray(vector, float), blocks=(0,), weights=(1.0,)))


def polynomial(x: Any) -> float:
    """Of the fourth degree, with slope 6 along (1, -1) at (1, 2)."""
    t = (x[0] - 1.0 - (x[1] - 2.0)) / 2.0
    return float(3.0 + 6.0 * t + 2.0 * t**2 - 5.0 * t**3 + t**4)


@pytest.mark.parametrize("offset", [0.0, 0.5])
@pytest.mark.parametrize("move", MOVES)
def test_the_slope_of_a_polynomial_is_exact(move: float, offset: float) -> None:
    """Four degrees are in the model, so that noise is rounding alone."""
    fit = line_of(polynomial, np.array([1.0, 2.0]), [1.0, -1.0]).fit(move, offset)
    assert fit is not None
    assert fit.slope == pytest.approx(6.0, abs=fit.bound)
    assert fit.bound < 1e-10
    assert fit.widest.value == pytest.approx(6.0 - 5.0 * fit.widest.step**2)


def test_a_loss_that_two_moves_share_is_taken_once() -> None:
    """Twice as long a move has every second loss already; one of another offset has none."""
    line = line_of(polynomial, np.array([1.0, 2.0]), [1.0, -1.0])
    taken = []
    for move, offset in ((1 / 32, 0.0), (1 / 16, 0.0), (1 / 4, 0.0), (1 / 4, 0.0), (1 / 4, 1 / 3)):
        before = line.evaluator.losses
        line.fit(move, offset)
        taken.append(line.evaluator.losses - before)
    assert taken == [2 * SIDE, SIDE, 2 * SIDE - SIDE // 2, 0, 2 * SIDE]


def test_shared_losses_change_no_fit() -> None:
    """To the last bit: the points are the same numbers."""
    x, vector = np.array([0.3, -0.7]), [0.1, 1.3]
    line = line_of(lambda p: float(np.sin(7.0 * p).sum()), x, vector)
    for move in MOVES:
        alone = line_of(lambda p: float(np.sin(7.0 * p).sum()), x, vector).fit(move)
        assert line.fit(move) == alone


def test_noise_widens_the_bound_and_hides_no_slope() -> None:
    """Of a loss rounded to eight bits the slope is known to a few hundredths, and lies within the bound."""
    x = np.array([1.0, 2.0])

    def rounded(p: Any) -> float:
        mantissa, exponent = np.frexp(polynomial(p))
        return float(np.ldexp(np.rint(mantissa * 256.0), int(exponent) - 8))

    fits = [line_of(rounded, x, [1.0, -1.0]).fit(move) for move in MOVES]
    bounds = [fit.bound for fit in fits if fit is not None]
    assert len(bounds) == len(MOVES)
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] < 1.0
    assert all(abs(fit.slope - 6.0) <= fit.bound for fit in fits if fit is not None)


def test_what_rounding_takes_from_a_move_is_no_error() -> None:
    """Entries of float16 beside a step of less than their spacing: what moved is what counts."""
    x = np.array([1000.0, 0.5], np.float16)
    line = line_of(lambda p: float(p.astype(np.float64).sum()), x, [0.5, 0.5])
    fit = line.fit(1.0 / 32.0)
    assert fit is not None
    assert fit.slope == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_line_where_a_loss_is_not_finite(value: float) -> None:
    """Nor where it cannot be evaluated at all."""
    x = np.array([1.0])
    assert line_of(lambda p: value if p[0] > 1.01 else float(p[0]), x, [1.0]).fit(0.5) is None

    def raising(p: Any) -> float:
        if p[0] > 1.01:
            raise ValueError("outside the domain")
        return float(p[0])

    line = line_of(raising, x, [1.0])
    assert line.fit(0.5) is None
    assert line.evaluator.losses == 1
    fit = line.fit(1.0 / 128.0)
    assert fit is not None
    assert fit.slope == pytest.approx(1.0)


def test_no_line_where_rounding_leaves_nothing() -> None:
    """A move of less than half a spacing is none."""
    x = np.array([1000.0], np.float16)
    assert line_of(lambda p: float(p[0]), x, [1.0]).fit(1e-5) is None
