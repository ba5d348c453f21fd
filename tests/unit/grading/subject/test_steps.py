"""Gradients read off steps, and when steps may stand for the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.grading.assignment import read_assignment
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.reference.points import Point, point_of
from gradcheck.grading.subject.declared import DeclaredSubject
from gradcheck.grading.subject.driving import driving_of
from gradcheck.grading.subject.staging import staged
from gradcheck.grading.subject.steps import gradient_of, is_the_same, step_runs
from gradcheck.grading.subject.subject import Question
from gradcheck.submissions.declared.remote import Answered, Fault
from gradcheck.submissions.exchange.session import Session, Status

W = np.array([[1.0, -2.0], [0.5, 0.25]])
SLOPE = np.array([[0.1, 0.2], [-0.3, 0.4]])
RATE = 0.25
GIVEN = {"X": np.ones((3, 2)), "W": W, "learning_rate": 0.1}


def _stepped(whole: Any, half: Any) -> list[Answered]:
    return [Answered(found={"W": np.asarray(array)}) for array in (whole, half)]


PLAIN = _stepped(W - RATE * SLOPE, W - RATE / 2.0 * SLOPE)


def test_two_steps_and_the_loss_are_asked_for() -> None:
    """At a rate, and at half of it."""
    runs = step_runs(("W",), GIVEN, RATE, limit=2.0, loss=True)
    assert [(run.name, run.given["learning_rate"]) for run in runs] == [
        ("update", RATE), ("update", RATE / 2.0), ("loss", 0.1)
    ]  # fmt: skip
    assert len(step_runs(("W",), GIVEN, RATE, limit=2.0, loss=False)) == 2


def test_plain_steps_show_the_gradient() -> None:
    """By its role, up to rounding."""
    found = gradient_of(("W",), GIVEN, PLAIN, RATE)
    assert found is not None
    np.testing.assert_allclose(found["dW"], SLOPE, rtol=1e-12)


@pytest.mark.parametrize(
    "answers",
    [
        _stepped(W - RATE * SLOPE, W - RATE / 3.0 * SLOPE),
        _stepped(W, W),
        _stepped(W - RATE * SLOPE[0], W[0]),
        _stepped(np.array(["a"]), np.array(["b"])),
        [PLAIN[0], Answered(found={})],
        [PLAIN[0], Answered(fault=Fault(kind="ValueError", message="no"))],
        [*PLAIN, Answered(fault=Fault(kind="ZeroDivisionError", message="in the loss"))],
        [*PLAIN, Answered(kinds={"loss": "str"})],
    ],
    ids=["not plain", "none", "another shape", "no numbers", "nothing", "raised", "no loss", "a loss that is none"],
)
def test_steps_that_show_nothing(answers: list[Answered]) -> None:
    """Then the network is built."""
    assert gradient_of(("W",), GIVEN, answers, RATE) is None


def test_where_only_numbers_are_asked_for() -> None:
    """A step of nothing will do, and one that overflows will not."""
    found = gradient_of(("W",), GIVEN, _stepped(W, W), RATE, sized=False)
    assert found is not None
    assert not np.any(found["dW"])
    far = W - RATE * np.array([[np.inf, 0.0], [0.0, 0.0]])
    assert gradient_of(("W",), GIVEN, _stepped(far, W), RATE, sized=False) is None


def test_the_same_bit_for_bit() -> None:
    """In value and in kind."""
    assert is_the_same({"dW": W}, {"dW": W.copy()})
    assert not is_the_same({"dW": W}, {"dW": W * (1.0 + 1e-15)})
    assert not is_the_same({"dW": W}, {"dW": W.astype(np.float32)})
    assert not is_the_same({"dW": W}, None)


PROGRAM = """\
import numpy as np

{before}
class Network:
    def __init__(self, n, h, o):
        self.W1, self.b1 = np.zeros((n, h)), np.zeros((1, h))
        self.W2, self.b2 = np.zeros((h, o)), np.zeros((1, o))

    def forward(self, X):
        {forward}
        self.h = np.tanh(X @ self.W1 + self.b1)
        self.o = 1 / (1 + np.exp(-(self.h @ self.W2 + self.b2)))
        return self.o

    def loss(self, X, y):
        return np.mean((self.forward(X) - y) ** 2)

    def backward(self, X, y, rate):
        {step}
        d = 2 * (self.o - y) / self.o.size * self.o * (1 - self.o)
        e = d @ self.W2.T * (1 - self.h ** 2)
        self.W2 -= rate * self.h.T @ d
        self.b2 -= rate * d.sum(axis=0, keepdims=True)
        self.W1 -= rate * X.T @ e
        self.b1 -= rate * e.sum(axis=0, keepdims=True)
