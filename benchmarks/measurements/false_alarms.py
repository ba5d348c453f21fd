"""False alarms over right networks: of gradcheck on all, of each peer on those that it can look at."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
from networks.cases import FAMILIES, RightCase, random_cases
from networks.running import Tally, run_case

from benchmarks.peers import Peer, installed_peers, run
from benchmarks.subject import of_case
from benchmarks.table import Table, progress

__all__ = ["measure", "own_table"]

# Entry-by-entry peers get networks up to this size, and a tenth of them.
SMALL = 100
SHARE = 10


def measure(*, quick: bool) -> list[Table]:
    """1,100 right problems of every family (110 when quick)."""
    cases = list(random_cases(110 if quick else 1100))
    counts = Tally()
    for case in progress(cases, "false alarms: gradcheck"):
        counts.add(case, run_case(case))
    return [own_table(counts), _peers(cases)]


def own_table(counts: Tally) -> Table:
    """Verdicts by family, and what they cost."""
    table = Table(
        caption=f"gradcheck on {counts.total:,} right problems: losses {np.median(counts.losses):g} (median), "
        f"{max(counts.losses)} (worst); gradients {np.median(counts.gradients):g}, {max(counts.gradients)}",
        heading=("family", "PASS", "INCONCLUSIVE", "INVALID", "FAIL"),
        notes=counts.wrong,
    )
    for family, verdicts in [*counts.by_family.items(), ("all", counts.verdicts)]:
        table.rows.append((family, *(str(verdicts[name]) for name in table.heading[1:])))
    return table


def _peers(cases: list[RightCase]) -> Table:
    peers = installed_peers()
    networks = [case for case in cases if case.spec is not None]
    table = Table(
        caption="False alarms of peers by their own rules and defaults, per cent of the right networks looked at",
        heading=("family", *(peer.name for peer in peers)),
        notes=(f"Entry-by-entry peers: every {SHARE}th network of at most {SMALL} parameters; in brackets: refused.",),
    )
    shares = {peer.name: _verdicts(peer, networks) for peer in peers}
    for family in [*FAMILIES, "all"]:
        table.rows.append((family, *(_share(shares[peer.name], family) for peer in peers)))
    return table


def _verdicts(peer: Peer, cases: list[RightCase]) -> dict[str, Counter[str]]:
    verdicts: dict[str, Counter[str]] = {"all": Counter()}
    if peer.losses_each:
        cases = [case for case in cases if case.spec is not None and case.spec.parameters <= SMALL][::SHARE]
    for number, case in enumerate(progress(cases, f"false alarms: {peer.name}")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, about precision and division
            verdict = run(peer, of_case(case), number).verdict
        verdicts.setdefault(case.family, Counter())[verdict] += 1
        verdicts["all"][verdict] += 1
    return verdicts


def _share(verdicts: dict[str, Counter[str]], family: str) -> str:
    counts = verdicts.get(family, Counter())
    if not counts.total():
        return "-"
    refused = f" ({100.0 * counts['refused'] / counts.total():.0f})" if counts["refused"] else ""
    return f"{100.0 * counts['fail'] / counts.total():.1f}{refused}"
