"""One early error is charged once; what is wrong only because of it earns its marks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graded_programs import ALL, CLASS, FUNCTIONS, OF_CLASS, SHORT, spoilt

from gradcheck.grading.records import GradeRecord, Outcome, State

Grade = Callable[..., GradeRecord]

DELTA = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = (A2 - Y) / len(X) * (1 - A2)")
TWO = spoilt(DELTA, "dW1 = X.T @ dZ1", "dW1 = X.T @ dA1")


def _gradients(record: GradeRecord) -> dict[str, Outcome]:
    return {mark.item: mark.outcome for mark in record.marks if mark.item.startswith("gradients/")}


def test_a_common_factor_is_charged_at_the_output(grade: Grade) -> None:
    """Seen by the ratios alone, without a diagnosis."""
    text = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = 2 * (A2 - Y) / len(X)")
    found = _gradients(grade(text, SHORT))
    assert found == {
        "gradients/W2": Outcome.PARTLY,
        "gradients/b2": Outcome.CARRIED,
        "gradients/W1": Outcome.CARRIED,
        "gradients/b1": Outcome.CARRIED,
    }


def test_without_follow_through_every_block_is_charged(grade: Grade) -> None:
    """Where the assignment says so."""
    text = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = 2 * (A2 - Y) / len(X)")
    found = _gradients(grade(text, SHORT + "\n[marking]\nfollow_through = false\n"))
    assert set(found.values()) == {Outcome.PARTLY}


def test_a_wrong_delta_is_charged_once(grade: Grade) -> None:
    """No block is a multiple of what is right: the diagnosis, or the true adjoint put in, shows it."""
    record = grade(DELTA, SHORT, diagnose=True)
    found = _gradients(record)
    assert found["gradients/W2"] is Outcome.LOST
    assert {found[f"gradients/{name}"] for name in ("b2", "W1", "b1")} == {Outcome.CARRIED}
    mark = next(mark for mark in record.marks if mark.item == "gradients/W2")
    assert mark.bug is not None
    assert mark.line == 1 + FUNCTIONS[: FUNCTIONS.index("dZ2 =")].count("\n")
    assert mark.message.fix is not None


def test_an_error_of_its_own_is_charged_as_well(grade: Grade) -> None:
    """Two errors, two charges; what is between them is carried."""
    found = _gradients(grade(TWO, SHORT, diagnose=True))
    assert found["gradients/W2"] is Outcome.LOST
    assert found["gradients/W1"] is Outcome.LOST
    assert found["gradients/b2"] is Outcome.CARRIED
    assert found["gradients/b1"] is Outcome.CARRIED


def test_adjoints_do_where_no_patch_is_known(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The true adjoint in the place of the wrong one shows that what follows is right."""
    monkeypatch.setattr("gradcheck.grading.worker.fixed_by_patches", lambda *_: [])
    monkeypatch.setattr("gradcheck.grading.worker._Grader._diagnosed", lambda *_: None)
    record = grade(DELTA, SHORT, diagnose=True)
    found = _gradients(record)
    assert found["gradients/W2"] is Outcome.LOST
    assert {found[f"gradients/{name}"] for name in ("b2", "W1", "b1")} == {Outcome.CARRIED}
    mark = next(mark for mark in record.marks if mark.item == "gradients/b1")
    assert mark.message.name is not None
    assert "dZ2 put in" in mark.message.name
    assert "put in" not in mark.message.symptom  # which everybody may read


def test_a_wrong_forward_pass_leaves_the_loss_its_marks(grade: Grade) -> None:
    """The loss is asked for once more, with the right outputs."""
    record = grade(
        spoilt(FUNCTIONS, "A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)"),
        SHORT + '\n[conventions]\nallowed = ["loss-epsilon"]\n',
    )
    marks = {mark.item: mark for mark in record.marks}
    assert marks["forward"].outcome is Outcome.LOST
    assert marks["loss"].outcome is Outcome.CARRIED


FORWARD = {
    "a line of it": ("A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)", frozenset()),
    "what it gives back": ("return A2, (A1, A2)", "return np.clip(A2, 0.4, 0.6), (A1, A2)", frozenset()),
    "and its input": ("Z1 = X @ params", "X += 0.1\n    Z1 = X @ params", {"W1"}),
}


@pytest.mark.parametrize("case", FORWARD)
def test_a_wrong_forward_pass_is_not_charged_to_the_gradient(grade: Grade, case: str) -> None:
    """Its values reach the backward pass by a cache that nobody knows: the right ones are put into its text."""
    old, new, charged = FORWARD[case]
    found = _gradients(grade(spoilt(FUNCTIONS, old, new), SHORT + '\n[conventions]\nallowed = ["loss-epsilon"]\n'))
    assert {name for name, outcome in found.items() if outcome is not Outcome.CARRIED} == {
        f"gradients/{name}" for name in charged
    }


