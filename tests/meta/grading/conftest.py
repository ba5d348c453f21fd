"""Lets the tests of this folder import the programs beside them, and grades a program's text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.batch.work import Work
from gradcheck.grading.records import GradeRecord
from gradcheck.grading.worker import grade_work

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

SEED = 20_101


@pytest.fixture
def grade(tmp_path: Path) -> Callable[..., GradeRecord]:
    """``grade(text, assignment)`` runs a program's text for an assignment's."""

    def run(text: str, assignment: str, *, name: str = "handed_in.py", **options: Any) -> GradeRecord:
        folder = tmp_path / "class"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(text, encoding="utf-8")
        read = parse_assignment(assignment.encode(), tmp_path / "assignment.toml")
        work = Work(key=name, path=file, digest="0" * 64)
        return grade_work(work, read, **{"seed": SEED, "diagnose": False, **options})

    return run
