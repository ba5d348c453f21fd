"""Evaluations of a verdict on right code over the number of parameters and of blocks."""

from __future__ import annotations

import statistics
from dataclasses import replace

from networks.cases import LARGE, MEDIUM
from networks.network import Parts, build_network, parts_of
from networks.running import many_blocks
from networks.specification import Specification

from benchmarks.table import Table, progress
from gradcheck import Evaluations, Problem, check

__all__ = ["measure"]

NETWORKS = (
    Specification(sizes=(2, 4, 2)),
    Specification(sizes=(30, 32, 10), activation="relu-0", initialisation="he"),
    MEDIUM,
    replace(LARGE, batch=16),
)
BLOCKS = (1, 10, 100, 1000)


def measure(*, quick: bool) -> list[Table]:
    """Median and worst over seeds."""
    seeds = range(5 if quick else 20)
    heading = ("problem", "parameters", "blocks", "losses (median, worst)", "gradients (median, worst)")
    table = Table(caption=f"Evaluations of a verdict on right code, {len(seeds)} seeds", heading=heading)
    for spec in progress(NETWORKS, "evaluations: networks"):
        spent = [_spent(parts_of(*build_network(replace(spec, seed=seed))), seed) for seed in seeds]
        name = f"{'-'.join(map(str, spec.sizes))} {spec.activation}"
        table.rows.append(_row(name, spec.parameters, 2 * spec.depth, spent))
    for count in progress(BLOCKS, "evaluations: blocks"):
        for spread in (1.0, 1e-6):
            spent = [_spent(many_blocks(count, spread=spread, seed=seed), seed) for seed in seeds]
            sizes = "equal" if spread == 1.0 else "sizes over 1e6"
            table.rows.append(_row(f"sum of tanh^2, {sizes}", 3 * count, count, spent))
    return [table]


def _spent(parts: Parts, seed: int) -> Evaluations:
    report = check(Problem(*parts), rng=seed)
    if report.verdict.name != "PASS":
        raise RuntimeError(f"right code got {report.verdict.name}: {report.reason}")
    return report.evaluations


def _row(name: str, parameters: int, blocks: int, spent: list[Evaluations]) -> tuple[str, ...]:
    losses, gradients = [e.loss for e in spent], [e.gradient for e in spent]
    return (
        name,
        f"{parameters:,}",
        f"{blocks:,}",
        f"{statistics.median(losses):g}, {max(losses)}",
        f"{statistics.median(gradients):g}, {max(gradients)}",
    )
