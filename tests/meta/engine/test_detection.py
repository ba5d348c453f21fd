"""The published comparison of checkers at 79,510 parameters, for this one: a few runs here, forty in ``tests/slow``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from networks.bugs import TABLE, table_bugs
from networks.cases import MEDIUM

from gradcheck import CheckConfig, Problem, check

SPEC = replace(MEDIUM, l2=1e-3)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("name", TABLE)
def test_table(name: str, oracle: str) -> None:
    """Right code passes, every bug of the table fails."""
    for seed in range(2):
        wrong = table_bugs(SPEC, seed)[name]
        report = check(Problem(*wrong.wrong()), rng=seed, config=CheckConfig(oracle=oracle, localise=False))  # type: ignore[arg-type]
        assert report.verdict.name == ("PASS" if name == "right code" else "FAIL"), f"seed {seed}: {report.reason}"
