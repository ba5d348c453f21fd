"""The note of a diagnosis on a terminal: what it says first, what it never says, and its widths."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import Any

import pytest
from constructed_diagnoses import (
    ACTIVATION,
    ALL,
    ALL_WELL,
    ELSEWHERE,
    FACTOR,
    NOTHING_FITS,
    ONE,
    PATCH,
    TWO,
    UNREADABLE,
    UNREPAIRED,
    diagnosis,
)
from rich.console import Console

from gradcheck.records import BlockReport, Diagnosis, Finding, ReportSet, Severity, Verdict
from gradcheck.reports.terminal import print_lines, print_report, render_text

WIDTHS = (60, 72, 80, 100, 120)
JARGON = ("finite difference", "directional", "adjoint", "cotangent", "upstream", "vjp", "oracle", "1e-", "bound")


def _drawn(report: Diagnosis | ReportSet, *, encoding: str = "utf-8", colours: Any = None, width: int = 80) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    console = Console(file=stream, width=width, force_terminal=colours is not None, color_system=colours)
    print_report(report, console)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, explain: bool) -> None:
    """No line is wider than the terminal."""
    assert max(map(len, render_text(ALL[name], width, explain=explain).splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_every_width_tells_the_same(width: int) -> None:
    """Every width tells the same."""
    told = " ".join(render_text(TWO, width).split())
    for part in ("FAIL network.py", "derivative-at-activation", "almost certain (97 %)", "missing-factor-2",
                 "one of these two: likely (62 %)", "(double-mean)", "line 40:", "- delta = out - y",
                 "+ delta = 2 * (out - y)", "+ backprop(delta * tanh_derivative(z), first, x)", "input-mutated",
                 "No single bug fits", "gradcheck fix network.py --write"):  # fmt: skip
        assert part in told


@pytest.mark.parametrize("name", ALL)
def test_the_verdict_comes_first_and_without_jargon(name: str) -> None:
    """The verdict comes first and without jargon."""
    report = ALL[name]
    first, *rest = render_text(report, explain=True).splitlines()
    assert first.split() == [report.verdict.name, "network.py"]
    opening = " ".join(rest[:3]).lower()
    assert not [word for word in JARGON if word in opening]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "wrong"),
        ({"ratio": 0.5}, "wrong  half as large as it should be"),
        ({"ratio": 2.0}, "wrong  twice as large as it should be"),
        ({"ratio": -1.0}, "wrong  the right size, but the wrong sign"),
        ({"ratio": 0.142857}, "wrong  0.142857 times as large as it should be"),
        ({"ratio": -3.0}, "wrong  3 times as large as it should be, with the wrong sign"),
        ({"ratio": 0.0}, "wrong  zero, though it should not be"),
        ({"relative_error": 0.25}, "wrong  off by 25 %"),
        ({"relative_error": 1.5, "cosine": -0.2}, "wrong  off by 150 %; it points the wrong way"),
        ({"verdict": Verdict.PASS}, "right"),
        ({"verdict": Verdict.INCONCLUSIVE}, "not decided"),
        ({"verdict": Verdict.INVALID}, "not checked"),
    ],
    ids=str,
)
def test_a_block_is_one_line_in_plain_words(fields: dict[str, Any], told: str) -> None:
    """A block is one line in plain words."""
    block = BlockReport(**{"name": "W", "shape": (2, 3), "verdict": Verdict.FAIL, **fields})
    assert f"  W  2 x 3  {told}" in render_text(diagnosis(blocks=(block,))).splitlines()


def test_the_caret_is_under_what_the_fix_changes() -> None:
    """The caret is under what the fix changes."""
    lines = render_text(ONE).splitlines()
    place = next(n for n, line in enumerate(lines) if line.strip().startswith("line 40:"))
    assert lines[place + 1].strip() == "^"
    assert lines[place][lines[place + 1].index("^") :] == "a), first, x)"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_caret_stays_right_under_a_long_line(width: int) -> None:
    """The caret stays right under a long line."""
    code = f"delta = {' + '.join(f'term_{n}' for n in range(40))} + tanh_derivative(a)"
    patch = f"--- a/n.py\n+++ b/n.py\n@@ -40 +40 @@\n-{code}\n+{code.replace('(a)', '(z)')}\n"
    bug = dataclasses.replace(ACTIVATION, code=code, patch=patch)
    lines = render_text(diagnosis(diagnoses=(bug,), patch=patch, patch_verified=True), width).splitlines()
    place = next(n for n, line in enumerate(lines) if line.strip().startswith("line 40:"))
    assert lines[place][lines[place + 1].index("^") :] == "a)"


@pytest.mark.parametrize("explain", [False, True])
def test_a_patch_that_was_not_verified_is_never_shown(explain: bool) -> None:
    """A patch that was not verified is never shown."""
    text = render_text(UNREPAIRED, explain=explain)
    assert "tanh_derivative(z)" not in text
    assert "The fix" not in text
    assert "gradcheck fix" not in text
    assert "No fix was found that passes the check" in " ".join(text.split())
    assert "tanh_derivative(z)" in render_text(ONE)


def test_the_whole_patch_stands_for_that_of_the_only_bug() -> None:
    """The whole patch stands for that of the only bug, and for none of several."""
    alone = dataclasses.replace(ONE, diagnoses=(dataclasses.replace(ACTIVATION, patch=None),))
    assert "+ backprop(delta * tanh_derivative(z)" in render_text(alone)


def test_a_patch_of_all_bugs_together_is_shown_once() -> None:
    """A patch of all bugs together is shown once, where not each of them has its own."""
    several = dataclasses.replace(TWO, diagnoses=tuple(dataclasses.replace(b, patch=None) for b in TWO.diagnoses))
    text = render_text(several)
    assert text.count("The fix, for all of it together") == 1
    assert text.count("+ delta = 2 * (out - y)") == text.count("+ backprop(delta * tanh_derivative(z)") == 1
    assert "for all of it together" not in render_text(TWO)
    assert "tanh_derivative(z)" not in render_text(dataclasses.replace(several, patch_verified=False))


def test_of_a_statement_over_lines_the_changed_one_is_quoted() -> None:
    """Of a statement over several lines the one that the fix changes is quoted."""
    patch = """\
