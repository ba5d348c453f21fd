"""``python -m benchmarks grading``: how fast a class is graded, by what share of its own computing, in what memory."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.grading.classes import BUGS, Kind, assignment_without, write_class
from benchmarks.table import Table

__all__ = ["main"]

READY = "xor-class"
CHECKOUT = Path(__file__).resolve().parents[2]
RECORDS = "SELECT key, record FROM submissions JOIN records USING (digest, assignment, version, mode) WHERE present = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one run took, and what its gradebook says."""

    submissions: int
    told: dict[str, Any]
    own: tuple[float, ...]  # processor seconds in the processes of each submission that was run
    load: tuple[float, float]  # processes that wanted a processor, the minute before and the last one

    def row(self, name: str) -> list[str]:
        """Of the table."""
        told, count = self.told, max(1, self.told["run"])
        spent = told["own"] + told["others"]
        return [
            name,
            str(self.submissions),
            str(told["run"]),
            f"{told['seconds']:.1f}",
            f"{told['run'] / told['seconds']:.1f}",
            f"{1000 * spent / count:.0f}" if told["run"] else "-",
            self._spread() if told["run"] else "-",
            f"{100 * sum(self.own) / spent:.0f} %" if told["run"] else "-",
            f"{self.load[0]:.1f} to {self.load[1]:.1f}",
            f"{told['peak'] / 2**20:.0f}",
            f"{told['writing']['seconds']:.1f}" if "writing" in told else "-",
            f"{told['writing']['peak'] / 2**20:.0f}" if "writing" in told else "-",
        ]

    def _spread(self) -> str:
        """Milliseconds of a submission's own processes."""
        low, middle, high = (1000 * float(part) for part in np.percentile(self.own, (10, 50, 90)))
        return f"{middle:.0f} ({low:.0f} to {high:.0f})"


HEADING = [
    *("run", "submissions", "run", "seconds", "a second", "CPU ms each", "in its own process", "share", "load"),
    *("peak MB", "writing s", "peak MB"),
]
# Of processor time, so many a second on two cores.
GOAL = "The goal without a diagnosis is 30 a second on two cores: 66 ms of processor time each."


def main(arguments: Sequence[str]) -> int:
    """Measure; 1 if a mark is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks grading", description=__doc__)
    parser.add_argument("--submissions", type=int, default=1000, metavar="N", help="in the class (1000)")
    parser.add_argument(
        "--ready", type=int, metavar="N", help="as many for the assignment with convergence, which costs more (N/10)"
    )
    parser.add_argument("--diagnose", type=int, default=0, metavar="N", help="then N wrong ones, named, of 8 bugs (0)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep it all there; goes on if there is some")
    parser.add_argument("--no-write", action="store_true", help="no sheets and no class page: marks alone")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return _measure(folder, options)


def _measure(folder: Path, options: argparse.Namespace) -> int:
    ready, without = _assignments(folder)
    count, write = options.submissions, not options.no_write
    told_ready = max(20, count // 10) if options.ready is None else options.ready
    rows, wrong = [], 0
    plans = [
        ("without convergence", max(20, count // 10), without, False),
        ("without convergence", count, without, False),
        ("the same again", count, without, False),
        ("ready assignment", told_ready, ready, False),
        ("wrong, named", options.diagnose, ready, True),
    ]
    for name, size, assignment, diagnose in plans:
        if not size:
            continue
        place = folder / f"{assignment.stem}-{size}{'-wrong' if diagnose else ''}"
        run, found = _run(place, size, assignment, diagnose=diagnose, write=write)
        rows.append(run.row(name))
        wrong += found
        print(rows[-1], file=sys.stderr, flush=True)
        if diagnose:
            print(f"bugs named: {_named(place)}", file=sys.stderr)
    caption = f"A class, {os.cpu_count()} processors; in its own process: median, and 10th to 90th percentile"
    print(Table(caption=caption, heading=HEADING, rows=rows, notes=(GOAL,)))
    if wrong:
        print(f"{wrong} marks are not what they must be")
    return 1 if wrong else 0


def _assignments(folder: Path) -> tuple[Path, Path]:
    ready, without = folder / f"{READY}.toml", folder / "without-convergence.toml"
    if not ready.exists():
        command = [sys.executable, "-m", "gradcheck", "new", "assignment", "--from", READY, "--out", str(ready)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        without.write_text(assignment_without(ready.read_text("utf-8"), "convergence"), encoding="utf-8")
    return ready, without


def _run(place: Path, size: int, assignment: Path, *, diagnose: bool, write: bool) -> tuple[_Run, int]:
    """One run in a process of its own, and how many marks are not what they must be."""
    from benchmarks.grading.classes import kind_of

    submissions, out = place / "submissions", place / "results"
    if submissions.is_dir():
        kinds = {file.name: kind_of(int(file.stem[7:]), wrong_only=diagnose) for file in submissions.iterdir()}
    else:
        kinds = write_class(submissions, size, wrong_only=diagnose)
    out.mkdir(parents=True, exist_ok=True)
    before, load = dict(_processor_seconds(out)), os.getloadavg()[0]
    command = [
        *(sys.executable, "-m", "benchmarks.grading.controller", submissions, assignment, out),
        *("diagnose" if diagnose else "mark", "write" if write else "keep"),
    ]
    done = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
    own = tuple(used for key, used in _processor_seconds(out) if key not in before)
    told = json.loads(done.stdout)
    return _Run(submissions=size, told=told, own=own, load=(load, os.getloadavg()[0])), _misjudged(out, kinds)


def _records(out: Path) -> list[tuple[str, dict[str, Any]]]:
    book = out / "gradebook.sqlite"
    if not book.exists():
        return []
    database = sqlite3.connect(book)
    try:
        return [(key, json.loads(record)) for key, record in database.execute(RECORDS)]
    finally:
        database.close()


def _processor_seconds(out: Path) -> list[tuple[str, float]]:
    """Of every submission that had a process."""
    used = ((key, (record.get("usage") or {}).get("cpu_seconds")) for key, record in _records(out))
    return [(key, float(seconds)) for key, seconds in used if seconds]


def _misjudged(out: Path, kinds: dict[str, Kind]) -> int:
    """Right ones have all points, wrong ones fewer, broken ones none."""
    found = {key: record["grade"] for key, record in _records(out)}
    return sum(name not in found or not _is_just(found[name], kind) for name, kind in kinds.items())


def _is_just(grade: dict[str, Any], kind: Kind) -> bool:
    if kind.is_broken:
        return grade["state"] == "ungradable" and grade["points"] is None
    if grade["state"] != "graded":
        return False
    return bool(grade["points"] == grade["of"] if kind.is_right else grade["points"] < grade["of"])


def _named(place: Path) -> dict[str, int]:
    named = Counter(
        ", ".join(bug["bug"] for bug in record.get("diagnoses") or []) or "nothing"
        for _, record in _records(place / "results")
    )
    assert len(BUGS) <= sum(named.values())
    return dict(named)
