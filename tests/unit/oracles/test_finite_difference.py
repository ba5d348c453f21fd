"""Central differences, their extrapolation, and the estimate that a ladder of steps supports."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from gradcheck.oracles.finite_difference import (
    ROUND_OFF_FACTOR,
    Difference,
    central_difference,
    estimate,
    extrapolate,
    slope_jump,
)

EPS = 2.0**-52


def _difference(step: float, value: float, *, round_off: float = 0.0, centre: float = 0.0) -> Difference:
    """A difference of that value, symmetric about ``centre``."""
    return Difference(
        step=step, plus=centre + value * step, minus=centre - value * step, value=value, round_off_error=round_off
    )


def test_central_difference_of_a_quadratic_is_exact() -> None:
    """There is no third derivative."""
    taken = central_difference(lambda t: 3.0 + 2.0 * t + 5.0 * t * t, 0.5, EPS)
    assert taken.value == 2.0
    assert (taken.plus, taken.minus, taken.step) == (5.25, 3.25, 0.5)


def test_phi_is_called_twice() -> None:
    """Two loss evaluations a difference, at plus and minus the step."""
    seen: list[float] = []
    central_difference(lambda t: seen.append(t) or 1.0, 0.25, EPS)
    assert seen == [0.25, -0.25]


def test_round_off_error_is_eps_times_the_loss_over_the_step() -> None:
    """By the sizes of both values, not of their difference."""
    taken = central_difference(lambda _: -8.0, 1e-3, EPS)
    assert taken.round_off_error == ROUND_OFF_FACTOR * EPS * 16.0 / 2e-3


def test_measured_noise_replaces_a_smaller_round_off() -> None:
    """``floor`` is the noise of one value."""
    taken = central_difference(lambda _: 1.0, 1e-3, EPS, floor=1e-6)
    assert taken.round_off_error == pytest.approx(1e-6 / 1e-3)
    assert central_difference(lambda _: 1.0, 1e-3, EPS, floor=1e-30).round_off_error < 1e-11


def test_a_difference_of_equal_values_informs_of_nothing() -> None:
    """The loss did not move."""
    assert not central_difference(lambda _: 1.0, 1e-3, EPS).informative
    assert central_difference(lambda t: t, 1e-3, EPS).informative


def test_extrapolation_removes_the_square_of_the_step() -> None:
    """Values ``7 + 3 h**2`` at any two steps give 7, and the correction as truncation error."""
    fine, coarse = _difference(0.1, 7.0 + 0.03), _difference(0.5, 7.0 + 0.75)
    result = extrapolate(fine, coarse)
    assert result.value == pytest.approx(7.0, abs=1e-14)
    assert result.truncation_error == pytest.approx(0.03)
    assert result.step == 0.1


def test_extrapolation_adds_up_round_off() -> None:
    """The finer value's counts by ``r**2 / (r**2 - 1)``, the coarser one's by ``1 / (r**2 - 1)``."""
    result = extrapolate(_difference(0.1, 1.0, round_off=0.3), _difference(0.2, 1.0, round_off=0.6))
    assert result.round_off_error == pytest.approx((4.0 * 0.3 + 0.6) / 3.0)
    assert result.error_bound == pytest.approx(result.truncation_error + result.round_off_error)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_informative_steps_support_nothing(count: int) -> None:
    """One step cannot say how far off it is."""
    differences = [_difference(1e-3, 1.0)] * count + [central_difference(lambda _: 1.0, 1e-2, EPS)]
    assert estimate(differences) is None


def test_two_steps_support_the_value_with_the_smaller_error() -> None:
    """Their distance is the truncation error, and a hundredth of the coarser one's is in the finer one too."""
    result = estimate([_difference(1e-3, 1.0, round_off=0.5), _difference(1e-2, 1.1, round_off=0.05)])
    assert result is not None
    assert result.value == 1.1
    assert result.truncation_error == pytest.approx(0.1 / 0.99)
    assert result.round_off_error == 0.05


def test_noise_that_a_finer_step_shows_is_in_the_coarser_ones_too() -> None:
    """Two values may agree by chance where a third says that the loss is noisier than its last place."""
    ladder = [_difference(step, value, round_off=1e-9) for step, value in ((1e-8, 1.3), (4e-8, 1.2), (1.6e-7, 1.2))]
    result = estimate(ladder)
    assert result is not None
    assert result.step == 1.6e-7
    assert result.truncation_error == pytest.approx(0.1 / 16.0)


def test_the_order_of_the_differences_does_not_matter() -> None:
    """The ladder is sorted by step."""
    ladder = [central_difference(math.exp, step, EPS) for step in (1e-2, 1e-5, 1e-3, 1e-4)]
    assert estimate(ladder) == estimate(ladder[::-1]) == estimate(sorted(ladder, key=lambda d: d.step))


@pytest.mark.parametrize(
    ("phi", "slope"),
    [
        (math.exp, 1.0),
        (lambda t: math.sin(3.0 * t + 1.0), 3.0 * math.cos(1.0)),
        (lambda t: math.tanh(50.0 * t + 0.3), 50.0 / math.cosh(0.3) ** 2),
        (lambda t: 1e6 + math.sin(t), 1.0),
        (lambda t: 1e-12 * math.exp(2.0 * t), 2e-12),
    ],
    ids=["exp", "sin", "steep tanh", "loss + 1e6", "loss * 1e-12"],
)
def test_the_estimate_is_within_its_bound(phi: Callable[[float], float], slope: float) -> None:
    """The true slope lies inside value +- bound, and the bound is worth something."""
    result = estimate([central_difference(phi, 10.0**-k, EPS) for k in range(1, 9)])
    assert result is not None
    assert abs(result.value - slope) <= result.error_bound
    assert result.error_bound <= 1e-3 * abs(slope)


def test_extrapolation_is_chosen_where_it_is_better() -> None:
    """With large steps and no round-off to speak of, the extrapolated value beats every single difference."""
    ladder = [central_difference(math.exp, step, EPS) for step in (0.05, 0.1, 0.2)]
    result = estimate(ladder)
    assert result is not None
    assert abs(result.value - 1.0) < 0.02 * min(abs(d.value - 1.0) for d in ladder)
    assert abs(result.value - 1.0) <= result.error_bound


def test_slope_jump_at_a_kink_is_the_jump() -> None:
    """``max(t, 0)``: from 0 to 1, whatever the step."""
    for step in (1e-1, 1e-6):
        assert slope_jump(central_difference(lambda t: max(t, 0.0), step, EPS), 0.0) == pytest.approx(1.0)


def test_slope_jump_of_a_smooth_function_falls_with_the_step() -> None:
    """``h f''``."""
    jumps = [slope_jump(central_difference(math.exp, step, EPS), 1.0) for step in (1e-1, 1e-2, 1e-3)]
    assert jumps == pytest.approx([1e-1, 1e-2, 1e-3], rel=1e-2)


def test_only_the_next_steps_say_how_far_off_a_value_is() -> None:
    """A fine step that round-off has spoilt counts against the steps beside it, and not against coarser ones."""
    spoilt, apart = 1e-3, 1e-9
    values = (1.0, 1.0 + spoilt, 1.0, 1.0 + apart)
    noise = (spoilt, spoilt, 1e-12, 1e-12)
    ladder = [
        _difference(1e-5 * 4.0**k, value, round_off=off)
        for k, (value, off) in enumerate(zip(values, noise, strict=True))
    ]
    result = estimate(ladder)
    assert result is not None
    assert result.error_bound < 10.0 * apart
    assert result.value == pytest.approx(1.0, abs=10.0 * apart)
