"""Gradients that jump as difference quotients do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcheck.grading.assignment.records import Network
from gradcheck.grading.reference.points import Point, point_of
from gradcheck.grading.roughness import rough_gradient
from gradcheck.grading.subject.replies import Misfit, Reply
from gradcheck.grading.subject.subject import Question

NETWORK = Network(sizes=(3, 4, 2), activations=("tanh", "linear"), loss="mse")
POINTS = tuple(point_of(NETWORK, batch=5, seed=seed) for seed in (1, 2))
Params = dict[str, Any]


def _output(point: Point, params: Params, dtype: Any = np.float64) -> Any:
    inner = {name: np.asarray(value, dtype) for name, value in params.items()}
    return np.tanh(point.X.astype(dtype) @ inner["W1"] + inner["b1"]) @ inner["W2"] + inner["b2"]


def _loss(point: Point, params: Params) -> Any:
    return np.mean((_output(point, params) - point.Y) ** 2)


def _right(point: Point, dtype: Any = np.float64) -> Params:
    params = {name: np.asarray(value, dtype) for name, value in point.params.items()}
    data = point.X.astype(dtype)
    hidden = np.tanh(data @ params["W1"] + params["b1"])
    delta = 2 * (_output(point, params, dtype) - point.Y.astype(dtype)) / dtype(point.Y.size)
    inner = delta @ params["W2"].T * (1 - hidden**2)
    return {"dW1": data.T @ inner, "db1": inner.sum(0), "dW2": hidden.T @ delta, "db2": delta.sum(0)}


def _numeric(point: Point, step: float) -> Params:
    found = {}
    for name, value in point.params.items():
        found[f"d{name}"] = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            sides = []
            for sign in (step, -step):
                moved = value.copy()
                moved[index] += sign
                sides.append(_loss(point, {**point.params, name: moved}))
            found[f"d{name}"][index] = (sides[0] - sides[1]) / (2 * step)
    return found


def _bench(
    gradient: Callable[[Point], Params], dtype: Any = np.float64, points: Sequence[Point] = POINTS, **calls: str
) -> Any:
    def together(questions: Sequence[Question]) -> list[list[Reply]]:
        (question,) = questions
        return [[Reply(values={"output": _output(point, dict(point.params), dtype)}) for point in question.points]]

    def replies(points: Sequence[Point]) -> list[Reply]:
        return [Reply(values={name: np.asarray(value, float) for name, value in gradient(p).items()}) for p in points]

    subject = SimpleNamespace(can=lambda name: name == "forward", gradient=replies, together=together)
    interface = SimpleNamespace(calls={"gradient": "", "forward": "", **calls})
    assignment = SimpleNamespace(interface=interface)
    reference = SimpleNamespace(expected=lambda point: SimpleNamespace(gradient=_right(point)))
    return SimpleNamespace(
        subject=subject, points=points, gradients=replies(points), assignment=assignment, reference=reference
    )


@pytest.mark.parametrize("step", [1e-4, 1e-5, 1e-7])
def test_difference_quotients_are_rough(step: float) -> None:
    """At steps that a learner would take."""
    found = rough_gradient(_bench(lambda point: _numeric(point, step)))
    assert found is not None
    assert found.id == "numerical-gradient"


def test_back_propagation_is_smooth() -> None:
    """In double precision; what is computed in single precision is as rough as its outputs, and says nothing."""
    assert rough_gradient(_bench(_right)) is None
    assert rough_gradient(_bench(lambda point: _right(point, np.float32), np.float32)) is None
    scaled = {"dW1": 1 / 3, "db1": 1 / 3, "dW2": 1 / 3, "db2": 1 / 3}
    single = _bench(lambda p: {n: scaled[n] * v.astype(float) for n, v in _right(p, np.float32).items()}, np.float32)
    assert rough_gradient(single) is None


def _sample_by_sample(point: Point, cached: Any = np.float64) -> Params:
    """As right, in another order, with what the forward pass has kept in a precision of its own."""
    found = {f"d{name}": np.zeros(np.shape(value)) for name, value in point.params.items()}
    for x, y in zip(point.X, point.Y, strict=True):
        hidden = np.tanh(x @ point.params["W1"] + point.params["b1"])
        delta = 2 * (hidden @ point.params["W2"] + point.params["b2"] - y) / point.Y.size
        kept = hidden.astype(cached).astype(float)
        slope = (1 - kept) * (1 + kept)
        inner = (delta @ point.params["W2"].T) * slope
        for name, part in (("dW1", np.outer(x, inner)), ("db1", inner), ("dW2", np.outer(kept, delta)), ("db2", delta)):
            found[name] += part.reshape(found[name].shape)
    return found


def _changed(batch: int = 5, weights: float = 1.0, targets: float = 0.0, *, sparse: bool = False) -> list[Point]:
    """Points at which digits are lost: saturated units, targets that are hit, inputs that are mostly zero."""
    points = []
    for seed in (3, 4):
        point = point_of(NETWORK, batch=batch, seed=seed)
        point = point.with_params({name: weights * value for name, value in point.params.items()})
        data = np.eye(3)[np.arange(batch) % 3] if sparse else point.X
        point = replace(point, X=data)
        near = _output(point, dict(point.params)) + targets * point.Y
        points.append(replace(point, Y=near if targets else point.Y))
    return points


@pytest.mark.parametrize("cached", [np.float64, np.float32], ids=["double", "kept-in-single"])
@pytest.mark.parametrize(
    "points",
    [_changed(weights=8.0), _changed(weights=30.0), _changed(targets=1e-5), _changed(200), _changed(sparse=True),
     _changed(300, weights=8.0, targets=1e-3, sparse=True)],
    ids=["saturated", "very-saturated", "targets-are-hit", "many-samples", "sparse", "all-of-it"],
)  # fmt: skip
def test_ill_conditioned_back_propagation_is_not_rough(points: list[Point], cached: Any) -> None:
    """Digits that are lost where the gradient meant loses them too are no sign of anything."""
    assert rough_gradient(_bench(lambda point: _sample_by_sample(point, cached), points=points)) is None


@pytest.mark.parametrize("points", [_changed(200), _changed(sparse=True)], ids=["many-samples", "sparse"])
def test_difference_quotients_stay_rough_there(points: list[Point]) -> None:
    """Where back-propagation loses no digits, they are told whatever the data."""
    assert rough_gradient(_bench(lambda point: _numeric(point, 1e-5), points=points)) is not None


def test_what_cannot_be_told_is_not_said() -> None:
    """No call of its own for the gradient, one point alone, answers that are not complete."""
    bench = _bench(lambda point: _numeric(point, 1e-5))
    bench.points = POINTS[:1]
    assert rough_gradient(bench) is None
    bench.points, bench.gradients = POINTS, [Reply(wrong={"dW1": Misfit(template="is nothing")})] * 2
    assert rough_gradient(bench) is None
    bench = _bench(lambda point: _numeric(point, 1e-5))
    del bench.assignment.interface.calls["gradient"]
    assert rough_gradient(bench) is None
