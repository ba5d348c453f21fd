"""``python -m benchmarks right-networks``: many right networks of every family; one that fails is a false alarm."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from networks.cases import random_cases
from networks.running import Tally, run_case

from benchmarks.measurements.false_alarms import own_table
from benchmarks.table import progress

__all__ = ["main"]

# Undecided is an honest answer, but one that may not become a habit; a loss + 1e6 apart, which float64 cannot resolve.
UNDECIDED = 0.01


def main(arguments: Sequence[str]) -> int:
    """Check them one after the other.

    Returns
    -------
    int
        0 if none fails or is invalid and at most 1 % are undecided, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks right-networks", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args(arguments)
    counts = Tally()
    for case in progress(random_cases(options.count, options.seed), "right networks"):
        counts.add(case, run_case(case))
    print(own_table(counts))
    if options.json is not None:
        options.json.write_text(json.dumps(_figures(counts), indent=1) + "\n", encoding="utf-8")
    return int(bool(counts.wrong) or len(counts.undecided) > UNDECIDED * counts.total)


def _figures(counts: Tally) -> dict[str, tuple[int, int]]:
    dear = sum(losses > 40 for losses in counts.losses)
    return {
        "right networks called wrong (fail or invalid)": (len(counts.wrong), counts.total),
        "right networks left undecided, a loss + 1e6 apart": (len(counts.undecided), counts.total),
        "right networks that took more than 40 losses": (dear, counts.total),
    }
