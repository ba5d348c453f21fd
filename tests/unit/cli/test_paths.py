"""Paths as arguments: what is wrong with one, and what was meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import pytest

from gradcheck.cli.meant import neighbour, suggestion
from gradcheck.cli.paths import ANY, FILE, NEW_FILE, NEW_FOLDER, THERE, PathArgument, no_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file and a folder, in which one is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.toml").write_text("", encoding="utf-8")
    (tmp_path / "handed-in").mkdir()
    return tmp_path


def _shown(value: PathArgument | str) -> str:
    """Names of tests are the same in every process, and no two are alike."""
    return value if isinstance(value, str) else f"{value.exists:d}{value.file_okay:d}{value.dir_okay:d}"


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        (FILE, "clas.toml", r"'clas\.toml' does not exist\. Did you mean 'class\.toml'\?"),
        (FILE, "class", r"'class' does not exist\. Did you mean 'class\.toml'\?"),
        (FILE, "else.csv", r"'else\.csv' does not exist: check the spelling"),
        (FILE, "nowhere/class.toml", r"does not exist: check the spelling"),
        (THERE, "handedin", r"Did you mean 'handed-in'\?"),
        (FILE, "handed-in", r"'handed-in' is a folder; a file is wanted"),
        (NEW_FILE, "handed-in", r"'handed-in' is a folder; a file is wanted"),
        (NEW_FOLDER, "class.toml", r"'class\.toml' is a file; a folder is wanted"),
        (FILE, "bell\x07", r"'bell\\x07' does not exist"),
    ],
    ids=_shown,
)
@pytest.mark.usefixtures("folder")
def test_what_is_wrong_is_said(kind: PathArgument, typed: str, said: str) -> None:
    """What is wrong is said, with the cure."""
    with pytest.raises(click.BadParameter, match=said):
        kind.convert(typed, None, None)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [(ANY, "nowhere.py"), (FILE, "class.toml"), (THERE, "handed-in"), (NEW_FILE, "-"), (NEW_FOLDER, "results")],
    ids=_shown,
)
@pytest.mark.usefixtures("folder")
def test_the_others_are_paths(kind: PathArgument, typed: str) -> None:
    """The others are paths as they were typed."""
    assert kind.convert(typed, None, None) == Path(typed)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="a superuser may read everything")
def test_a_file_that_may_not_be_read(folder: Path) -> None:
    """A file that may not be read."""
    (folder / "class.toml").chmod(0)
    with pytest.raises(click.BadParameter, match="may not be read"):
        FILE.convert("class.toml", None, None)


def test_the_folder_of_a_new_file() -> None:
    """The folder of a new file is named where it is missing."""
    said = no_folder("junit", Path("nowhere", "j.xml"))
    assert said == f"--junit {Path('nowhere', 'j.xml')}: there is no folder nowhere; make it first."


def test_a_neighbour_is_of_the_same_folder(folder: Path) -> None:
    """A neighbour is of the same folder."""
    assert neighbour(folder / "clas.toml") == folder / "class.toml"
    assert neighbour(folder / "zzz") is None
    assert neighbour(folder / "none" / "class.toml") is None


def test_a_suggestion_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quoted for a POSIX shell; on Windows, whose shells quote otherwise, as it is."""
    words = ["gradcheck", "check", "a b.py", "x\x1b.py"]
    assert suggestion(words) == "Did you mean: gradcheck check 'a b.py' 'x\\x1b.py'"
    monkeypatch.setattr("gradcheck.cli.meant.os.name", "nt")
    assert suggestion(["gradcheck", "check", r"C:\class\a.py"]) == r"Did you mean: gradcheck check C:\class\a.py"


@pytest.mark.usefixtures("folder")
def test_a_missing_file_of_an_option_is_a_usage_error(run: Any) -> None:
    """A missing file of an option is a usage error that names the near one."""
    outcome = run("grade", "handed-in", "--assignment", "class.tml", "--out", "results")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Invalid value for '--assignment': 'class.tml' does not exist. Did you mean 'class.toml'?" in outcome.err


@pytest.mark.usefixtures("folder")
def test_a_mistyped_path_of_submissions_is_a_usage_error(run: Any) -> None:
    """What is graded and is not there: the near one is named; else what may be graded."""
    words = ("--assignment", "class.toml", "--out", "results")
    assert "'handedin' does not exist. Did you mean 'handed-in'?" in run("grade", "handedin", *words).err
    assert "Did you mean" not in run("grade", "zzz", *words).err
