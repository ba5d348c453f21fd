"""Which published claims hold, asserted statistically.

Every run is seeded, so a test that passes once passes always. An *error rate* says how probable it is that other
seeds would have given another outcome although the code is as it is: how far the assertion is from chance.
`test_outcomes_are_far_from_chance` computes it for every claim from the rate measured here, and bounds it.
"""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from reference_impls import Claim, catalogue, judge
from reference_impls.document_000.claims import final_accuracy
from reference_impls.document_001.experiments import (
    LINEAR_ON_LINEAR,
    LINEAR_ON_SQUARES,
    RELU_ON_SQUARES,
    Setting,
    costs,
)
from reference_impls.document_002.claims import first_loss, loss_after, right_answers
from reference_impls.document_003.claims import gaussian_accuracy
from reference_impls.document_003.claims import right_answers as right_answers_003

Array = NDArray[np.float64]
CLAIMS = catalogue().claims
LONG = ("000-accuracy", "000-loss-falls", "003-gaussians", "003-gaussians-corrected")
QUICK = [claim for claim in CLAIMS if claim.id not in LONG]

# Claims whose measured rate is close to the required one: how often other seeds would leave them undecided. All others
# come out as they do here but for one set of seeds in a thousand.
NEAR_THE_EDGE = {
    "001-linear-learns": 0.06,
    "001-relu-better": 0.005,
    "002-xor-solved-corrected": 0.005,
    "003-xor": 0.005,
}


def check(claim: Claim, values: Array) -> None:
    """Assert a claim's expectation from the metric of each seed."""
    assert values.shape == (claim.seeds,)
    assert np.all(np.isfinite(values))
    assert claim.judge(values).outcome == claim.expectation


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.id)
def test_claim_is_as_expected(claim: Claim) -> None:
    """All seeds of the catalogue, at full length."""
    check(claim, claim.run(range(claim.seeds)))


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.id in LONG], ids=lambda claim: claim.id)
def test_long_claim_is_as_expected(claim: Claim) -> None:
    """Document 000's 20,000 epochs and document 003's Gaussians, a hundred seeds each."""
    check(claim, claim.run(range(claim.seeds)))


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.id)
def test_outcomes_are_far_from_chance(claim: Claim) -> None:
    """Exact binomial sums: other seeds rarely give another outcome, and never (1e-6) the contrary one.

    The first is computed at the measured rate; the second at ``(successes + 1) / (seeds + 2)``, which is neither 0 nor
    1 where every run agrees.
    """
    successes = int(np.count_nonzero(claim.succeeded(claim.run(range(claim.seeds)))))
    outcomes = np.array([judge(count, claim.seeds, claim.rate_required) for count in range(claim.seeds + 1)])
    measured = stats.binom(claim.seeds, successes / claim.seeds).pmf(range(claim.seeds + 1))
    assert np.sum(measured[outcomes != claim.expectation]) <= NEAR_THE_EDGE.get(claim.id, 1e-3)
    careful = stats.binom(claim.seeds, (successes + 1) / (claim.seeds + 2)).pmf(range(claim.seeds + 1))
    assert np.sum(careful[(outcomes != claim.expectation) & (outcomes != "undecided")]) <= 1e-6


def test_document_000_learns_within_2000_epochs() -> None:
    """40 of 40 seeds reach 99 % in a tenth of the text's epochs.

    If only 90 % of seeds did, all of 40 would with a probability of 1.5 %.
    """
    assert np.all(final_accuracy(range(100, 140), epochs=2_000) >= 0.99)


