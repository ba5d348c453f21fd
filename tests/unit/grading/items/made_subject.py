"""A submission without a process: a right network, of which a test changes what it wants to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.grading.assignment.records import Assignment, Hidden, Item, Network
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.reference.network import OwnNetwork
from gradcheck.grading.reference.points import Array, Point, hidden_points
from gradcheck.grading.subject.replies import Misfit, Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.problem import Problem
from gradcheck.records import CheckReport
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Interface, Style
from gradcheck.submissions.declared.remote import Answered
from gradcheck.submissions.exchange.session import Status

__all__ = ["NETWORK", "Made", "bench_of"]

NETWORK = Network(sizes=(2, 3, 1), activations=("tanh", "sigmoid"), loss="mse")
Slopes = dict[str, Array]


class Made:
    """Implements ``Subject``; right but for what is given.

    Parameters
    ----------
    network : Network
    loss : callable, optional
        ``loss(point, right)`` gives the loss instead of the right one.
    gradient : callable, optional
        ``gradient(point, right)`` gives arrays by parameter; None is none.
    step : callable, optional
        ``step(parameter, slope, rate)`` gives a parameter after an update.
    """

    def __init__(
        self,
        network: Network = NETWORK,
        *,
        loss: Callable[[Point, float], float] | None = None,
        gradient: Callable[[Point, Slopes], Mapping[str, Array | None]] | None = None,
        step: Callable[[Array, Array, float], Array] | None = None,
    ) -> None:
        self.form, self.ended, self.batch = Form(), list[Status](), None
        self.names: Mapping[str, str] = {}
        self.reference = OwnNetwork(network)
        self._loss, self._gradient = loss or (lambda _, right: right), gradient or (lambda _, right: right)
        self._step = step or (lambda parameter, slope, rate: parameter - rate * slope)

    def can(self, name: str) -> bool:
        """Everything but single functions."""
        return name in ("forward", "loss", "gradient", "update", "train")

    def settle(self, point: Point, expected: Mapping[str, Array] | None) -> None:
        """Arrays are canonical."""

    def ask(
        self,
        name: str,
        points: Sequence[Point],
        roles: Sequence[str],  # noqa: ARG002 (everything is answered)
        extra: Sequence[Mapping[str, Any]] = (),
    ) -> tuple[Reply, ...]:
        """Each answer, by the name of the run."""
        more = extra or [{}] * len(points)
        return tuple(getattr(self, f"_{name}_at")(point, given) for point, given in zip(points, more, strict=True))

    def together(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
        """One after the other."""
        return tuple(self.ask(q.name, q.points, q.roles, q.extra) for q in questions)

    def raw(
        self, name: str, given: Sequence[Mapping[str, Any]], ask: Sequence[str], point: Point
    ) -> tuple[Answered, ...]:
        """None of its functions can be called alone."""
        raise NotImplementedError

    def gradient(self, points: Sequence[Point], extra: Sequence[Mapping[str, Any]] = ()) -> tuple[Reply, ...]:
        """By parameter."""
        return self.ask("gradient", points, (), extra)

    def check(self, point: Point, seed: int, sign: int = 1) -> CheckReport:
        """As any other code."""
        problem = Problem(
            lambda params: self._value(point.with_params(params)),
            lambda params: self._slopes(point.with_params(params)),
            dict(point.params), sign=sign,
        )  # fmt: skip
        return check(problem, rng=np.random.default_rng(seed), config=CheckConfig(better_point=False))

    @property
    def used(self) -> Mapping[str, Any]:
        """No process."""
        return {}

    def told(self) -> Mapping[str, Any]:
        """Nothing of loading."""
        return {}

    def close(self) -> None:
        """Nothing is open."""

    def _value(self, point: Point) -> float:
        return self._loss(point, self.reference.loss(point))

    def _slopes(self, point: Point) -> Mapping[str, Array | None]:
        right = self.reference.expected(point).gradient
        return {name: self._gradient(point, dict(right))[name] for name in right}

    def _forward_at(self, point: Point, _given: Mapping[str, Any]) -> Reply:
        return Reply(values={"output": self.reference.output(point)})

    def _loss_at(self, point: Point, _given: Mapping[str, Any]) -> Reply:
        return Reply(values={"loss": np.asarray(self._value(point))})

    def _gradient_at(self, point: Point, _given: Mapping[str, Any]) -> Reply:
        found = self._slopes(point)
        fitting = {f"d{n}": a for n, a in found.items() if a is not None and a.shape == point.params[n].shape}
        wrong = {f"d{name}": Misfit(template="does not fit") for name in found if f"d{name}" not in fitting}
        return Reply(values=fitting, wrong=wrong)

    def _update_at(self, point: Point, _given: Mapping[str, Any]) -> Reply:
        return Reply(values=self._after(point))

    def _train_at(self, point: Point, given: Mapping[str, Any]) -> Reply:
        params, losses = dict(point.params), []
        for _ in range(given["epochs"]):
            losses.append(self._value(point.with_params(params)))
            params = self._after(point.with_params(params))
        return Reply(values=params, extra={"losses": np.array(losses)})

    def _after(self, point: Point) -> Slopes:
        slopes = {name: slope for name, slope in self._slopes(point).items() if slope is not None}
        return {n: self._step(value, slopes[n], point.learning_rate) for n, value in point.params.items()}


def bench_of(subject: Made, *items: Item, **fields: Any) -> Bench:
    """A bench with a subject on it.

    Parameters
    ----------
    subject : Made
    *items : Item
        The rubric.
    **fields
        Of the assignment.
    """
    assignment = Assignment(
        title="t", network=subject.reference.network, interface=Interface(style=Style.FUNCTIONS), rubric=items,
        hidden=Hidden(points=3, batch=4), **fields,
    )  # fmt: skip
    points = hidden_points(assignment, 5)
    expected = [subject.reference.expected(point) for point in points]
    return Bench(subject, assignment, subject.reference, points, expected, 5)
