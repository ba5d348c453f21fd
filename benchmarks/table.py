"""Tables for the terminal and for a Markdown page, and progress for whoever watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from typing import TypeVar

__all__ = ["Table", "progress"]

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Table:
    """A caption, a heading and rows of text, printed as an aligned Markdown table."""

    caption: str
    heading: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [self.heading, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.heading))]
        rule = ["-" * width for width in widths]
        body = [self.heading, rule, *self.rows]
        text = "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in body
        )
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"{self.caption}\n\n{text}\n{notes}"


def progress(items: Iterable[T], label: str) -> Iterator[T]:
    """The items, with a counter on stderr once a second has passed; nothing on a pipe."""
    total = f"/{len(items)}" if isinstance(items, Sized) else ""
    start, shown = time.monotonic(), False
    for number, item in enumerate(items):
        if sys.stderr.isatty() and time.monotonic() - start > 1.0:
            print(f"\r{label} {number}{total}  {time.monotonic() - start:.0f} s", end="", file=sys.stderr, flush=True)
            shown = True
        yield item
    if shown:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
