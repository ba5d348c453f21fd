"""An outcome for a terminal and a build's log: what is new in full, everything else in a line each."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from gradcheck.gate import Failure, Outcome, Standing
from gradcheck.records import CheckReport, Verdict
from gradcheck.reports.blocks import VERDICT_STYLES
from gradcheck.reports.layout import symbols
from gradcheck.reports.naming import bug_place
from gradcheck.reports.rules import rule_of
from gradcheck.reports.terminal import print_report
from gradcheck.reports.unicode import printable
from gradcheck.reports.words import count, set_summary

__all__ = ["headline", "print_outcome"]

MOST_SKIPPED = 20  # lines; a folder of a library has hundreds of files without back-propagation
NOTHING = (
    "No back-propagation was recognised: nothing was checked, so this cannot pass. Name the files that hold it, write "
    "an adapter (gradcheck new adapter FILE), or say --allow-empty if there may be none."
)
UNCHANGED = "Nothing has changed since that revision: nothing was checked. Where that may be so, say --allow-empty."


def headline(outcome: Outcome) -> str:
    """What it comes to, in one line.

    Parameters
    ----------
    outcome : Outcome
    """
    verdicts = [report.verdict for report in outcome.results]
    parts = [f"{count(len(outcome.results), 'network')} checked", f"{verdicts.count(Verdict.PASS)} right"]
    parts.append(f"{count(len(outcome.new), 'new failure')}" if outcome.new else "no new failures")
    parts += [f"{len(outcome.known)} known"] if outcome.known else []
    parts += [f"{len(outcome.fixed)} fixed"] if outcome.fixed else []
    parts += [f"{count(len(outcome.skipped), 'file')} skipped"] if outcome.skipped else []
    parts += [f"{len(outcome.not_run)} of which did not run"] if outcome.not_run else []
    parts += [f"{len(outcome.unchanged)} unchanged"] if outcome.unchanged else []
    return ", ".join(parts)


def print_outcome(outcome: Outcome, console: Console, *, quiet: bool = False) -> None:
    """Print an outcome.

    Parameters
    ----------
    outcome : Outcome
    console : rich.console.Console
    quiet : bool
        One line a new failure, and nothing where there is none.
    """
    if not quiet:
        for report in _worst_last(outcome):
            print_report(report, console)
            console.print(Rule(characters=symbols(console).line, style="dim"))
    for failure in outcome.new:
        console.print(_line(failure), soft_wrap=True)
    if not quiet:
        for failure in outcome.known:
            console.print(_line(failure), soft_wrap=True)
        for entry in outcome.fixed:
            place = f"  {printable(entry.file)}  {rule_of(entry.rule).title} ({entry.rule})"
            console.print(Text("fixed", style="green").append(place, style="default"), soft_wrap=True)
        _print_skipped(outcome, console)
    if outcome.empty and not outcome.empty_allowed:
        console.print(Text(UNCHANGED if outcome.unchanged and not outcome.looked_at else NOTHING), soft_wrap=True)
    elif not quiet:
        console.print(Text(f"{headline(outcome)}.", style="bold"), soft_wrap=True)
        if outcome.fixed:
            console.print(Text("Have the baseline forget what is fixed: --update-baseline."), soft_wrap=True)


def _worst_last(outcome: Outcome) -> Iterable[CheckReport]:
    """Reports of new failures, each once; a build's log is read from its end."""
    reports = {id(failure.report): failure.report for failure in outcome.new}
    return sorted(reports.values(), key=lambda report: report.verdict is Verdict.FAIL)


def _line(failure: Failure) -> Text:
    """Standing, place, rule; and the message where the rule itself says little."""
    new = failure.standing is Standing.NEW
    style = VERDICT_STYLES[failure.report.verdict] if new else "dim"
    place = failure.shown if failure.line is None else f"{failure.shown}:{failure.line}"
    if failure.bug is not None and failure.bug.cell is not None:
        place += f", {bug_place(failure.bug)}"
    parts = [place, *([failure.report.network] if failure.report.network else [])]
    told = f"{rule_of(failure.rule).title} ({failure.rule})"
    if failure.bug is None:
        told += f": {set_summary(failure.report)}"
    line = Text(failure.report.verdict.name if new else "known", style=style)
    return line.append(printable(f"  {', '.join(parts)}  {told}").replace("\n", " "), style="not bold default")


def _print_skipped(outcome: Outcome, console: Console) -> None:
    for item in sorted(outcome.skipped, key=lambda item: item.ran)[:MOST_SKIPPED]:
        told = f"{'skipped' if item.ran else 'not run'}  {item.file}  {item.reason}"
        style = "dim" if item.ran else "yellow"
        console.print(Text(printable(told).replace("\n", " "), style=style), soft_wrap=True)
    if len(outcome.skipped) > MOST_SKIPPED:
        console.print(Text(f"skipped  and {len(outcome.skipped) - MOST_SKIPPED} more", style="dim"))
