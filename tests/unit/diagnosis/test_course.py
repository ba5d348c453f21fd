"""Whole diagnoses: what each kind of evidence gives, and what is said of a right gradient."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_programs import (
    BIAS,
    DERIVATIVE,
    RIGHT,
    TWO,
    Change,
    applied,
    bugs_of,
    by_numbers,
    diagnosed,
    line_of,
    module,
    only,
    spoilt,
    without_text,
)

import gradcheck
from gradcheck import InvalidArgumentError, Problem, Verdict, check
from gradcheck.diagnosis import course
from gradcheck.diagnosis.identifying import identification
from gradcheck.diagnosis.identifying.naming import BOTH, EDIT_ALONE, NUMBERS_ALONE
from gradcheck.diagnosis.observing import MAX_ENTRIES
from gradcheck.diagnosis.programs.local import LocalProgram

# The same loss by a way that no automatic differentiation follows.
OPAQUE: Change = (
    "    output = forward(p, X)[1]\n",
    (
        "    copies = {name: np.frombuffer(value.tobytes()).reshape(value.shape) for name, value in p.items()}\n"
        "    output = forward(copies, X)[1]\n"
    ),
)


# --- what there is to go by -------------------------------------------------------------------------------------------


def test_numbers_and_text_together(tmp_path: Path) -> None:
    """The bug, its line, its code and a patch that cures it, with the confidence of both."""
    text = spoilt(DERIVATIVE)
    found = diagnosed(tmp_path, DERIVATIVE)
    bug = only(found)
    assert (bug.bug, bug.same_as, bug.confidence) == ("missing-hidden-derivative", (), BOTH)
    assert bug.blocks == ("W1", "b1")
    assert bug.line == line_of(text, "dZ1 = dA1")
    assert bug.lines == (bug.line,)
    assert bug.code == "dZ1 = dA1"
    assert bug.file is not None  # the reader has a problem, and no file whose line that could be
    assert Path(bug.file).read_text(encoding="utf-8") == text
    assert found.patch_verified
    cured = applied(tmp_path, text, found.patch)
    assert check(module(tmp_path, cured).build()).verdict is Verdict.PASS
    assert bug.patch == found.patch
    assert bug.message
    assert len(bug.evidence) >= 2


@pytest.mark.parametrize("line", ["np.array(dA1)", "1.0 * dA1", "dA1.reshape(m, -1)"])
def test_the_first_line_that_makes_no_adjoint_is_the_cause(line: str, tmp_path: Path) -> None:
    """Two lines can take the derivative; the one above makes a true adjoint already and stays as it is."""
    change = (DERIVATIVE[0], f"    dZ1 = {line}\n")
    found = diagnosed(tmp_path, change)
    assert only(found).bug == "missing-hidden-derivative"
    assert only(found).code == f"dZ1 = {line}"
    assert found.patch_verified


UNNAMED = "np.log(2.0 + np.sin(Z1)) * Z1"


@pytest.mark.parametrize(
    ("value", "slope"),
    [
        pytest.param("Z1 / (1 + np.abs(Z1))", "1 / (1 + np.abs(Z1))", id="softsign"),
        pytest.param("Z1 / (1 + np.exp(-Z1))", "1 / (1 + np.exp(-Z1))", id="swish"),
        pytest.param("1.7159 * np.tanh(2 * Z1 / 3)", "1.7159 * (1 - np.tanh(2 * Z1 / 3) ** 2)", id="scaled tanh"),
        pytest.param(UNNAMED, "np.log(2.0 + np.sin(Z1))", id="one term of one without a name"),
        pytest.param(UNNAMED, "(0.4 + 0.3 * np.cos(1.3 * Z1 + 0.2))", id="anything for one without a name"),
    ],
)
def test_the_slope_of_any_activation(value: str, slope: str, tmp_path: Path) -> None:
    """A function of the pre-activation that is not the slope is a wrong formula, in the line that computes it."""
    code = f"    slope = {slope}\n"
    found = diagnosed(
        tmp_path,
        ("    A1 = np.tanh(Z1)\n", f"    A1 = {value}\n"),
        ("    return A1, A1 @", "    return (Z1, A1), A1 @"),
        ("    A1, output = forward(p, X)\n", "    (Z1, A1), output = forward(p, X)\n"),
        (DERIVATIVE[0], f"{code}    dZ1 = dA1 * slope\n"),
    )
    bug = found.diagnoses[0]
    assert bug.bug == "wrong-derivative-formula"
    assert bug.blocks == ("W1", "b1")
    assert bug.code in (code.strip(), "dZ1 = dA1 * slope")
    assert len(found.diagnoses) == 1


@pytest.mark.parametrize(
    ("value", "delta"),
    [
        pytest.param("np.sum(np.exp(output) - Y * output) / m", "2 * (output - Y) / m", id="Poisson, squares"),
        pytest.param("np.sum((output - Y) ** 2) / m", "np.tanh(output - Y) / m", id="squares, log-cosh"),
        pytest.param("np.sum(np.log(np.cosh(output - Y))) / m", "np.sign(output - Y) / m", id="log-cosh, absolute"),
        pytest.param("np.sum(np.exp(output) - Y * output) / m", "(np.exp(output) - 1) / m", id="no loss known"),
    ],
)
def test_the_gradient_of_another_loss(value: str, delta: str, tmp_path: Path) -> None:
    """Of the menu for sure; an error at the output that is of no loss known, and right otherwise, less so."""
    change = ("    return np.sum((output - Y) ** 2) / m\n", f"    return {value}\n")
    found = diagnosed(tmp_path, change, ("dZ2 = 2 * (output - Y) / m", f"dZ2 = {delta}"))
    bug = found.diagnoses[0]
    assert bug.bug == "loss-gradient-mismatch"
    assert bug.code == f"dZ2 = {delta}"
    assert len(found.diagnoses) == 1


def test_numbers_alone() -> None:
    """Without a text the name rests on the numbers: no line, no patch, less sure."""
    found = gradcheck.diagnose(by_numbers(DERIVATIVE))
    bug = only(found)
    assert {bug.bug, *bug.same_as} == {"missing-hidden-derivative", "relu-mask-always-on"} or bug.same_as == ()
    assert bug.bug == "missing-hidden-derivative"
    assert 0.5 <= bug.confidence <= NUMBERS_ALONE
    assert (bug.line, bug.lines, bug.code, bug.patch) == (None, (), None, None)
    assert (found.patch, found.patch_verified) == (None, False)


def test_an_edit_alone(tmp_path: Path) -> None:
    """Where the forward pass cannot be followed, differences bear an edit out, and the edit gives the name."""
    found = diagnosed(tmp_path, DERIVATIVE, OPAQUE)
    assert any("forward pass could not be followed" in reason for reason in found.tried)
    bug = only(found)
    assert bug.bug == "missing-hidden-derivative"
    assert bug.confidence <= EDIT_ALONE
    assert found.patch_verified
    assert bug.code in ("dZ1 = dA1", 'dA1 = dZ2 @ p["W2"].T')


def test_a_constant_is_found_by_differences() -> None:
    """A constant ratio needs neither text nor layers."""
    bug = only(gradcheck.diagnose(by_numbers(TWO, OPAQUE)))
    assert bug.bug == "missing-factor-2"
    assert bug.blocks == ("W1", "b1", "W2", "b2")


def test_too_many_parameters_to_look_at() -> None:
    """A loss that cannot be followed, with more parameters than differences reach: a verdict, and no name."""
    start = np.linspace(0.5, 1.0, MAX_ENTRIES + 1)
    text = "def loss(w): return float(np.sum(np.frombuffer(w.tobytes()) ** 2))\ndef gradient(w): return w.copy()\n"
    space = without_text(text)
    problem = Problem(space["loss"], space["gradient"], start)
    found = gradcheck.diagnose(problem)
    assert found.verdict is Verdict.FAIL
    assert found.diagnoses == ()
    assert any("too many for differences" in reason for reason in found.tried)


NUMPY_CALL: Change = ("    db1 = dZ1.sum(axis=0)\n", "    db1 = np.sum(dZ1, axis=0)\n")


def test_functions_that_call_numpy_can_be_edited(tmp_path: Path) -> None:
    """Which functions the code calls makes no difference for a patch."""
    found = diagnosed(tmp_path, DERIVATIVE, NUMPY_CALL)
    assert bugs_of(found) == ["missing-hidden-derivative"]
    assert found.patch_verified


def _named_if(right: str) -> Any:
    """A namer that is sure of one bug, and of no other."""
    real = identification.name_bug

    def name_bug(*given: Any, **options: Any) -> Any:
        name = real(*given, **options)
        return name if name is None or name.bug == right else dataclasses.replace(name, confidence=0.35)

    return name_bug


def test_a_cure_that_no_bug_fits_well_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a name that is hardly more than a guess: the blocks, the line, what it should be, and the patch."""
    monkeypatch.setattr(identification, "name_bug", _named_if("none"))
    found = diagnosed(tmp_path, DERIVATIVE)
    assert found.diagnoses == ()
    assert found.patch_verified
    assert found.patch is not None
    line = line_of(spoilt(DERIVATIVE), "dZ1 = dA1")
    told = [sentence for sentence in found.tried if f"ine {line}" in sentence]
    assert any(
        sentence.startswith(f"A change of line {line} makes W1 and b1 right, but fits no bug") for sentence in told
    )
    assert any("should be" in sentence for sentence in told)


