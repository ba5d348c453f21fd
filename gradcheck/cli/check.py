"""``gradcheck check``."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.options import debug_option, format_option, quiet_option, seed_option
from gradcheck.cli.screen import draw, emit, output_console, progress
from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, Evaluations, ReportSet, Verdict

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["check"]

ORACLES = ("auto", "finite-difference", "complex-step", "autodiff")


@click.command(short_help="Tell whether the gradients in files are right.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--adapter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with build(module, ...) -> gradcheck.Problem, for code whose interface is not recognised.",
)
@click.option(
    "--rtol", metavar="NUMBER", type=click.FloatRange(min=0), help="Relative tolerance; by default 1e-6 for float64."
)
@click.option("--atol", metavar="NUMBER", type=click.FloatRange(min=0), help="Absolute tolerance; by default 0.")
@click.option(
    "--oracle",
    type=click.Choice(ORACLES),
    default="auto",
    show_default=True,
    help="Where the independent derivatives come from.",
)
@click.option("--order-test", is_flag=True, help="Add a Taylor-remainder test of the order of convergence.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Seconds that loading a file, or any one evaluation in it, may take.",
)
@format_option("text", "json")
@seed_option()
@quiet_option
@debug_option
def check(paths: tuple[Path, ...], output_format: str, seed: int, quiet: bool, **options: Any) -> int:  # noqa: FBT001
    """Tell whether the gradients in files are right, block by block.

    PATH is a Python file, or a folder of them. Each file runs in a process of its own; the networks in it are
    recognised without configuration, or built by an adapter.

    Exit codes: 0 pass, 1 fail, 2 nothing could be checked, 3 the numbers cannot decide. For several results the worst
    of them, in the order 1, 2, 3, 0.

    \b
    Examples:
      gradcheck check network.py
      gradcheck check homework/ --format json > results.json
      gradcheck check odd.py --adapter odd_adapter.py
      gradcheck check network.py --oracle complex-step --order-test
    """
    arguments = _arguments(seed=seed, **options)
    results: list[CheckReport | ReportSet] = []
    with progress("Checking", quiet=quiet) as advance:
        for number, path in enumerate(paths):
            if len(paths) > 1:
                advance(number, len(paths))
            results.append(_check_one(path, arguments))
    report = _seeded(_together(results), seed)
    if output_format == "json":
        from gradcheck.reports.json import to_json

        emit(to_json(report))
    else:
        draw(output_console(), lambda console: _print(report, console, quiet=quiet))
    return report.verdict.exit_code


def _arguments(
    *,
    seed: int,
    adapter: Path | None,
    rtol: float | None,
    atol: float | None,
    oracle: Any,
    order_test: bool,
    time_limit: float | None,
) -> dict[str, Any]:
    """What `check_path` takes, from what was typed."""
    from gradcheck import CheckConfig
    from gradcheck.submissions import TIME_LIMIT

    return {
        "adapter": adapter,
        "rng": seed,
        "rtol": rtol,
        "atol": atol,
        "config": CheckConfig(oracle=oracle, order_test=order_test),
        "time_limit": TIME_LIMIT if time_limit is None else time_limit,
    }


def _check_one(path: Path, arguments: dict[str, Any]) -> CheckReport | ReportSet:
    """What a file or folder holds, or why nothing of it could be checked."""
    from gradcheck.submissions import check_path

    try:
        return check_path(path, **arguments)
    except SubmissionError as error:
        return CheckReport(
            verdict=Verdict.INVALID,
            reason=str(error) if path.exists() else f"{error}{_meant(path)}",
            blocks=(),
            evaluations=Evaluations(loss=0, gradient=0),
            power={},
            file=str(path),
        )


def _meant(path: Path) -> str:
    """The neighbour with a similar name, where there is one."""
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean '{folder / close[0]}'?" if close else ""


def _together(results: Sequence[CheckReport | ReportSet]) -> CheckReport | ReportSet:
    if len(results) == 1:
        return results[0]
    flat = [item for result in results for item in (result.results if isinstance(result, ReportSet) else (result,))]
    return ReportSet(results=tuple(flat))


def _seeded(report: CheckReport | ReportSet, seed: int) -> CheckReport | ReportSet:
    """The same with the seed that was typed, which a report of a shared generator does not know."""
    if isinstance(report, ReportSet):
        return ReportSet(results=tuple(dataclasses.replace(result, seed=seed) for result in report.results))
    return dataclasses.replace(report, seed=seed)


def _print(report: CheckReport | ReportSet, console: Console, *, quiet: bool) -> None:
    from gradcheck.reports.terminal import print_lines, print_report

    (print_lines if quiet else print_report)(report, console)
