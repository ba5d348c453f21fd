"""Programs with several slips, and cures that must not be taken for what they seem."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from repair_programs import FUNCTIONS, STYLES, TextProgram, broken, repaired

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.program import Array, Trial, UnavailableError
from gradcheck.diagnosis.repair.verifying import Verifier
from gradcheck.records import Verdict

# What is wrong, and what the cured text must hold.
SEVERAL = {
    "two slips in the line of the output's delta": (
        [("2 * (a2 - y) / m * sigmoid_derivative(z2)", "2 * np.sign(a2 - y) / m * sigmoid_derivative(a2)")],
        ["(a2 - y) / m * sigmoid_derivative(z2)"],
    ),
    "a slip in each delta, of which neither alone makes any block right": (
        [("2 * (a2 - y) / m", "np.sign(a2 - y)"), ("(1 - a1 ** 2)", "(1 - a1)")],
        ["* (a2 - y)", "(1 - a1 ** 2)"],
    ),
    "a helper's slip, and one in a line that does not call it": (
        [("return s * (1 - s)", "return s * (1 + s)"), ("(d2 @ params", "((a2 - y) @ params")],
        ["return s * (1 - s)", "(d2 @ params"],
    ),
    "three slips, one below the other": (
        [("2 * (a2 - y) / m", "(a2 - y)"), ("(1 - a1 ** 2)", "(1 - a1)"), ("np.sum(d1, axis=0)", "np.sum(d1)")],
        ["d2 = 2 * (a2 - y)", "(1 - a1 ** 2)", "np.sum(d1, axis=0)"],
    ),
}


@pytest.mark.parametrize(("slips", "holds"), SEVERAL.values(), ids=SEVERAL)
def test_several_slips_are_cured_one_after_the_other(slips: list[tuple[str, str]], holds: list[str]) -> None:
    """A line that computes its true adjoint again is on the way, though no block is right yet."""
    text = FUNCTIONS
    for right, wrong in slips:
        assert right in text
        text = text.replace(right, wrong)
    found = repaired(TextProgram(STYLES["functions"], text), max_trials=600)
    assert found.verified, found.reasons
    assert all(part in found.text for part in holds), found.patch


def test_a_wrong_factor_is_dropped_rather_than_undone_elsewhere() -> None:
    """The delta lacks ``/ m``, which one block alone has: two edits at the causes, not three where it shows."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "2 * (a2 - y)").replace("X.T @ d1", "X.T @ d1 / m")
    found = repaired(TextProgram(STYLES["functions"], text))
    assert found.verified
    assert [edit.line for edit in found.edits] == [31, 36]
    assert "X.T @ d1\n" in found.text


def test_a_line_that_only_renames_gets_the_derivative() -> None:
    """``d2 = dout`` is there for the factor that it lacks; the line above would do as well."""
    line = "d2 = 2 * (a2 - y) / m * sigmoid_derivative(z2)   # größer\n"
    found = repaired(broken("functions", line, "dout = 2 * (a2 - y) / m\n    d2 = dout\n"))
    assert found.verified
    assert [edit.line for edit in found.edits] == [32]


def test_a_delta_changed_entry_by_entry_is_scaled_behind_that() -> None:
    """``delta[...] -= 1`` has no right-hand side that the division could be in."""
    entrywise = "delta2 = out.copy()\n        delta2[:, :] -= y\n"
    text = STYLES["updating"].text.replace("delta2 = (out - y) / len(X)\n", entrywise)
    found = repaired(TextProgram(STYLES["updating"], text))
    assert found.verified
    assert len(found.edits) == 1
    assert "delta2[:, :] -= y\n        delta2 /= " in found.text


def test_a_mask_that_selects_nothing_may_be_what_is_wrong() -> None:
    """Disturbing what is assigned there shows nothing, which is no reason to leave its condition alone."""
    masked = "delta1 = np.dot(delta2, self.W2.T)\n        delta1[self.a1 < 0] = 0\n"
    text = STYLES["updating"].text.replace("delta1 = np.dot(delta2, self.W2.T) * self.relu_prime(self.z1)\n", masked)
    found = repaired(TextProgram(STYLES["updating"], text))
    assert [edit.kind for edit in found.edits] == [EditKind.COMPARISON]
    assert "delta1[self.a1 <= 0] = 0" in found.text


def test_a_search_that_can_try_nothing_is_given_up() -> None:
    """Where what the edits change does not run again, a few dozen trials tell as much as hundreds."""

    class Stuck(TextProgram):
        def trial(self, text: str, arrays: Sequence[Array], *, traced: bool = False) -> Trial:
            if text != self.text:
                raise UnavailableError("the edit changes what has already run")
            return super().trial(text, arrays, traced=traced)

    text = FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y)")
    found = repaired(Stuck(STYLES["functions"], text), max_trials=600)
    assert not found.edits
    assert found.trials < 120
    assert "was given up" in found.reasons[-1]


