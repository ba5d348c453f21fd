"""``python -m benchmarks wrong-programs``: how often the command line names the bug, the line and the cure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.wrong_programs.proving import proved_programs, refresh
from benchmarks.wrong_programs.writing import write

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Measure, or write, or prove."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks wrong-programs", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the programs and their truths, and stop")
    parser.add_argument("--prove", action="store_true", help="prove what is new or changed, keep it, and stop")
    parser.add_argument("--prove-all", action="store_true", help="prove everything again, keep it, and stop")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    options = parser.parse_args(arguments)
    if options.prove or options.prove_all:
        proofs = refresh(jobs=options.jobs, again=options.prove_all, report=lambda text: print(text, file=sys.stderr))
        for name, proved in sorted(proofs.items()):
            if proved.hidden:
                print(f"hidden: {name}: {proved.hidden}")
        return 0
    programs, proofs = proved_programs()
    if options.write is not None:
        print(f"{write(programs, proofs, options.write)} programs in {options.write}")
    return 0
