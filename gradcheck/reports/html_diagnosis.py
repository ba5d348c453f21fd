"""A diagnosis for a notebook: the same note as on a terminal, readable on light and dark backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gradcheck.language import tr
from gradcheck.records import BlockReport, DiagnosedBug, Diagnosis, Verdict
from gradcheck.reports import caret
from gradcheck.reports import diagnosis_words as said
from gradcheck.reports.blocks import shown_blocks
from gradcheck.reports.naming import bug_title, line_place, sureness
from gradcheck.reports.numbers import dimensions
from gradcheck.reports.patches import PatchLine, changed_lines, emphasis
from gradcheck.reports.unicode import printable

__all__ = ["blocks", "bugs", "diff"]

# Half-transparent, so that they tint a light and a dark background alike.
TINTS = {"-": "rgba(248,81,73,.18)", "+": "rgba(46,160,67,.20)", " ": "transparent"}
STRONG = {"-": "rgba(248,81,73,.35)", "+": "rgba(46,160,67,.40)"}
COLOURS = {
    Verdict.PASS: "#2da44e",
    Verdict.FAIL: "#e5534b",
    Verdict.INCONCLUSIVE: "#c69026",
    Verdict.INVALID: "#986ee2",
}
CELL = "padding:.1em .9em .1em 0;text-align:left;vertical-align:top;background:none"
PRE = "margin:.3em 0;padding:.3em 0;overflow-x:auto;background:none;color:inherit;line-height:1.35"
QUIET = "opacity:.65"


def blocks(report: Diagnosis) -> str:
    """One row a block: its name, its shape, right or wrong, and how wrong."""
    if not report.blocks:
        return ""
    rows = "".join(f"<tr>{_block_row(block)}</tr>" for block in shown_blocks(report))
    return f'<table style="border-collapse:collapse;font-size:inherit;margin:.5em 0"><tbody>{rows}</tbody></table>'


def bugs(report: Diagnosis) -> str:
    """A note a bug, most confident first."""
    several = len(report.diagnoses) > 1
    notes = [
        _note(report, bug, mark=f"{place}. " if several else "") for place, bug in enumerate(report.diagnoses, start=1)
    ]
    joint = said.joint_patch(report)
    if joint is not None:
        notes.append(_heading(tr(said.JOINT_FIX)) + diff(joint))
    return "".join(notes)


def _block_row(block: BlockReport) -> str:
    word, how = said.block_words(block)
    verdict = f'<b style="color:{COLOURS[block.verdict]}">{word}</b>'
    cells = [f"<code>{_text(block.name)}</code>", _text(dimensions(block.shape)), verdict, _text(how)]
    return "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells)


def _note(report: Diagnosis, bug: DiagnosedBug, *, mark: str) -> str:
    title = mark + said.as_heading(bug_title(bug.bug))
    told = [*printable(bug.message).splitlines(), *said.look_alikes(bug)]
    sure = tr("{bug}, {sureness}", bug=f"<code>{_text(bug.bug)}</code>", sureness=_text(sureness(bug)))
    return (
        f'<div style="margin:1em 0;padding-left:.8em;border-left:3px solid {COLOURS[report.verdict]}">'
        f"<p style='margin:0'><b>{_text(title)}</b><br>{sure}</p>"
        f"{_quoted(report, bug)}"
        + "".join(f'<p style="margin:.4em 0">{_text(paragraph)}</p>' for paragraph in told)
        + _fix(report, bug)
        + _explained(bug)
        + "</div>"
    )


def _quoted(report: Diagnosis, bug: DiagnosedBug) -> str:
    quoted = said.quoted(report, bug)
    if quoted is None:
        return ""
    number, code = quoted[0], printable(quoted[1])
    span = caret.suspicious(code, number, said.shown_patch(report, bug))
    colour = COLOURS[Verdict.FAIL if report.verdict is Verdict.FAIL else Verdict.INCONCLUSIVE]
    marked = (
        f"{escape(code[: span.start])}"
        f'<b style="text-decoration:underline wavy {colour};text-underline-offset:.25em">'
        f"{escape(code[span.start : span.end])}</b>{escape(code[span.end :])}"
    )
    others = said.other_lines(bug)
    label = tr("{place}: ", place=line_place(bug, number))
    return (
        f'<pre style="{PRE}"><span style="{QUIET}">{escape(label)}</span>{marked}</pre>'
        + (f'<p style="margin:0;{QUIET}">{_text(others)}</p>' if others else "")
    )  # fmt: skip


def _fix(report: Diagnosis, bug: DiagnosedBug) -> str:
    patch = said.shown_patch(report, bug)
    if patch is None:
        return ""
    heading = _heading(tr("or, just as right"), ".4em")
    others = [heading + diff(other) for other in bug.alternatives]
    more = "".join(others[1:])  # a note offers a choice; the list is folded
    folded = _folded(tr("Other ways"), more) if more else ""
    return _heading(tr("The fix")) + diff(patch) + "".join(others[:1]) + folded


def diff(patch: str) -> str:
    """The changed lines of a unified diff, tinted."""
    groups = changed_lines(patch)
    separator = f'<span style="{QUIET}">…</span>\n'
    return f'<pre style="{PRE}">{separator.join(map(_group, groups))}</pre>'


def _group(lines: Sequence[PatchLine]) -> str:
    digits = max((len(str(line.number)) for line in lines), default=1)
    spans = emphasis(lines)
    return "".join(_diff_line(line, spans[place], digits) for place, line in enumerate(lines))


def _diff_line(line: PatchLine, span: tuple[int, int] | None, digits: int) -> str:
    text = escape(line.text)
    if span is not None and line.sign in STRONG:
        start, end = span
        strong = f'<span style="background:{STRONG[line.sign]}">{escape(line.text[start:end])}</span>'
        text = escape(line.text[:start]) + strong + escape(line.text[end:])
    number = f'<span style="{QUIET}">{line.number:>{digits}}</span>'
    return f'<span style="display:block;background:{TINTS[line.sign]}">{number} {line.sign} {text}</span>'


def _explained(bug: DiagnosedBug) -> str:
    """The mathematics and the evidence, folded until they are asked for."""
    formulas = [
        tr("{label}: {formula}", label=label, formula=formula)
        for label, formula in ((tr("the code computes"), bug.formula_wrong), (tr("it should be"), bug.formula_right))
        if formula
    ]
    lines = [*formulas, *said.evidence(bug, explain=True)]
    if not lines:
        return ""
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    shown = f'<ul style="margin:.2em 0">{items}</ul>'
    return _folded(tr("What shows it"), shown)


def _heading(text: str, above: str = ".6em") -> str:
    return f'<p style="margin:{above} 0 0"><b>{_text(text)}</b></p>'


def _folded(summary: str, content: str) -> str:
    return f'<details style="margin:.4em 0"><summary>{_text(summary)}</summary>{content}</details>'


def _text(content: str) -> str:
    return escape(printable(content)).replace("\n", "<br>")
