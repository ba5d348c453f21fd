"""The repair finds the smallest edits that make a gradient right, and shows nothing that it has not proved."""

from __future__ import annotations

import difflib
import math

import numpy as np
import pytest
from repair_programs import FUNCTIONS, STYLES, Style, TextProgram, broken, repaired

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair import isolated, repair

K = EditKind


# style, what is right, what is wrong, kinds of the edits that may cure it, what the cured text must hold.
CASES = [
    ("functions", "(a2 - y) / m", "(y - a2) / m", {K.NEGATE}, "2 * (a2 - y) / m"),
    ("functions", "2 * (a2 - y) / m", "(a2 - y) / m", {K.SCALE}, "d2 = 2 * (a2 - y) / m"),
    ("functions", "2 * (a2 - y) / m", "2 * (a2 - y)", {K.SCALE}, "/ m"),
    ("functions", "2 * (a2 - y) / m", "2 * (a2 - y) / m * 0.125", {K.UNSCALE}, "d2 = 2 * (a2 - y) / m * sig"),
    ("functions", "2 * (a2 - y) / m", "2 * (a2 - y) / y.size", {K.RESCALE}, None),
    ("functions", "m = X.shape[0]", "m = X.shape[1]", {K.RESCALE}, "m = X.shape[0]  # samples"),
    ("functions", "m = X.shape[0]", "m = 64", {K.RESCALE}, ".shape[0]"),
    ("functions", "np.sum(d1, axis=0)", "np.mean(d1, axis=0)", {K.REDUCTION, K.SCALE}, "np.sum(d1, axis=0)"),
    ("functions", "np.sum(d1, axis=0)", "np.sum(d1)", {K.AXIS}, "np.sum(d1, axis=0)"),
    ("functions", "db1 = np.sum(d1, axis=0)", "db1 = d1", {K.ADD_SUM}, "np.sum(d1, axis=0)"),
    ("functions", " * sigmoid_derivative(z2)", "", {K.ADD_DERIVATIVE}, " * sigmoid_derivative(z2)"),
    ("functions", " * (1 - a1 ** 2)", "", {K.ADD_DERIVATIVE}, "* (1 - a1 ** 2)"),
    ("functions", "(1 - a1 ** 2)", "(1 - a1 ** 2) * (1 - a1 ** 2)", {K.DROP_DERIVATIVE}, None),
    ("functions", "(z2)   # gr", "(a2)   # gr", {K.REPLACE_ARGUMENT, K.FORMULA}, "   # größer"),
    ("functions", "sigmoid_derivative(z2) ", "sigmoid(z2) ", {K.REPLACE_FUNCTION}, "sigmoid_derivative(z2) "),
    ("functions", "(1 - a1 ** 2)", "(1 + a1 ** 2)", {K.NEGATE, K.FORMULA}, "(1 - a1 ** 2)"),
    ("functions", "(1 - a1 ** 2)", "(1 - a1)", {K.FORMULA}, "(1 - a1 ** 2)"),
    ("functions", "return s * (1 - s)", "return z * (1 - z)", {K.FORMULA, K.REPLACE_OPERAND, K.REPLACE_ARGUMENT}, None),
    ("functions", "a1.T @ d2", "z1.T @ d2", {K.REPLACE_OPERAND}, "a1.T @ d2"),
    ("functions", "(d2 @ params", "((a2 - y) @ params", {K.REPLACE_OPERAND, K.PRODUCT}, None),
    ("functions", 'd1 = (d2 @ params["W2"].T) * (1 - a1 ** 2)', "d1 = 1 - a1 ** 2", {K.PRODUCT}, "(d2 @ params"),
    ("functions", '"W1": dW1, "b1": db1', '"W1": dW1, "b1": params["b1"]', {K.REPLACE_OPERAND, K.ADD_SUM}, None),
    ("updating", "(out - y) / len(X)", "(y - out) / len(X)", {K.NEGATE}, "(out - y) / len(X)"),
    ("updating", "return (z > 0)", "return (self.relu(z) >= 0)", {K.COMPARISON, K.FORMULA, K.REPLACE_DERIVATIVE}, None),
    ("updating", "self.b2 -= lr * ", "self.b2 += lr * ", {K.NEGATE}, "self.b2 -= lr * "),
    ("updating", "self.b2 -= lr * ", "self.b2 -= ", {K.SCALE}, None),
    ("updating", "lr * delta1.sum(axis=0)", "lr * self.b1", {K.ADD_SUM, K.REPLACE_OPERAND}, "axis=0"),
    ("updating", "        self.b1 -= lr * delta1.sum(axis=0)\n", "", {K.INSERT}, None),
    ("updating", "self.relu_prime(self.z1)", "self.relu(self.z1)", {K.REPLACE_FUNCTION}, "self.relu_prime(self.z1)"),
    ("lists", "activations[l] ** 2)", "activations[l + 1] ** 2)", {K.REPLACE_OPERAND}, "activations[l] ** 2)"),
    ("lists", "activations[l].T", "activations[l - 1].T", {K.REPLACE_OPERAND}, "activations[l].T"),
    ("lists", "grad_b = delta.sum(axis=0)", "grad_b = delta.sum()", {K.AXIS}, "delta.sum(axis=0)"),
    (
        "columns",
        "sigmoid_prime(zs[-l])",
        "sigmoid_prime(activations[-l])",
        {K.REPLACE_ARGUMENT, K.REPLACE_OPERAND},
        None,
    ),
    ("columns", "- t) * sigmoid_prime(zs[-1])", "- t)", {K.ADD_DERIVATIVE}, "sigmoid_prime(zs[-1])"),
    ("columns", "np.dot(delta, activations[-l - 1].T)", "np.dot(delta, activations[-l].T)", {K.REPLACE_OPERAND}, None),
    (
        "columns",
        "a + b for a, b in zip(total_b",
        "a - b for a, b in zip(total_b",
        {K.NEGATE},
        "a + b for a, b in zip(total_b",
    ),
    (
        "script",
        "grad_W2 = hidden.T.dot(error) + 2 * lam * W2",
        "grad_W2 = hidden.T.dot(error)",
        {K.REGULARISATION},
        "lam",
    ),
    ("script", "+ 2 * lam * W1", "+ lam * W1", {K.REGULARISATION, K.SCALE}, "2 * lam * W1"),
    ("script", "+ 2 * lam * W1", "- 2 * lam * W1", {K.REGULARISATION}, "+ 2 * lam * W1"),
    ("script", "error.sum(axis=0)\n    hidden", "error.sum(axis=0) + lam * b2\n    hidden", {K.REGULARISATION}, None),
    ("script", "/ y.size", "/ len(y)", {K.RESCALE, K.SCALE}, None),
    ("script", "error.dot(W2.T) * (1", "(output - y).dot(W2.T) * (1", {K.REPLACE_OPERAND, K.SCALE}, None),
]


