"""Share of runs that pass at 79,510 parameters: right code should be 1, a bug 0."""

from __future__ import annotations

from dataclasses import replace

from networks.bugs import TABLE, table_bugs
from networks.cases import MEDIUM

from benchmarks.peers import VERDICT, VERDICT_DIFFERENCES, Peer, installed_peers, run
from benchmarks.subject import of_bug
from benchmarks.table import Table, progress

__all__ = ["measure"]

SPEC = replace(MEDIUM, l2=1e-3)


def measure(*, quick: bool) -> list[Table]:
    """Every row of the table, 40 runs each (8 when quick), each with its own data, weights and place of the error."""
    runs = 8 if quick else 40
    peers = [VERDICT, VERDICT_DIFFERENCES, *(peer for peer in installed_peers() if not peer.losses_each)]
    table = Table(
        caption=f"Share of {runs} runs that pass, N = {SPEC.parameters:,} (784-100-10, ReLU, CE, L2 1e-3, float64)",
        heading=("", *(peer.name for peer in peers)),
        notes=("Right code should be 1, a bug 0. Entry-by-entry peers would need a million losses a run.",),
    )
    for name in TABLE:
        label = f"detection: {name}"
        table.rows.append((name, *(_share(peer, name, runs, label) for peer in peers)))
    return [table]


def _share(peer: Peer, name: str, runs: int, label: str) -> str:
    passed = 0
    for seed in progress(range(runs), f"{label}, {peer.name}"):
        passed += run(peer, of_bug(table_bugs(SPEC, seed)[name]), seed).verdict == "pass"
    return f"{passed / runs:.2f}".rstrip("0").rstrip(".") if passed % runs else str(passed // runs)
