"""What the commands on files have in common: one result a path, all of them together, and their way to the screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.cli.meant import in_a_row, neighbour
from gradcheck.cli.screen import draw, emit, output_console, progress
from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.records import CheckReport, Evaluations, ReportSet, Verdict

if TYPE_CHECKING:
    from gradcheck.gate import Outcome

__all__ = ["FORMATS", "collect", "rendered", "seeded", "show"]

FORMATS = ("text", "json", "sarif", "junit", "gitlab")


def collect(
    paths: Sequence[Path],
    ask: Callable[[Path], CheckReport | ReportSet],
    *,
    seed: int,
    description: str,
    quiet: bool,
    kind: type[CheckReport] = CheckReport,
) -> CheckReport | ReportSet:
    """Ask for each path, with progress; what cannot be loaded is an ``INVALID`` result of that kind.

    Parameters
    ----------
    paths : sequence of Path
    ask : callable
        ``ask(path)`` returns what the path holds, or raises ``SubmissionError``.
    seed : int
        As it was typed, which a report of a shared generator does not know.
    description : str
        What is going on, for the progress.
    quiet : bool
        No progress.
    kind : type
        What stands for a path that could not be loaded: ``CheckReport`` or ``Diagnosis``.
    """
    results: list[CheckReport | ReportSet] = []
    with progress(description, quiet=quiet) as advance:
        for number, path in enumerate(paths):
            if len(paths) > 1:
                advance(number, len(paths))
            results.append(_ask_one(path, ask, kind))
    return seeded(_together(results), seed)


def show(report: CheckReport | ReportSet, output_format: str, *, quiet: bool, explain: bool = False) -> None:
    """Write a report to standard output, in one of ``FORMATS``."""
    if output_format == "json":
        from gradcheck.reports.json import to_json

        emit(to_json(report))
        return
    if output_format != "text":
        from gradcheck.gate import outcome_of, root_of

        emit(rendered(outcome_of(report, root_of(Path.cwd())), output_format))
        return
    from gradcheck.reports.terminal import print_lines, print_report

    console = output_console()
    if quiet:
        draw(console, lambda console: print_lines(report, console))
    else:
        draw(console, lambda console: print_report(report, console, explain=explain))


def rendered(outcome: Outcome, output_format: str) -> str:
    """An outcome in one of the ``FORMATS`` that is no screen.

    Parameters
    ----------
    outcome : Outcome
    output_format : str
    """
    if output_format == "json":
        from gradcheck.reports.json import dump

        return dump(outcome.to_dict())
    from gradcheck.reports.gitlab import to_gitlab
    from gradcheck.reports.junit import to_junit
    from gradcheck.reports.sarif import to_sarif

    return {"sarif": to_sarif, "junit": to_junit, "gitlab": to_gitlab}[output_format](outcome)


def _ask_one(
    path: Path, ask: Callable[[Path], CheckReport | ReportSet], kind: type[CheckReport]
) -> CheckReport | ReportSet:
    """What a file or folder holds, or why nothing of it could be looked at."""
    try:
        return ask(path)
    except SubmissionError as error:
        return kind(
            verdict=Verdict.INVALID,
            reason=str(error) if path.exists() else _with_neighbour(str(error), path),
            blocks=(),
            evaluations=Evaluations(loss=0, gradient=0),
            power={},
            file=str(path),
            **error.run,
        )


def _with_neighbour(reason: str, path: Path) -> str:
    near = neighbour(path)
    return reason if near is None else in_a_row(reason, tr("Did you mean '{near}'?", near=near))


def _together(results: Sequence[CheckReport | ReportSet]) -> CheckReport | ReportSet:
    if len(results) == 1:
        return results[0]
    flat = [item for result in results for item in (result.results if isinstance(result, ReportSet) else (result,))]
    return ReportSet(results=tuple(flat))


def seeded(report: CheckReport | ReportSet, seed: int) -> CheckReport | ReportSet:
    """A report with the seed as it was typed, which one of a shared generator does not know.

    Parameters
    ----------
    report : CheckReport or ReportSet
    seed : int
    """
    if isinstance(report, ReportSet):
        return ReportSet(results=tuple(dataclasses.replace(result, seed=seed) for result in report.results))
    return dataclasses.replace(report, seed=seed)