def test_an_error_behind_a_wrong_forward_pass_is_charged_as_well(grade: Grade) -> None:
    """Right values before it do not make a block right that is wrong by itself."""
    text = spoilt(FUNCTIONS, "A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)")
    text = spoilt(text, "dW1 = X.T @ dZ1", "dW1 = 1.5 * X.T @ dZ1")
    found = _gradients(grade(text, SHORT + '\n[conventions]\nallowed = ["loss-epsilon"]\n'))
    assert found["gradients/W1"] not in (Outcome.CARRIED, Outcome.EARNED)
    assert found["gradients/W2"] is found["gradients/b2"] is found["gradients/b1"] is Outcome.CARRIED


def test_a_wrong_forward_pass_is_not_charged_to_a_loss_that_takes_no_outputs(grade: Grade) -> None:
    """A loss that the program computes of inputs and parameters is looked at with the right values put in, too."""
    text = spoilt(FUNCTIONS, "def compute_loss(output, Y):", "def compute_loss(X, Y, params):")
    text = spoilt(text, "p = np.clip(output, ", "p = np.clip(forward(X, params)[0], ")
    assignment = spoilt(SHORT, "compute_loss(output, Y) -> loss", "compute_loss(X, Y, params) -> loss")
    assignment += '\n[conventions]\nallowed = ["loss-epsilon"]\n'
    wrong = spoilt(text, "A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)")
    found = {mark.item: mark.outcome for mark in grade(wrong, assignment).marks}
    assert found["forward"] is Outcome.LOST
    assert found["loss"] is Outcome.CARRIED
    both = spoilt(wrong, "return -np.mean(Y * np.log(p)", "return -np.mean(0.5 * Y * np.log(p)")
    found = {mark.item: mark.outcome for mark in grade(both, assignment).marks}
    assert found["loss"] is Outcome.LOST


def test_another_network_is_not_verified_by_its_own_gradient(grade: Grade) -> None:
    """One without a hidden layer: its gradient goes with its loss, and with nothing that was asked for."""
    text = spoilt(FUNCTIONS, "A1 = np.tanh(Z1)", "A1 = np.zeros_like(Z1)")
    text = spoilt(text, "dZ1 = dA1 * (1 - A1**2)", "dZ1 = 0 * dA1")
    found = _gradients(grade(text, SHORT + '\n[conventions]\nallowed = ["loss-epsilon"]\n'))
    assert found["gradients/W1"] is Outcome.UNVERIFIED
    assert found["gradients/b1"] is Outcome.UNVERIFIED


def test_a_wrong_loss_is_not_charged_to_a_right_gradient(grade: Grade) -> None:
    """The gradient is that of the loss meant, and not of the one that is computed."""
    text = spoilt(FUNCTIONS, "return -np.mean(Y * np.log(p)", "return np.mean(Y * np.log(p)")
    record = grade(text, SHORT)
    marks = {mark.item: mark for mark in record.marks}
    assert marks["loss"].points == 0.0
    assert set(_gradients(record).values()) == {Outcome.CARRIED}
    assert all(mark.bug is None for mark in record.marks)


def test_what_the_gradient_comes_into_is_not_charged_again(grade: Grade) -> None:
    """A training that fails, and a step that climbs, for the wrong sign of a delta alone."""
    text = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = (Y - A2) / len(X)")
    allowed = '\n[conventions]\nallowed = ["loss-epsilon"]\n'
    marks = {mark.item: mark for mark in grade(text, ALL + allowed, diagnose=True).marks}
    assert marks["gradients/W2"].outcome is Outcome.LOST
    assert marks["convergence"].outcome is Outcome.CARRIED
    assert marks["descent"].outcome is Outcome.CARRIED
    alone = {mark.item: mark for mark in grade(text, ALL + allowed).marks}
    assert alone["convergence"].outcome is Outcome.CARRIED  # with the rate turned round
    assert alone["descent"].outcome is Outcome.LOST


def test_a_line_that_raises_is_charged_once_in_a_class(grade: Grade) -> None:
    """Its gradient is recovered from a step, whose exception comes without a traceback: the line is in its message."""
    delta = "d1 = d2 @ self.W2.T * (1 - self.a1**2)"
    text = spoilt(CLASS, delta, delta.replace("self.W2.T", "self.W2"))
    record = grade(text, OF_CLASS, diagnose=True)
    assert record.state is State.GRADED
    marks = [mark for mark in record.marks if mark.item.startswith("gradients/")]
    assert {mark.line for mark in marks} == {1 + text.splitlines().index(f"        {delta}".replace("W2.T", "W2"))}
    assert [mark.outcome for mark in marks].count(Outcome.LOST) == 1
    assert [mark.outcome for mark in marks].count(Outcome.CARRIED) == 3


def test_an_error_of_a_function_is_charged_at_that_function(grade: Grade) -> None:
    """A backward step that is looked at alone: the blocks that it makes wrong are right with it corrected."""
    text = spoilt(FUNCTIONS, "A_before.T @ dZ, dZ.sum(", "2 * A_before.T @ dZ, dZ.sum(")
    marks = {mark.item: mark for mark in grade(text, ALL, diagnose=True).marks}
    assert marks["layer"].points < marks["layer"].of
    assert marks["gradients/W2"].outcome is Outcome.CARRIED
    assert "charged at layer" in marks["gradients/W2"].message.symptom
