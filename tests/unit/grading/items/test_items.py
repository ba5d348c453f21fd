"""What items make of code that is wrong in one way, and of code that is right in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_subject import NETWORK, Made, bench_of

from gradcheck.grading.assignment.records import Item
from gradcheck.grading.follow_through import follow_through
from gradcheck.grading.items import MEASURES
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.marking import marks
from gradcheck.grading.records import Outcome
from gradcheck.grading.reference.points import Point
from gradcheck.grading.subject.replies import Misfit, Reply
from gradcheck.grading.subject.subject import Question


def _item(path: str, checks: str, **options: Any) -> Item:
    return Item(path=path, title=path, points=4.0, checks=checks, options=options)


GRADIENT = _item("gradient", "gradient")
MEANT = _item("meant", "gradient", against="reference")
UPDATE = _item("update", "update")
TRAINING = _item("training", "convergence", epochs=60, learning_rate=1.0, seeds=3, loss=0.06)
ROBUST = _item("robust", "robustness", cases=("extreme", "single", "shapes"))


def _measured(subject: Made, item: Item, **fields: Any) -> Measured:
    return MEASURES[str(item.checks)](bench_of(subject, item, **fields), item)


@pytest.mark.parametrize("item", [GRADIENT, MEANT, UPDATE, TRAINING, ROBUST], ids=lambda item: item.path)
def test_what_is_right_has_all_points(item: Item) -> None:
    """The subject that all others are changed from."""
    found = _measured(Made(), item)
    assert (found.share, found.outcome) == (1.0, None), found


def test_a_gradient_that_is_right_at_the_first_point_alone() -> None:
    """The code's own loss was looked at there; the other hidden points are looked at too."""
    first = bench_of(Made(), GRADIENT).points[0]

    def clever(point: Point, right: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        known = np.array_equal(point.X, first.X)
        return right if known else {**right, "W1": 1.5 * right["W1"]}

    subject = Made(gradient=clever)
    bench = bench_of(subject, GRADIENT)
    assert bench.passes
    found = MEASURES["gradient"](bench, GRADIENT)
    assert (found.share, found.blocks) == (0.75, ("W1",))


@pytest.mark.parametrize("constant", [0.01, 50.0])
def test_a_training_of_a_loss_that_is_a_constant_times_the_one_meant(constant: float) -> None:
    """Where that is allowed its steps are as much longer or shorter, and the rate makes up for it."""
    subject = Made(
        loss=lambda _, right: constant * right,
        gradient=lambda _, right: {name: constant * slope for name, slope in right.items()},
    )
    allowed = _measured(subject, TRAINING, conventions=frozenset({"loss-constant"}))
    assert allowed.share == 1.0, allowed.evidence
    assert _measured(subject, TRAINING).share == 0.0


def test_a_penalty_that_is_written_otherwise_is_robust_alike() -> None:
    """Its gradient is held against the one of that form, at unusual points too."""
    network = replace(NETWORK, l2=0.3)
    right = bench_of(Made(network), ROBUST)
    name = next(name for name in right.expected[0].losses if name.startswith("penalty") and "none" not in name)
    subject = Made(network)
    otherwise = Made(
        network,
        loss=lambda point, _: subject.reference.expected(point).losses[name],
        gradient=lambda point, _: dict(subject.reference.expected(point).gradients[name]),
    )
    bench = bench_of(otherwise, ROBUST)
    assert bench.loss_agreement.variant == name
    found = MEASURES["robustness"](bench, ROBUST)
    assert found.share == 1.0, found.evidence


def _is_near(point: Point) -> bool:
    return bool(np.max(np.abs(point.X)) < 100.0)


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        (Made(loss=lambda point, right: right if _is_near(point) else np.nan), "the loss is not a number"),
        (
            Made(gradient=lambda point, right: {**right, "b1": right["b1"] + (0.0 if _is_near(point) else np.inf)}),
            "the gradient of b1 is not a number",
        ),
    ],
    ids=["loss", "gradient"],
)
def test_what_is_not_a_number_is_said_once(subject: Made, says: str) -> None:
    """By its name."""
    found = _measured(subject, ROBUST)
    assert found.message.symptom == f"With inputs ten thousand times as large: {says}."


def test_a_loss_that_cannot_be_had_at_any_point_is_no_matter_of_the_order() -> None:
    """It is charged where it is looked at; the outputs are held against each other all the same."""
    item = _item("order", "property", property="permutation", examples=5)
    subject = Made()
    subject._loss_at = lambda *_: Reply(wrong={"loss": Misfit(template="is nothing")})  # type: ignore[method-assign]
    assert _measured(subject, item).share == 1.0
    assert _measured(Made(loss=lambda point, right: right + point.X[0, 0]), item).share == 0.0