def test_the_exact_gradient_is_held_where_differences_cross_kinks() -> None:
    """Entries of a truth by differences that are off by a little do not hide a cure."""
    program = broken("functions", "2 * (a2 - y) / m", "(a2 - y) / m")
    points = program.points()
    truth = [program.truth(arrays) for arrays in points]
    truth[1][0][1, 2] *= 1.002
    assert repaired(program, points=points, truth=truth).text == FUNCTIONS


def test_what_an_edit_does_not_touch_elsewhere_does_not_speak_against_it() -> None:
    """With other settings another branch runs, which has a slip of its own."""
    branch = "    if len(X) > 3:\n        d2 = 2 * (a2 - y) * sigmoid_derivative(z2)\n    else:\n        d2 = a2 - y\n"
    line = "    d2 = 2 * (a2 - y) / m * sigmoid_derivative(z2)   # größer\n"
    program = broken("functions", line, branch)
    found = repaired(program)
    assert found.verified, found.reasons
    assert "/ m" in found.text


def test_a_cure_that_holds_only_while_a_setting_is_neutral_is_refused() -> None:
    """The whole check of the same text with the penalty switched on has the last word."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y) / m").replace("m = X.shape[0]", "reg = 0.0; m = X.shape[0]")

    class Checked(TextProgram):
        def verify(self, text: str) -> Any:
            report = super().verify(text)
            return SimpleNamespace(verdict=Verdict.FAIL, reason="") if "reg = 0.3" in text else report

    found = repaired(Checked(STYLES["functions"], text))
    assert not found.edits
    assert any("while a setting is neutral: with reg=0.3" in reason for reason in found.reasons)


@pytest.mark.parametrize(("found_decay", "verified"), [(True, True), (False, False)])
def test_a_decay_that_the_update_may_add_refuses_no_cure(found_decay: bool, verified: bool) -> None:
    """Where that is all that is wrong with the setting switched on."""
    text = FUNCTIONS.replace("2 * (a2 - y) / m", "(a2 - y) / m").replace(
        "m = X.shape[0]", "weight_decay = 0.0; m = X.shape[0]"
    )

    class Checked(TextProgram):
        def verify(self, text: str) -> Any:
            report = super().verify(text)
            decays = SimpleNamespace(
                verdict=Verdict.FAIL, reason="", finding=lambda _id: "seen" if found_decay else None
            )
            return decays if "weight_decay = 0.3" in text else report

    assert repaired(Checked(STYLES["functions"], text)).verified is verified


KEPT = """import numpy as np

keep_prob = 0.5
MASK = np.array([1.0, 0.0, 1.0, 1.0, 0.0])


def loss(w):
    return 0.5 * np.sum((w * MASK / keep_prob) ** 2)


def gradient(w):
    return w * MASK / keep_prob
"""


class Differentiated:
    """Verifies a text's gradient against central differences of its own loss."""

    def verify(self, text: str) -> Any:
        """At one point."""
        space: dict[str, Any] = {}
        exec(compile(text, "kept.py", "exec"), space)
        w, step = np.array([0.3, -1.2, 0.7, 2.0, 0.1]), 1e-6
        moves = step * np.eye(w.size)
        slopes = [(space["loss"](w + move) - space["loss"](w - move)) / (2 * step) for move in moves]
        right = np.allclose(space["gradient"](w), slopes, rtol=1e-6)
        return SimpleNamespace(verdict=Verdict.PASS if right else Verdict.FAIL, reason="", blocks=())


@pytest.mark.parametrize(("cure", "refused"), [("keep_prob * 2", True), ("keep_prob / keep_prob", False)])
def test_a_constant_that_fits_what_dropout_keeps_now_is_refused(cure: str, refused: bool) -> None:
    """At a half, 2 is one over it: with another share kept the gradient is wrong again."""
    program: Any = Differentiated()
    text = f"{cure}\n".join(KEPT.rsplit("keep_prob\n", 1))
    reason = Verifier(program, lambda: math.inf, ()).refusal(text)
    assert (reason is not None) is refused
    assert reason is None or "keep_prob=0.57" in reason


NORMS = {
    "signs for weights, without the 2 of a square": ("2 * lam * W2", "lam * np.sign(W2)", "np.sum(W2 ** 2)"),
    "weights for signs, with it": ("lam * np.sign(W2)", "2 * lam * W2", "np.sum(np.abs(W2))"),
}


@pytest.mark.parametrize(("right", "wrong", "penalty"), NORMS.values(), ids=NORMS)
def test_another_norm_of_a_penalty_comes_with_its_factor(right: str, wrong: str, penalty: str) -> None:
    """The 2 is the square's: neither change alone makes a block right, or a multiple of what is."""
    script = STYLES["script"]
    text = script.text.replace("np.sum(W2 ** 2)", penalty).replace("2 * lam * W2", right)
    assert right in text
    found = repaired(TextProgram(dataclasses.replace(script, text=text), text.replace(right, wrong)))
    assert found.verified, found.reasons
    assert found.text == text
