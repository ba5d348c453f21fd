"""Wilson's interval against published values, and how often a judgement is wrong."""

import pytest
from scipy import stats

from reference_impls import judge, judgement, wilson_interval

# from scipy.stats.binomtest(k, n).proportion_ci(method="wilson"), an independent implementation
CASES = [(0, 1), (1, 1), (0, 500), (3, 100), (81, 100), (420, 500), (493, 500), (100, 100)]


@pytest.mark.parametrize(("successes", "trials"), CASES)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_interval_is_that_of_scipy(successes: int, trials: int, confidence: float) -> None:
    """Two implementations of Wilson's formula agree."""
    expected = stats.binomtest(successes, trials).proportion_ci(confidence_level=confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


@pytest.mark.parametrize("trials", [100, 300, 500, 2000])
@pytest.mark.parametrize("required", [0.01, 0.5, 0.8, 0.95])
def test_a_claim_on_the_edge_is_rarely_judged(trials: int, required: float) -> None:
    """Where the true rate is the required one, either answer comes at most 6 times in 100 (exact sum).

    The nominal 2.5 % a side is exceeded since counts are whole numbers; by most where fewer than three successes are
    expected, 8 times in 100.
    """
    limit = 0.06 if trials * min(required, 1 - required) >= 3 else 0.08
    outcomes = [judge(count, trials, required) for count in range(trials + 1)]
    weights = stats.binom(trials, required).pmf(range(trials + 1))
    holds = sum(weight for weight, outcome in zip(weights, outcomes, strict=True) if outcome == "holds")
    fails = sum(weight for weight, outcome in zip(weights, outcomes, strict=True) if outcome == "does not hold")
    assert holds <= limit
    assert fails <= limit
    assert holds + fails > 0.001, "an answer that never comes would pass this test as well"


def test_judgement_reports_interval_and_level() -> None:
    """The record holds what a report prints."""
    result = judgement(81, 100, 0.95, confidence=0.9)
    assert result.outcome == "does not hold"
    assert (result.successes, result.trials, result.rate) == (81, 100, 0.81)
    assert result.confidence == 0.9
    assert result.lower < result.rate < result.upper < result.rate_required


@pytest.mark.parametrize(
    ("successes", "trials", "required", "confidence", "message"),
    [
        (1, 0, 0.5, 0.95, "trials=0"),
        (-1, 5, 0.5, 0.95, "successes=-1"),
        (6, 5, 0.5, 0.95, "successes=6"),
        (3, 5, 0.0, 0.95, "rate_required=0.0"),
        (3, 5, 1.0, 0.95, "rate_required=1.0"),
        (3, 5, 0.5, 1.0, "confidence=1.0"),
    ],
)
def test_numbers_out_of_range_are_refused(
    successes: int, trials: int, required: float, confidence: float, message: str
) -> None:
    """The message names the argument and its value."""
    with pytest.raises(ValueError, match=message):
        judgement(successes, trials, required, confidence=confidence)
