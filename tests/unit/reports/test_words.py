"""What a report says in sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.checks import adequacy
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import BlockReport, CheckReport, Evaluations, Finding, Severity, Verdict
from gradcheck.reports import words
from gradcheck.reports.advice import advice
from gradcheck.reports.unicode import printable, whole

Unreadable = Callable[..., CheckReport]


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[31mred", "bell\x07", "back\x08space", "over\rwrite", "turned\u202etext", "zero\u200bwidth", "\x9b31m"],
    ids=["escape", "bell", "backspace", "carriage return", "right-to-left", "zero width", "c1 escape"],
)
def test_control_characters_are_spelled_out(hostile: str) -> None:
    """Control characters are spelled out."""
    shown = printable(hostile)
    assert shown.isprintable()
    assert "\\" in shown


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("plain", "plain"),
        ("网络", "网络"),
        ("caf\udcc3\udca9", "café"),
        ("caf\udce9", "caf\ufffd"),
        ("\ud800", "?"),
        ("\U0001f600", "\U0001f600"),
    ],
    ids=["ascii", "unicode", "utf-8 bytes", "latin-1 byte", "lone surrogate", "astral"],
)
def test_undecoded_file_names_become_unicode(given: str, read: str) -> None:
    """Undecoded file names become unicode."""
    assert whole(given) == read


def test_text_with_lines_tabs_and_letters_of_any_alphabet_stays() -> None:
    """Text with lines tabs and letters of any alphabet stays."""
    assert printable("naïve 网络\n\tx") == "naïve 网络\n    x"


def test_the_verdict_comes_in_words_before_its_reason(failing: CheckReport) -> None:
    """The verdict comes in words before its reason."""
    prose, verbatim = words.reason(failing)
    assert prose[0] == "The gradient is not the derivative of the loss."
    assert prose[1].startswith("Wrong: W1;")
    assert verbatim == ""


def test_a_reason_that_is_the_verdict_is_said_once(passing: CheckReport) -> None:
    """A reason that is the verdict is said once."""
    assert words.reason(passing)[0] == ["The gradient agrees with the loss."]


def test_what_follows_an_empty_line_is_verbatim(unreadable: Unreadable) -> None:
    """What follows an empty line is verbatim."""
    prose, verbatim = words.reason(unreadable("nothing found:\n\ndef build():\n\n    return 1\n"))
    assert prose[1:] == ["Nothing found:"]
    assert verbatim == "def build():\n\n    return 1"


def test_a_file_name_keeps_its_small_letter(unreadable: Unreadable) -> None:
    """A file name keeps its small letter."""
    assert words.reason(unreadable("broken.py cannot be read"))[0][1] == "broken.py cannot be read."


def test_power_names_the_weakest_block_where_blocks_differ(failing: CheckReport) -> None:
    """Power names the weakest block where blocks differ."""
    first = words.could_have_missed(failing)[0]
    assert "0.04 %" in first
    assert "W1, the weakest" in first
    alike = dataclasses.replace(failing, power={"W1": 5e-5, "b1": 6e-5})
    assert "weakest" not in words.could_have_missed(alike)[0]


def test_a_block_that_was_not_compared_is_named(failing: CheckReport) -> None:
    """A block that was not compared is named."""
    sentences = words.could_have_missed(dataclasses.replace(failing, power={"W1": 4e-4, "b1": None}))
    assert any("b1" in sentence and "not compared" in sentence for sentence in sentences)


def test_a_block_that_is_called_wrong_was_compared(failing: CheckReport) -> None:
    """By itself, if along no direction that would show a random error: it is no blind spot."""
    (wrong, *_) = [block.name for block in failing.blocks if block.verdict is Verdict.FAIL]
    power = {block.name: None for block in failing.blocks}
    (sentence,) = [s for s in words.could_have_missed(dataclasses.replace(failing, power=power)) if "not compared" in s]
    assert wrong not in sentence


def test_blind_spots_are_told_in_words_with_their_ids(failing: CheckReport) -> None:
    """Blind spots are told in words with their ids."""
    told = words.could_have_missed(failing)[-1]
    assert "a missing division by the batch size (sum-instead-of-mean)" in told


def test_the_basis_names_all_that_the_verdict_rests_on(failing: CheckReport) -> None:
    """The basis names all that the verdict rests on."""
    told = " ".join(words.basis(failing))
    for part in ("16 loss evaluations", "3 gradient evaluations", "finite differences and automatic differentiation",
                 "float64", "params-dict", "mean squared error", "seed 3", "order 1.00"):  # fmt: skip
        assert part in told


def test_an_order_test_without_a_rate_says_so(failing: CheckReport) -> None:
    """An order test without a rate says so."""
    assert failing.order_test is not None
    unusable = dataclasses.replace(failing.order_test, rate=None)
    assert "too close to round-off" in words.basis(dataclasses.replace(failing, order_test=unusable))[1]


def test_what_never_ran_has_no_basis(unreadable: Unreadable) -> None:
    """What never ran has no basis."""
    assert words.basis(unreadable()) == []


def test_the_summary_of_a_comparison_leaves_the_numbers_out(failing: CheckReport, unreadable: Unreadable) -> None:
    """The summary of a comparison leaves the numbers out."""
    assert words.set_summary(failing) == "wrong: W1; right: b1"
    assert words.set_summary(unreadable("no network (looked for five kinds)\nmore")) == (
        "no network (looked for five kinds)"
    )


def test_the_summary_of_what_failed_before_numbers_is_its_whole_reason() -> None:
    """A shape in brackets is no number that could be left out."""
    report = check(Problem(lambda w: float(np.sum(w**2)), lambda w: np.ones((3, 3)), np.ones((2, 2))))  # noqa: ARG005
    assert words.set_summary(report) == "The gradient of params has shape (3, 3), expected (2, 2) as the parameter."


def test_the_summary_of_a_check_leaves_its_numbers_out() -> None:
    """As the check itself gives it, right or wrong."""
    problems = [Problem(lambda w: float(np.sum(w**2)), lambda w, f=f: f * w, np.ones(3)) for f in (2.0, 3.0)]
    assert [words.line(check(problem)) for problem in problems] == [
        "claimed and numeric derivatives agree along 2 random directions",
        "wrong: params",
    ]


def _failing(*ratios: float | None) -> CheckReport:
    blocks = tuple(
        BlockReport(name=f"W{number}", shape=(2,), verdict=Verdict.FAIL, ratio=ratio)
        for number, ratio in enumerate(ratios)
    )
    return CheckReport(
        verdict=Verdict.FAIL, reason="wrong", blocks=blocks, evaluations=Evaluations(loss=2, gradient=1), power={}
    )


def test_advice_names_a_ratio_only_where_all_wrong_blocks_share_it() -> None:
    """Advice names a ratio only where all wrong blocks share it."""
    assert any("0.5 times the true gradient" in line for line in advice(_failing(0.5, 0.5)))
    for report in (_failing(0.5, 0.25), _failing(0.5, None), _failing(None, None)):
        assert not any("times the true gradient" in line for line in advice(report))


def test_advice_begins_at_the_end_of_the_network() -> None:
    """Advice begins at the end of the network."""
    assert "Begin with W2" in advice(_failing(None, None, None))[0]
    assert "Only W0 is wrong" in advice(_failing(None))[0]


def test_advice_repeats_the_command_quoted(failing: CheckReport) -> None:
    """Advice repeats the command quoted."""
    spaced = dataclasses.replace(failing, file="my homework.py")
    assert advice(spaced)[-1] == "Check again: gradcheck check 'my homework.py' --seed 3"


def test_a_failure_before_any_number_points_to_the_findings() -> None:
    """A failure before any number points to the findings."""
    finding = Finding(id="crash", severity=Severity.ERROR, message="ValueError")
    report = dataclasses.replace(_failing(), findings=(finding,))
    assert "findings" in advice(report)[0]


@pytest.mark.parametrize(("dtype", "cured"), [("float32", True), ("float64", False), ("longdouble", False)])
def test_an_undecided_check_in_low_precision_is_sent_to_float64(dtype: str, cured: bool) -> None:
    """An undecided check in low precision is sent to float64."""
    report = dataclasses.replace(_failing(), verdict=Verdict.INCONCLUSIVE, dtype=dtype)
    assert any("float64" in line for line in advice(report)) is cured


def test_every_bug_that_a_point_can_hide_is_in_the_catalogue() -> None:
    """Every bug that a point can hide is in the catalogue, which has its words."""
    groups = [value for name, value in vars(adequacy).items() if name.isupper() and isinstance(value, tuple)]
    hidden = {identifier for group in groups for identifier in group if isinstance(identifier, str)}
    assert "output-count-factor" in hidden
    assert hidden <= CATALOGUE.keys()


def test_the_line_of_a_quiet_run_tells_the_warnings_and_the_loss_it_rests_on(passing: CheckReport) -> None:
    """Ids of warnings, each once, and not those of notes; the numbers in brackets are left out."""
    warning = Finding(id="printed-loss-differs", severity=Severity.WARNING, message="m")
    note = Finding(id="random-step", severity=Severity.INFO, message="m")
    reason = "agrees (to 1e-9); held against the loss that the output delta implies (sum of squares)"
    against = "held against the loss that the output delta implies (sum of squares)"
    report = dataclasses.replace(
        passing, reason=reason, summary="agrees", against=against, findings=(warning, note, warning)
    )
    assert words.set_summary(report) == "agrees"
    assert words.line(report) == (
        "agrees; held against the loss that the output delta implies (sum of squares)  (printed-loss-differs)"
    )


def test_a_path_keeps_its_case_at_the_start_of_a_message(unreadable: Unreadable) -> None:
    """A path is no word of the sentence."""
    report = unreadable("emptydir holds no Python file", file="some/emptydir")
    assert "emptydir holds no Python file." in words.reason(report)[0]


def test_a_test_is_repeated_by_its_own_command(failing: CheckReport) -> None:
    """No command of gradcheck's takes a test: what repeats it is said instead."""
    command = "pytest test_net.py::test_it --gradcheck-seed 0"
    of_test = dataclasses.replace(failing, file="test_net.py", details={"again": command})
    assert advice(of_test)[-1] == f"Check again: {command}"
    assert not any("gradcheck diagnose" in step for step in advice(of_test))
    assert any("gradcheck diagnose" in step for step in advice(dataclasses.replace(failing, file="test_net.py")))


def test_options_are_those_of_whoever_has_checked(failing: CheckReport) -> None:
    """A command's for a file, arguments of Python for a problem."""
    open_ = dataclasses.replace(failing, verdict=Verdict.INCONCLUSIVE, oracle="finite-difference", file=None)
    assert any("CheckConfig(oracle=" in step for step in advice(open_))
    assert not any("--" in step for step in advice(open_))
    assert any("--oracle" in step for step in advice(dataclasses.replace(open_, file="net.py")))
