"""``gradcheck demo``."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from gradcheck.cli.demo.steps import LEAVE, NEXT, STEPS, Step
from gradcheck.cli.helping import Command
from gradcheck.cli.meant import typed
from gradcheck.cli.options import session_options
from gradcheck.cli.paths import NEW_FOLDER
from gradcheck.cli.screen import draw, emit, output_console, side_by_side
from gradcheck.language import tr

__all__ = ["copy_files", "demo"]

# Of each file in the package, which holds no programs that are not its own.
HELD_AS = ".txt"
CLEAR_LINE = "\r\x1b[2K"


@click.command(cls=Command, short_help="Show on examples what checks, diagnoses, fixes and grades are.")
@click.option("--keep", metavar="DIR", type=NEW_FOLDER, help="Work in this new or empty folder, and leave it there.")
@click.option(
    "--no-pause", is_flag=True, help="Wait for no key between the commands, as where the output is no terminal."
)
@session_options
def demo(keep: Path | None, no_pause: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show on examples what checks, diagnoses, fixes and grades are: real commands on real files, in about a minute.

    A file that does not learn is checked, diagnosed, fixed and checked again, then a class of three is graded. All of
    it happens in a temporary folder, of which nothing is left.

    Exit code: 0 when every command did what it does here.

    \b
    Examples:
      gradcheck demo
      gradcheck demo --keep try-it
      gradcheck demo --no-pause > demo.txt
    """
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(tr("--keep {folder}: there are files in it already; name a new folder.", folder=keep))
    waits = not no_pause and sys.stdin.isatty() and sys.stdout.isatty()
    with _folder(keep) as folder:
        copy_files(folder)
        with contextlib.chdir(folder):
            code = _run_all(waits=waits)
    if code == 0:
        _say_what_next(keep)
    return code


def _run_all(*, waits: bool) -> int:
    """Every command; the exit code of one that ended otherwise than it does here, else 0."""
    from gradcheck.cli.entry import INTERRUPTED, main

    for number, step in enumerate(STEPS, start=1):
        if number > 1 and waits:
            _wait()
        _say_command(step, number)
        code = main(step.words)
        if code == INTERRUPTED:
            return code
        if code != step.code:
            click.echo(tr("This ended with {code}, and {usual} was expected.", code=code, usual=step.code), err=True)
            return code or 1
    return 0


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder that is kept, or one that is gone afterwards."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="gradcheck-demo-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise click.UsageError(tr("--keep {folder}: cannot be made: {reason}.", folder=keep, reason=reason)) from None
    yield keep


def copy_files(folder: Path) -> None:
    """Put the files of the demonstration into a folder.

    Parameters
    ----------
    folder : Path
        That is there.
    """
    _copy(resources.files(__package__).joinpath("files"), folder)


def _copy(held: Traversable, folder: Path) -> None:
    for entry in held.iterdir():
        if entry.is_dir():
            (folder / entry.name).mkdir()
            _copy(entry, folder / entry.name)
        else:
            (folder / entry.name.removesuffix(HELD_AS)).write_bytes(entry.read_bytes())


def _say_command(step: Step, number: int) -> None:
    from rich.console import Group
    from rich.text import Text

    from gradcheck.reports.prose import Prose

    head = tr("Step {number} of {all}", number=number, all=len(STEPS))
    command = Text(f"$ {typed(['gradcheck', *step.words])}", style="bold cyan")
    told = Group(Text(head, style="bold"), Prose(tr(step.see)), "", command)
    draw(output_console(), lambda console: console.print(told if number == 1 else Group("", told)))


def _wait() -> None:
    """Until a key is pressed; Ctrl-C ends the demonstration."""
    click.echo("\n" + tr("Press a key to go on, Ctrl-C to end."), nl=False)
    click.getchar()
    click.echo(CLEAR_LINE, nl=False)


def _say_what_next(kept: Path | None) -> None:
    rows = [(command, tr(why)) for command, why in (*NEXT, *(() if kept else LEAVE))]
    said = [tr("What to try next:"), *side_by_side(rows)]
    if kept is not None:
        said.append(tr("All files are in {folder}; a page on the class is results/report/index.html.", folder=kept))
    emit("\n".join(["", *said]))
