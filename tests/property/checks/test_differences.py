"""Error bounds of differences over random functions, and the verdict rule over random losses and errors."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import Problem, check
from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.probing import LADDER, Tolerance, probe
from gradcheck.oracles.finite_difference import central_difference, estimate

EPS = 2.0**-52
DECADES = [10.0**-k for k in range(1, 9)]

seeds = st.integers(0, 2**32 - 1)
waves = st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(0.1, 10.0), st.floats(0.0, 6.3)), min_size=1, max_size=5)


def _sum_of_waves(terms: list[tuple[float, float, float]]) -> tuple[Any, float, float]:
    """``sum a sin(w t + p)`` well above zero, its slope at 0, and the size of its terms."""
    size = sum(abs(a) for a, _, _ in terms)
    offset = 2.0 * size + 1.0

    def phi(t: float) -> float:
        return offset + sum(a * math.sin(w * t + p) for a, w, p in terms)

    return phi, sum(a * w * math.cos(p) for a, w, p in terms), size


@given(waves)
def test_the_bound_holds_over_random_smooth_functions(terms: list[tuple[float, float, float]]) -> None:
    """Steps by decades: the true slope lies within the bound (to a tenth: a neighbour's own round-off is not in it)."""
    phi, slope, _ = _sum_of_waves(terms)
    result = estimate([central_difference(phi, step, EPS) for step in DECADES])
    if result is None:  # a constant function has no informative step, and its slope is 0
        assert abs(slope) < 1e-6
        return
    assert abs(result.value - slope) <= 1.1 * result.error_bound


@given(waves, st.floats(-7.0, -5.0))
def test_the_bound_holds_on_the_ladder_of_the_checks(terms: list[tuple[float, float, float]], exponent: float) -> None:
    """To a tenth: higher orders of the coarsest step are not in it."""
    phi, slope, _ = _sum_of_waves(terms)
    result = estimate([central_difference(phi, 10.0**exponent * multiple, EPS) for multiple in LADDER])
    if result is not None:
        assert abs(result.value - slope) <= 1.1 * result.error_bound


@given(st.lists(st.floats(-10.0, 10.0), min_size=2, max_size=6), st.integers(1, 12))
def test_round_off_is_bounded(coefficients: list[float], exponent: int) -> None:
    """The computed difference of a polynomial is as near the exact one as its round-off bound says."""
    offset = 2.0 * sum(abs(c) for c in coefficients) + 1.0

    def horner(t: Any, number: Any) -> Any:
        total = number(0)
        for c in coefficients:
            total = total * t + number(c)
        return total + number(offset)

    step = 10.0**-exponent
    taken = central_difference(lambda t: horner(t, float), step, EPS)
    exact = (horner(Fraction(step), Fraction) - horner(Fraction(-step), Fraction)) / (2 * Fraction(step))
    assert abs(Fraction(taken.value) - exact) <= Fraction(taken.round_off_error)


def _quartic(seed: int, size: int) -> tuple[Any, Any, Any]:
    """A random smooth loss with its gradient, and a point."""
    rng = np.random.default_rng(seed)
    A, b = rng.standard_normal((3, size)) / np.sqrt(size), rng.standard_normal(3)
    scale = 10.0 ** rng.uniform(-6, 6)

    def loss(w: Any) -> Any:
        return scale * np.sum(np.sin(A @ w + b) + (A @ w) ** 2)

    def gradient(w: Any) -> Any:
        return scale * A.T @ (np.cos(A @ w + b) + 2 * A @ w)

    return loss, gradient, rng.standard_normal(size)


@given(seeds, st.integers(1, 60), st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-3, 0.5, -2.0]))
def test_a_probe_keeps_the_rule(seed: int, size: int, error: float) -> None:
    """Every verdict of a probe follows from the numbers that it reports."""
    loss, gradient, w = _quartic(seed, size)
    evaluator = Evaluator(Problem(loss, lambda w: (1.0 + error) * gradient(w), w))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(seed))[0]
    outcome = probe(evaluator, point, direction, Tolerance(rtol=1e-6, atol=0.0))
    seen = outcome.probe
    gap = abs(seen.analytic - seen.numeric)
    if outcome.verdict.name == "FAIL":
        assert gap > seen.tolerance + seen.error_bound
        assert error != 0.0
    if outcome.verdict.name == "PASS":
        assert gap <= seen.tolerance + seen.error_bound
        assert seen.error_bound <= seen.tolerance
        true = float(gradient(w) @ direction.vector)
        assert abs(seen.analytic - true) <= 2.0 * (seen.tolerance + seen.error_bound)


@given(seeds, st.integers(1, 60))
def test_right_gradients_pass(seed: int, size: int) -> None:
    """Of any size and scale."""
    assert check(Problem(*_quartic(seed, size)), rng=seed).verdict.name == "PASS"


@given(seeds, st.integers(1, 60), st.sampled_from([1e-2, 0.5, -1.0, -2.0, 10.0]))
def test_wrong_factors_fail_with_their_ratio(seed: int, size: int, error: float) -> None:
    """Never a pass, and the ratio in the report is the factor."""
    loss, gradient, w = _quartic(seed, size)
    report = check(Problem(loss, lambda w: (1.0 + error) * gradient(w), w), rng=seed)
    assert report.verdict.name == "FAIL"
    ratio = report.blocks[0].ratio
    if error == -1.0:
        assert ratio == 0.0
    else:
        assert ratio is not None
        assert abs(ratio - (1.0 + error)) < 1e-6


@given(seeds, st.integers(2, 60))
def test_one_wrong_entry_fails_and_is_named(seed: int, size: int) -> None:
    """The entry with the largest gradient, off by a tenth of it."""
    loss, gradient, w = _quartic(seed, size)
    place = int(np.argmax(np.abs(gradient(w))))

    def wrong(w: Any) -> Any:
        g = gradient(w)
        g[place] += 0.1 * np.max(np.abs(g))
        return g

    report = check(Problem(loss, wrong, w), rng=seed)
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].worst[0].index == (place,)
