"""Losses until wrong entries of a block of 78,400 are named."""

from __future__ import annotations

import statistics
from dataclasses import replace

from networks.bugs import entries_changed, leaves, wrong_positions
from networks.bugs.bug import bug
from networks.cases import MEDIUM

from benchmarks.subject import of_bug
from benchmarks.table import Table, progress
from gradcheck import CheckConfig, Problem, check

__all__ = ["measure"]

ORACLES = ("auto", "finite-difference", "complex-step")


def measure(*, quick: bool) -> list[Table]:
    """One and five doubled entries of W1 in 784-100-10, by each source of derivatives."""
    seeds = range(5 if quick else 20)
    table = Table(
        caption=f"Naming wrong entries, N = {MEDIUM.parameters:,}, {len(seeds)} seeds (a coordinate loop: "
        f"{2 * MEDIUM.parameters:,} losses)",
        heading=("wrong entries", "oracle", "named exactly", "losses (median, worst)", "gradients (median)"),
    )
    for count in (1, 5):
        for oracle in ORACLES:
            runs = [_run(count, oracle, seed) for seed in progress(seeds, f"localisation: {count}, {oracle}")]
            table.rows.append(
                (
                    str(count),
                    oracle,
                    f"{sum(named for named, _, _ in runs)}/{len(runs)}",
                    f"{statistics.median(losses for _, losses, _ in runs):g}, {max(losses for _, losses, _ in runs)}",
                    f"{statistics.median(gradients for _, _, gradients in runs):g}",
                )
            )
    return [table]


def _run(count: int, oracle: str, seed: int) -> tuple[bool, int, int]:
    changed = entries_changed(lambda g: 2.0 * g, count=count, seed=seed)
    wrong = bug("entries", replace(MEDIUM, seed=seed), finished=changed)
    right = wrong.right()
    first = leaves(right.gradient(right.params))["W1"]
    subject = of_bug(wrong)
    report = check(Problem(*subject.parts), rng=seed, config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]
    pattern = report.block("W1").pattern
    places = set(wrong_positions(first.shape, count, seed, first))
    named = pattern is not None and pattern.kind == "entries" and set(pattern.indices) == places
    return named, subject.calls.total("loss"), subject.calls.total("gradient")
