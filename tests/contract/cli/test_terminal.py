"""Colours and progress where a person watches, and neither where nobody does."""

from __future__ import annotations

import re
from typing import Any

import pytest

QUICK = ("bugs", "show", "sign-flip")
COLOUR = re.compile(r"\x1b\[[\d;]*3\d[;m]|\x1b\[[\d;]*38;")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "unknown"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"COLORTERM": "truecolor"}, True),
    ],
    ids=str,
)
def test_colours_of_a_terminal(terminal: Any, environment: dict[str, str], coloured: bool) -> None:
    """A terminal gets colours, unless it or its user says otherwise."""
    code, shown = terminal(*QUICK, **environment)
    assert code == 0
    assert "sign-flip" in shown
    assert bool(COLOUR.search(shown)) is coloured, repr(shown)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "3"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
    ids=str,
)
def test_colours_of_a_pipe(shell: Any, environment: dict[str, str], coloured: bool) -> None:
    """A pipe gets colours where they are forced, and nowhere else."""
    done = shell(*QUICK, **{"TERM": "xterm-256color", **environment})
    assert done.returncode == 0
    assert bool(COLOUR.search(done.stdout)) is coloured, repr(done.stdout)
    assert done.stderr == ""


def test_colours_of_a_patch(terminal: Any, shell: Any) -> None:
    """A patch is coloured for a person, and as it is for a program."""
    assert COLOUR.search(terminal("fix", "wrong.py")[1])
    assert "\x1b" not in shell("fix", "wrong.py").stdout


def test_colours_on_a_wide_screen(terminal: Any) -> None:
    """The verdict is bold red, and a whole report is coloured."""
    code, shown = terminal("check", "wrong.py", COLUMNS="70")
    assert code == 1
    assert "\x1b[1;31mFAIL\x1b[0m" in shown


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_progress_leaves_nothing_on_the_screen(terminal: Any, environment: dict[str, str]) -> None:
    """Progress in the language that is spoken, no colours of its own, and gone at the end; none on a dumb terminal."""
    code, shown = terminal(
        "check", "hang.py", "--time-limit", "3", "--lang", "zh_CN", PYTHONIOENCODING="utf-8", **environment
    )
    assert code == 2
    if "TERM" in environment:
        assert "\x1b" not in shown
        return
    assert "正在检查" in shown
    if "NO_COLOR" in environment:
        assert not COLOUR.search(shown)
    last = shown.rstrip().rpartition("正在检查")[2]
    assert "\x1b[2K" in last
