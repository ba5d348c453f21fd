"""Data, initialisers, schedule and Wilson's interval, by Hypothesis."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_impls import judge, wilson_interval
from reference_impls.document_000 import published as document_000
from reference_impls.document_001 import published as document_001
from reference_impls.document_003.examples import gaussian_data, standardise
from reference_impls.document_003.optimisation import AdaptiveLearningRate, WeightInitializer

SEED = st.integers(0, 2**32 - 1)
COUNTS = st.integers(1, 2_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))
LEVEL = st.floats(0.5, 0.999)


@given(half=st.integers(1, 50), noise=st.floats(0, 0.15), seed=SEED)
def test_blobs_are_balanced_and_where_they_belong(half: int, noise: float, seed: int) -> None:
    """As many samples of either class, each on its side of the origin when the noise is small."""
    x, y = document_000.generate_data(2 * half, noise, rng=np.random.RandomState(seed))
    assert x.shape == (2 * half, 2)
    assert np.sum(y) == half
    np.testing.assert_array_equal(x.sum(axis=1) < 0, y[:, 0] == 1)


@given(seed=SEED)
def test_targets_of_document_001_are_inputs_with_noise(seed: int) -> None:
    """Ten and thirty equidistant inputs; no noise beyond seven standard deviations."""
    x, y = document_001.linear_data(np.random.RandomState(seed))
    squares, values = document_001.squared_data(np.random.RandomState(seed))
    np.testing.assert_array_equal(x[:, 0], np.linspace(-1, 1, 10))
    assert len(squares) == 30
    assert np.all(np.abs(y - x) < 7 * 0.2)
    assert np.all(np.abs(values - squares**2) < 7 * 0.2)


@given(half=st.integers(2, 40), seed=SEED)
def test_standardising_twice_is_standardising_once(half: int, seed: int) -> None:
    """Whatever was drawn, the columns end with mean 0 and deviation 1, and stay there."""
    x = standardise(gaussian_data(2 * half, rng=np.random.RandomState(seed))[0])
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(standardise(x), x, atol=1e-9)


@pytest.mark.parametrize("rule", ["xavier_uniform", "xavier_normal", "he_normal"])
@given(fan_in=st.integers(1, 30), fan_out=st.integers(1, 30), seed=SEED)
def test_initialiser_shape_seed_and_scale(rule: str, fan_in: int, fan_out: int, seed: int) -> None:
    """Shape (fan_in, fan_out), the same weights for the same seed, none beyond seven deviations."""
    draw = getattr(WeightInitializer, rule)
    weights = draw(fan_in, fan_out, rng=np.random.RandomState(seed))
    again = draw(fan_in, fan_out, rng=np.random.RandomState(seed))
    fan = fan_in if rule == "he_normal" else fan_in + fan_out
    assert weights.shape == (fan_in, fan_out)
    np.testing.assert_array_equal(weights, again)
    assert np.all(np.abs(weights) <= (np.sqrt(6 / fan) if rule == "xavier_uniform" else 7 * np.sqrt(2 / fan)))


@given(
    losses=st.lists(st.floats(0, 10), max_size=60),
    decay=st.floats(0.1, 0.99),
    patience=st.integers(1, 5),
)
def test_schedule_only_ever_decays(losses: list[float], decay: float, patience: int) -> None:
    """Rates never rise, each is the start times a power of the decay, and there are at most n / patience of them."""
    schedule = AdaptiveLearningRate(initial_lr=1.0, decay_rate=decay, patience=patience)
    rates = [schedule.update(loss) for loss in losses]
    assert all(later <= earlier for earlier, later in pairwise(rates))
    steps = round(np.log(schedule.current_lr) / np.log(decay))
    assert schedule.current_lr == pytest.approx(decay**steps)
    assert 0 <= steps <= len(losses) // patience
    assert schedule.best_loss == min(losses, default=float("inf"))


@given(counts=COUNTS, level=LEVEL)
def test_interval_holds_the_rate_and_stays_in_range(counts: tuple[int, int], level: float) -> None:
    """0 <= lower <= rate <= upper <= 1, mirrored when successes and failures change places."""
    successes, trials = counts
    lower, upper = wilson_interval(successes, trials, confidence=level)
    assert 0 <= lower <= successes / trials <= upper <= 1
    mirrored = wilson_interval(trials - successes, trials, confidence=level)
    assert mirrored == pytest.approx((1 - upper, 1 - lower), abs=1e-12)


@given(counts=COUNTS, level=LEVEL)
def test_more_confidence_is_wider_and_more_trials_narrower(counts: tuple[int, int], level: float) -> None:
    """The interval grows with the level and shrinks when the same rate is seen four times as often."""
    successes, trials = counts
    lower, upper = wilson_interval(successes, trials, confidence=level)
    wider = wilson_interval(successes, trials, confidence=(1 + level) / 2)
    assert wider[0] <= lower <= upper <= wider[1]
    narrower = wilson_interval(4 * successes, 4 * trials, confidence=level)
    assert narrower[1] - narrower[0] < upper - lower


@given(counts=COUNTS, required=st.floats(0.01, 0.99))
def test_a_further_success_never_harms(counts: tuple[int, int], required: float) -> None:
    """Outcomes are ordered: does not hold, undecided, holds."""
    successes, trials = counts
    order = ["does not hold", "undecided", "holds"]
    if successes < trials:
        before, after = judge(successes, trials, required), judge(successes + 1, trials, required)
        assert order.index(after) >= order.index(before)
    assert judge(0, trials, required) != "holds"
    assert judge(trials, trials, required) != "does not hold"
