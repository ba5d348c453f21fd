"""The blocks of a report as a table as wide as the console allows, and the worst entries where it has no room."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.language import mark, tr, trn
from gradcheck.records import BlockReport, CheckReport, Entry, Verdict
from gradcheck.reports import numbers, words
from gradcheck.reports.layout import fits, headed_table, symbols
from gradcheck.reports.unicode import printable

__all__ = [
    "BASE_COLUMNS",
    "ENTRY_COLUMNS",
    "VERDICT_STYLES",
    "block_table",
    "entry_lines",
    "hidden_passes",
    "shown_blocks",
]

VERDICT_STYLES = {
    Verdict.PASS: "bold green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.INVALID: "bold magenta",
}
MOST_ROWS = 40
MOST_ENTRIES = 3
MOST_PLACES = 12
BASE_COLUMNS = (mark("block"), mark("shape"), mark("verdict"), mark("relative error"), mark("ratio"))
ENTRY_COLUMNS = (mark("worst entry"), mark("analytic"), mark("numeric"))
RIGHT = ("ratio", "analytic", "numeric")


def block_table(report: CheckReport, console: Console) -> tuple[RenderableType, bool]:
    """The table of blocks, and whether it has room for the worst entries.

    Tried in turn: with the worst entry of each block, without it, and one paragraph a block.
    """
    plus_minus = symbols(console).plus_minus
    shown = shown_blocks(report)
    with_entries = any(block.worst for block in shown)
    wide = _table(shown, plus_minus, with_entries=with_entries)
    if fits(wide, console):
        return wide, all(len(block.worst) <= 1 or block.ratio is not None for block in shown)
    narrow = _table(shown, plus_minus, with_entries=False)
    if fits(narrow, console):
        return narrow, False
    return _paragraphs(shown, plus_minus), False


def hidden_passes(report: CheckReport) -> int:
    """How many passing blocks the table leaves out because there are very many."""
    return len(report.blocks) - len(shown_blocks(report))


def entry_lines(report: CheckReport, console: Console, *, with_entries: bool) -> list[RenderableType]:
    """Pattern and worst entries of each block that did not pass."""
    lines: list[RenderableType] = []
    wrong = [block for block in report.blocks if block.pattern or (block.worst and block.verdict is not Verdict.PASS)]
    for block in wrong[:MOST_PLACES]:
        pattern = words.where(block)
        most = MOST_ENTRIES if block.ratio is None else 1  # under one constant ratio all entries tell the same
        entries = block.worst[:most] if with_entries else ()
        if pattern:
            lines.append(Text(pattern, overflow="fold"))
        elif entries:
            lines.append(Text(tr("{block}, worst entries:", block=printable(block.name)), overflow="fold"))
        if entries:
            lines.append(Padding(_entries(entries, symbols(console).plus_minus), (0, 0, 0, 2)))
    if len(wrong) > MOST_PLACES:
        lines.append(Text(trn("and {n:,} block more", "and {n:,} blocks more", len(wrong) - MOST_PLACES)))
    return lines


def shown_blocks(report: CheckReport) -> list[BlockReport]:
    """All blocks, or where there are very many those that did not pass and the first of the others."""
    room = MOST_ROWS - sum(block.verdict is not Verdict.PASS for block in report.blocks)
    shown = []
    for block in report.blocks:
        if block.verdict is not Verdict.PASS:
            shown.append(block)
        elif room > 0 or len(report.blocks) <= MOST_ROWS:
            shown.append(block)
            room -= 1
    return shown


def _table(blocks: list[BlockReport], plus_minus: str, *, with_entries: bool) -> Table:
    columns = BASE_COLUMNS + (ENTRY_COLUMNS if with_entries else ())
    table = headed_table(*map(tr, columns), right=[*map(tr, RIGHT)])
    for block in blocks:
        worst = block.worst[0] if block.worst and block.verdict is not Verdict.PASS else None
        table.add_row(*_cells(block, plus_minus), *(_entry_cells(worst) if with_entries else ()))
    return table


def _cells(block: BlockReport, plus_minus: str) -> list[RenderableType]:
    return [
        Text(printable(block.name)),
        numbers.shape(block.shape),
        Text(block.verdict.name, style=VERDICT_STYLES[block.verdict]),
        numbers.error_with_bound(block.relative_error, block.error_bound, plus_minus),
        numbers.ratio(block.ratio),
    ]


def _entry_cells(entry: Entry | None) -> list[str]:
    if entry is None:
        return ["", "", ""]
    return [numbers.index(entry.index), *numbers.pair(entry.analytic, entry.numeric)]


def _entries(entries: tuple[Entry, ...], plus_minus: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(overflow="fold")  # a number that is cut off would be another one
    for entry in entries:
        analytic, numeric = numbers.pair(entry.analytic, entry.numeric)
        bound = "" if entry.error_bound is None else f" {plus_minus} {numbers.short(entry.error_bound)}"
        told = tr("analytic {number}", number=analytic), tr("numeric {number}", number=f"{numeric}{bound}")
        grid.add_row(numbers.index(entry.index), *told)
    return grid


def _paragraphs(blocks: list[BlockReport], plus_minus: str) -> RenderableType:
    grid = Table.grid(padding=(0, 0))
    grid.add_column(overflow="fold")
    for block in blocks:
        name, shape, verdict, error, ratio = _cells(block, plus_minus)
        line = Text()
        line.append_text(verdict if isinstance(verdict, Text) else Text(str(verdict)))
        line.append(f"  {name} {shape}")
        line.append("\n  " + tr("relative error {number}", number=error) if error != numbers.MISSING else "")
        line.append("\n  " + tr("ratio {number}", number=ratio) if ratio != numbers.MISSING else "")
        grid.add_row(line)
    return grid
