"""``python -m benchmarks wrong-programs``: how often the command line names the bug, the line and the cure."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import progress
from benchmarks.wrong_programs.proving import proved_programs, refresh
from benchmarks.wrong_programs.runner import TOOL, as_json, run
from benchmarks.wrong_programs.scoring import Score
from benchmarks.wrong_programs.summary import failures, figures, tables
from benchmarks.wrong_programs.truth import Half, Program
from benchmarks.wrong_programs.writing import write

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Measure, or write, or prove."""
    options = _parser().parse_args(arguments)
    if options.prove or options.prove_all:
        return _prove(jobs=options.jobs, again=options.prove_all)
    programs, proofs = proved_programs()
    half = options.half or ("all" if options.write is not None else "tune")
    programs = _chosen(programs, half=half, only=options.only, limit=options.limit)
    if options.write is not None:
        print(f"{write(programs, proofs, options.write)} programs in {options.write}")
        return 0
    if not programs:
        print("no program is chosen: --half, --only and --limit leave none", file=sys.stderr)
        return 2
    _measure(programs, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks wrong-programs", description=__doc__)
    parser.add_argument(
        "--half",
        choices=[*(half.value for half in Half), "all"],
        default=None,
        help="tune: failures may be looked at; report: for the figures alone (tune; with --write all)",
    )
    parser.add_argument("--only", metavar="TEXT", help="programs whose style, bug or name is, or begins with, TEXT")
    parser.add_argument("--limit", type=int, metavar="N", help="N programs, spread over all that are chosen")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--failures", action="store_true", help="list what is not as it should be")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, scores and records")
    parser.add_argument("--tool", type=shlex.split, default=TOOL, metavar="COMMAND", help="another command to judge")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the programs and their truths, and stop")
    parser.add_argument("--prove", action="store_true", help="prove what is new or changed, keep it, and stop")
    parser.add_argument("--prove-all", action="store_true", help="prove everything again, keep it, and stop")
    return parser


def _chosen(programs: Sequence[Program], *, half: str, only: str | None, limit: int | None) -> list[Program]:
    chosen = [program for program in programs if half in {"all", program.half.value}]
    if only is not None:
        chosen = [p for p in chosen if only in {p.style, *(bug.id for bug in p.bugs)} or p.name.startswith(only)]
    if limit is not None and limit < len(chosen):
        chosen = [chosen[index * len(chosen) // limit] for index in range(limit)]
    return chosen


def _measure(programs: Sequence[Program], options: argparse.Namespace) -> None:
    found = list(progress(_Counted(programs, options), "programs"))
    scores, records = [score for score, _ in found], [record for _, record in found]
    for table in tables(scores):
        print(table, flush=True)
        print()
    if options.failures:
        print("\n".join(failures(scores)) or "no failures")
    if options.json is not None:
        content = {"figures": figures(scores), "programs": as_json(scores, records)}
        options.json.write_text(json.dumps(content, indent=1), encoding="utf-8")


class _Counted:
    """The run, with a length, so that progress knows how far it is."""

    def __init__(self, programs: Sequence[Program], options: argparse.Namespace) -> None:
        self.programs, self.options = programs, options

    def __len__(self) -> int:
        return len(self.programs)

    def __iter__(self) -> Iterator[tuple[Score, Any]]:
        return run(self.programs, jobs=self.options.jobs, tool=self.options.tool)


def _prove(*, jobs: int, again: bool) -> int:
    proofs = refresh(jobs=jobs, again=again, report=lambda text: print(text, file=sys.stderr))
    for name, proved in sorted(proofs.items()):
        if proved.hidden:
            print(f"hidden: {name}: {proved.hidden}")
    return 0
