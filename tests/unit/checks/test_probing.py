"""The rule of one probe: tolerance as given, bound as measured, and nothing that depends on the size of an array."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.probing import LADDER, Outcome, Tolerance, probe, resolvable, vanishes

STRICT = Tolerance(rtol=1e-6, atol=0.0)


def _probe(
    loss: Callable[[Any], Any],
    gradient: Callable[[Any], Any],
    params: Any,
    tolerance: Tolerance = STRICT,
    ladder: tuple[float, ...] = LADDER,
) -> Outcome:
    """One probe along the joint direction of seed 0."""
    evaluator = Evaluator(Problem(loss, gradient, params))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    return probe(evaluator, point, direction, tolerance, ladder=ladder)


def _sines(w: Any) -> Any:
    return np.sum(np.sin(w))


W = np.random.default_rng(1).standard_normal(20)


# ------------------------------------------------------------------------------------------- the rule


def test_agreement_takes_one_step() -> None:
    """A right gradient costs two losses."""
    outcome = _probe(_sines, np.cos, W)
    assert outcome.verdict.name == "PASS"
    assert len(outcome.differences) == 1
    assert outcome.settled


def test_a_pass_is_within_the_tolerance_and_known_to_it() -> None:
    """``d <= tol + bound`` and ``bound <= tol``."""
    seen = _probe(_sines, np.cos, W).probe
    assert abs(seen.analytic - seen.numeric) <= seen.tolerance + seen.error_bound
    assert seen.error_bound <= seen.tolerance


@pytest.mark.parametrize("error", [1e-4, 0.01, 0.5, -1.0, 30.0])
def test_a_fail_is_beyond_tolerance_and_bound(error: float) -> None:
    """``d > tol + bound``, and both numbers are right."""
    outcome = _probe(_sines, lambda w: (1.0 + error) * np.cos(w), W)
    seen = outcome.probe
    assert outcome.verdict.name == "FAIL"
    assert abs(seen.analytic - seen.numeric) > seen.tolerance + seen.error_bound
    truth = float(np.cos(W) @ outcome.direction.vector)
    assert abs(seen.numeric - truth) <= seen.error_bound
    assert seen.analytic == pytest.approx((1.0 + error) * truth)


def test_a_bound_above_the_tolerance_is_inconclusive() -> None:
    """Noise of 1e-3 in the loss: a right gradient neither passes nor fails."""

    def loss(w: Any) -> Any:
        seed = int(np.abs(w).sum() * 1e13) % 2**32
        return _sines(w) + 1e-3 * np.random.default_rng(seed).standard_normal()

    outcome = _probe(loss, np.cos, W)
    assert outcome.verdict.name == "INCONCLUSIVE"
    assert outcome.probe.error_bound > outcome.probe.tolerance
    assert not outcome.settled


@pytest.mark.parametrize(
    ("rtol", "atol", "verdict"),
    [(1e-6, 0.0, "FAIL"), (2e-3, 0.0, "PASS"), (0.0, 1e-4, "FAIL"), (0.0, 1e-2, "PASS"), (1e-6, 1e-2, "PASS")],
)
def test_tolerances_are_taken_as_given(rtol: float, atol: float, verdict: str) -> None:
    """An error of a thousandth, held against ``rtol * scale + atol``."""
    outcome = _probe(_sines, lambda w: 1.001 * np.cos(w), W, Tolerance(rtol=rtol, atol=atol))
    assert outcome.verdict.name == verdict
    assert outcome.probe.tolerance == pytest.approx(rtol * outcome.scale + atol)


@pytest.mark.parametrize("size", [10, 100_000])
def test_the_tolerance_knows_no_array_size(size: int) -> None:
    """The scale is the share of a block, about 1, whatever the number of entries."""
    w = np.random.default_rng(2).standard_normal(size)
    outcome = _probe(_sines, np.cos, w)
    assert outcome.verdict.name == "PASS"
    assert 0.7 < outcome.scale < 1.4
    assert outcome.probe.tolerance == STRICT.rtol * outcome.scale


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize(("relative", "verdict"), [(1e-4, "FAIL"), (1e-8, "PASS")])
def test_the_same_relative_error_is_found_at_every_size(size: int, relative: float, verdict: str) -> None:
    """An error of one size, norm over norm, in a random direction."""
    rng = np.random.default_rng(4)
    w = rng.standard_normal(size)
    noise = rng.standard_normal(size)
    noise *= relative / np.linalg.norm(noise)
    report = check(Problem(_sines, lambda w: np.cos(w) + np.linalg.norm(np.cos(w)) * noise, w))
    assert report.verdict.name == verdict


# ------------------------------------------------------------------------------------------- the ladder of steps


def test_disagreement_climbs_the_ladder_until_it_is_clear() -> None:
    """Three steps at least, and different ones."""
    outcome = _probe(_sines, lambda w: 0.5 * np.cos(w), W)
    steps = [difference.step for difference in outcome.differences]
    assert len(steps) >= 3
    assert len(set(steps)) == len(steps)
    assert outcome.settled


def test_steps_where_the_loss_raises_are_left_out() -> None:
    """A domain error on one side is no derivative, and no verdict."""

    def loss(w: Any) -> Any:
        if np.max(np.abs(w - W)) > 2e-5:
            raise ValueError("outside")
        return _sines(w)

    outcome = _probe(loss, lambda w: 0.5 * np.cos(w), W)
    assert outcome.verdict.name == "FAIL"
    assert len(outcome.differences) < len(LADDER)


def test_steps_where_the_loss_is_not_finite_are_left_out() -> None:
    """Infinity minus a number is no derivative either."""

    def loss(w: Any) -> Any:
        return np.inf if np.max(np.abs(w - W)) > 2e-5 else _sines(w)

    outcome = _probe(loss, lambda w: 0.5 * np.cos(w), W)
    assert outcome.verdict.name == "FAIL"
    assert all(np.isfinite(difference.value) for difference in outcome.differences)


def test_no_usable_step_is_inconclusive() -> None:
    """And says that nothing is known."""

    def loss(w: Any) -> Any:
        return _sines(w) if np.array_equal(w, W) else np.nan

    outcome = _probe(loss, np.cos, W)
    assert outcome.verdict.name == "INCONCLUSIVE"
    assert outcome.differences == ()
    assert np.isnan(outcome.probe.numeric)
    assert np.isinf(outcome.probe.error_bound)
    assert outcome.kink == 0.0


def test_one_usable_step_that_disagrees_is_inconclusive() -> None:
    """A single difference has no bound of its truncation error."""
    outcome = _probe(_sines, lambda w: 0.5 * np.cos(w), W, ladder=(1.0,))
    assert outcome.verdict.name == "INCONCLUSIVE"
    assert len(outcome.differences) == 1


def test_a_constant_loss_with_a_claimed_slope_fails_after_three_steps() -> None:
    """Three steps of very different size, none of which moves the loss."""
    outcome = _probe(lambda _: 3.0, np.ones_like, W)
    assert outcome.verdict.name == "FAIL"
    assert outcome.probe.numeric == 0.0
    assert len(outcome.differences) == 3
    assert max(d.step for d in outcome.differences) > 1000.0 * min(d.step for d in outcome.differences)


def test_a_loss_that_moves_only_over_large_steps_is_not_called_constant() -> None:
    """A slope of 1e-12 on a loss of 1: visible over the largest step."""
    outcome = _probe(lambda w: 1.0 + 1e-9 * np.sum(w), lambda w: np.full_like(w, 1e-9), W)
    assert outcome.verdict.name in {"PASS", "INCONCLUSIVE"}
    assert any(difference.informative for difference in outcome.differences)


def test_zero_claimed_and_numeric_passes() -> None:
    """With nothing on either side there is nothing to disagree about; that it is vacuous is said elsewhere."""
    outcome = _probe(lambda _: 0.0, np.zeros_like, W)
    assert outcome.verdict.name == "PASS"
    assert (outcome.probe.analytic, outcome.probe.numeric) == (0.0, 0.0)


def test_a_step_suits_the_size_of_the_loss() -> None:
    """A loss of 1e6 beside a slope of 1 asks for a larger step, which leaves less round-off."""
    small = _probe(_sines, np.cos, W).probe
    large = _probe(lambda w: 1e6 + _sines(w), np.cos, W).probe
    assert large.step > 100.0 * small.step


def test_the_slope_jump_at_a_kink_is_kept() -> None:
    """Evidence for the reader."""
    outcome = _probe(lambda w: np.sum(np.abs(w)), np.sign, np.zeros(4))
    assert abs(outcome.kink) > 0.1
    assert abs(_probe(_sines, np.cos, W).kink) < 1e-5


# ------------------------------------------------------------------------------------------- low precision


def test_rounded_parameters_are_corrected_for() -> None:
    """float32 parameters move by what they can hold, not by what was asked: a right gradient still agrees."""
    w = W.astype(np.float32)
    outcome = _probe(
        lambda w: np.sum(np.sin(np.asarray(w, dtype=np.float64))),
        lambda w: np.cos(w.astype(np.float64)),
        w,
        Tolerance(rtol=1e-5, atol=0.0),
    )
    assert outcome.verdict.name == "PASS"


@pytest.mark.parametrize("large", [1.0, 1e9])
def test_what_rounding_takes_away_is_not_compared_with_itself(large: float) -> None:
    """A step that float32 cannot take beside 1e9 measures nothing of a block: the claim must not fill the gap."""
    w = np.array([1.0, 1.5, -0.5], dtype=np.float32)

    def gradient(params: Any) -> Any:
        return {name: -np.cos(np.asarray(value, np.float64) / size) / size for name, (value, size) in _sized(params)}

    def _sized(params: Any) -> Any:
        return {"a": (params["a"], 1.0), "b": (params["b"], large)}.items()

    outcome = _probe(
        lambda params: sum(np.sum(np.sin(np.asarray(value, np.float64) / size)) for _, (value, size) in _sized(params)),
        gradient,
        {"a": w, "b": (w * large).astype(np.float32)},
        Tolerance(rtol=1e-3, atol=0.0),
        ladder=LADDER[:1],
    )
    assert outcome.verdict.name != "PASS"
    assert bool(outcome.differences) is (large == 1.0)


# ------------------------------------------------------------------------------------------- what can be resolved


@pytest.mark.parametrize(("offset", "expected"), [(0.0, True), (1e9, False)])
def test_resolvable_says_whether_the_loss_can_show_the_claim(offset: float, expected: bool) -> None:
    """A loss of 1e9 has a spacing of 1e-7: a millionth of a slope of 1 drowns in it."""
    evaluator = Evaluator(Problem(lambda w: offset + _sines(w), np.cos, W))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    assert resolvable(evaluator, point, direction, STRICT) is expected


def test_nothing_is_resolvable_without_a_tolerance() -> None:
    """No tolerance, no resolution that would do."""
    evaluator = Evaluator(Problem(_sines, np.cos, W))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    assert not resolvable(evaluator, point, direction, Tolerance(rtol=0.0, atol=0.0))


@pytest.mark.parametrize("kept", [(), None], ids=["no difference", "no gap"])
def test_what_shows_no_disagreement_does_not_vanish(kept: tuple[()] | None) -> None:
    """Without a difference, or without a gap, there is nothing that a smaller step could take away."""
    evaluator = Evaluator(Problem(_sines, lambda w: 1.1 * np.cos(w), W))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    outcome = probe(evaluator, point, direction, STRICT)
    losses = evaluator.losses
    if kept is None:
        outcome = dataclasses.replace(outcome, probe=dataclasses.replace(outcome.probe, numeric=outcome.probe.analytic))
    else:
        outcome = dataclasses.replace(outcome, differences=kept)
    assert not vanishes(evaluator, point, outcome, STRICT)
    assert evaluator.losses == losses


def test_a_step_that_is_looked_at_again_moves_large_parameters() -> None:
    """The least step is relative to them: one below their rounding would see a loss that stands still."""
    seen: list[Any] = []

    def loss(w: Any) -> Any:
        seen.append(np.copy(w))
        return np.sum(w - 1e6)

    evaluator = Evaluator(Problem(loss, lambda w: np.full_like(w, 1.1), np.full(20, 1e6)))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    outcome = probe(evaluator, point, direction, STRICT)
    seen.clear()
    assert not vanishes(evaluator, point, outcome, STRICT)
    assert seen
    assert all(np.any(w != 1e6) for w in seen)


def test_code_that_may_write_into_its_arguments_gets_vectors_of_its_own() -> None:
    """Each step along a line is another array, and the point stays as it was."""
    evaluator = Evaluator(Problem(_sines, np.cos, W))
    assert not evaluator.pure
    start = evaluator.start()
    there = [evaluator.shifted(start, step, np.ones(20)) for step in (0.5, 1.0)]
    np.testing.assert_array_equal(there, [W + 0.5, W + 1.0])
    np.testing.assert_array_equal(start, W)
