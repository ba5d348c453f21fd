"""The root command and the table of all commands."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck._version import __version__
from gradcheck.cli.group import CommandRow, RegistryGroup
from gradcheck.cli.language import lang_option
from gradcheck.cli.screen import emit, side_by_side
from gradcheck.language import mark, tr

__all__ = ["COMMANDS", "root"]

COMMANDS = (
    CommandRow(
        name="demo",
        target="gradcheck.cli.demo:demo",
        summary="Show on examples what checks, diagnoses, fixes and grades are.",
    ),
    CommandRow(
        name="check",
        target="gradcheck.cli.check:check",
        summary="Tell whether the gradients in files are right.",
    ),
    CommandRow(
        name="diagnose",
        target="gradcheck.cli.diagnose:diagnose",
        summary="Name what is wrong in files, the line, and a fix.",
    ),
    CommandRow(
        name="fix",
        target="gradcheck.cli.fix:fix",
        summary="Show, or write, a patch with which a file passes.",
    ),
    CommandRow(
        name="grade",
        target="gradcheck.cli.grade:grade",
        summary="Grade a class by an assignment's rubric.",
    ),
    CommandRow(
        name="ci",
        target="gradcheck.cli.ci:ci",
        summary="Check files and folders in a build: fail on what is new.",
    ),
    CommandRow(
        name="watch",
        target="gradcheck.cli.watch:watch",
        summary="Check a file or folder again whenever it is saved.",
    ),
    CommandRow(
        name="new",
        target="gradcheck.cli.new:new",
        summary="Write a starting file: adapter, assignment, build's job.",
    ),
    CommandRow(
        name="bugs",
        target="gradcheck.cli.bugs:bugs",
        summary="What goes wrong in back-propagation: each bug explained.",
    ),
    CommandRow(
        name="sandbox",
        target="gradcheck.cli.sandbox:sandbox",
        summary="Which isolation this machine gives, shown by attacks.",
    ),
    CommandRow(
        name="references",
        target="gradcheck.cli.references:references",
        summary="The networks of four published texts: verify, train, plot.",
    ),
    CommandRow(
        name="completion",
        target="gradcheck.cli.completion:completion",
        summary="Let a shell complete commands, options, files and ids.",
    ),
)

PURPOSE = mark("gradcheck tells whether hand-written back-propagation is right, and what is not.")
# What to type next, and what it answers; together no wider than a terminal of 80 columns.
NEXT_STEPS = (
    ("gradcheck demo", mark("all of it on examples, in a minute")),
    ("gradcheck check network.py", mark("is the gradient in this file right?")),
    ("gradcheck diagnose network.py", mark("what is wrong, in which line, and the cure?")),
    ("gradcheck fix network.py", mark("a patch with which it is right")),
    ("gradcheck new assignment", mark("a rubric, by which `grade` marks a class")),
    ("gradcheck ci .", mark("all of it in a build: fails on what is new")),
    ("gradcheck bugs list", mark("what can be wrong; `bugs show ID` explains it")),
    ("gradcheck references verify", mark("check the networks of four published texts")),
    ("gradcheck --help", mark("all commands and options")),
)
PROGRAMS = {".py", ".ipynb"}


def _forgotten(word: str) -> str | None:
    """A file, or what is there, was to be checked."""
    path = Path(word)
    return "check" if path.suffix in PROGRAMS or path.exists() else None


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if wanted and not ctx.resilient_parsing:
        emit(tr("gradcheck, version {version}", version=__version__))
        ctx.exit()


@click.command(
    cls=RegistryGroup,
    rows=COMMANDS,
    guess=_forgotten,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 pass, 1 fail, 2 usage error or nothing could be checked, 3 the numbers cannot decide.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=mark("Show the version and exit."),
)
@lang_option
@click.pass_context
def root(ctx: click.Context) -> int:
    """Tell whether hand-written back-propagation is right, and what is wrong with it.

    \b
    Examples:
      gradcheck demo
      gradcheck check network.py
      gradcheck diagnose network.py
      gradcheck fix network.py --write
      gradcheck check homework/ --format json
      gradcheck references verify
    """
    if ctx.invoked_subcommand is None:
        rows = [(command, tr(why)) for command, why in NEXT_STEPS]
        emit("\n".join([tr(PURPOSE), "", *side_by_side(rows)]))
        return 2
    return 0
