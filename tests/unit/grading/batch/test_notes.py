"""Nothing of Hypothesis's stays in the working folder of whoever grades."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from gradcheck.grading.batch.notes import NOTES, no_notes_left

DRAWS = """
import contextlib, os
from hypothesis import given, strategies
from gradcheck.grading.batch.notes import no_notes_left

@given(strategies.integers())
def drawn(number):
    pass

with {manager}:
    drawn()
"""
GRADES = """
from gradcheck.grading.grade import grade

if __name__ == "__main__":
    graded = grade("work.py", "xor.toml", "out", diagnose=False, workers=1)
    assert graded.run.submissions == 1
"""


def _left(folder: Path, code: str) -> list[str]:
    """What is in a folder after a program has run there that was not before."""
    program = folder / "program.py"
    program.write_text(code, encoding="utf-8")
    before = set(folder.iterdir())
    environment = {name: value for name, value in os.environ.items() if name not in (NOTES, "CI")}
    subprocess.run([sys.executable, program], cwd=folder, env=environment, check=True, capture_output=True)
    return sorted(path.name for path in set(folder.iterdir()) - before if path.name != "out")


@pytest.mark.parametrize(
    ("manager", "left"), [("no_notes_left()", []), ("contextlib.nullcontext()", [".hypothesis"])], ids=["kept", "not"]
)
def test_what_is_drawn_leaves_no_notes(tmp_path: Path, manager: str, left: list[str]) -> None:
    """And without it some would be left."""
    assert _left(tmp_path, DRAWS.replace("{manager}", manager)) == left


def test_grading_from_python_leaves_no_notes(tmp_path: Path) -> None:
    """A rubric with a property, as whoever calls ``grade`` has it."""
    (tmp_path / "xor.toml").write_bytes((files("gradcheck.grading.assignment.ready") / "xor-class.toml").read_bytes())
    right = Path(__file__).parents[3] / "contract" / "programs" / "xor_class.txt"
    (tmp_path / "work.py").write_bytes(right.read_bytes())
    assert _left(tmp_path, GRADES) == []


def test_a_folder_that_was_named_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And is still named afterwards; one of ours is not."""
    monkeypatch.setenv(NOTES, str(tmp_path))
    with no_notes_left():
        assert os.environ[NOTES] == str(tmp_path)
    assert os.environ[NOTES] == str(tmp_path)
    monkeypatch.delenv(NOTES)
    with no_notes_left():
        own = Path(os.environ[NOTES])
        assert own.is_dir()
    assert NOTES not in os.environ
    assert not own.exists()