--- a/n.py
+++ b/n.py
@@ -42 +42 @@
-        "b1": np.sum(hidden),
+        "b1": np.sum(hidden, axis=0),
"""
    bug = dataclasses.replace(ACTIVATION, code="return {", patch=patch)
    text = render_text(diagnosis(diagnoses=(bug,), patch=patch, patch_verified=True))
    assert 'line 42: "b1": np.sum(hidden),' in text
    assert "line 40: return {" in render_text(diagnosis(diagnoses=(bug,)))


def test_a_finding_that_is_named_as_a_bug_is_told_once() -> None:
    """A finding that is named as a bug is told once."""
    same = Finding(id=ACTIVATION.bug, severity=Severity.WARNING, message="said twice")
    assert "said twice" not in render_text(dataclasses.replace(ONE, findings=(same,)))
    assert "said twice" in render_text(dataclasses.replace(NOTHING_FITS, findings=(same,)))


def test_other_right_fixes_are_offered() -> None:
    """Other right fixes are offered."""
    other = PATCH.replace("+        backprop(delta * tanh_derivative(z)", "+        backprop(delta * (1 - a**2)")
    bug = dataclasses.replace(ACTIVATION, alternatives=(other,))
    text = render_text(dataclasses.replace(ONE, diagnoses=(bug,)))
    assert text.index("+ backprop(delta * tanh_derivative(z)") < text.index("or, just as right")
    assert text.index("or, just as right") < text.index("+ backprop(delta * (1 - a**2)")


def test_of_many_fixes_one_more_is_shown() -> None:
    """Of many fixes one more is shown, the others on request."""
    others = tuple(PATCH.replace("(z), first", f"(z{n}), first") for n in range(3))
    report = dataclasses.replace(ONE, diagnoses=(dataclasses.replace(ACTIVATION, alternatives=others),))
    assert [f"(z{n}), first" in render_text(report) for n in range(3)] == [True, False, False]
    assert "and 2 other ways (--explain)" in render_text(report)
    assert [f"(z{n}), first" in render_text(report, explain=True) for n in range(3)] == [True] * 3
    assert "other way" not in render_text(report, explain=True)


def test_bugs_are_in_the_order_of_the_record() -> None:
    """Bugs are in the order of the record, numbered where there are several."""
    text = render_text(TWO)
    assert re.search(r"^1\. ", text, re.MULTILINE)
    assert text.index("derivative-at-activation") < text.index("missing-factor-2")
    assert not re.search(r"^1\. ", render_text(ONE), re.MULTILINE)


def test_the_mathematics_comes_on_request() -> None:
    """The mathematics comes on request."""
    told, explained = render_text(ONE), render_text(ONE, explain=True)
    for part in ("delta * tanh'(z)", "of 41 candidates", "relative error", "160 loss evaluations", "along a random"):
        assert part.lower() in " ".join(explained.lower().split())
        assert part.lower() not in " ".join(told.lower().split())
    assert "With tanh'(a) in place of tanh'(z)" in " ".join(told.split())
    assert "--explain" in told
    assert "--explain" not in explained


def test_trouble_elsewhere_is_a_pass_with_a_note() -> None:
    """Trouble elsewhere is a pass with a note."""
    text = render_text(ELSEWHERE)
    assert text.startswith("PASS  network.py\nThe gradient is right.")
    assert "learning-rate-too-large" in text
    assert "wrong" not in text
    assert render_text(ALL_WELL).startswith("PASS  network.py\nThe gradient is right:")


def test_where_nothing_fits_no_bug_is_named() -> None:
    """Where nothing fits no bug is named, and what is known is told."""
    text = " ".join(render_text(NOTHING_FITS).split())
    for part in ("none is named", "row 0 of first['w']", "line 40", "Excluded: a constant factor"):  # fmt: skip
        assert part in text
    assert "%)" not in text.split("What could not be seen")[0].replace("23 %", "")


def test_a_cure_without_a_name_is_shown() -> None:
    """A verified patch is shown though no bug has a name."""
    patch = "--- a/network.py\n+++ b/network.py\n@@ -1,1 +1,1 @@\n-dz = da\n+dz = da * slope\n"
    text = render_text(dataclasses.replace(NOTHING_FITS, patch=patch, patch_verified=True))
    assert "none is named" in " ".join(text.split())
    assert "dz = da * slope" in text


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ("FFPP", "Look at the way back from second['w'] to first['b']"),
        ("FFFF", "Everything is wrong, up to second['b']: look first at how the error at the output is computed."),
        ("PFPP", "first['b'] is not: look at the lines that compute first['b']'s gradient first."),
        ("FFPF", "second['w'] is right, first['w'], first['b'], second['b'] are not"),
    ],
)  # fmt: skip
def test_where_to_look_follows_the_pattern_of_blocks(verdicts: str, told: str) -> None:
    """Where to look follows the pattern of blocks."""
    kinds = {"F": Verdict.FAIL, "P": Verdict.PASS}
    blocks = tuple(
        dataclasses.replace(block, verdict=kinds[letter])
        for block, letter in zip(NOTHING_FITS.blocks, verdicts, strict=True)
    )
    assert told in " ".join(render_text(diagnosis(blocks=blocks)).split())


def test_a_diagnosis_that_broke_off_says_so() -> None:
    """A diagnosis that broke off claims not to have compared with what it did not get to."""
    finding = Finding(id="diagnosis-incomplete", severity=Severity.WARNING, message="the time is used up")
    text = " ".join(render_text(dataclasses.replace(NOTHING_FITS, findings=(finding,))).split())
    assert "What the mistake is could not be found out" in text
    assert "No known mistake fits" not in text
    assert "No known mistake fits" in " ".join(render_text(NOTHING_FITS).split())


def test_a_failure_that_no_block_tells_keeps_its_reason() -> None:
    """A failure that no block tells, such as an exception, keeps its reason."""
    report = diagnosis(blocks=(), reason="the gradient raises ValueError: shapes (3,2) and (5,3) not aligned")
    assert "The gradient raises ValueError: shapes (3,2) and (5,3) not aligned" in " ".join(render_text(report).split())
    assert "along a random direction" not in " ".join(render_text(NOTHING_FITS).split())
    assert "along a random direction" in " ".join(render_text(NOTHING_FITS, explain=True).split())


def test_a_doubtful_name_is_told_as_one() -> None:
    """A doubtful name is told as one."""
    doubtful = dataclasses.replace(ONE, diagnoses=(dataclasses.replace(ACTIVATION, confidence=0.4),))
    text = " ".join(render_text(doubtful).split())
    assert "one mistake may explain it" in text
    assert "possible (40 %)" in text
    assert "one mistake explains it" in " ".join(render_text(ONE).split())


def test_colours_where_there_are_colours() -> None:
    """Colours where there are colours: what goes red, what comes green."""
    text = _drawn(ONE, colours="standard")
    assert "\x1b[1;31mFAIL" in text
    assert re.search(r"\x1b\[31mbackprop\(delta \* tanh_derivative\(\x1b\[0m\x1b\[1;31ma\x1b", text)
    assert re.search(r"\x1b\[32mbackprop\(delta \* tanh_derivative\(\x1b\[0m\x1b\[1;32mz\x1b", text)
    assert "\x1b" not in _drawn(ONE)


@pytest.mark.parametrize("name", ALL)
def test_an_ascii_terminal_gets_ascii(name: str) -> None:
    """An ascii terminal gets ascii; a stream of that encoding would raise otherwise."""
    assert _drawn(ALL[name], encoding="ascii", width=60).isascii()


def test_hostile_code_and_messages_do_not_reach_the_terminal() -> None:
    """Hostile code and messages do not reach the terminal."""
    attack = "x = '\x1b]0;title\x07[bold]'"
    patch = f"--- a/n.py\n+++ b/n.py\n@@ -40 +40 @@\n-{attack}\n+{attack}  # \x1b[2J\n"
    bug = dataclasses.replace(
        ACTIVATION, bug="x\x1b[2J", code=attack, message=attack, evidence=(attack,), patch=patch,
        formula_wrong=attack, formula_right=attack, blocks=(attack,), same_as=(attack,), alternatives=(patch,),
    )  # fmt: skip
    report = diagnosis(diagnoses=(bug,), patch=patch, patch_verified=True, tried=(attack,))
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=80, color_system=None), explain=True)
    print_lines(report, Console(file=stream, width=80, color_system=None))
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", stream.getvalue())
    assert "[bold]" in stream.getvalue()


def test_quiet_names_the_bugs() -> None:
    """Quiet names the bugs."""
    stream = io.StringIO()
    print_lines(ReportSet(results=(TWO, NOTHING_FITS, UNREADABLE)), Console(file=stream, width=60))
    first, second, third = stream.getvalue().splitlines()
    assert "(derivative-at-activation, line 40, 97 %)" in first
    assert "(missing-factor-2, line 38, 62 %)" in first
    assert second == "FAIL  network.py  wrong: first['w'], first['b']"
    assert third.startswith("INVALID  network.py")


def test_several_results_begin_with_the_names() -> None:
    """Several results begin with the names."""
    text = render_text(ReportSet(results=(ONE, ALL_WELL)))
    head = " ".join(text.partition("───")[0].split())
    assert head.startswith("2 results: 1 FAIL, 1 PASS")
    assert "derivative-at-activation, line 40" in head


def test_certainty_is_never_claimed() -> None:
    """Certainty is never claimed."""
    sure = dataclasses.replace(ONE, diagnoses=(dataclasses.replace(FACTOR, confidence=1.0, same_as=()),))
    assert "almost certain (99 %)" in render_text(sure)