@pytest.mark.parametrize(
    ("style", "right", "wrong", "kinds", "holds"), CASES, ids=[f"{c[0]}: {c[1]!r} as {c[2]!r}" for c in CASES]
)
def test_one_wrong_place_is_cured_by_one_edit(
    style: str, right: str, wrong: str, kinds: set[EditKind], holds: str | None
) -> None:
    """Each kind of edit, on a program that lacks just that."""
    program = broken(style, right, wrong)
    found = repaired(program)
    assert found.verified, found.reasons
    assert len(found.edits) == 1
    assert found.edits[0].kind in kinds
    if holds is not None:
        assert holds in found.text
    assert found.patch == found.patches[0]
    assert found.trials <= 420


def test_updated_weights_are_read_before_they_are_updated() -> None:
    """The update moves; keeping a copy would do as well."""
    moved = "        self.W2 -= lr * np.dot(self.a1.T, delta2)\n"
    text = STYLES["updating"].text.replace(moved, "")
    text = text.replace("        delta1 = ", f"{moved}        delta1 = ")
    found = repaired(TextProgram(STYLES["updating"], text))
    assert found.verified
    assert found.edits[0].kind is EditKind.MOVE
    assert found.text == STYLES["updating"].text
    assert EditKind.KEEP_COPY in {edit.kind for edit in found.alternatives[0]}


