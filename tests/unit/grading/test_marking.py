"""From what was measured to marks."""

from dataclasses import replace
from typing import Any

import pytest

from gradcheck.grading.assignment.records import Assignment, Item, Marking, Network
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.marking import Carried, marks
from gradcheck.grading.records import Message, Outcome
from gradcheck.records import DiagnosedBug
from gradcheck.submissions.declared.interface import Interface, Style

NETWORK = Network(sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="bce")
WRONG = Message(symptom="The gradient of W1 is not that of its own loss.")
BUG = DiagnosedBug(
    bug="sign-flip", blocks=("W1",), confidence=0.9, line=7, code="dW1 = -x", message="It climbs.", patch="--- a\n"
)


def _item(path: str, needs: tuple[str, ...] = (), **options: Any) -> Item:
    return Item(path=path, title=path.upper(), points=4.0, checks="gradient", needs=needs, options=options)


def _assignment(*items: Item, **more: Any) -> Assignment:
    return Assignment(title="t", network=NETWORK, interface=Interface(style=Style.FUNCTIONS), rubric=items, **more)


def test_right_and_wrong() -> None:
    """In the rubric's order, in points."""
    measured = {"a": Measured(share=1.0), "b": Measured(share=0.0, message=WRONG), "c": Measured(share=0.25)}
    found = marks(_assignment(_item("a"), _item("b"), _item("c")), measured)
    assert [(mark.item, mark.points, mark.outcome) for mark in found] == [
        ("a", 4.0, Outcome.EARNED), ("b", 0.0, Outcome.LOST), ("c", 1.0, Outcome.PARTLY)
    ]  # fmt: skip


def test_a_line_that_was_not_chosen_is_not_named() -> None:
    """Without a verified patch it may be any of several; with one candidate alone, or a patch, it is that one."""
    assignment, measured = _assignment(_item("a")), {"a": Measured(share=0.0, message=WRONG, blocks=("W1",))}
    for bug, place, line in (
        (replace(BUG, patch=None, lines=(7, 5)), "One of the lines 5, 7", None),
        (replace(BUG, patch=None, lines=(7,)), "Line 7: dW1 = -x", 7),
        (replace(BUG, lines=(7, 5)), "Line 7: dW1 = -x", 7),
    ):
        (found,) = marks(assignment, measured, [bug])
        assert (found.message.place, found.line) == (place, line)


@pytest.mark.parametrize(("broken", "fix"), [(False, "In general: dW1 = x, and not: dW1 = -x"), (True, None)])
def test_a_formula_of_the_catalogue_is_no_fix_of_an_exception(broken: bool, fix: str | None) -> None:
    """It is a general one, and said to be; what a measurement has found out itself is better."""
    bug = replace(BUG, patch=None, formula_wrong="dW1 = -x", formula_right="dW1 = x")
    measured = Measured(share=0.0, message=WRONG, blocks=("W1",), broken=broken)
    (found,) = marks(_assignment(_item("a")), {"a": measured}, [bug])
    assert found.message.fix == fix
    own = replace(measured, message=replace(WRONG, fix="Print the shapes."))
    (found,) = marks(_assignment(_item("a")), {"a": own}, [bug])
    assert found.message.fix == "Print the shapes."


def test_gates_close_in_a_row() -> None:
    """What needs something that needs something that is wrong; the order in the rubric does not matter."""
    items = _item("last", ("middle",)), _item("middle", ("first",)), _item("first")
    measured = {"first": Measured(share=0.5), "middle": Measured(share=1.0), "last": Measured(share=1.0)}
    found = {mark.item: mark for mark in marks(_assignment(*items), measured)}
    assert found["first"].outcome is Outcome.PARTLY
    assert found["middle"].outcome is found["last"].outcome is Outcome.BLOCKED
    assert found["last"].points == 0.0
    assert found["last"].gates == ("middle",)
    assert found["last"].behind is not None
    assert (found["last"].behind.points, found["last"].behind.outcome) == (4.0, Outcome.EARNED)
    assert found["first"].behind is None
    assert "'MIDDLE'" in found["last"].message.symptom


def test_a_gate_is_open_for_what_is_carried() -> None:
    """It is right but for an earlier error."""
    measured = {"a": Measured(share=0.0, blocks=("W1",)), "b": Measured(share=1.0)}
    found = marks(_assignment(_item("a"), _item("b", ("a",))), measured, carried={"a": Carried(share=1.0, reason="r")})
    assert [mark.outcome for mark in found] == [Outcome.CARRIED, Outcome.EARNED]
    assert found[0].points == 4.0


