"""A report for a notebook: one self-contained HTML fragment, escaped, without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gradcheck.language import tr
from gradcheck.records import BlockReport, CheckReport, Diagnosis, Finding, ReportSet, Verdict
from gradcheck.reports import diagnosis_words as said
from gradcheck.reports import html_diagnosis, numbers, words
from gradcheck.reports.advice import advice
from gradcheck.reports.blocks import BASE_COLUMNS, ENTRY_COLUMNS
from gradcheck.reports.unicode import printable

__all__ = ["render_html"]

COLOURS = {
    Verdict.PASS: "#1a7f37",
    Verdict.FAIL: "#b42318",
    Verdict.INCONCLUSIVE: "#946200",
    Verdict.INVALID: "#8250a8",
}
BADGE = "display:inline-block;padding:0 .5em;border-radius:.3em;color:#fff;font-weight:bold;background:{colour}"
CELL = "padding:.15em .8em .15em 0;text-align:left;vertical-align:top;background:none"
NEWLINE = "\n"


def render_html(report: CheckReport | ReportSet) -> str:
    """A report as an HTML fragment.

    Parameters
    ----------
    report : CheckReport or ReportSet

    Returns
    -------
    str
        One ``<div>`` with inline styles, readable on light and dark backgrounds.
    """
    if isinstance(report, CheckReport):
        return f'<div class="gradcheck">{_result(report)}</div>'
    items = "".join(
        f'<details style="margin:.4em 0"><summary>{_badge(result.verdict)} <b>{_text(words.title(result))}</b> '
        f"{_text(words.set_summary(result))}</summary>"
        f'<div style="margin-left:1.2em">{_body(result)}</div></details>'
        for result in report.results
    )
    return f'<div class="gradcheck"><p><b>{_text(words.set_headline(report))}</b></p>{items}</div>'


def _result(report: CheckReport) -> str:
    return f"<p>{_badge(report.verdict)} <b>{_text(words.title(report))}</b></p>" + _body(report)


def _body(report: CheckReport) -> str:
    return _diagnosis_body(report) if isinstance(report, Diagnosis) else _check_body(report)


def _diagnosis_body(report: Diagnosis) -> str:
    """As a teacher's note: what is wrong and its cure first, all numbers folded away."""
    return (
        _prose(said.headline(report), words.reason(report)[1])
        + html_diagnosis.blocks(report)
        + html_diagnosis.bugs(report)
        + _list(tr("Findings"), _findings(said.findings(report)))
        + _list(tr("What was tried") if report.diagnoses else tr("What is known"), said.tried(report, explain=False))
        + _list(tr("What could not be seen"), words.could_have_missed(report))
        + _list(tr("How to go on"), said.how_to_go_on(report, explain=True) or advice(report))
        + _folded(tr("All numbers"), (_table(report.blocks) if report.blocks else "") + _list("", words.basis(report)))
    )


def _check_body(report: CheckReport) -> str:
    patterns = [line for line in map(words.where, report.blocks) if line]
    prose, verbatim = words.reason(report)
    return (
        _prose(prose, verbatim)
        + (_table(report.blocks) if report.blocks else "")
        + _list(tr("Where"), patterns)
        + _list(tr("Findings"), _findings(report.findings))
        + _list(tr("What this check could have missed"), words.could_have_missed(report))
        + _list(tr("How it was checked"), words.basis(report))
        + _list(tr("How to go on"), advice(report))
    )


def _prose(paragraphs: Sequence[str], verbatim: str) -> str:
    told = "".join(
        f'<p style="margin:.2em 0;white-space:pre-wrap">{_text(paragraph, line_break=NEWLINE)}</p>'
        for paragraph in paragraphs
    )
    return told + (f"<pre>{_text(verbatim, line_break=NEWLINE)}</pre>" if verbatim else "")


def _findings(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{words.severity(item)}: {item.id}: {item.message}" for item in findings]


def _folded(heading: str, content: str) -> str:
    return f'<details style="margin:.4em 0"><summary>{heading}</summary>{content}</details>' if content else ""


def _table(blocks: tuple[BlockReport, ...]) -> str:
    head = "".join(
        f'<th scope="col" style="{CELL};border-bottom:1px solid currentColor">{tr(name)}</th>'
        for name in BASE_COLUMNS + ENTRY_COLUMNS
    )
    rows = "".join(f"<tr>{_row(block)}</tr>" for block in blocks)
    return (
        f'<table style="border-collapse:collapse;font-size:inherit;margin:.5em 0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(block: BlockReport) -> str:
    cells = [
        _text(block.name),
        _text(numbers.shape(block.shape)),
        _badge(block.verdict),
        _text(numbers.error_with_bound(block.relative_error, block.error_bound, "±")),
        _text(numbers.ratio(block.ratio)),
        *_worst(block),
    ]
    return "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells)


def _worst(block: BlockReport) -> tuple[str, str, str]:
    if not block.worst or block.verdict is Verdict.PASS:
        return "", "", ""
    worst = block.worst[0]
    analytic, numeric = numbers.pair(worst.analytic, worst.numeric)
    return _text(numbers.index(worst.index)), _text(analytic), _text(numeric)


def _list(heading: str, sentences: list[str]) -> str:
    if not sentences:
        return ""
    items = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    head = f'<p style="margin:.5em 0 0"><b>{heading}</b></p>' if heading else ""
    return f'{head}<ul style="margin:.1em 0 .5em">{items}</ul>'


def _badge(verdict: Verdict) -> str:
    return f'<span style="{BADGE.format(colour=COLOURS[verdict])}">{verdict.name}</span>'


def _text(content: str, *, line_break: str = "<br>") -> str:
    return escape(printable(content)).replace(NEWLINE, line_break)
