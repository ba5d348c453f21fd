"""Runs the command line on programs, each in a process of its own, and judges what it says."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.wrong_programs.patching import PatchError, apply_patch
from benchmarks.wrong_programs.proof import same_gradient
from benchmarks.wrong_programs.scoring import Score, merged, score
from benchmarks.wrong_programs.truth import Program

__all__ = ["TOOL", "run"]

TOOL = (sys.executable, "-m", "gradcheck", "diagnose")
LIMIT = 180.0  # seconds; a file that takes longer has no record

# Runs on a machine of few cores are not to fight over them.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run(programs: Sequence[Program], *, jobs: int, tool: Sequence[str] = TOOL) -> Iterator[tuple[Score, Any]]:
    """Score and record of each program, in order, as they are ready."""
    executor = concurrent.futures.ProcessPoolExecutor(jobs)
    try:
        yield from executor.map(_examined, programs, [tuple(tool)] * len(programs))
    finally:  # an interrupted run does not go through the rest first
        executor.shutdown(cancel_futures=True)


def _examined(program: Program, tool: Sequence[str]) -> tuple[Score, Any]:
    """Only the program's text is given to the tool, under a name that tells nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(program.text, encoding="utf-8")
        start = time.monotonic()
        record, error = _record([*tool, str(path), "--format", "json"], folder)
        seconds = time.monotonic() - start
    if record is None:
        return score(program, None, seconds=seconds, error=error), None
    found = merged(record)
    try:
        return score(program, found, patch_right=_patch_right(program, found), seconds=seconds), record
    except (TypeError, ValueError, KeyError, AttributeError) as broken:  # a record that is not as contracted
        return score(program, None, seconds=seconds, error=f"record: {broken}"), record


def _record(command: Sequence[str], folder: str) -> tuple[Mapping[str, Any] | None, str]:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            cwd=folder,
            env={**os.environ, **THREADS},
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer in {LIMIT:.0f} s"
    try:
        record = json.loads(done.stdout)
    except ValueError:
        return None, (done.stderr.strip().splitlines() or ["no JSON"])[-1][:200]
    return (record, "") if isinstance(record, dict) else (None, "no JSON object")


def _patch_right(program: Program, record: Mapping[str, Any]) -> bool | None:
    """What the corpus's own oracle says of the verified patch; None where there is none."""
    if not (record.get("patch") and record.get("patch_verified")):
        return None
    try:
        patched = apply_patch(program.text, record["patch"])
    except PatchError:
        return False
    return same_gradient(program, patched)


def as_json(scores: Sequence[Score], records: Sequence[Any]) -> list[dict[str, Any]]:
    """Scores beside records, for a file."""
    return [{**dataclasses.asdict(s), "record": r} for s, r in zip(scores, records, strict=True)]