def test_weights_updated_in_a_loop_are_read_first() -> None:
    """The same inside a loop over layers."""
    text = STYLES["lists"].text
    update = "        weights[l] -= lr * grad_W\n"
    text = text.replace(update, "").replace("        if l > 0:\n", f"{update}        if l > 0:\n")
    found = repaired(TextProgram(STYLES["lists"], text))
    assert found.verified
    assert found.edits[0].kind in {EditKind.MOVE, EditKind.KEEP_COPY}


def test_two_bugs_are_two_edits_each_with_its_own_patch() -> None:
    """Peeled from the output back; neither edit alone cures."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y) / m").replace(" * (1 - a1 ** 2)", " * a1")
    program = TextProgram(STYLES["functions"], text)
    found = repaired(program)
    assert found.verified, found.reasons
    assert len(found.edits) == 2
    assert [edit.line for edit in found.edits] == [31, 35]
    assert all(patch.count("\n@@") == 1 for patch in found.patches)
    for i, edit in enumerate(found.edits):
        alone = isolated(program, found, i)  # type: ignore[arg-type]
        assert alone != found.text
        assert edit.text != alone
    assert all(program.verify(edit.text).verdict.name != "PASS" for edit in found.edits)


def test_three_independent_bugs_are_cured_together() -> None:
    """Different blocks, each with an edit of its own."""
    text = FUNCTIONS.replace("np.sum(d2, axis=0)", "np.sum(d2)").replace("np.sum(d1, axis=0)", "np.mean(d1, axis=0)")
    found = repaired(TextProgram(STYLES["functions"], text.replace("a1.T @ d2", "z1.T @ d2")))
    assert found.verified, found.reasons
    assert found.text == FUNCTIONS


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_right_program_is_left_alone(style: str) -> None:
    """No edit, and the reason."""
    found = repaired(TextProgram(STYLES[style], STYLES[style].text))
    assert (found.edits, found.patch, found.verified) == ((), "", False)
    assert "nothing to repair" in found.reasons[0]


def test_a_hopeless_program_yields_none_and_says_so() -> None:
    """No edit, the text as it was, and the reason."""
    text = FUNCTIONS.replace("d1 = (d2", "d1 = np.cos(d2 * np.arange(3.0)) + (z2").replace(
        "a1.T @ d2", "np.sin(a1.T) @ z2"
    )
    text = text.replace("(a2 - y) / m", "np.sinh(a2 - y * a2)")
    found = repaired(TextProgram(STYLES["functions"], text), max_trials=120)
    assert not found.edits
    assert not found.verified
    assert found.text == text
    assert "no edit" in found.reasons[-1]


def test_what_is_achieved_without_a_cure_is_told() -> None:
    """The output layer becomes right; the hidden one cannot."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y) / m").replace(
        '(d2 @ params["W2"].T) * (1 - a1 ** 2)',
        'np.cumsum(np.sinh(d2 ** 3 @ params["W2"].T), axis=0) * np.cos(a1 @ a1.T @ a1)',
    )
    found = repaired(TextProgram(STYLES["functions"], text), max_trials=200)
    assert not found.edits
    assert found.partial is not None
    assert set(found.partial.blocks) == {2, 3}


