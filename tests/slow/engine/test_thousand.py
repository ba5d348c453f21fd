"""The issue's measured goals at full length: 1,100 right networks twice, and the published bug table with 40 runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from networks.bugs import TABLE, table_bugs
from networks.cases import MEDIUM, random_cases
from networks.running import Tally, tally

from gradcheck import CheckConfig, Problem, check

pytestmark = pytest.mark.slow

RUNS = 40


def _tally(seed: int) -> Tally:
    *_, counts = tally(random_cases(1100, seed))
    return counts


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_no_false_alarm(seed: int) -> None:
    """Of 1,100 right problems none fails, and at most one in a hundred is undecided (a loss + 1e6 apart)."""
    counts = _tally(seed)
    assert counts.total == 1100
    assert counts.wrong == []
    assert len(counts.undecided) <= 0.01 * counts.total, counts.undecided
    assert np.median(counts.losses) <= 10
    assert np.median(counts.gradients) <= 4


def test_forty_losses_at_worst() -> None:
    """No right problem of four times 1,100 costs more than forty loss evaluations."""
    assert max(max(_tally(seed).losses) for seed in range(4)) <= 40


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("name", TABLE)
def test_table(name: str, oracle: str) -> None:
    """Nothing of the table is missed in 40 runs; one entry + 1 % in at most 5 % of them."""
    verdicts: Counter[str] = Counter()
    for seed in range(RUNS):
        wrong = table_bugs(replace(MEDIUM, l2=1e-3), seed)[name]
        config = CheckConfig(oracle=oracle, localise=False)  # type: ignore[arg-type]
        verdicts[check(Problem(*wrong.wrong()), rng=seed, config=config).verdict.name] += 1
    if name == "right code":
        assert verdicts == {"PASS": RUNS}
    else:
        missed = RUNS - verdicts["FAIL"]
        assert missed <= (0.05 * RUNS if name == "one entry + 1 %" else 0), verdicts
