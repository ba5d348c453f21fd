"""The demonstration: its folder, and what becomes of a command that ends otherwise."""

from __future__ import annotations

import ast
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli.demo import command
from gradcheck.cli.demo.steps import STEPS, Step


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """A demonstration of one command, which tells where it ran and ends with what it is told to."""
    seen: list[Path] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "STEPS", (Step(words=("bugs", "list"), see="Look.", code=0),))

    def main(_words: tuple[str, ...]) -> int:
        seen.append(Path.cwd())
        return len(seen) - 1

    monkeypatch.setattr("gradcheck.cli.entry.main", main)
    return seen


def test_it_runs_in_a_folder_that_is_gone_afterwards(run: Any, quick: list[Path], tmp_path: Path) -> None:
    """It runs in a folder with its files, which is gone afterwards; the current folder is as it was."""
    outcome = run("demo")
    assert outcome.code == 0
    assert outcome.out.startswith("Step 1 of 1\nLook.\n\n$ gradcheck bugs list\n\nWhat to try next:\n")
    assert "gradcheck demo --keep try-it" in outcome.out
    assert not quick[0].exists()
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_kept(run: Any, quick: list[Path], tmp_path: Path) -> None:
    """A folder that is named is made, and left with the files in it."""
    outcome = run("demo", "--keep", "deep/try-it")
    assert outcome.code == 0
    assert quick == [tmp_path / "deep" / "try-it"]
    assert {path.name for path in quick[0].rglob("*.py")} == {
        "network.py", "student_1.py", "student_2.py", "student_3.py",
    }  # fmt: skip
    assert "All files are in deep" in outcome.out


def test_what_lies_in_a_folder_is_not_written_over(run: Any, quick: list[Path], tmp_path: Path) -> None:
    """What lies in a folder is not written over."""
    (tmp_path / "network.py").write_text("mine", encoding="utf-8")
    outcome = run("demo", "--keep", ".")
    assert (outcome.code, outcome.out) == (2, "")
    assert "there are files in it already; name a new folder" in outcome.err
    assert quick == []


@pytest.mark.usefixtures("quick")
def test_a_folder_that_cannot_be_made_is_said(run: Any, tmp_path: Path) -> None:
    """A folder that cannot be made is said."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = run("demo", "--keep", "file/try-it")
    assert (outcome.code, outcome.out) == (2, "")
    assert "cannot be made" in outcome.err


def test_a_command_that_ends_otherwise_ends_it(run: Any, quick: list[Path]) -> None:
    """A command that ends otherwise ends the demonstration, with its exit code."""
    quick.append(Path())
    outcome = run("demo")
    assert outcome.code == 1
    assert outcome.err == "This ended with 1, and 0 was expected.\n"
    assert "What to try next" not in outcome.out


def test_its_files_are_programs_or_meant_not_to_be() -> None:
    """Of the files that come with the package one does not parse: the one that the last step says cannot be run."""
    held = resources.files("gradcheck.cli.demo").joinpath("files")
    texts = {path.name: path.read_text(encoding="utf-8") for path in Path(str(held)).rglob("*.txt")}
    broken = []
    for name, text in texts.items():
        try:
            ast.parse(text)
        except SyntaxError:
            broken.append(name)
    assert len(texts) == 4
    assert broken == ["student_3.py.txt"]
    assert "one cannot be run" in STEPS[-1].see
