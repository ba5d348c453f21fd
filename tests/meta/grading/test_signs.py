"""A sign that is turned round is a convention only where it is turned round twice; other digits are told by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graded_programs import FUNCTIONS, SHORT, STEPS, spoilt

from gradcheck.grading.records import GradeRecord, State

Grade = Callable[..., GradeRecord]
DESCENT = '\n[[rubric]]\nid = "descent"\npoints = 1\nchecks = "property"\nproperty = "descent"\n'
ALLOWED = '\n[conventions]\nallowed = ["gradient-sign"]\n'
ASSIGNMENT = SHORT + STEPS + DESCENT
DOWNHILL = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = (Y - A2) / len(X)")
STEP = 'params[name] - learning_rate * gradients["d" + name]'
ADDING = STEP.replace(" - ", " + ")


def _lost(record: GradeRecord) -> set[str]:
    assert record.state is State.GRADED, record.reason
    return {mark.item for mark in record.marks if mark.points < mark.of}


def test_turned_round_twice_is_free_where_it_is_allowed(grade: Grade) -> None:
    """The direction of descent, added."""
    assert _lost(grade(spoilt(DOWNHILL, STEP, ADDING), ASSIGNMENT + ALLOWED)) == set()


def test_the_direction_of_descent_that_is_subtracted_is_charged_at_the_gradient(grade: Grade) -> None:
    """Also where the convention is allowed: training climbs."""
    lost = _lost(grade(DOWNHILL, ASSIGNMENT + ALLOWED))
    assert "gradients/W2" in lost
    assert "update" not in lost


def test_a_gradient_that_is_added_is_charged_at_the_update(grade: Grade) -> None:
    """And not at the gradient, which is right."""
    lost = _lost(grade(spoilt(FUNCTIONS, STEP, ADDING), ASSIGNMENT + ALLOWED))
    assert "update" in lost
    assert not any(item.startswith("gradients") or item == "descent" for item in lost)


def test_no_gradient_at_all_is_no_descent(grade: Grade) -> None:
    """Zeros everywhere leave the loss where it is."""
    nothing = spoilt(
        FUNCTIONS, 'return {"dW1"', 'dW1, db1, dW2, db2 = 0 * dW1, 0 * db1, 0 * dW2, 0 * db2\n    return {"dW1"'
    )
    assert "descent" in _lost(grade(nothing, ASSIGNMENT))


EPSILON = spoilt(
    FUNCTIONS,
    "    dZ2 = (A2 - Y) / len(X)",
    "    e = 1e-7\n    dZ2 = ((1 - Y) / (1 - A2 + e) - Y / (A2 + e)) * A2 * (1 - A2) / len(X)",
).replace("np.log(p) + (1 - Y) * np.log(1 - p)", "np.log(output + 1e-7) + (1 - Y) * np.log(1 - output + 1e-7)")


@pytest.mark.parametrize(("allowed", "free"), [("loss-epsilon", True), ("float32", False)])
def test_the_gradient_of_a_smoothed_loss_is_no_single_precision(grade: Grade, allowed: str, free: bool) -> None:
    """It differs from the meant one in the eighth digit, as its own loss does."""
    record = grade(EPSILON, SHORT + f'\n[conventions]\nallowed = ["{allowed}"]\n')
    assert ("meant" not in _lost(record)) is free


def test_an_archive_without_one_of_its_files_is_ungradable(grade: Grade) -> None:
    """With the file's name as the cure; a library that is not needed to run costs the item of loading alone."""
    used = "from my_functions import sigmoid\n" + FUNCTIONS.replace("def sigmoid(z)", "def unused(z)").replace(
        "    A2 = sigmoid(Z2)", "    A2 = sigmoid(Z2)"
    )
    record = grade(used, SHORT.replace('[interface.activations]\nsigmoid = "sigmoid(z) -> a"\n', ""))
    assert record.state is State.UNGRADABLE
    assert "my_functions" in record.reason
    assert "my_functions.py" in str(record.cure)
    assert grade("import my_functions\n" + FUNCTIONS, SHORT).state is State.GRADED
