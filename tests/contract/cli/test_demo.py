"""The demonstration as a newcomer starts it: on a pipe, on a terminal, and in a folder that is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from translation import english_left

from gradcheck.cli.demo.steps import STEPS
from gradcheck.grading.assignment.ready import ready_assignment

TYPED = [f"$ gradcheck {' '.join(step.words)}" for step in STEPS]


@pytest.fixture(scope="module")
def kept(shell: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, Path]:
    """The demonstration in Chinese in a folder that is kept, what it said, and where temporary files would be."""
    folder, scratch = tmp_path_factory.mktemp("demo") / "try it", tmp_path_factory.mktemp("scratch")
    environment = {"TMPDIR": str(scratch), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    return shell("demo", "--keep", str(folder), "--lang", "zh_CN", **environment), folder, scratch


def test_every_command_is_said_before_its_output(kept: tuple[Any, Path, Path]) -> None:
    """All commands ran, each said before its output, none waited for a key."""
    done, _, _ = kept
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    parts = re.split("|".join(re.escape(line) + r"\n" for line in TYPED), done.stdout)
    assert len(parts) == len(STEPS) + 1
    assert [line for line in done.stdout.splitlines() if line.startswith("$ ")] == TYPED
    check, diagnose, fix, again, assignment, grade = parts[1:]
    assert check.startswith("FAIL  network.py\n")
    assert "activation-instead-of-derivative" in diagnose
    assert "+    dZ1 = dZ2 @ W2.T * (A1 * (1 - A1))" in fix
    assert again.startswith("PASS  network.py  ")
    assert "xor-class.toml" in assignment
    assert "updated-weights-used" in grade


def test_what_it_made_is_real(kept: tuple[Any, Path, Path]) -> None:
    """The file is repaired, the sheets are there, and nothing lies where temporary files would."""
    _, folder, scratch = kept
    assert "A1 * (1 - A1)" in (folder / "network.py").read_text(encoding="utf-8")
    assert (folder / "network.py.orig").exists()
    assert {path.stem for path in (folder / "results" / "sheets").iterdir()} == {"student_1", "student_2", "student_3"}
    assert (folder / "results" / "report" / "index.html").exists()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    assert list(scratch.iterdir()) == []


def test_it_speaks_chinese(kept: tuple[Any, Path, Path]) -> None:
    """Nothing of what is said is English but the names of bugs and code."""
    done, folder, _ = kept
    assignment = ready_assignment("xor-class")
    assert english_left(done.stdout, str(folder), assignment.summary, assignment.title) == []


def test_a_key_goes_on_and_ctrl_c_ends(terminal: Any, tmp_path: Path) -> None:
    """On a terminal a key is waited for between the commands; Ctrl-C ends it, and nothing is left."""
    keys = [("Press a key", b"x"), ("Step 2 of", b"\x03")]
    code, shown = terminal("demo", answers=keys, TMPDIR=str(tmp_path), COLUMNS="80")
    assert code == 130
    assert "Step 1 of 6" in shown
    assert "Step 3 of 6" not in shown
    assert shown.rstrip().endswith("Interrupted.")
    assert list(tmp_path.iterdir()) == []
