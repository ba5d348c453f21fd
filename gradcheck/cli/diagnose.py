"""``gradcheck diagnose``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import engine_options, submission_options
from gradcheck.cli.paths import ANY
from gradcheck.cli.results import FORMATS, collect, show
from gradcheck.language import tr
from gradcheck.records import Diagnosis, ReportSet

__all__ = ["diagnose"]


@click.command(cls=Command, short_help="Name what is wrong in files, the line, and a fix.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=ANY)
@submission_options(
    click.option("--explain", is_flag=True, help="Add the formulas, and all that was measured."),
    formats=FORMATS,
)
def diagnose(
    paths: tuple[Path, ...],
    explain: bool,  # noqa: FBT001 - by name
    output_format: str,
    seed: int,
    quiet: bool,  # noqa: FBT001 - by name
    **options: Any,
) -> int:
    """Name what is wrong in files: the mistake, its line, how sure that is, and a fix that was verified.

    PATH is a Python file, a notebook, or a folder of them. A gradient that is right is said to be; where something else
    may keep the network from learning, that is told.

    Exit codes: 0 pass, 1 fail, 2 nothing could be checked, 3 the numbers cannot decide. For several results the worst
    of them, in the order 1, 2, 3, 0.

    \b
    Examples:
      gradcheck diagnose network.py
      gradcheck diagnose network.py --explain
      gradcheck diagnose homework/ --format json > results.json
    """
    typed = engine_options(seed=seed, **options)

    def ask(path: Path) -> Diagnosis | ReportSet:
        from gradcheck.submissions import diagnose_path

        return diagnose_path(path, **typed)

    report = collect(paths, ask, seed=seed, description=tr("Diagnosing"), quiet=quiet, kind=Diagnosis)
    show(report, output_format, quiet=quiet, explain=explain)
    return report.verdict.exit_code
