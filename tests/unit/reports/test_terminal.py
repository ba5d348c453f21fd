"""The report on a terminal: wide, narrow, coloured, plain, ASCII."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from gradcheck import Problem, check, language
from gradcheck.records import BlockReport, CheckReport, ReportSet, Verdict
from gradcheck.reports import numbers
from gradcheck.reports.terminal import print_lines, print_report, render_text

WIDTHS = (40, 60, 72, 80, 100, 200)


def _coloured(report: CheckReport | ReportSet, width: int = 80) -> str:
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=width, force_terminal=True, color_system="standard"))
    return stream.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(failing: CheckReport, width: int) -> None:
    """No line is wider than the terminal."""
    assert max(map(len, render_text(failing, width).splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_every_width_tells_the_same(failing: CheckReport, width: int) -> None:
    """Every width tells the same."""
    told = " ".join(render_text(failing, width).split())
    for part in ("FAIL", "student.py", "W1", "(2, 4)", "0.5 ± 1e-10", "b1", "PASS", "0.125", "0.25", "column 3 of W1",
                 "input-mutated", "backward writes into X", "(sum-instead-of-mean)", "seed 3"):  # fmt: skip
        assert part in told


@pytest.mark.parametrize("tag", language.LANGUAGES)
@pytest.mark.parametrize("width", [44, 48, 60, 80])
def test_no_number_is_cut_off(width: int, tag: str) -> None:
    """However narrow: a number without its last digits is another one. Chinese characters are two cells wide."""
    start = np.array([-0.0699195, 0.0123457, -0.0887766])
    with language.using(tag):
        report = check(Problem(lambda w: float(np.sum(w**2)), lambda w: w * (1.0 + w), start))
        text = render_text(report, width)
    assert max(map(cell_len, text.splitlines())) <= width
    together = "".join(text.split())
    worst = report.blocks[0].worst[:3]
    assert worst
    for entry in worst:
        assert all(number in together for number in numbers.pair(entry.analytic, entry.numeric))
        assert numbers.short(entry.error_bound) in together


@pytest.mark.parametrize("width", WIDTHS)
def test_plain_text_has_no_escapes_and_no_trailing_blanks(failing: CheckReport, width: int) -> None:
    """Plain text has no escapes and no trailing blanks."""
    text = render_text(failing, width)
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.split("\n"))


@pytest.mark.parametrize(
    "environment", [{"FORCE_COLOR": "1"}, {"COLUMNS": "30"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str
)
def test_plain_text_does_not_depend_on_the_environment(
    failing: CheckReport, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    """Plain text does not depend on the environment."""
    before = render_text(failing)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert render_text(failing) == before


def test_a_wide_terminal_has_the_worst_entry_in_the_table(failing: CheckReport) -> None:
    """A wide terminal has the worst entry in the table."""
    header = next(line for line in render_text(failing, 110).splitlines() if line.startswith("block"))
    assert header.split() == [
        "block",
        "shape",
        "verdict",
        "relative",
        "error",
        "ratio",
        "worst",
        "entry",
        "analytic",
        "numeric",
    ]
    assert "analytic" not in next(line for line in render_text(failing, 70).splitlines() if line.startswith("block"))


def test_a_very_narrow_terminal_has_a_paragraph_a_block(failing: CheckReport) -> None:
    """A very narrow terminal has a paragraph a block."""
    lines = render_text(failing, 40).splitlines()
    assert "FAIL  W1 (2, 4)" in lines
    assert "  relative error 0.5 ± 1e-10" in lines


def test_errors_come_before_notes(failing: CheckReport) -> None:
    """Errors come before notes."""
    text = render_text(failing)
    assert text.index("input-mutated") < text.index("loss-epsilon")


def test_one_constant_ratio_needs_one_entry(failing: CheckReport) -> None:
    """One constant ratio needs one entry."""
    text = render_text(failing, 70)
    assert "[1, 3]" in text
    block = dataclasses.replace(failing.blocks[0], ratio=0.5)
    assert "[1, 3]" not in render_text(dataclasses.replace(failing, blocks=(block,)), 70)


def test_of_very_many_blocks_the_wrong_ones_are_shown(failing: CheckReport) -> None:
    """Of very many blocks the wrong ones are shown."""
    right = tuple(BlockReport(name=f"right{n}", shape=(1,), verdict=Verdict.PASS) for n in range(100))
    text = render_text(dataclasses.replace(failing, blocks=(*right, failing.blocks[0])))
    assert "W1" in text
    assert "right38" in text
    assert "right39" not in text
    assert "and 61 blocks more that pass" in text


def test_of_very_many_wrong_blocks_all_are_in_the_table(failing: CheckReport) -> None:
    """Of very many wrong blocks all are in the table."""
    wrong = tuple(dataclasses.replace(failing.blocks[0], name=f"W{n}.") for n in range(60))
    text = render_text(dataclasses.replace(failing, blocks=wrong))
    assert sum(line.startswith("W") for line in text.splitlines()) >= 60
    assert "and 48 blocks more" in text


def test_a_template_is_not_broken_into_lines(unreadable: Callable[..., CheckReport]) -> None:
    """A template is not broken into lines."""
    line = "params = " + "x" * 150
    assert line in render_text(unreadable(f"write this:\n\n{line}")).splitlines()


def test_hostile_names_and_messages_do_not_reach_the_terminal(unreadable: Callable[..., CheckReport]) -> None:
    """Hostile names and messages do not reach the terminal."""
    text = _coloured(unreadable("boom \x1b]0;title\x07 [bold]x[/bold]", file="a\x1b[2J.py"))
    assert "\x1b]0" not in text
    assert "\x1b[2J" not in text
    assert "[bold]x[/bold]" in text  # console markup is text here


def test_colours_where_there_are_colours(failing: CheckReport) -> None:
    """Colours where there are colours."""
    text = _coloured(failing)
    assert "\x1b[1;31mFAIL" in text
    assert "\x1b[1;32mPASS" in text


def test_an_ascii_terminal_gets_ascii(failing: CheckReport) -> None:
    """An ascii terminal gets ascii."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    print_report(failing, Console(file=stream, width=110))
    stream.flush()
    assert b"0.5 +- 1e-10" in stream.buffer.getvalue()  # type: ignore[attr-defined]


