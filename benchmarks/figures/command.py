"""``python -m benchmarks figures``: runs long suites, keeps what they count, and writes the page of it."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures.page import page
from benchmarks.figures.runs import RUNS

__all__ = ["PAGE", "RECORDS", "main"]

ROOT = Path(__file__).resolve().parents[2]
RECORDS = Path(__file__).with_name("latest.json")
PAGE = ROOT / "docs" / "project" / "figures.md"


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, and write records and page anew.

    Returns
    -------
    int
        1 if a suite did not end well, else 0.
    """
    options = _parser().parse_args(arguments)
    names = list(RUNS) if options.run == ["all"] else options.run
    unknown = sorted(set(names) - set(RUNS))
    if unknown:
        _parser().error(f"no suite {', '.join(unknown)}; expected all, or of {', '.join(RUNS)}")
    records, written = RECORDS, PAGE
    if options.into is not None:
        options.into.mkdir(parents=True, exist_ok=True)
        records, written = options.into / RECORDS.name, options.into / PAGE.name
        records.write_text("{}", encoding="utf-8")
    codes = []
    for name in names:
        code, record = _ran(name, options.more)
        codes.append(code)
        known = json.loads(records.read_text(encoding="utf-8"))  # afterwards: another suite may have ended meanwhile
        if record is not None:
            known[name] = record
        records.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    written.write_text(page(json.loads(records.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"{written.name} is written")
    return int(any(codes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks figures", description=__doc__)
    parser.add_argument("--run", nargs="+", default=[], metavar="NAME", help=f"of {', '.join(RUNS)}, or all")
    parser.add_argument("--into", type=Path, metavar="DIR", help="write there, and leave the tree as it is")
    parser.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="given to the suite after its own arguments")
    return parser


def _ran(name: str, more: Sequence[str]) -> tuple[int, dict[str, Any] | None]:
    """The exit code, and the record; none where nothing was counted."""
    run = RUNS[name]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = [*run.command, *more]
        given = [*command, "--json", str(file)] if run.writes_json else command
        print(f"==> python -m {' '.join(command)}", flush=True)
        finished = subprocess.run(
            [sys.executable, "-m", *given], cwd=ROOT, env={**os.environ, **run.environment},
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        print(finished.stdout, flush=True)
        if run.writes_json and not file.exists():
            return finished.returncode or 1, None
        counts = run.read(file, finished.stdout)
    if not any(of for _, of in counts.values()):  # nothing was counted: that is no figure
        return finished.returncode or 1, None
    return finished.returncode, {
        "command": " ".join([*(f"{k}={v}" for k, v in run.environment.items()), "python -m", *command]),
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "seconds": round(time.monotonic() - start),
        "python": platform.python_version(),
        "commit": _commit(),
        "figures": counts,
    }


def _commit() -> str | None:
    """The commit that was measured, with a mark where files differ from it; none outside of a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
