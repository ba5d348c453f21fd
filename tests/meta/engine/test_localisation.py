"""Wrong entries of a block of 78,400 are named, at a cost that halving cannot reach."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
from networks.bugs import entries_changed, leaves, wrong_positions
from networks.bugs.bug import bug
from networks.cases import MEDIUM
from networks.running import counted
from networks.specification import Specification

from gradcheck import CheckConfig, CheckReport, Problem, Verdict, check

SEEDS = range(5)
GOAL = {1: 60, 5: 200}


def _double(g: Any) -> Any:
    return 2.0 * g


def _located(spec: Specification, count: int, seed: int, oracle: str) -> tuple[CheckReport, set[tuple[int, ...]], int]:
    """The report on a network with ``count`` wrong entries, where they are, and the losses it cost."""
    wrong = bug("entries", spec, finished=entries_changed(_double, count=count, seed=seed))
    right = wrong.right()
    first = leaves(right.gradient(right.params))["W1"]
    parts, calls = counted(wrong.wrong())
    report = check(Problem(*parts), rng=seed, config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]
    return report, set(wrong_positions(first.shape, count, seed, first)), calls.total("loss")


@pytest.mark.parametrize("oracle", ["auto", "finite-difference", "complex-step"])
@pytest.mark.parametrize("count", [1, 5])
def test_wrong_entries_are_named(count: int, oracle: str) -> None:
    """One entry of 79,510 within 60 losses in the median, five within 200, in the right block at the right place."""
    costs = []
    for seed in SEEDS:
        report, places, losses = _located(MEDIUM, count, seed, oracle)
        assert report.verdict is Verdict.FAIL
        assert [block.name for block in report.blocks if block.verdict is Verdict.FAIL] == ["W1"]
        pattern = report.block("W1").pattern
        assert pattern is not None
        assert pattern.kind == "entries"
        assert set(pattern.indices) == places
        assert {entry.index for entry in report.block("W1").worst} == places
        costs.append(losses)
    assert statistics.median(costs) <= GOAL[count], costs


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_worst_entries_carry_both_numbers(oracle: str) -> None:
    """Of a doubled entry the claimed derivative is twice the numeric one."""
    report, _, _ = _located(MEDIUM, 1, 3, oracle)
    (entry,) = report.block("W1").worst
    assert entry.analytic == pytest.approx(2.0 * entry.numeric, rel=1e-3)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize(
    ("name", "kind", "index"),
    [("one column x 1.5", "columns", 2), ("one row x 1.5", "rows", 3)],
    ids=["column", "row"],
)
def test_wrong_lines_are_named(name: str, kind: str, index: int, oracle: str) -> None:
    """A unit that is wrong as a whole is named as a row or a column."""
    from networks.bugs import BUGS

    wrong = next(b for b in BUGS if b.name == name)
    report = check(Problem(*wrong.wrong()), config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]
    pattern = report.block("W2").pattern
    assert pattern is not None
    assert (pattern.kind, pattern.indices) == (kind, ((index,),))
