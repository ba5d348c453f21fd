"""A diagnosis for a terminal, as a teacher would write it: the verdict, each mistake with its line and its cure."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck import language
from gradcheck.language import tr, trn
from gradcheck.records import DiagnosedBug, Diagnosis, Verdict
from gradcheck.reports import caret, numbers
from gradcheck.reports import diagnosis_words as said
from gradcheck.reports.blocks import VERDICT_STYLES, hidden_passes, shown_blocks
from gradcheck.reports.layout import bullets, symbols
from gradcheck.reports.naming import bug_title, line_place, sureness
from gradcheck.reports.patches import changed_lines, emphasis
from gradcheck.reports.prose import Prose
from gradcheck.reports.unicode import printable

__all__ = ["block_lines", "bug_notes", "patch_lines"]

INDENT = 3
MOST_ALTERNATIVES = 1  # a note offers a choice, not a list
DIFF_STYLES = {"-": "red", "+": "green", " ": "dim"}


def block_lines(report: Diagnosis) -> RenderableType:
    """One line a block: its name, its shape, right or wrong, and how wrong."""
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for block in shown_blocks(report):
        word, how = said.block_words(block)
        shape = Text(numbers.dimensions(block.shape), style="dim")
        grid.add_row(Text(printable(block.name)), shape, Text(word, style=VERDICT_STYLES[block.verdict]), Text(how))
    more = hidden_passes(report)
    note = [Text(trn("and {n:,} block more, right", "and {n:,} blocks more, right", more))] if more else []
    return Padding(Group(grid, *note), (0, 0, 0, 2))


def bug_notes(report: Diagnosis, console: Console, *, explain: bool) -> list[RenderableType]:
    """A note a bug, most confident first."""
    several = len(report.diagnoses) > 1
    return [
        _note(report, bug, console, mark=f"{place}. " if several else "", explain=explain)
        for place, bug in enumerate(report.diagnoses, start=1)
    ]


def patch_lines(patch: str, console: Console, *, context: int = 1) -> RenderableType:
    """A diff with the numbers of its lines: what goes in red, what comes in green."""
    groups = changed_lines(patch, context)
    digits = max((len(str(line.number)) for group in groups for line in group), default=1)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, justify="right", width=digits)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for place, group in enumerate(groups):
        if place:
            grid.add_row("", "", Text(symbols(console).ellipsis, style="dim"))
        for line, span in zip(group, emphasis(group), strict=True):
            style = DIFF_STYLES[line.sign]
            text = Text(line.text, style=style)
            if span is not None:
                text.stylize("bold", *span)
            grid.add_row(Text(str(line.number), style="dim"), Text(line.sign, style=style), text)
    return grid


def _note(report: Diagnosis, bug: DiagnosedBug, console: Console, *, mark: str, explain: bool) -> RenderableType:
    name = Prose(mark + printable(said.as_heading(bug_title(bug.bug))), style="bold")
    sure = Text(printable(bug.bug), style="cyan")
    sure.append(f"  {sureness(bug)}", style="default")
    parts: list[RenderableType] = []
    quoted = _quoted(report, bug, console)
    if quoted is not None:
        parts += ["", quoted]
    parts += ["", *_paragraphs(bug.message)]
    parts += [Prose(sentence) for sentence in said.look_alikes(bug)]
    if explain:
        parts += _formulas(bug)
    parts += _fix(report, bug, console, explain=explain)
    parts += _measured(bug, explain=explain)
    return Group(name, Padding(Group(Prose(sure), *parts), (0, 0, 0, INDENT)))


def _paragraphs(message: str) -> list[RenderableType]:
    return [Prose(paragraph) for paragraph in printable(message).splitlines()]


def _quoted(report: Diagnosis, bug: DiagnosedBug, console: Console) -> RenderableType | None:
    """The line of code with its number, and carets under what is suspicious in it."""
    quoted = said.quoted(report, bug)
    if quoted is None:
        return None
    number, code = quoted[0], printable(quoted[1])
    label = tr("{place}: ", place=line_place(bug, number))
    span = caret.suspicious(code, number, said.shown_patch(report, bug))
    room = max(console.width - 2 * INDENT - cell_len(label), 12)
    shown, span = caret.windowed(code, span, room, symbols(console).ellipsis)
    line = Text(label, style="dim", no_wrap=True)
    line.append(shown, style="not dim default")
    style = VERDICT_STYLES[Verdict.FAIL if report.verdict is Verdict.FAIL else Verdict.INCONCLUSIVE]
    line.stylize(style, len(label) + span.start, len(label) + span.end)
    under = Text(" " * cell_len(label + shown[: span.start]), no_wrap=True)
    under.append("^" * max(cell_len(shown[span.start : span.end]), 1), style=style)
    others = said.other_lines(bug)
    return Group(line, under, *([Prose(others, style="dim")] if others else []))


def _formulas(bug: DiagnosedBug) -> list[RenderableType]:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, formula in ((tr("the code computes"), bug.formula_wrong), (tr("it should be"), bug.formula_right)):
        if formula:
            grid.add_row(label, Text(printable(formula), style="bold"))
    blocks = printable(language.listed(bug.blocks))
    told = [Prose(tr("It makes wrong: {blocks}.", blocks=blocks))] if blocks else []
    return ["", *([grid] if grid.row_count else []), *told]


def _fix(report: Diagnosis, bug: DiagnosedBug, console: Console, *, explain: bool) -> list[RenderableType]:
    patch = said.shown_patch(report, bug)
    if patch is None:
        return []
    parts: list[RenderableType] = ["", Text(tr("The fix"), style="bold"), patch_lines(patch, console)]
    shown = bug.alternatives if explain else bug.alternatives[:MOST_ALTERNATIVES]
    for other in shown:
        parts += ["", Text(tr("or, just as right"), style="bold"), patch_lines(other, console)]
    left_out = len(bug.alternatives) - len(shown)
    if left_out:
        told = trn("and {n:,} other way (--explain)", "and {n:,} other ways (--explain)", left_out)
        parts.append(Text(told, style="dim"))
    return parts


def _measured(bug: DiagnosedBug, *, explain: bool) -> list[RenderableType]:
    sentences = said.evidence(bug, explain=explain)
    if not sentences:
        return []
    return ["", Text(tr("What shows it"), style="bold"), bullets(sentences)]
