"""The page of figures, written from the records of the last runs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from benchmarks.figures.runs import RUNS, Run
from benchmarks.table import Table

__all__ = ["interval", "page"]

HEAD = """\
# Latest figures

What the long suites (`tox -e nightly`) gave when they last ran. `python -m benchmarks figures --run NAME` runs one
again and writes this page; nobody edits it. Each interval is the exact (Clopper-Pearson) one for a share, 95 %.
"""


def page(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown; a suite without a record is said to be without one."""
    return "\n".join([HEAD, *(_section(run, records.get(name)) for name, run in RUNS.items())])


def interval(hits: int, of: int) -> tuple[float, float]:
    """The exact interval of a share, 95 %.

    References
    ----------
    Clopper and Pearson, Biometrika 26 (1934), 404-413.
    """
    from scipy.stats import binomtest

    found = binomtest(hits, of).proportion_ci(method="exact")
    return float(found.low), float(found.high)


def _section(run: Run, record: Mapping[str, Any] | None) -> str:
    if record is None:
        return f"## {run.title}\n\n{_wrapped(run.about)}\n\nNot run yet: `python -m {' '.join(run.command)}`.\n"
    table = Table(caption="", heading=("what", "count", "share", "95 % interval"))
    for what, (hits, of) in record["figures"].items():
        table.rows.append((what, f"{hits:,} of {of:,}", *_shares(hits, of)))
    seconds, commit = record["seconds"], record["commit"]
    when = f"{record['date']}, {seconds:,} s, Python {record['python']}" + (f", commit {commit}" if commit else "")
    return f"## {run.title}\n\n{_wrapped(run.about)}\n\n`{record['command']}`\n({when}){table}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _shares(hits: int, of: int) -> tuple[str, str]:
    if not of:
        return "-", "-"
    low, high = interval(hits, of)
    return _per_cent(hits / of), f"{_per_cent(low)} to {_per_cent(high)}"


def _per_cent(share: float) -> str:
    """Two places near nothing and near all, where one place would round to it."""
    return f"{100 * share:.{2 if min(share, 1 - share) < 0.01 else 1}f} %"
