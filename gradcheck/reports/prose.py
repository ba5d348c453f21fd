"""Running text for a terminal: broken into lines as its language is, Chinese between any two characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

__all__ = ["Prose", "folded"]

# Punctuation that no line begins with, and such that none ends with (GB/T 15834-2011, 5.1: where marks stand).
NOT_FIRST = frozenset("，。；：、！？）》”’…,.;:!?)]%")
NOT_LAST = frozenset("（《“‘([")


@dataclass(frozen=True, slots=True)
class Prose:
    """A text that is folded at blanks and, where it has characters of two cells, between these as well.

    Attributes
    ----------
    text : str or rich.text.Text
    style : str
        As rich names it.
    """

    text: str | Text
    style: str = ""

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines."""
        text = self._styled()
        if not any(cell_len(character) > 1 for character in text.plain):
            yield text
            return
        for line in text.split(allow_blank=True):
            for part in line.divide(list(_ends(line.plain, options.max_width))):
                part.rstrip()
                yield part

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """From its longest piece to all of it on one line."""
        text = self._styled()
        least = max(map(cell_len, _pieces(text.plain)))
        return Measurement(least, Measurement.get(console, options, text).maximum)

    def _styled(self) -> Text:
        text = self.text if isinstance(self.text, Text) else Text(self.text, style=self.style)
        text.overflow = "fold"
        return text


def folded(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells.

    Examples
    --------
    >>> folded("梯度是对的。", 8)
    ['梯度是对', '的。']
    """
    places = [0, *_ends(text, width), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(places)]


def _ends(text: str, width: int) -> Iterator[int]:
    """Where its lines end, each of at most so many cells."""
    column = place = 0
    for piece in _pieces(text):
        if column and column + cell_len(piece.rstrip()) > width:
            yield place
            column = 0
        *full, rest = chop_cells(piece, width) if cell_len(piece.rstrip()) > width else [piece]
        for part in full:
            place += len(part)
            yield place
        column += cell_len(rest)
        place += len(rest)


def _pieces(text: str) -> Iterator[str]:
    """What stays together: words with the blanks behind them, single characters of two cells with their punctuation."""
    start = 0
    for place, (before, after) in enumerate(pairwise(text), start=1):
        wide = cell_len(before) > 1 or cell_len(after) > 1
        between = before == " " or (wide and before not in NOT_LAST and after not in NOT_FIRST)
        if between and after != " ":
            yield text[start:place]
            start = place
    yield text[start:]
