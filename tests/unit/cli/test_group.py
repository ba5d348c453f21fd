"""The tables of commands."""

from __future__ import annotations

from typing import Any

import click
import pytest

from gradcheck.cli import COMMANDS
from gradcheck.cli.group import CommandRow
from gradcheck.cli.references import ROWS

ALL_ROWS = [*COMMANDS, *ROWS]


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
    if not isinstance(command, click.Group):
        options = {name for parameter in command.params for name in parameter.opts}
        assert {"--format", "--quiet", "--debug"} <= options
        assert row.name in ("list", "sandbox") or "--seed" in options


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("chek", "check"),
        ("CHECK", "check"),
        ("reference", "references"),
        ("diagnos", "diagnose"),
        ("fxi", "fix"),
        ("zzz", None),
    ],
)
def test_a_mistyped_command_is_recognised(run: Any, typed: str, meant: str | None) -> None:
    """A mistyped command is recognised."""
    outcome = run(typed, "x.py")
    assert outcome.code == 2
    assert outcome.out == ""
    expected = f"Did you mean '{meant}'?" if meant else "There are: check, diagnose, fix,"
    assert expected in outcome.err


def test_help_lists_every_command_with_its_summary(run: Any) -> None:
    """Help lists every command with its summary."""
    outcome = run("--help")
    assert outcome.code == 0
    assert all(row.name in outcome.out and row.summary in outcome.out for row in COMMANDS)
    assert all(row.name in run("references", "-h").out for row in ROWS)


def test_nothing_to_do_says_what_to_do_and_is_no_success(run: Any) -> None:
    """Nothing to do says what to do and is no success."""
    outcome = run()
    assert outcome.code == 2
    assert "gradcheck check network.py" in outcome.out


def test_the_version_is_told(run: Any) -> None:
    """The version is told."""
    from gradcheck import __version__

    assert run("--version").out.strip().endswith(__version__)