def test_a_constant_that_only_fits_the_point_is_refused() -> None:
    """With two samples a ``2 *`` too many and a missing division by the batch are the same number."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "2 * (a2 - y)")
    found = repaired(TextProgram(STYLES["functions"], text, rows=2))
    assert found.verified
    assert "2 * (a2 - y) * sigmoid_derivative(z2) / m" in found.text
    assert any("it fits the point only: with rows=3" in reason for reason in found.reasons)


def test_a_loss_is_offered_where_the_delta_belongs_to_another() -> None:
    """As an alternative only."""
    found = repaired(TextProgram(STYLES["functions"], FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y) / m")))
    assert found.edits[0].kind is EditKind.SCALE
    assert all(edit.kind is not EditKind.LOSS for edit in found.edits)


def test_suspected_lines_come_first() -> None:
    """A suspicion saves trials and changes nothing else."""
    program = broken("functions", "a1.T @ d2", "z1.T @ d2")
    unaware, aware = repaired(program), repaired(program, suspects=[33])
    assert aware.text == unaware.text == FUNCTIONS
    assert aware.trials <= unaware.trials


@pytest.mark.parametrize("traced", [True, False], ids=["traced", "untraced"])
def test_neither_forward_pass_nor_trace_is_needed(traced: bool) -> None:
    """The text alone will do."""
    program = broken("functions", "2 * (a2 - y) / m", "(a2 - y) / m")
    assert repaired(program, traced=traced, forward=None).text == FUNCTIONS


def test_no_time_means_no_patch() -> None:
    """An expired deadline ends the search at once."""
    found = repaired(broken("functions", "a1.T @ d2", "z1.T @ d2"), deadline=lambda: 0.0)
    assert not found.edits
    assert found.trials <= 10


def test_a_file_without_text_is_not_repaired() -> None:
    """And says so."""
    program = broken("functions", "a1.T @ d2", "z1.T @ d2")
    program.source = None  # type: ignore[assignment]
    assert "no text" in repaired(program).reasons[0]


FORMATS = {
    "tabs": lambda text: text.replace("    ", "\t"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no final newline": lambda text: text.rstrip("\n"),
    "semicolons": lambda text: text.replace("    dW2 = a1.T @ d2\n    db2", "    dW2 = a1.T @ d2; db2"),
    "several lines": lambda text: text.replace("d1 = (d2 @ params", "d1 = (\n        d2  # above\n        @ params"),
    "other alphabet": lambda text: text.replace("d2", "ошибка").replace("d1", "误差"),
}


@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize(
    ("right", "wrong"), [("a1.T @", "z1.T @"), ("2 * (a2", "(a2"), ("(1 - a1 ** 2)", "(1 + a1 ** 2)")]
)
def test_everything_else_stays_as_it_was_typed(form: str, right: str, wrong: str) -> None:
    """One line goes and one comes, whatever the file's form."""
    text = FORMATS[form](FUNCTIONS)
    program = TextProgram(Style(text=text, drive=STYLES["functions"].drive), text.replace(right, wrong))
    found = repaired(program)
    assert found.text == text
    marked = [line for line in found.patch.split("\n") if line.startswith(("+", "-"))]
    assert len(marked) == 4, found.patch


def test_the_patch_is_a_unified_diff() -> None:
    """As ``difflib`` writes it."""
    program = broken("functions", "a1.T @ d2", "z1.T @ d2")
    found = repaired(program)
    expected = difflib.unified_diff(
        program.text.splitlines(keepends=True), FUNCTIONS.splitlines(keepends=True), "a/student.py", "b/student.py"
    )
    assert found.patch == "".join(expected)


def test_an_unbounded_search_ends() -> None:
    """Where nothing helps, the trials are counted."""
    found = repaired(broken("lists", "grad_b = delta", "grad_b = 0 * delta"), deadline=lambda: math.inf, max_trials=60)
    assert found.trials <= 160


def test_arrays_are_not_touched() -> None:
    """Points stay as they were given."""
    program = broken("updating", "(out - y)", "(y - out)")
    points = program.points()
    before = [[array.copy() for array in arrays] for arrays in points]
    repair(program, points=points, truth=[program.truth(a) for a in points])  # type: ignore[arg-type]
    assert all(
        np.array_equal(a, b) for old, new in zip(before, points, strict=True) for a, b in zip(old, new, strict=True)
    )
