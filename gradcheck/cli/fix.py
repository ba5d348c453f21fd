"""``gradcheck fix``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import engine_options, submission_options
from gradcheck.cli.paths import NEW_FILE
from gradcheck.cli.results import collect
from gradcheck.cli.screen import draw, emit, emit_exactly, output_console
from gradcheck.language import tr
from gradcheck.records import CheckReport, Diagnosis, ReportSet, Verdict

if TYPE_CHECKING:
    from gradcheck.submissions import Repair

__all__ = ["fix"]


@click.command(cls=Command, short_help="Show, or write, a patch with which a file passes.")
@click.argument("path", metavar="PATH", type=NEW_FILE)
@submission_options(
    click.option("--write", is_flag=True, help="Change the file, and leave the old one beside it as a backup."),
    click.option("--no-backup", is_flag=True, help="With --write: leave no backup."),
    formats=("text", "json"),
)
def fix(
    path: Path,
    write: bool,  # noqa: FBT001 - by name
    no_backup: bool,  # noqa: FBT001 - by name
    output_format: str,
    seed: int,
    quiet: bool,  # noqa: FBT001 - by name
    **options: Any,
) -> int:
    """Show a patch with which the gradient in a file is right, or write it into the file.

    PATH is a Python file or a notebook. The patch is a unified diff for the file's folder, verified: with it the file
    passes the check with fresh numbers. A patch that was not verified is never shown. With -q the diff alone.

    Exit codes: 0 when there is such a patch, or nothing is to be cured; 1 when the gradient is wrong and no patch was
    verified; 2 when nothing could be checked, 3 when the numbers cannot decide.

    \b
    Examples:
      gradcheck fix network.py
      gradcheck fix network.py | patch -p1
      gradcheck fix network.py --write
    """
    if no_backup and not write:
        raise click.UsageError(tr("--no-backup says what --write leaves behind: give both, or neither."))
    typed = engine_options(seed=seed, **options)
    repairs: list[Repair] = []
    before = path.read_bytes() if path.is_file() else b""

    def ask(file: Path) -> Diagnosis | ReportSet:
        from gradcheck.submissions import repair_file

        done = repair_file(file, write=write, backup=not no_backup, **typed)
        repairs.append(done)
        return done.report

    report = collect((path,), ask, seed=seed, description=tr("Looking for a fix"), quiet=quiet, kind=Diagnosis)
    repair = next(iter(repairs), None)
    if output_format == "json":
        emit(_to_json(report, repair))
    elif repair is None or repair.patch is None:
        _say_why_not(report, quiet=quiet)
    else:
        _show_repair(report, repair, path, before, quiet=quiet)
    return report.verdict.exit_code if repair is None or repair.patch is None else Verdict.PASS.exit_code


def _to_json(report: CheckReport | ReportSet, repair: Repair | None) -> str:
    from gradcheck.reports.json import dump

    written, backup = (repair.written, repair.backup) if repair is not None else (False, None)
    return dump({**report.to_dict(), "written": written, "backup": None if backup is None else str(backup)})


def _say_why_not(report: CheckReport | ReportSet, *, quiet: bool) -> None:
    from gradcheck.reports.repair import unrepaired

    _say(unrepaired(report)[: 1 if quiet else None])


def _show_repair(report: CheckReport | ReportSet, repair: Repair, path: Path, before: bytes, *, quiet: bool) -> None:
    from gradcheck.reports.repair import cures, written

    _show_patch(repair.patch or "", before, [] if quiet else [*cures(report), ""])
    if repair.written:
        _say(["", *written(str(path), None if repair.backup is None else str(repair.backup))])


def _show_patch(patch: str, before: bytes, above: Sequence[str]) -> None:
    """In colours on a terminal; else exactly as it is, for ``patch`` and ``git apply``, which skip what is above it."""
    from gradcheck.reports.repair import coloured_diff, for_tools

    console = output_console()
    if console.color_system is None and not sys.stdout.isatty():
        emit_exactly("".join(f"{line}\n" for line in above).encode() + for_tools(patch, before))
        return
    _say(above)
    draw(console, lambda console: console.print(coloured_diff(patch), soft_wrap=True, end=""))


def _say(lines: Sequence[str]) -> None:
    from rich.text import Text

    draw(output_console(), lambda console: console.print(Text("\n".join(lines)), soft_wrap=True))
