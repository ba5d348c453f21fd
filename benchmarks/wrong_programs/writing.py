"""The corpus on disk: every program beside its truth, for reading and for trying the tool by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.wrong_programs.proof import Proved
from benchmarks.wrong_programs.truth import Program

__all__ = ["write"]


def write(programs: Iterable[Program], proofs: Mapping[str, Proved], folder: Path) -> int:
    """Write ``HALF/NAME.py`` and ``HALF/NAME.json`` for each program; returns how many."""
    count = 0
    for program in programs:
        half = folder / program.half.value
        half.mkdir(parents=True, exist_ok=True)
        (half / f"{program.name}.py").write_text(program.text, encoding="utf-8")
        truth = program.to_dict(blocks=proofs[program.name].blocks)
        (half / f"{program.name}.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False), encoding="utf-8")
        count += 1
    return count
