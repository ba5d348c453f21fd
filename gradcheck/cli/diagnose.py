"""``gradcheck diagnose``."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.options import (
    adapter_option,
    debug_option,
    format_option,
    isolation_option,
    quiet_option,
    seed_option,
    terms,
    time_limit_option,
)
from gradcheck.cli.results import collect, show
from gradcheck.cli.settings import options_for
from gradcheck.records import Diagnosis, ReportSet

__all__ = ["diagnose"]


@click.command(short_help="Name what is wrong in files, the line, and a fix.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@adapter_option
@click.option("--explain", is_flag=True, help="Add the formulas, and all that was measured.")
@time_limit_option
@isolation_option
@format_option("text", "json")
@seed_option()
@quiet_option
@debug_option
def diagnose(
    paths: tuple[Path, ...],
    adapter: Path | None,
    explain: bool,  # noqa: FBT001 - by name
    time_limit: float | None,
    require_isolation: str | None,
    output_format: str,
    seed: int,
    quiet: bool,  # noqa: FBT001 - by name
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

    def ask(path: Path) -> Diagnosis | ReportSet:
        from gradcheck.submissions import diagnose_path

        options = options_for(path, adapter=adapter, rng=seed, time_limit=time_limit)
        return diagnose_path(path, isolation=terms(require_isolation), **options)

    report = collect(paths, ask, seed=seed, description="Diagnosing", quiet=quiet, kind=Diagnosis)
    show(report, output_format, quiet=quiet, explain=explain)
    return report.verdict.exit_code
