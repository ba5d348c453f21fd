"""Figures and tables of many scores."""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.table import Table
from benchmarks.wrong_programs.scoring import CONFIDENT, Score

__all__ = ["failures", "figures", "tables"]

BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def figures(scores: Sequence[Score]) -> dict[str, Any]:
    """Every figure: ``(right, of)`` for shares, numbers for times."""
    wrong = [s for s in scores if s.bugs]
    right = [s for s in scores if not s.bugs]
    numeric = [s for s in wrong if s.patch is not None]  # whose gradient is wrong
    diagnoses = [d for s in scores for d in s.diagnoses]
    confident = [d for d in diagnoses if d[0] > CONFIDENT]
    bugs = [bug for s in wrong for bug in s.bugs]
    several = [bug for s in wrong if len(s.bugs) > 1 for bug in s.bugs]
    lined = [bug for bug in bugs if bug.has_line]
    patched = [s for s in numeric if s.patch]
    seconds = sorted(s.seconds for s in scores)
    return {
        "programs": len(scores),
        "top diagnosis right": _share(wrong, lambda s: bool(s.top)),
        "bugs named (recall)": _share(bugs, lambda b: b.named),
        "bugs named, programs with several": _share(several, lambda b: b.named),
        "diagnoses right (precision)": _share([d for s in wrong for d in s.diagnoses], lambda d: d[1]),
        "line of the top diagnosis, exact": _share(numeric, lambda s: s.line == 0),
        "line of the top diagnosis, within 1": _share(numeric, lambda s: s.line is not None and s.line <= 1),
        "line of each bug, exact": _share(lined, lambda b: b.distance == 0),
        "line of each bug, within 1": _share(lined, lambda b: b.distance is not None and b.distance <= 1),
        "verified patch": _share(numeric, lambda s: bool(s.patch)),
        "verified patches that are right": _share(patched, lambda s: bool(s.patch_right)),
        "confident and wrong": _share(confident, lambda d: not d[1]),
        "false alarms on right programs": _share(right, lambda s: s.false_alarm),
        "not recognised": _share(scores, lambda s: not s.recognised),
        "verdict wrong": _share(scores, lambda s: not s.verdict_right),
        "seconds, median": round(statistics.median(seconds), 2) if seconds else None,
        "seconds, 90 %": round(seconds[int(0.9 * (len(seconds) - 1))], 2) if seconds else None,
    }


def tables(scores: Sequence[Score]) -> list[Table]:
    """Everything that the command prints."""
    return [_overview(scores), _by_bug(scores), _by_style(scores), _calibration(scores)]


def failures(scores: Iterable[Score]) -> list[str]:
    """A line for every program of which something is not as it should be."""
    found = ((s.program, [text for text, holds in _complaints(s) if holds]) for s in scores)
    return [f"{name}: {'; '.join(complaints)}" for name, complaints in found if complaints]


def _complaints(s: Score) -> list[tuple[str, bool]]:
    missed = [bug.bug for bug in s.bugs if not bug.named]
    return [
        (f"verdict {s.verdict}{f' ({s.error})' if s.error else ''}", not s.verdict_right),
        (f"FALSE ALARM {s.top_name}", s.false_alarm),
        ("CONFIDENT AND WRONG", any(confidence > CONFIDENT and not right for confidence, right in s.diagnoses)),
        ("PATCH WRONG", bool(s.patch) and not s.patch_right),
        (f"top is {s.top_name or 'nothing'}", s.top is False),
        (f"not named: {', '.join(missed)}", bool(missed)),
        (f"line off by {s.line}", s.line is not None and s.line > 1),
        ("no patch", s.patch is False),
    ]


def _overview(scores: Sequence[Score]) -> Table:
    table = Table(caption="Wrong and right programs:", heading=["figure", "value"])
    table.rows.extend((name, _shown(value)) for name, value in figures(scores).items())
    return table


def _by_bug(scores: Sequence[Score]) -> Table:
    groups = defaultdict(list)
    for s in scores:
        for bug in s.bugs:
            groups[bug.bug].append(bug)
    table = Table(caption="By bug:", heading=["bug", "n", "named", "line within 1"])
    for name, bugs in sorted(groups.items()):
        near = _share([b for b in bugs if b.has_line], lambda b: b.distance is not None and b.distance <= 1)
        table.rows.append((name, str(len(bugs)), _shown(_share(bugs, lambda b: b.named)), _shown(near)))
    return table


def _by_style(scores: Sequence[Score]) -> Table:
    groups: Mapping[str, list[Score]] = defaultdict(list)
    for s in scores:
        groups[f"{s.style}" if s.bugs else "right programs"].append(s)
    heading = ["style", "n", "top right", "recall", "line within 1", "patch", "patch right", "recognised"]
    table = Table(caption="By style:", heading=heading)
    for name, group in sorted(groups.items()):
        found = figures(group)
        keys = ("top diagnosis right", "bugs named (recall)", "line of the top diagnosis, within 1", "verified patch")
        cells = [_shown(found[key]) for key in (*keys, "verified patches that are right")]
        seen = _share(group, lambda s: s.recognised)
        table.rows.append((name, str(len(group)), *cells, _shown(seen)))
    return table


def _calibration(scores: Sequence[Score]) -> Table:
    diagnoses = [d for s in scores for d in s.diagnoses]
    table = Table(caption="Confidence and how often it is right:", heading=["confidence", "n", "right"])
    for low, high in itertools.pairwise(BINS):
        inside = [d for d in diagnoses if low < d[0] <= high or d[0] == low == 0]
        table.rows.append((f"{low} to {high}", str(len(inside)), _shown(_share(inside, lambda d: d[1]))))
    return table


def _share(items: Sequence[Any], holds: Callable[[Any], bool]) -> tuple[int, int]:
    return sum(1 for item in items if holds(item)), len(items)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        count, total = value
        return f"{100 * count / total:.1f} % ({count} of {total})" if total else "-"
    return "-" if value is None else str(value)