def test_a_name_beside_a_cure_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a name is not said to cure alone: there is one patch, of all together."""
    monkeypatch.setattr(identification, "name_bug", _named_if("missing-hidden-derivative"))
    found = diagnosed(tmp_path, DERIVATIVE, BIAS)
    assert bugs_of(found) == ["missing-hidden-derivative"]
    assert only(found).patch is None
    assert not any("the whole check passes" in sentence for sentence in only(found).evidence)
    assert found.patch_verified
    cured = applied(tmp_path, spoilt(DERIVATIVE, BIAS), found.patch)
    assert check(module(tmp_path, cured).build()).verdict is Verdict.PASS


def test_what_was_diagnosed_did_show(tmp_path: Path) -> None:
    """A bug that one block hides and another one shows is no blind spot of the diagnosis; the others stay."""
    problem = module(tmp_path, spoilt(BIAS)).build()
    report = dataclasses.replace(check(problem), blind_spots=("bias-sum-without-axis", "softmax-elementwise"))
    found = course.diagnose_program(LocalProgram(problem), report, rng=np.random.default_rng(0))
    assert "bias-sum-without-axis" in bugs_of(found)
    assert found.blind_spots == ("softmax-elementwise",)


# --- a right gradient -------------------------------------------------------------------------------------------------


def test_a_right_program_has_no_bug(tmp_path: Path) -> None:
    """Right code passes, and no bug is named; why it was not trained is said."""
    for family in (False, True):
        found = diagnosed(tmp_path, family=family)
        assert (found.verdict, found.diagnoses, found.patch) == (Verdict.PASS, (), None)
        assert any("It was not trained" in reason for reason in found.tried)


def _training(rate: float) -> Problem:
    rng = np.random.default_rng(0)
    x, held = rng.standard_normal((20, 3)), {"w": np.array([0.5, -0.2, 0.1])}
    y = x @ np.array([1.0, -1.0, 0.5])

    def step(rate: float) -> None:
        held["w"] = held["w"] - rate * 2 * x.T @ (x @ held["w"] - y) / 20

    return Problem.from_update(
        lambda: float(np.mean((x @ held["w"] - y) ** 2)), step, {"w": gradcheck.ref(held, "w")}, learning_rate=rate
    )


def test_trouble_elsewhere() -> None:
    """A right gradient with a rate that is too large passes, and the rate is named; with a good rate nothing is."""
    found = gradcheck.diagnose(_training(3.0))
    assert found.verdict is Verdict.PASS
    assert bugs_of(found)[0] == "learning-rate-too-large"
    assert gradcheck.diagnose(_training(0.1)).diagnoses == ()


def test_training_is_left_out_on_request() -> None:
    """Without training nothing is said of the rate."""
    problem = _training(3.0)
    report = check(problem)
    found = course.diagnose_program(LocalProgram(problem), report, rng=np.random.default_rng(0), train=False)
    assert (found.verdict, found.diagnoses) == (Verdict.PASS, ())


@pytest.mark.parametrize("given", [None, 3, "problem", {"loss": 1}])
def test_something_else_than_a_problem(given: Any) -> None:
    """The message says what was given and what is expected."""
    with pytest.raises(
        InvalidArgumentError, match=rf"problem is a {type(given).__name__}; expected gradcheck\.Problem"
    ):
        gradcheck.diagnose(given)


def test_a_family_that_builds_something_else() -> None:
    """The message says what came instead of a problem."""
    with pytest.raises(InvalidArgumentError, match=r"the family returned a dict; expected gradcheck\.Problem"):
        gradcheck.diagnose(lambda: {"loss": 1})  # type: ignore[arg-type,return-value]


# --- the programs of these tests --------------------------------------------------------------------------------------


def test_the_right_text_is_right() -> None:
    """What the tests spoil was right."""
    assert check(by_numbers()).verdict is Verdict.PASS
    assert check(by_numbers(OPAQUE)).verdict is Verdict.PASS
    assert spoilt() == RIGHT


def test_weights_that_the_text_lets_begin_at_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the check began elsewhere, as nothing moves there, the numbers of the start do not show it."""
    zeros = spoilt(
        ("rng.standard_normal((features, 6)) / 2", "np.zeros((features, 6))"),
        ("rng.standard_normal((6, outputs)) / 2", "np.zeros((6, outputs))"),
        ("    return Problem(", "    p = {name: value + 0.3 for name, value in p.items()}\n    return Problem("),
    )
    monkeypatch.setattr("gradcheck.diagnosis.trouble.find_trouble", lambda *_, **_given: [])
    build = module(tmp_path, zeros).build
    problem = build()
    found = course.diagnose_program(LocalProgram(problem), check(problem), rng=np.random.default_rng(0))
    (bug,) = [each for each in found.diagnoses if each.bug == "symmetric-initialisation"]
    assert bug.lines == (line_of(zeros, '"W1": np.zeros'), line_of(zeros, '"W2": np.zeros'))