@pytest.mark.parametrize(
    ("setting", "first", "last"),
    [
        (LINEAR_ON_LINEAR, (0.415, 0.487), (0.035, 0.050)),
        (LINEAR_ON_SQUARES, (0.196, 0.222), (0.126, 0.148)),
        (RELU_ON_SQUARES, (0.195, 0.221), (0.032, 0.0405)),
    ],
    ids=["linear-on-x", "linear-on-squares", "relu-on-squares"],
)
def test_document_001_medians(setting: Setting, first: tuple[float, float], last: tuple[float, float]) -> None:
    """Medians of the first and last printed cost over 300 seeds.

    The bounds are five standard errors of a median away, as resampling the 300 costs gives them: other seeds leave
    them once in a million.
    """
    begin, end = costs(range(300), setting)
    assert first[0] < np.median(begin) < first[1]
    assert last[0] < np.median(end) < last[1]


def test_document_001_printed_pair_is_inside_its_distribution() -> None:
    """0.2226 and 0.0623 lie between the 5 % and the 95 % point of 300 runs."""
    begin, end = costs(range(300), RELU_ON_SQUARES)
    assert np.percentile(begin, 5) < 0.2226 < np.percentile(begin, 95)
    assert np.percentile(end, 5) < 0.0623 < np.percentile(end, 95)


def test_document_002_starts_above_its_printed_loss() -> None:
    """Median start 0.2806, to five standard errors; 2 to 7 % of 2,000 seeds start at or below the printed 0.2497.

    At the measured 3.8 % the share falls outside these bounds with a probability of 3e-6.
    """
    losses = first_loss(range(2_000))
    assert 0.275 < np.median(losses) < 0.286
    assert 0.02 < np.mean(losses <= 0.2497) < 0.07


@pytest.mark.parametrize(
    ("factor", "median", "best"),
    [(1.0, (0.041, 0.073), (0.008, 0.012)), (2.0, (0.0063, 0.0077), (0.0025, 0.004))],
    ids=["published", "corrected"],
)
def test_document_002_final_losses(factor: float, median: tuple[float, float], best: tuple[float, float]) -> None:
    """Median (to five standard errors) and best of 500 final losses: the printed 0.0011 is out of reach either way."""
    losses = loss_after(range(500), epochs=2_000, factor=factor)
    assert median[0] < np.median(losses) < median[1]
    assert best[0] < np.min(losses) < best[1]
    assert np.min(losses) > 2 * 0.0011


def test_document_002_gains_from_the_missing_factor() -> None:
    """78 to 88 % of 500 seeds as published and 96.5 % or more corrected.

    At the measured 84 and 98.6 % other seeds break these bounds with a probability of 7e-3 and 3e-4.
    """
    published = np.mean(right_answers(range(500)) == 1.0)
    right = np.mean(right_answers(range(500), factor=2.0) == 1.0)
    assert 0.78 < published < 0.88
    assert right > 0.965


@pytest.mark.parametrize("twice", [True, False], ids=["published", "corrected"])
def test_document_003_solves_xor(twice: bool) -> None:
    """95 % or more of 200 other seeds; at a true rate of 98.3 % this fails with a probability of 7e-4."""
    assert np.mean(right_answers_003(range(1_000, 1_200), twice=twice) == 1.0) >= 0.95


def test_document_003_gaussians_need_the_correction() -> None:
    """Of 12 other seeds 10 or more stay below 95 % as published; corrected, all exceed it.

    At the measured rates (97 % below, 100 % above) the first fails with a probability of 5e-3.
    """
    published = gaussian_accuracy(range(1_000, 1_012), twice=True)
    assert np.count_nonzero(published < 0.95) >= 10
    assert np.all(gaussian_accuracy(range(1_000, 1_012), twice=False) >= 0.95)


def test_progress_reaches_its_total() -> None:
    """A bar that a command draws ends full, and never runs backwards."""
    for claim in QUICK:
        calls: list[tuple[int, int]] = []
        claim.run(range(3), lambda done, total, calls=calls: calls.append((done, total)))
        assert calls, claim.id
        assert calls[-1][0] == calls[-1][1], claim.id
        assert all(later[0] >= earlier[0] for earlier, later in pairwise(calls)), claim.id
