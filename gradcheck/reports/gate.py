"""An outcome for a terminal and a build's log: what is new in full, everything else in a line each."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from gradcheck.gate import Failure, Outcome, Standing
from gradcheck.language import mark, phrases, tr, trn
from gradcheck.records import CheckReport, Severity, Verdict
from gradcheck.reports.blocks import VERDICT_STYLES
from gradcheck.reports.layout import symbols
from gradcheck.reports.naming import bug_place
from gradcheck.reports.rules import rule_of
from gradcheck.reports.terminal import print_report
from gradcheck.reports.unicode import printable
from gradcheck.reports.words import set_summary

__all__ = ["headline", "print_outcome"]

MOST_SKIPPED = 20  # lines; a folder of a library has hundreds of files without back-propagation
NOTHING = mark(
    "No back-propagation was recognised: nothing was checked, so this cannot pass. Name the files that hold it, write "
    "an adapter (gradcheck new adapter FILE), or say --allow-empty if there may be none."
)
UNCHANGED = mark(
    "Nothing has changed since that revision: nothing was checked. Where that may be so, say --allow-empty."
)


def headline(outcome: Outcome) -> str:
    """What it comes to, in one line.

    Parameters
    ----------
    outcome : Outcome
    """
    verdicts = [report.verdict for report in outcome.results]
    parts = [
        trn("{n:,} network checked", "{n:,} networks checked", len(outcome.results)),
        tr("{number} right", number=verdicts.count(Verdict.PASS)),
        trn("{n:,} new failure", "{n:,} new failures", len(outcome.new)) if outcome.new else tr("no new failures"),
    ]
    parts += [tr("{number} known", number=len(outcome.known))] if outcome.known else []
    parts += [tr("{number} fixed", number=len(outcome.fixed))] if outcome.fixed else []
    parts += [trn("{n:,} file skipped", "{n:,} files skipped", len(outcome.skipped))] if outcome.skipped else []
    parts += [tr("{number} of which did not run", number=len(outcome.not_run))] if outcome.not_run else []
    parts += [tr("{number} unchanged", number=len(outcome.unchanged))] if outcome.unchanged else []
    return phrases(parts)


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
            place = f"  {printable(entry.file)}  {_named(entry.rule)}"
            console.print(Text(tr("fixed"), style="green").append(place, style="default"), soft_wrap=True)
        _print_warnings(outcome, console)
        _print_skipped(outcome, console)
    if outcome.empty and not outcome.empty_allowed:
        told = UNCHANGED if outcome.unchanged and not outcome.looked_at else NOTHING
        console.print(Text(tr(told)), soft_wrap=True)
    elif not quiet:
        console.print(Text(tr("{sentence}.", sentence=headline(outcome)), style="bold"), soft_wrap=True)
        if outcome.fixed:
            console.print(Text(tr("Have the baseline forget what is fixed: --update-baseline.")), soft_wrap=True)


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
    told = _named(failure.rule)
    if failure.bug is None:
        told = tr("{rule}: {summary}", rule=told, summary=set_summary(failure.report))
    line = Text(failure.report.verdict.name if new else tr("known"), style=style)
    return line.append(printable(f"  {', '.join(parts)}  {told}").replace("\n", " "), style="not bold default")


def _named(rule: str) -> str:
    return tr("{title} ({details})", title=rule_of(rule).title, details=rule)


def _print_warnings(outcome: Outcome, console: Console) -> None:
    """What is doubtful of networks that passed: nothing else of a build tells it."""
    for report in outcome.results:
        warned = [finding for finding in report.findings if finding.severity is Severity.WARNING]
        for finding in warned if report.verdict is Verdict.PASS else ():
            place = ", ".join(filter(None, (report.file, report.network)))
            told = printable(f"  {place}  {finding.message} ({finding.id})").replace("\n", " ")
            console.print(Text(tr("warned"), style="yellow").append(told, style="default"), soft_wrap=True)


def _print_skipped(outcome: Outcome, console: Console) -> None:
    for item in sorted(outcome.skipped, key=lambda item: item.ran)[:MOST_SKIPPED]:
        told = f"{tr('skipped') if item.ran else tr('not run')}  {item.file}  {item.reason}"
        style = "dim" if item.ran else "yellow"
        console.print(Text(printable(told).replace("\n", " "), style=style), soft_wrap=True)
    if len(outcome.skipped) > MOST_SKIPPED:
        more = tr("and {number} more", number=len(outcome.skipped) - MOST_SKIPPED)
        console.print(Text(f"{tr('skipped')}  {more}", style="dim"))