def test_several_results_begin_with_a_summary(
    failing: CheckReport, passing: CheckReport, unreadable: Callable[..., CheckReport]
) -> None:
    """Several results begin with a summary."""
    text = render_text(ReportSet(results=(failing, unreadable(), passing)))
    assert text.startswith("3 results: 1 FAIL, 1 INVALID, 1 PASS\n")
    assert text.count("What this check could have missed") == 2
    assert [line.split()[0] for line in text.splitlines()[2:5]] == ["FAIL", "INVALID", "PASS"]


def test_no_results_are_not_a_pass() -> None:
    """No results are not a pass."""
    assert render_text(ReportSet(results=())) == "No results: nothing was checked."


def test_a_record_prints_itself(failing: CheckReport) -> None:
    """A record prints itself."""
    assert str(failing) == render_text(failing)


def test_quiet_is_one_line_a_result(failing: CheckReport, unreadable: Callable[..., CheckReport]) -> None:
    """Quiet is one line a result."""
    stream = io.StringIO()
    print_lines(ReportSet(results=(failing, unreadable("x" * 300))), Console(file=stream, width=40))
    assert stream.getvalue().splitlines() == [
        "FAIL  student.py, train  wrong: W1; right: b1",
        f"INVALID  broken.py  {'x' * 300}",
    ]


def test_blocks_compared_jointly_are_said_to_be(passing: CheckReport) -> None:
    """One number for several blocks is that of the joint probe."""
    block = passing.blocks[0]
    several = dataclasses.replace(passing, blocks=(block, dataclasses.replace(block, name="b")))
    assert "The blocks were compared jointly" in render_text(several)
    assert "jointly" not in render_text(passing)


def test_the_same_blind_spots_are_told_once(passing: CheckReport) -> None:
    """Of several networks the first tells them."""
    blind = dataclasses.replace(passing, blind_spots=("softmax-axis",))
    text = render_text(ReportSet(results=(blind, blind)))
    assert text.count("softmax over the wrong axis") == 1
    assert text.count("The same kinds of bug as named above.") == 1