"""
ASSIGNMENT = """\
schema = "gradcheck/assignment@1"
title = "A network"
[network]
sizes = [2, 3, 1]
activations = ["tanh", "sigmoid"]
loss = "mse"
[interface]
style = "class"
construct = "Network(features, hidden, outputs)"
[interface.calls]
forward = "self.forward(X) -> output"
loss = "self.loss(X, Y) -> loss"
update = "self.backward(X, Y, learning_rate)"
[[rubric]]
id = "gradient"
points = 1
checks = "gradient"
"""
COUNTED = {"before": "calls = 0\n", "step": "global calls; calls += 1; rate = rate * (1 + calls)"}


class _Asked:
    """A submission of which every request is counted."""

    def __init__(self, assignment: Assignment, subject: DeclaredSubject, asked: Counter[str]) -> None:
        self.subject, self.asked = subject, asked
        self.points = [point_of(assignment.network, batch=batch, seed=batch) for batch in (5, 4, 1)]


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Asked]:
    """A program with lines of its own, opened by the assignment."""
    lines = {"before": "", "forward": "pass", "step": "pass", **getattr(request, "param", {})}
    (tmp_path / "net.py").write_text(PROGRAM.format(**lines), encoding="utf-8")
    (tmp_path / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
    assignment = read_assignment(tmp_path / "assignment.toml")
    driving, asked = driving_of(assignment), Counter[str]()
    ask = Session.request

    def counted(session: Session, op: str, *arguments: Any, **keywords: Any) -> Any:
        asked[op] += 1
        return ask(session, op, *arguments, **keywords)

    monkeypatch.setattr(Session, "request", counted)
    with staged(tmp_path / "net.py", assignment.interface, driving.text) as program:
        subject = DeclaredSubject(program, assignment, driving)
        try:
            yield _Asked(assignment, subject, asked)
        finally:
            subject.close()


def _right(point: Point) -> dict[str, np.ndarray[Any, Any]]:
    hidden = np.tanh(point.X @ point.params["W1"] + point.params["b1"])
    output = 1 / (1 + np.exp(-(hidden @ point.params["W2"] + point.params["b2"])))
    delta = 2 * (output - point.Y) / output.size * output * (1 - output)
    inner = delta @ point.params["W2"].T * (1 - hidden**2)
    return {"dW1": point.X.T @ inner, "db1": inner.sum(0), "dW2": hidden.T @ delta, "db2": delta.sum(0)}


def test_one_network_is_built_and_the_other_gradients_are_read_off_steps(opened: _Asked) -> None:
    """With the same result."""
    replies = opened.subject.gradient(opened.points)
    for point, reply in zip(opened.points, replies, strict=True):
        for role, right in _right(point).items():
            np.testing.assert_allclose(reply.values[role], right, rtol=1e-7, atol=1e-12)
    assert opened.asked["at"] == 1


@pytest.mark.parametrize("opened", [COUNTED], ids=["counts its calls"], indirect=True)
def test_code_with_a_memory_is_asked_by_networks_alone(opened: _Asked) -> None:
    """Their state is put back."""
    opened.subject.gradient(opened.points)
    assert opened.asked["at"] == len(opened.points)


ENDING = {"forward": "if len(X) == 1: import os; os._exit(3)"}
RAISING = {"step": "if len(X) == 1: raise ValueError('one alone')"}


@pytest.mark.parametrize("opened", [ENDING], ids=["ends its process"], indirect=True)
def test_a_process_that_ends_over_one_of_several_questions(opened: _Asked) -> None:
    """Each is answered as if it had been asked alone."""
    points = opened.points
    questions = [
        Question(name="forward", points=points[:2], roles=("output",)),
        Question(name="loss", points=points[2:], roles=("loss",)),
        Question(name="gradient", points=points[:1]),
    ]
    outputs, losses, gradients = opened.subject.together(questions)
    assert all(reply.complete for reply in (*outputs, *gradients))
    assert losses[0].fault is not None
    assert losses[0].fault.status is Status.EXIT
    assert opened.subject.ended == [Status.EXIT]


@pytest.mark.parametrize("opened", [RAISING], ids=["raises"], indirect=True)
def test_a_step_that_raises_is_the_gradients_own_fault(opened: _Asked) -> None:
    """At that point alone, in the words of the network that is built there."""
    replies = opened.subject.gradient(opened.points)
    assert [reply.complete for reply in replies] == [True, True, False]
    assert replies[2].fault is not None
    assert "one alone" in replies[2].fault.message
    assert opened.asked["at"] == 2
