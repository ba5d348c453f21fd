"""The tables of commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from gradcheck.cli import COMMANDS, root
from gradcheck.cli.group import CommandRow
from gradcheck.cli.references import ROWS
from gradcheck.cli.root import NEXT_STEPS

ALL_ROWS = [*COMMANDS, *ROWS]
WITHOUT_RESULT = ("demo", "completion")  # nothing to print in another format, or less of
WITHOUT_FORMAT = [("references", "plot")]  # draws figures into files


def _commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands by what is typed to run them."""
    yield above, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, *above, name)
        else:
            yield (*above, name), command


EVERY = dict(_commands(root))


def _options(words: tuple[str, ...]) -> set[str]:
    """Options of a command and of those above it."""
    commands = [EVERY[words[:length]] for length in range(len(words) + 1)]
    return {name for command in commands for each in command.params for name in (*each.opts, *each.secondary_opts)}


def _command_of(line: str) -> tuple[tuple[str, ...], list[str]]:
    """The command that a line types, and the words after it; what a shell does with the output is left out."""
    program, *words = shlex.split(re.split(r"[|>)]", line)[0])
    assert program == "gradcheck", line
    length = max(length for length in range(len(words) + 1) if tuple(words[:length]) in EVERY)
    return tuple(words[:length]), words[length:]


@pytest.mark.parametrize("row", ALL_ROWS, ids=[row.name for row in ALL_ROWS])
def test_a_row_loads_a_documented_command(row: CommandRow) -> None:
    """A row loads a documented command."""
    command = row.load()
    assert command.name == row.name
    assert command.help is not None
    assert "Examples:" in command.help
    if not isinstance(command, click.Group):
        assert command.get_short_help_str(200) == row.summary


@pytest.mark.parametrize("row", ALL_ROWS, ids=[row.name for row in ALL_ROWS])
def test_every_command_has_the_common_options(row: CommandRow) -> None:
    """Every command has the common options."""
    command = row.load()
    options = {name for parameter in command.params for name in parameter.opts}
    assert "--lang" in options
    if not isinstance(command, click.Group):
        assert "--debug" in options


@pytest.mark.parametrize(
    "words", [words for words, command in EVERY.items() if not isinstance(command, click.Group)], ids=" ".join
)
def test_every_command_takes_a_format_a_seed_and_quiet(words: tuple[str, ...]) -> None:
    """A script may give them without knowing which command it calls."""
    wanted = {"--format", "--seed", "-q"} - ({"--format"} if words in WITHOUT_FORMAT else set())
    assert words[0] in WITHOUT_RESULT or wanted <= _options(words)


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_help_has_examples_that_can_be_typed(words: tuple[str, ...]) -> None:
    """Each line of the examples types a command that there is, with options that it has."""
    _, _, examples = (EVERY[words].help or "").partition("Examples:\n")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert lines
    typed = [_command_of(re.sub(r'^eval "\$\(', "", line)) for line in lines]
    assert any(command[: len(words)] == words for command, _ in typed)
    for command, others in typed:
        assert not isinstance(EVERY[command], click.Group)
        assert {word for word in others if word.startswith("-") and word != "-"} <= _options(command), others


def test_next_steps_can_be_typed() -> None:
    """What is said without a command names commands that there are, the demonstration first."""
    typed = [_command_of(command) for command, _ in NEXT_STEPS]
    assert typed[0] == (("demo",), [])
    assert all(command in EVERY for command, _ in typed)
    assert all(command or others == ["--help"] for command, others in typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("chek x.py", "gradcheck check x.py"),
        ("CHECK x.py --seed 3", "gradcheck check x.py --seed 3"),
        ("reference list", "gradcheck references list"),
        ("diagnos 'a b.py'", "gradcheck diagnose 'a b.py'"),
        ("fxi x.py", "gradcheck fix x.py"),
        ("network.py", "gradcheck check network.py"),
        ("deep/network.ipynb -q", "gradcheck check deep/network.ipynb -q"),
        ("handed-in", "gradcheck check handed-in"),
        ("bugs sho sign-flip", "gradcheck bugs show sign-flip"),
        ("bugs sign-flip", "gradcheck bugs show sign-flip"),
        ("references verfy", "gradcheck references verify"),
    ],
)
def test_the_command_that_was_meant_is_said(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    """A mistyped or forgotten command is said as it would be typed, with all that was typed beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed-in").mkdir()
    outcome = run(*shlex.split(typed))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f"Did you mean: {meant}\n")


def test_a_word_that_resembles_no_command_gets_them_all(run: Any) -> None:
    """A word that resembles no command gets the list of commands, and no control characters of its own."""
    outcome = run("zz\x1b[31mz", "x.py")
    assert outcome.code == 2
    assert "There are: demo, check, diagnose, fix," in outcome.err
    assert "\x1b" not in outcome.err


@pytest.mark.parametrize(("typed", "meant"), [("--fromat", "--format"), ("--time-limt", "--time-limit")])
def test_the_option_that_was_meant_is_said(run: Any, typed: str, meant: str) -> None:
    """The option that was meant is said."""
    outcome = run("check", typed, "x", "y.py")
    assert outcome.code == 2
    assert re.search(rf"{meant}['?)]", outcome.err)


def test_help_lists_every_command_with_its_summary(run: Any) -> None:
    """Help lists every command with its summary."""
    outcome = run("--help")
    assert outcome.code == 0
    assert all(row.name in outcome.out and row.summary in outcome.out for row in COMMANDS)
    assert all(row.name in run("references", "-h").out for row in ROWS)


def test_nothing_to_do_says_what_to_do_and_is_no_success(run: Any) -> None:
    """Nothing to do says what to do and is no success."""
    outcome = run()
    assert (outcome.code, outcome.err) == (2, "")
    assert "gradcheck check network.py" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_the_version_is_told(run: Any) -> None:
    """The version is told."""
    from gradcheck import __version__

    assert run("--version").out.strip().endswith(__version__)