def test_an_order_that_is_the_same_is_not_asked_about() -> None:
    """A sample alone, say: all inputs that are tried come in two orders, and who mixes them up is seen."""
    asked: list[Question] = []
    orders = 20

    class Told(Made):
        def together(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
            asked.extend(questions)
            return super().together(questions)

    item = _item("order", "property", property="permutation", examples=orders)
    measured = _measured(Told(), item)
    points = next(question.points for question in asked if question.name == "forward" and len(question.points) > 10)
    first, others = points[: len(points) // 2], points[len(points) // 2 :]
    assert measured.share == 1.0
    assert measured.evidence == (f"held for {len(first)} inputs",)
    assert orders // 3 < len(first) == len(others) <= orders
    assert all(point.batch > 1 for point in first)
    assert all(not np.array_equal(other.X, point.X) for point, other in zip(first, others, strict=True))
    assert all(
        np.array_equal(np.sort(other.X, axis=0), np.sort(point.X, axis=0))
        for point, other in zip(first, others, strict=True)
    )


def test_blocks_beside_one_of_another_shape_are_looked_at() -> None:
    """One that is not summed over the samples costs its share, and is charged once."""
    subject = Made(gradient=lambda point, right: {**right, "b1": np.tile(right["b1"], (point.batch, 1))})
    b1 = _item("b1", "gradient", block="b1")
    bench = bench_of(subject, b1, GRADIENT, MEANT)
    measured = {item.path: MEASURES["gradient"](bench, item) for item in (b1, GRADIENT, MEANT)}
    assert [measured[name].share for name in ("b1", "gradient", "meant")] == [0.0, 0.75, 0.75]
    assert all(found.message.symptom == "The gradient: db1 does not fit." for found in measured.values())
    found = marks(bench.assignment, measured, carried=follow_through(bench, measured, []))
    assert [mark.outcome for mark in found] == [Outcome.LOST, Outcome.CARRIED, Outcome.CARRIED]


OTHERWISE = "The update of W1 is another change than the rate times its gradient, subtracted."
CLIMBS = "It is added where it is to be subtracted: the step climbs."


@pytest.mark.parametrize(
    ("step", "symptom", "name"),
    [
        (lambda p, s, r: p + r * s, OTHERWISE, CLIMBS),
        (lambda p, s, r: p - 2 * r * s, "The update of W1 is 2 x the step meant.", None),
        (lambda p, s, r: p - r * s**2, OTHERWISE, None),
    ],
    ids=["climbs", "twice", "squared"],
)
def test_the_direction_of_a_wrong_step_is_no_symptom(step: Any, symptom: str, name: str | None) -> None:
    """It names the bug."""
    found = _measured(Made(step=step), UPDATE)
    assert (found.message.symptom, found.message.name) == (symptom, name)


@pytest.mark.parametrize(
    ("subject", "how"),
    [
        (Made(step=lambda p, s, r: p + r * s), "It is right with its steps turned round."),
        (Made(gradient=lambda point, right: {n: point.batch * s for n, s in right.items()}), "divided by 100."),
        (Made(gradient=lambda point, right: {n: s / point.batch for n, s in right.items()}), "divided by 0.01."),
    ],
    ids=["climbs", "sum-instead-of-mean", "double-mean"],
)
def test_a_constant_that_was_charged_is_not_charged_at_the_training(subject: Made, how: str) -> None:
    """It diverges, climbs or crawls for that alone."""
    bench = bench_of(subject, GRADIENT, UPDATE, TRAINING)
    measured = {item.path: MEASURES[str(item.checks)](bench, item) for item in bench.assignment.leaves}
    assert measured["training"].share == 0.0
    assert min(measured["gradient"].share, measured["update"].share) < 1.0
    found = follow_through(bench, measured, [])["training"]
    assert found.share == 1.0
    assert found.how.endswith(how)


@pytest.mark.parametrize(
    "subject",
    [
        Made(gradient=lambda _, right: {**right, "W1": 0 * right["W1"], "W2": 0 * right["W2"]}),
        Made(step=lambda p, s, r: p - 0.01 * r * np.sign(s)),
    ],
    ids=["gradient", "step"],
)
def test_what_is_no_constant_is_not_made_up_for(subject: Made) -> None:
    """Then nothing shows that the training would be right."""
    bench = bench_of(subject, GRADIENT, UPDATE, TRAINING)
    measured = {item.path: MEASURES[str(item.checks)](bench, item) for item in bench.assignment.leaves}
    assert measured["training"].share == 0.0
    assert "training" not in follow_through(bench, measured, [])
