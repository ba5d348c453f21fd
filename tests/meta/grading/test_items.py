"""Every kind of item is earned by what is right, and lost by what is wrong in just that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graded_programs import (
    ALL,
    CLASS,
    COLUMNS,
    FUNCTIONS,
    OF_CLASS,
    OF_COLUMNS,
    OF_SCRIPT,
    SCRIPT,
    spoilt,
)

from gradcheck.grading.records import GradeRecord, Outcome, State

Grade = Callable[..., GradeRecord]


@pytest.mark.parametrize(
    ("text", "assignment"),
    [
        pytest.param(FUNCTIONS, ALL, id="functions"),
        pytest.param(CLASS, OF_CLASS, id="class that updates itself"),
        pytest.param(COLUMNS, OF_COLUMNS, id="columns"),
        pytest.param(SCRIPT, OF_SCRIPT, id="recognised"),
    ],
)
def test_what_is_right_earns_everything(grade: Grade, text: str, assignment: str) -> None:
    """In each style, with the conventions that the texts have (clipping and epsilon are allowed)."""
    record = grade(text, assignment + '\n[conventions]\nallowed = ["loss-epsilon"]\n')
    lost = {
        mark.item: (mark.outcome, mark.message.symptom, mark.evidence) for mark in record.marks if mark.points < mark.of
    }
    assert record.state is State.GRADED
    assert not lost
    assert record.points == record.of > 0
    assert record.fingerprint is None
    assert record.findings == ()


WRONG = {
    "loads": ("import numpy as np\n", "import numpy as np\nnp.zeros(2).reshape(3)\n"),
    "forward": ("A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)"),
    "loss": ("return -np.mean(Y * np.log(p)", "return -np.mean(2 * Y * np.log(p)"),
    "meant": ("dW1 = X.T @ dZ1", "dW1 = X.T @ dZ1 + 0.01 * params['W1']"),
    "gradients/W1": ("dW1 = X.T @ dZ1", "dW1 = X.T @ dZ1 + 0.01 * params['W1']"),
    "gradients/b1": ("db1 = dZ1.sum(axis=0, keepdims=True)", "db1 = dZ1.max(axis=0, keepdims=True)"),
    "activation": ("return 0.5 * (1 + np.tanh(0.5 * z))", "return 0.5 * (1 + np.tanh(0.51 * z))"),
    "derivative": ("return a * (1 - a)", "return a * (1 + a)"),
    "layer": ("A_before.T @ dZ, dZ.sum(", "2 * A_before.T @ dZ, dZ.sum("),
    "update": ("params[name] - learning_rate", "params[name] + learning_rate"),
    "convergence": ("params[name] - learning_rate", "params[name] - learning_rate * ('1' in name)"),
    "robustness": ("A2 = sigmoid(Z2)", "A2 = np.array([sigmoid(Z2)[0]] + list(sigmoid(Z2)[1:]))[: len(X) % 9 or 3]"),
    "purity": ("Z1 = X @ params", "X *= 1.5\n    X /= 1.5\n    params['W1'][0] += 1e-6\n    Z1 = X @ params"),
    "permutation": ("A2 = sigmoid(Z2)", "A2 = sigmoid(Z2 + 0.1 * np.arange(len(X))[:, None])"),
    "independence": ("A2 = sigmoid(Z2)", "A2 = sigmoid(Z2 - Z2.mean())"),
    "outputs": ("A1 = np.tanh(Z1)", "A1 = np.tanh(Z1 + 0.1)"),
    "descent": ("dZ2 = (A2 - Y) / len(X)", "dZ2 = (Y - A2) / len(X)"),
}


@pytest.mark.parametrize("item", WRONG)
def test_what_is_wrong_loses_the_item(grade: Grade, item: str) -> None:
    """One line is changed; the item that is about it is not earned, and says what was seen."""
    record = grade(spoilt(FUNCTIONS, *WRONG[item]), ALL + '\n[conventions]\nallowed = ["loss-epsilon"]\n')
    mark = next(mark for mark in record.marks if mark.item == item)
    assert record.state is State.GRADED
    assert mark.points < mark.of
    assert mark.outcome in (Outcome.LOST, Outcome.PARTLY, Outcome.UNVERIFIED)
    assert len(mark.message.symptom) > 10


IMPURE = {
    "inputs that its process denies": ("Z1 = X @ params", """\
