"""Small pieces of layout that every screen uses: bullets, headed tables, and symbols that the console can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table

from gradcheck.reports.prose import Prose

__all__ = ["Symbols", "bullets", "fits", "headed_table", "symbols"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """Characters beyond the alphabet, in Unicode or ASCII."""

    plus_minus: str
    line: str
    yes: str
    no: str
    ellipsis: str


UNICODE = Symbols(plus_minus="±", line="─", yes="✓", no="✗", ellipsis="…")
ASCII = Symbols(plus_minus="+-", line="-", yes="yes", no="NO", ellipsis="...")


def symbols(console: Console) -> Symbols:
    """The symbols that the console's encoding can show."""
    return ASCII if console.options.ascii_only else UNICODE


def bullets(sentences: Sequence[str]) -> RenderableType:
    """Sentences under each other, with hanging indentation when there are several."""
    if len(sentences) == 1:
        return Prose(sentences[0])
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for sentence in sentences:
        grid.add_row("-", Prose(sentence))
    return grid


def headed_table(*columns: str, right: Sequence[str] = (), unbroken: Sequence[str] = (), gap: int = 3) -> Table:
    """An empty table with a line under its column names: `right` are aligned so, `unbroken` keep to a line."""
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0), header_style="bold")
    for column in columns:
        justify = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", vertical="top", no_wrap=column in unbroken)  # type: ignore[arg-type]
    return table


def fits(renderable: RenderableType, console: Console) -> bool:
    """Whether it can be shown without a line break inside a cell."""
    widest = console.options.update(max_width=10_000, width=10_000)
    return Measurement.get(console, widest, renderable).maximum <= console.width
