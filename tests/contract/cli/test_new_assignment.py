"""``gradcheck new assignment``: writes what ``gradcheck grade`` reads, and never over a file."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gradcheck.cli.root import root
from gradcheck.grading.assignment import read_assignment
from gradcheck.grading.assignment.ready import READY, ready_assignment


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(root, ["new", "assignment", *arguments], standalone_mode=False)


def test_without_a_name(here: Path) -> None:
    """The simplest ready assignment, as assignment.toml, with what to do next."""
    result = new()
    assert (result.exception, result.return_value) == (None, 0)
    assert (here / "assignment.toml").read_text(encoding="utf-8") == ready_assignment("binary-classifier").text
    assert "Written: assignment.toml" in result.output
    assert "gradcheck grade submissions/ --assignment assignment.toml --out results/" in result.output


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("option", [(), ("--from",)], ids=["name", "from"])
def test_a_ready_one_is_valid_as_written(here: Path, name: str, option: tuple[str, ...]) -> None:
    """By its name, or by --from; what is written can be read."""
    assert new(*option, name, "--out", "mine.toml").return_value == 0
    found = read_assignment(here / "mine.toml")
    assert found.title == ready_assignment(name).title
    assert found.points in (20, 100)


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Week 3: XOR", "week-3-xor.toml"),
        ('"quoted" \\back', "quoted-back.toml"),
        ("../../etc/passwd", "etc-passwd.toml"),
        ("练习 é", "练习-é.toml"),
        ("line\nbreak\t\x7f\x01", "line-break.toml"),
        ("???", "assignment.toml"),
    ],
)
def test_a_name_of_ones_own(here: Path, title: str, file: str) -> None:
    """It is the title, whatever is in it, and the file is called after it, in this folder."""
    assert new(title, "--from", "xor-class").return_value == 0
    assert [path.name for path in here.iterdir()] == [file]
    found = read_assignment(here / file)
    assert found.title == title
    assert found.reference.implementation == "002-corrected"


def test_a_file_that_is_there_stays(here: Path) -> None:
    """It is written over with --force alone."""
    (here / "assignment.toml").write_text("mine")
    result = new()
    assert isinstance(result.exception, click.UsageError)
    assert "assignment.toml exists already: give --force" in str(result.exception)
    assert (here / "assignment.toml").read_text() == "mine"
    assert new("--force").return_value == 0
    assert read_assignment(here / "assignment.toml").points == 20


def test_the_list(here: Path) -> None:
    """Every ready assignment with a sentence, and nothing is written."""
    result = new("--list")
    assert result.return_value == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(READY)
    assert all(ready_assignment(name).summary in result.output for name in READY)
    assert list(here.iterdir()) == []


def test_standard_output(here: Path) -> None:
    """The file alone, for a pipe."""
    assert new("deep-relu", "--out", "-").output == ready_assignment("deep-relu").text
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "xor"), "no ready assignment is called 'xor'. Did you mean xor-class?"),
        (("--out", "nowhere/a.toml"), "No such file or directory"),
    ],
)
def test_what_cannot_be_written(here: Path, arguments: tuple[str, ...], said: str) -> None:
    """A usage error with the cure, and no file."""
    result = new(*arguments)
    assert isinstance(result.exception, click.UsageError)
    assert said in str(result.exception)
    assert list(here.iterdir()) == []


def test_quiet(here: Path) -> None:
    """One line."""
    assert new("-q").output == "Written: assignment.toml\n"
    assert (here / "assignment.toml").exists()
