"""What is said of a call that raised something: the error at the level of symptoms, its line at that of places."""

from __future__ import annotations

import pytest

from gradcheck.grading.discretion import plain
from gradcheck.grading.items.faults import fault_of
from gradcheck.grading.subject.replies import Reply
from gradcheck.language import using
from gradcheck.submissions.declared.remote import Fault

SHAPES = "ValueError: shapes (5,1) and (4,1) not aligned: 1 (dim 1) != 4 (dim 0)"
CODE = "d1 = d2.dot(W2) * (a1 > 0)"


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        (
            Fault(kind="ValueError", message=f"{SHAPES} (my net (2).py, line 12: {CODE})",
                  frames=("line 30, in train: step()", f"line 12, in backward: {CODE}")),
            f"line 12, in backward: {CODE}",
        ),
        (Fault(kind="ValueError", message=f"{SHAPES} (net.py, line 12: {CODE})"), f"Line 12: {CODE}"),
        (Fault(kind="ValueError", message=SHAPES), None),
    ],
    ids=["frames", "no-frames", "nowhere"],
)  # fmt: skip
def test_the_symptom_names_no_place(fault: Fault, place: str | None) -> None:
    """The line is known all the same, for whoever may see it."""
    found = fault_of("The gradient", Reply(fault=fault))
    assert found is not None
    assert (None if found.message.place is None else plain(found.message.place)) == place
    assert found.line == (None if place is None else 12)
    assert plain(found.message.symptom) == f"The gradient raised {SHAPES}."
    assert fault.message in found.evidence


def test_places_in_another_language() -> None:
    """Of a traceback the code and the function's name stay as they are."""
    fault = Fault(kind="ValueError", message=SHAPES, frames=(f"line 12, in backward: {CODE}",))
    with using("zh_CN"):
        found = fault_of("梯度", Reply(fault=fault))
    assert found is not None
    assert plain(str(found.message.place)) == f"第 12 行，在 backward 中：{CODE}"
    assert plain(found.message.symptom) == f"梯度抛出了异常：{SHAPES}。"
