"""What an assignment leaves open costs nothing where it allows it, and what the rubric says where it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graded_programs import COLUMNS, FUNCTIONS, GRADIENTS, HEAD, MEANT, PLAIN, SHORT, spoilt

from gradcheck.grading.records import GradeRecord, Outcome

Grade = Callable[..., GradeRecord]

SUM = spoilt(spoilt(FUNCTIONS, "return -np.mean(Y", "return -np.sum(Y"), "dZ2 = (A2 - Y) / len(X)", "dZ2 = A2 - Y")
EPSILON = spoilt(
    FUNCTIONS,
    "return -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))",
    "return -np.mean(Y * np.log(output + 1e-7) + (1 - Y) * np.log(1 - output + 1e-7))",
)
OTHER_LAYOUT = """
[interface]
style = "functions"
layout = "rows"
[interface.calls]
forward = "forward(X, W1, b1, W2, b2) -> A1, output"
loss = "loss(output, Y) -> loss"
gradient = "backward(X, Y, W2, A1, output) -> dW1, db1, dW2, db2"
"""


SINGLE = spoilt(
    FUNCTIONS,
    "    Z1 = X @",
    "    X, params = X.astype('f4'), {key: value.astype('f4') for key, value in params.items()}\n    Z1 = X @",
)


@pytest.mark.parametrize(
    ("text", "assignment", "convention"),
    [
        pytest.param(SUM, SHORT, "loss-constant", id="sum for mean"),
        pytest.param(EPSILON, SHORT, "loss-epsilon", id="epsilon"),
        pytest.param(SINGLE, SHORT, "float32", id="single precision"),
        pytest.param(COLUMNS, HEAD + OTHER_LAYOUT + PLAIN + GRADIENTS + MEANT, "transposed", id="columns for rows"),
    ],
)
def test_a_convention_is_free_where_it_is_allowed(grade: Grade, text: str, assignment: str, convention: str) -> None:
    """Allowed it earns everything; not allowed it costs, and is named."""
    allowed = grade(text, assignment + f'\n[conventions]\nallowed = ["{convention}"]\n')
    assert [mark.item for mark in allowed.marks if mark.points < mark.of] == []
    refused = grade(text, assignment + "\n[conventions]\nallowed = []\n")
    costly = [mark for mark in refused.marks if mark.points < mark.of]
    assert costly
    assert all(mark.outcome is Outcome.PARTLY for mark in costly)
    assert any(convention in line for mark in costly for line in mark.evidence)
    assert all(convention in mark.message.symptom for mark in costly if mark.item == "forward")


def test_square_layers_are_settled_by_values(grade: Grade) -> None:
    """Where every size is the same no shape tells the layout; the outputs do."""
    square = HEAD.replace("sizes = [2, 4, 1]", "sizes = [3, 3, 3]").replace('"bce"', '"bce"')
    square += "\n[hidden]\nbatch = 3\n" + OTHER_LAYOUT + PLAIN + GRADIENTS + MEANT
    text = spoilt(COLUMNS, "/ Y.shape[1]", "/ Y.size")
    text = text.replace("/ m", "/ m / 3")
    record = grade(text, square + '\n[conventions]\nallowed = ["transposed"]\n')
    assert [mark.item for mark in record.marks if mark.points < mark.of] == []


def test_a_constant_factor_keeps_what_the_rubric_says(grade: Grade) -> None:
    """Of one block; the share is the assignment's."""
    text = spoilt(FUNCTIONS, "dW1 = X.T @ dZ1", "dW1 = 2 * X.T @ dZ1")
    record = grade(text, SHORT + "\n[marking]\nconstant_factor = 0.75\n")
    marks = {mark.item: mark for mark in record.marks}
    assert marks["gradients/W1"].points == pytest.approx(0.75)
    assert marks["gradients/W1"].outcome is Outcome.PARTLY


def test_a_wrong_sign_is_no_constant(grade: Grade) -> None:
    """It climbs."""
    text = spoilt(FUNCTIONS, "dW1 = X.T @ dZ1", "dW1 = -X.T @ dZ1")
    marks = {mark.item: mark for mark in grade(text, SHORT).marks}
    assert marks["gradients/W1"].outcome is Outcome.LOST