@pytest.mark.parametrize(("own", "points"), [(None, 3.0), (0.25, 1.0)])
def test_constant_factors(own: float | None, points: float) -> None:
    """Keep the assignment's share, or the item's own."""
    assignment = _assignment(_item("a", constant_factor=own), marking=Marking(constant_factor=0.75))
    (mark,) = marks(assignment, {"a": Measured(share=0.0, factor=True)})
    assert (mark.points, mark.outcome) == (points, Outcome.PARTLY)


def test_conventions() -> None:
    """Free where they are allowed."""
    measured = {"a": Measured(share=1.0, conventions=frozenset({"loss-constant"}))}
    (mark,) = marks(_assignment(_item("a"), conventions=frozenset({"loss-constant"})), measured)
    assert (mark.points, mark.outcome) == (4.0, Outcome.EARNED)
    (mark,) = marks(_assignment(_item("a")), measured)
    assert (mark.points, mark.outcome) == (2.0, Outcome.PARTLY)


def test_follow_through_can_be_switched_off() -> None:
    """Then nothing is carried."""
    assignment = _assignment(_item("a"), _item("b"), marking=Marking(follow_through=False))
    measured = {"a": Measured(share=0.0, blocks=("W1",)), "b": Measured(share=1.0, outcome=Outcome.CARRIED)}
    found = marks(assignment, measured, carried={"a": Carried(share=1.0, reason="r")})
    assert [mark.outcome for mark in found] == [Outcome.LOST, Outcome.LOST]


@pytest.mark.parametrize("outcome", [Outcome.UNVERIFIED, Outcome.UNGRADABLE])
def test_what_is_not_known_earns_nothing(outcome: Outcome) -> None:
    """Whatever share was measured."""
    (mark,) = marks(_assignment(_item("a")), {"a": Measured(share=1.0, outcome=outcome)})
    assert (mark.points, mark.outcome) == (0.0, outcome)


def test_the_message_has_the_diagnosis() -> None:
    """Of the bug that is about the item's blocks, and of fewest others."""
    other = DiagnosedBug(bug="extra-factor-2", blocks=("W1", "b1", "W2"), confidence=0.99, message="Twice.")
    (mark,) = marks(_assignment(_item("a")), {"a": Measured(share=0.0, message=WRONG, blocks=("W1",))}, [other, BUG])
    assert mark.bug == "sign-flip"
    assert mark.line == 7
    assert mark.message == Message(
        symptom=WRONG.symptom, place="Line 7: dW1 = -x", name="sign-flip: It climbs.", fix="--- a\n"
    )


def test_no_bug_is_named_for_what_is_wrong_elsewhere() -> None:
    """A loss that is charged by itself."""
    (mark,) = marks(
        _assignment(_item("a")), {"a": Measured(share=0.0, message=WRONG, blocks=("W1",))}, [BUG],
        {"a": Carried(share=1.0, reason="The loss is charged.", elsewhere=True)},
    )  # fmt: skip
    assert mark.outcome is Outcome.CARRIED
    assert mark.bug is None
    assert mark.message.name is None


def test_a_bug_is_explained_once() -> None:
    """Where else it costs or is forgiven, the sheet says at which item; another bug of that name is another."""
    other = replace(BUG, blocks=("W2",), message="It climbs here too.")
    wrong = Measured(share=0.0, message=WRONG, blocks=("W1",))
    measured = {"a": wrong, "b": wrong, "c": wrong, "d": Measured(share=0.0, message=WRONG, blocks=("W2",))}
    assignment = _assignment(*map(_item, measured))
    forgiven = {"c": Carried(reason="It is right with it corrected.", share=1.0)}
    found = marks(assignment, measured, [BUG, other], forgiven)
    assert [mark.outcome for mark in found] == [Outcome.LOST, Outcome.LOST, Outcome.CARRIED, Outcome.LOST]
    assert [mark.message.name for mark in found] == [
        "sign-flip: It climbs.", "sign-flip: see 'A'.", "sign-flip: see 'A'.", "sign-flip: It climbs here too."
    ]  # fmt: skip
    assert [mark.message.fix for mark in found] == ["--- a\n", None, None, "--- a\n"]
    assert {mark.message.place for mark in found} == {"Line 7: dW1 = -x"}
    assert [mark.bug for mark in found] == ["sign-flip", "sign-flip", None, "sign-flip"]
