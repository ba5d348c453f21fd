"""The group of commands that write files to start from, and their table."""

from __future__ import annotations

import click

from gradcheck.cli.group import CommandRow, RegistryGroup
from gradcheck.cli.language import lang_option

__all__ = ["ROWS", "new"]

PACKAGE = "gradcheck.cli.new"
ROWS = (
    CommandRow(
        name="adapter",
        target=f"{PACKAGE}.adapter:adapter",
        summary="Write an adapter for a file, filled in with what was found in it.",
    ),
    CommandRow(
        name="assignment",
        target=f"{PACKAGE}.assignment:assignment",
        summary="Write an assignment for a class, commented and valid as it is.",
    ),
    CommandRow(
        name="ci",
        target=f"{PACKAGE}.ci:ci",
        summary="Write a job that checks gradients: for GitHub, GitLab, pre-commit or tox.",
    ),
    CommandRow(
        name="gradescope",
        target=f"{PACKAGE}.gradescope:gradescope",
        summary="Write the zip archive that Gradescope takes for an autograder.",
    ),
)


@click.command(cls=RegistryGroup, rows=ROWS, no_args_is_help=True)
@lang_option
def new() -> int:
    """Write a file to start from.

    \b
    Examples:
      gradcheck new adapter odd.py
      gradcheck new assignment --list
      gradcheck new ci --provider github
      gradcheck new gradescope --assignment xor.toml
    """
    return 0
