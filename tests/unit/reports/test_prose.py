"""Lines of running text, in English and in Chinese."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from gradcheck.reports.prose import NOT_FIRST, Prose

CHINESE = "误差要倒着经过前向传播做过的每一步：先经过 W1，再经过激活函数（missing-hidden-derivative）。这里少了第二步。"


def shown(renderable: object, width: int) -> list[str]:
    """The lines on a console of so many cells."""
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [8, 17, 40])
def test_english_is_wrapped_as_ever(width: int) -> None:
    """At blanks; a word that is too long is folded."""
    text = "The gradient of W1 is wrong, and\nsupercalifragilistic is a long word."
    assert shown(Prose(text), width) == shown(Group(Text(text, overflow="fold")), width)


@pytest.mark.parametrize("width", [7, 12, 33, 60])
def test_chinese_fills_its_lines(width: int) -> None:
    """Every line but the last is as full as words and punctuation allow, and none is too long."""
    lines = shown(Prose(CHINESE), width)
    assert max(map(cell_len, lines)) <= width
    assert "".join(lines).replace(" ", "") == CHINESE.replace(" ", "")
    longest = cell_len("（missing-hidden-derivative）。")
    assert all(cell_len(line) > width - min(longest, width) for line in lines[:-1])
    assert width < longest or not any(line[0] in NOT_FIRST for line in lines[1:])


def test_names_stay_whole() -> None:
    """Where they fit on a line."""
    assert [line for line in shown(Prose(CHINESE), 33) if "missing-hidden-derivative" in line]


def test_in_a_column() -> None:
    """A table gives it the width that is left."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column()
    grid.add_row("-", Prose("梯度是错的，一处错误可以解释它。"))
    assert shown(grid, 14) == ["- 梯度是错的，", "  一处错误可以", "  解释它。    "]


def test_paragraphs() -> None:
    """Lines that it has already, empty ones too."""
    assert shown(Prose("第一段。\n\n第二段。"), 20) == ["第一段。", "", "第二段。"]
