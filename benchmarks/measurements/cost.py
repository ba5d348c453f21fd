"""What one verdict on a right network costs: evaluations, and time over that of one gradient and two losses."""

from __future__ import annotations

import statistics
from dataclasses import replace

from networks.cases import LARGE

from benchmarks.peers import PRODUCT, PRODUCT_DIFFERENCES, Peer, installed_peers, run
from benchmarks.subject import Subject, baseline_seconds, of_network
from benchmarks.table import Table, progress

__all__ = ["measure"]


def measure(*, quick: bool) -> list[Table]:
    """Time and evaluations at about 480,000 parameters, batch 256 (64 when quick)."""
    spec = replace(LARGE, batch=64) if quick else LARGE
    subject = of_network(spec)
    repetitions = 3 if quick else 7
    baseline_seconds(subject, 2)  # warm caches
    baseline, forward = baseline_seconds(subject, repetitions)
    table = Table(
        caption=f"Cost of a verdict, N = {subject.size:,}, batch {spec.batch} (median of {repetitions}; "
        f"one gradient and two losses take {1000 * baseline:.0f} ms)",
        heading=("checker", "verdict", "losses", "gradients", "time ratio", "says where"),
        notes=(
            "`time ratio`: whole check over one gradient and two losses, same run. ~: from its losses a parameter.",
        ),
    )
    for peer in progress([PRODUCT, PRODUCT_DIFFERENCES, *installed_peers()], "cost"):
        table.rows.append(_row(peer, subject, (baseline, forward), repetitions))
    return [table]


def _row(peer: Peer, subject: Subject, seconds: tuple[float, float], repetitions: int) -> tuple[str, ...]:
    baseline, forward = seconds
    where = "yes" if peer.says_where else "no"
    if peer.losses_each:
        losses = peer.losses_each * subject.size
        return (peer.name, "not run", f"~{losses:,.0f}", "~1", f"~{losses * forward / baseline:,.0f}", where)
    outcomes = [run(peer, subject, seed) for seed in range(repetitions)]
    return (
        peer.name,
        "/".join(sorted({outcome.verdict for outcome in outcomes})),
        f"{statistics.median(outcome.losses for outcome in outcomes):.0f}",
        f"{statistics.median(outcome.gradients for outcome in outcomes):.0f}",
        f"{statistics.median(outcome.seconds for outcome in outcomes) / baseline:.1f}",
        where,
    )
