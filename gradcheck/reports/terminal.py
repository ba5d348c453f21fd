"""A report for a terminal: plain text for ``str()`` and pipes, colours where a terminal shows them."""

from __future__ import annotations

import io
from collections.abc import Collection

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gradcheck.language import tr, trn
from gradcheck.records import CheckReport, Diagnosis, Finding, ReportSet, Severity
from gradcheck.reports import words
from gradcheck.reports.advice import advice
from gradcheck.reports.blocks import VERDICT_STYLES, block_table, entry_lines, hidden_passes
from gradcheck.reports.diagnosis import block_lines, bug_notes, patch_lines
from gradcheck.reports.diagnosis_words import JOINT_FIX, findings, headline, how_to_go_on, joint_patch, tried
from gradcheck.reports.layout import bullets, symbols
from gradcheck.reports.prose import Prose
from gradcheck.reports.unicode import printable

__all__ = ["print_lines", "print_report", "render_text"]

TEXT_WIDTH = 80
SEVERITY_STYLES = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "red"}


def render_text(report: CheckReport | ReportSet, width: int = TEXT_WIDTH, *, explain: bool = False) -> str:
    """A report as plain text: no colour codes, the same on every machine.

    Parameters
    ----------
    report : CheckReport or ReportSet
    width : int
        Columns, at least 40 to read well.
    explain : bool
        A diagnosis with its formulas and all that was measured.

    Returns
    -------
    str
        Lines of at most `width` columns without trailing blanks; ends without a line break.
    """
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False,
        markup=False, emoji=False, highlight=False,
    )  # fmt: skip
    print_report(report, console, explain=explain)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")


def print_report(report: CheckReport | ReportSet, console: Console, *, explain: bool = False) -> None:
    """Print a report to a console, in the colours that it has.

    Parameters
    ----------
    report : CheckReport or ReportSet
    console : rich.console.Console
        Its width decides the layout, its encoding whether lines are drawn in ASCII.
    explain : bool
        A diagnosis with its formulas and all that was measured.
    """
    if isinstance(report, CheckReport):
        _print_result(report, console, explain=explain)
        return
    console.print(Text(words.set_headline(report), style="bold"))
    if report.results:
        console.print()
        console.print(_summary_table(report))
    seen: set[str] = set()
    for result in report.results:
        console.print()
        console.print(Rule(characters=symbols(console).line, style="dim"))
        told = words.could_have_missed(result)[-1:] if result.blind_spots else []
        _print_result(result, console, known=seen, explain=explain)
        seen.update(told)


def print_lines(report: CheckReport | ReportSet, console: Console) -> None:
    """Print one line a result, however long: verdict, what was checked, first line of the reason, warnings."""
    for result in report.results if isinstance(report, ReportSet) else (report,):
        line = Text(result.verdict.name, style=VERDICT_STYLES[result.verdict])
        line.append(f"  {words.title(result)}  {words.line(result)}", style="not bold default")
        console.print(line, soft_wrap=True)


def _print_result(report: CheckReport, console: Console, *, known: Collection[str] = (), explain: bool = False) -> None:
    """`known` are the sentences that a result above has told already."""
    console.print(_headline(report))
    prose, verbatim = words.reason(report)
    if isinstance(report, Diagnosis):
        prose = headline(report)
    for paragraph in prose:
        console.print(Prose(paragraph))
    if verbatim:  # a file to copy: its lines must not be broken
        console.print()
        console.print(Text(verbatim), soft_wrap=True)
    if isinstance(report, Diagnosis):
        sections = _diagnosis_sections(report, console, known, explain=explain)
    else:
        sections = _sections(report, console, known)
    for section in sections:
        console.print()
        console.print(section)


def _sections(report: CheckReport, console: Console, known: Collection[str]) -> list[RenderableType]:
    sections = _measured(report, console)
    if report.findings:
        sections.append(_section(tr("Findings"), _findings(report.findings)))
    return sections + _told(
        (tr("What this check could have missed"), _told_once(words.could_have_missed(report), known)),
        (tr("How it was checked"), words.basis(report)),
        (tr("How to go on"), advice(report)),
    )


def _diagnosis_sections(
    report: Diagnosis, console: Console, known: Collection[str], *, explain: bool
) -> list[RenderableType]:
    """As a teacher's note: what is wrong and its cure first; what was tried and could not be seen after it."""
    sections: list[RenderableType] = [block_lines(report)] if report.blocks else []
    sections += bug_notes(report, console, explain=explain)
    joint = joint_patch(report)
    if joint is not None:
        sections.append(_section(tr(JOINT_FIX), patch_lines(joint, console)))
    unnamed = findings(report)
    if unnamed:
        sections.append(_section(tr("Findings"), _findings(unnamed)))
    sections += _told(
        (tr("What was tried") if report.diagnoses else tr("What is known"), tried(report, explain=explain)),
        (tr("What could not be seen"), _told_once(words.could_have_missed(report), known)),
    )
    if explain:
        sections += _measured(report, console)
        sections += _told((tr("How it was checked"), words.basis(report)))
    return sections + _told((tr("How to go on"), how_to_go_on(report, explain=explain) or advice(report)))


def _measured(report: CheckReport, console: Console) -> list[RenderableType]:
    sections: list[RenderableType] = []
    if report.blocks:
        table, complete = block_table(report, console)
        hidden = hidden_passes(report)
        told = trn("and {n:,} block more that passes", "and {n:,} blocks more that pass", hidden)
        note = [Text(f"  {told}")]
        joint = [Prose(tr(words.JOINTLY))] if words.is_joint(report) else []
        sections.append(Group(table, *(note if hidden else []), *joint))
        lines = entry_lines(report, console, with_entries=not complete)
        if lines:
            sections.append(_section(tr("Where"), Group(*lines)))
    return sections


def _told(*headed: tuple[str, list[str]]) -> list[RenderableType]:
    return [_section(heading, bullets(sentences)) for heading, sentences in headed if sentences]


def _told_once(sentences: list[str], known: Collection[str]) -> list[str]:
    return [tr(words.SAME_BLIND_SPOTS) if sentence in known else sentence for sentence in sentences]


def _headline(report: CheckReport) -> RenderableType:
    first = Text(overflow="fold")
    first.append(report.verdict.name, style=VERDICT_STYLES[report.verdict])
    first.append("  ")
    first.append(words.title(report), style="bold")
    return first


def _section(heading: str, body: RenderableType) -> RenderableType:
    return Group(Text(heading, style="bold"), Padding(body, (0, 0, 0, 2)))


def _findings(found: tuple[Finding, ...]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in sorted(found, key=lambda item: -list(Severity).index(item.severity)):
        text = Text(printable(finding.id), style="bold")
        text.append("  " + printable(finding.message), style="not bold")
        grid.add_row(Text(words.severity(finding), style=SEVERITY_STYLES[finding.severity]), Prose(text))
    return grid


def _summary_table(reports: ReportSet) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", max_width=40)
    grid.add_column(overflow="fold")
    for result in reports.results:
        verdict = Text(result.verdict.name, style=VERDICT_STYLES[result.verdict])
        grid.add_row(verdict, Text(words.title(result), style="bold"), Prose(words.set_summary(result)))
    return Padding(grid, (0, 0, 0, 2))