import gradcheck.submissions.declared.answering as child
    child._same = lambda before, after: True
    X *= 1.25
    Z1 = X @ params""", ("forward changes X", "forward: X changed")),
    "what is kept between calls": (
        "A1 = np.tanh(Z1)", "KEPT.append(0)\n    A1 = np.tanh(Z1) * (1 + 1e-7 * (len(KEPT) // 8))",
        ("gives another result each time", "forward: X, Y, W1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPURE)
def test_purity_is_seen_from_numbers(grade: Grade, case: str) -> None:
    """By the arrays that come back, and by results that are further apart than two calls."""
    old, new, (told, seen) = IMPURE[case]
    text = spoilt(FUNCTIONS, old, new).replace("import numpy as np\n", "import numpy as np\n\nKEPT = []\n", 1)
    mark = next(mark for mark in grade(text, ALL).marks if mark.item == "purity")
    assert mark.points == mark.of / 2
    assert told in mark.message.symptom
    assert any(seen in line for line in mark.evidence)


def test_a_step_that_writes_into_data_is_impure(grade: Grade) -> None:
    """Where gradients are read off steps, too; that parameters change is what a step is for."""
    last = "        self.b1 -= learning_rate * d1.sum(axis=0, keepdims=True)\n"
    assignment = OF_CLASS
    found = {}
    for name, text in (("right", CLASS), ("wrong", spoilt(CLASS, last, f"{last}        X += 0.5\n"))):
        record = grade(text, assignment)
        found[name] = next(mark for mark in record.marks if mark.item == "purity")
    assert found["right"].points == found["right"].of
    assert "update changes X" in found["wrong"].message.symptom


def test_what_is_not_concerned_is_earned(grade: Grade) -> None:
    """A wrong update takes nothing from the passes, and nothing from the training, which goes wrong for it alone."""
    record = grade(spoilt(FUNCTIONS, *WRONG["update"]), ALL + '\n[conventions]\nallowed = ["loss-epsilon"]\n')
    lost = {mark.item for mark in record.marks if mark.points < mark.of}
    assert lost == {"update"}


def test_a_gradient_of_another_loss_is_not_verified(grade: Grade) -> None:
    """Squares where cross-entropy was asked for, with their own right gradient: self-consistent, and worth nothing."""
    entropy = "return -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))"
    text = spoilt(FUNCTIONS, entropy, "return np.mean((output - Y) ** 2)")
    text = spoilt(text, "dZ2 = (A2 - Y) / len(X)", "dZ2 = 2 * (A2 - Y) / len(X) * A2 * (1 - A2)")
    marks = {mark.item: mark for mark in grade(text, ALL).marks}
    assert marks["loss"].outcome is Outcome.LOST
    for block in ("W1", "b1", "W2", "b2"):
        assert marks[f"gradients/{block}"].outcome is Outcome.UNVERIFIED
        assert marks[f"gradients/{block}"].points == 0.0
    assert marks["meant"].points == 0.0


def test_convergence_tells_its_statistics(grade: Grade) -> None:
    """How many succeeded, the interval of the rate, and the curve for the sheet."""
    record = grade(FUNCTIONS, ALL)
    mark = next(mark for mark in record.marks if mark.item == "convergence")
    assert "5 of 5" in mark.message.symptom
    assert "interval" in mark.message.symptom
    assert len(record.curves["loss"]) > 10
    assert record.curves["loss"][-1] < record.curves["loss"][0]


def test_what_cannot_be_decided_is_not_called_wrong(grade: Grade) -> None:
    """A forward pass that draws at random: the loss is another one each time, and the reason is told."""
    text = spoilt(FUNCTIONS, "Z2 = A1 @ params", "A1 = A1 * (np.random.rand(*A1.shape) < 0.5)\n    Z2 = A1 @ params")
    marks = {mark.item: mark for mark in grade(text, ALL).marks}
    assert marks["forward"].outcome is Outcome.LOST
    assert marks["gradients/W1"].outcome is Outcome.CARRIED  # it is right given what is right before it
    text = spoilt(text, "dZ1 = dA1 * (1 - A1**2)", "dZ1 = dA1")
    marks = {mark.item: mark for mark in grade(text, ALL).marks}
    assert marks["gradients/W1"].outcome is Outcome.UNVERIFIED
    assert "Nothing can be said of its gradient" in marks["gradients/W1"].message.symptom
    assert marks["purity"].points < marks["purity"].of
