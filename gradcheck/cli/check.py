"""``gradcheck check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import FloatRange, engine_options, submission_options
from gradcheck.cli.paths import ANY
from gradcheck.cli.results import FORMATS, collect, show
from gradcheck.language import tr
from gradcheck.records import CheckReport, ReportSet

__all__ = ["check"]

ORACLES = ("auto", "finite-difference", "complex-step", "autodiff")


@click.command(cls=Command, short_help="Tell whether the gradients in files are right.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=ANY)
@submission_options(
    click.option(
        "--rtol",
        metavar="NUMBER",
        type=FloatRange(min=0),
        help="Relative tolerance; by default 1e-6 for float64.",
    ),
    click.option("--atol", metavar="NUMBER", type=FloatRange(min=0), help="Absolute tolerance; by default 0."),
    click.option(
        "--oracle",
        type=click.Choice(ORACLES),
        default="auto",
        show_default=True,
        help="Where the independent derivatives come from.",
    ),
    click.option("--order-test", is_flag=True, help="Add a Taylor-remainder test of the order of convergence."),
    formats=FORMATS,
)
def check(paths: tuple[Path, ...], output_format: str, seed: int, quiet: bool, **options: Any) -> int:  # noqa: FBT001
    """Tell whether the gradients in files are right, block by block.

    PATH is a Python file, a notebook, or a folder of them. Each program runs in a process of its own; the networks in
    it are recognised without configuration, or built by an adapter.

    Exit codes: 0 pass, 1 fail, 2 nothing could be checked, 3 the numbers cannot decide. For several results the worst
    of them, in the order 1, 2, 3, 0.

    \b
    Examples:
      gradcheck check network.py
      gradcheck check homework/ --format json > results.json
      gradcheck check odd.py --adapter odd_adapter.py
      gradcheck check network.py --oracle complex-step --order-test
    """
    typed = engine_options(seed=seed, **options)
    report = collect(paths, lambda path: _check(path, **typed), seed=seed, description=tr("Checking"), quiet=quiet)
    show(report, output_format, quiet=quiet)
    return report.verdict.exit_code


def _check(path: Path, *, oracle: Any, order_test: bool, **options: Any) -> CheckReport | ReportSet:
    from gradcheck import CheckConfig
    from gradcheck.submissions import check_path

    return check_path(path, config=CheckConfig(oracle=oracle, order_test=order_test), **options)
