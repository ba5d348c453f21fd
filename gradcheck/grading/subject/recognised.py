"""A submission without a declared interface: its network is recognised, its data are exchanged where they lie."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import SourceText, UnavailableError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.reference.points import Array, Point, shape_of
from gradcheck.grading.subject.naming import renamed
from gradcheck.grading.subject.processes import fault_of_session, limits_of, opened_session
from gradcheck.grading.subject.replies import Reply, decoded
from gradcheck.grading.subject.staging import Staged
from gradcheck.grading.subject.subject import Question
from gradcheck.grading.subject.ungradable import UngradableError
from gradcheck.language import tr
from gradcheck.records import CheckReport
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Biases
from gradcheck.submissions.declared.remote import Answered, CallError, DeclaredCalls, Fault
from gradcheck.submissions.exchange.protocol import Frame
from gradcheck.submissions.exchange.remote import RemoteDriver
from gradcheck.submissions.exchange.remote_program import RemoteProgram
from gradcheck.submissions.exchange.session import SessionError, Status
from gradcheck.submissions.exchange.used import Used
from gradcheck.submissions.request import Request
from gradcheck.submissions.verdict import check_network

__all__ = ["RecognisedSubject"]

# Networks of a file that are looked through for the one that is meant.
MAX_NETWORKS = 16
# A recognised output is the same as the one meant up to this (relative).
SAME = 1e-6


class RecognisedSubject:
    """Implements ``Subject``.

    Parameters
    ----------
    program : Staged
    assignment : Assignment

    Raises
    ------
    UngradableError
        If it cannot be loaded, or holds no network of the sizes meant.
    """

    def __init__(self, program: Staged, assignment: Assignment) -> None:
        self.program, self._assignment = program, assignment
        self._shape, self.ended = shape_of(assignment.network), list[Status]()
        self._session, reply = opened_session(program, limits_of(assignment))
        self._introduction, self._order, self._fitted_form = self._chosen(reply)
        self.form: Form = self._fitted_form
        self._output_number: int | None = None
        self._posed = False  # whether its data can be exchanged for the hidden ones
        described = self._introduction.data["blocks"]
        self.names: Mapping[str, str] = {
            str(described[place]["name"]): name for place, name in zip(self._order, self._shape.names, strict=True)
        }
        self._calls = DeclaredCalls(self._session)
        self._told: dict[str, Any] | None = None
        self._used = Used()
        own = RemoteProgram(self._session, self._introduction, self._text(), _unverified)
        self.batch: int | None = round(own.sizes["batch"]) if "batch" in own.sizes else None

    def _text(self) -> SourceText:
        return SourceText(name=self.program.file.name, text=self.program.source.text)

    def _chosen(self, reply: Frame) -> tuple[Frame, tuple[int, ...], Form]:
        """The first network whose blocks are those of the network meant, in whatever order and form."""
        for _ in range(MAX_NETWORKS):
            fitted = _fitted(reply, self._shape.names, {n: self._shape.shape(n, 1) for n in self._shape.names})
            if fitted is not None:
                return reply, *fitted
            try:
                reply = self._session.request("next")
            except SessionError:
                break
            if reply.op != "network":
                break
        self._session.close()
        sizes = ", ".join(map(str, self._assignment.network.sizes))
        raise UngradableError(
            tr("no network of the sizes {sizes} was recognised in it", sizes=sizes),
            tr("Write the network with the sizes asked for, each layer with weights and a bias of its own."),
        )

    def can(self, name: str) -> bool:
        """Its loss and gradient, and its outputs where they are seen among what it computes."""
        return name in ("forward", "loss", "gradient") and self._posed

    def settle(self, point: Point, expected: Mapping[str, Array] | None) -> None:
        """Find whether its data can be exchanged, which of its values are the outputs, and how square weights lie."""
        try:
            self._calls.build({"X": point.X, "Y": point.Y}, 0)
            self._posed = point.batch == self.batch
        except (CallError, SessionError):
            self._posed = False
        wanted = None if expected is None else expected.get("output")
        if wanted is None or not self._posed:
            return
        for turned in (self.form.turned, not self.form.turned):
            self.form = dataclasses.replace(self.form, turned=turned)
            try:
                values = self._values(self._calls.build({"X": point.X, "Y": point.Y}, 0), self._arrays(point))
            except (SessionError, CallError, UnavailableError, ValueError):
                continue
            same = {number: _distance(value, wanted) for number, value in values.items()}
            nearest = min(same, key=lambda number: same[number])  # p + 1e-8 inside a logarithm is near as well
            if same[nearest] <= SAME:
                self._output_number = nearest
                return
        self.form = self._fitted_form

    def ask(
        self,
        name: str,
        points: Sequence[Point],
        roles: Sequence[str],
        extra: Sequence[Mapping[str, Any]] = (),  # noqa: ARG002
    ) -> tuple[Reply, ...]:
        """Loss, or outputs, at points of as many samples as its own."""
        return tuple(self._at(point, name, roles) for point in points)

    def together(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
        """Answers to several questions, one after the other."""
        return tuple(
            self.gradient(q.points) if q.name == "gradient" else self.ask(q.name, q.points, q.roles) for q in questions
        )

    def raw(
        self,
        name: str,  # noqa: ARG002 (the signature of its neighbours)
        given: Sequence[Mapping[str, Any]],
        ask: Sequence[str],  # noqa: ARG002
        point: Point,  # noqa: ARG002
    ) -> tuple[Answered, ...]:
        """No single function of it is known."""
        fault = Fault(kind="Unavailable", message="no call of it is declared")
        return (Answered(fault=fault),) * len(given)

    def gradient(self, points: Sequence[Point], extra: Sequence[Mapping[str, Any]] = ()) -> tuple[Reply, ...]:  # noqa: ARG002
        """Its gradient at points of as many samples as its own."""
        roles = tuple(f"d{name}" for name in self._shape.names)
        return tuple(self._at(point, "gradient", roles) for point in points)

    def check(self, point: Point, seed: int, sign: int = 1) -> CheckReport:  # noqa: ARG002
        """The check with its own data; its blocks under the names of the parameters."""
        request = Request(file=self.program.file, rng=np.random.default_rng(seed))
        report = check_network(self._session, self._introduction, request, [], sign=-1 if sign == -1 else None)
        return renamed(report, self.names)

    def told(self) -> Mapping[str, Any]:
        """What its process says of the run as a whole."""
        if self._told is None:
            self._told = {}
            try:
                for _ in range(MAX_NETWORKS):
                    reply = self._session.request("next")
                    if reply.op == "done":
                        self._told = dict(reply.data)
                        self._used.told(self._told)
                        break
            except SessionError as error:
                self.ended.append(error.status)
        return self._told

    def close(self) -> None:
        """End its process."""
        self._session.close()
        self._used.add(self._session)

    @property
    def used(self) -> dict[str, Any]:
        """How its process ended, what it had given up and used, once it is closed."""
        return self._used.to_dict()

    def _at(self, point: Point, what: str, roles: Sequence[str]) -> Reply:
        shapes = {role: () if role == "loss" else self._shape.shape(role, point.batch) for role in roles}
        try:
            driver = self._calls.build({"X": point.X, "Y": point.Y}, 0)
            found = self._found(driver, self._arrays(point), what, shapes)
        except SessionError as error:
            self.ended.append(error.status)
            return Reply(fault=fault_of_session(error))
        except CallError as error:
            return Reply(fault=Fault(kind="Unavailable", message=str(error)))
        except Exception as error:  # noqa: BLE001 (what the child's own code raised, under its own name)
            return Reply(fault=Fault(kind=type(error).__name__, message=f"{type(error).__name__}: {error}"))
        return decoded(Answered(found=found), self.form, shapes)

    def _arrays(self, point: Point) -> list[Array]:
        """The point's parameters in the order and the shapes of its blocks."""
        arrays = [np.array(array, dtype=np.float64) for array in self._introduction.arrays]
        for place, name in zip(self._order, self._shape.names, strict=True):
            arrays[place] = self.form.encode(name, point.params[name]).reshape(arrays[place].shape)
        return arrays

    def _found(
        self, driver: RemoteDriver, arrays: list[Array], what: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> dict[str, Any]:
        if what == "forward":
            values = self._values(driver, arrays)
            number = self._output_number if self._output_number in values else max(values)
            return {"output": _canonical(values[number], shapes["output"])}
        driver.begin()
        try:
            loss = driver.loss(arrays)
            if what == "loss":
                return {"loss": np.asarray(loss)}
            leaves = driver.gradient(arrays)
        finally:
            if self._session.failure is None:
                driver.end()
        found = {}
        for (role, shape), place in zip(shapes.items(), self._order, strict=True):
            leaf = np.asarray(leaves[place])
            wanted = self.form.encode(role, np.zeros(shape)).shape
            same = leaf.shape == arrays[place].shape
            found[role] = leaf.reshape(wanted) if same else leaf
        return found

    def _values(self, driver: RemoteDriver, arrays: list[Array]) -> dict[int, Array]:
        """Values of its forward pass that have the shape of the outputs, by their number.

        Raises
        ------
        UnavailableError
            If its forward pass cannot be looked into.
        """
        own = RemoteProgram(self._session, self._introduction, self._text(), _unverified, program=self._calls.built)
        driver.begin()
        try:
            forward = own.forward(arrays)
        finally:
            if self._session.failure is None:
                driver.end()
        shape = (self.batch or 0, self._shape.sizes[-1])
        found = {v.number: v.value for v in forward.values if v.adjoint is not None and _fits(v.value, shape)}
        if not found:
            raise UnavailableError("no value of its forward pass has the shape of the outputs")
        return found


def _unverified(_text: str) -> CheckReport:
    raise UnavailableError("nothing is verified here")


def _fits(value: Array, shape: tuple[int, ...]) -> bool:
    return value.shape in (shape, shape[::-1]) or (shape[1:] == (1,) and value.shape == shape[:1])


def _canonical(value: Array, shape: tuple[int, ...]) -> Array:
    return value if value.shape == shape else np.ascontiguousarray(value.T).reshape(shape)


def _distance(value: Array, wanted: Array) -> float:
    """The largest difference of an entry, relative to the largest entry."""
    scale = max(float(np.max(np.abs(wanted))), SAME)
    return float(np.max(np.abs(_canonical(value, wanted.shape) - wanted))) / scale


def _fitted(
    reply: Frame, names: Sequence[str], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[tuple[int, ...], Form] | None:
    """Which block is which parameter, by name or else in order, and whether weights are turned; None if none fits."""
    described = reply.data.get("blocks")
    if not isinstance(described, list) or len(described) != len(reply.arrays) or len(described) != len(names):
        return None
    said = [str(item.get("name", "")) if isinstance(item, Mapping) else "" for item in described]
    for turned in (False, True):
        form = Form(turned=turned, biases=Biases.FLAT)
        order: list[int] = []
        for name in names:
            wanted = form.encode(name, np.zeros(shapes[name])).shape
            fitting = [place for place, array in enumerate(reply.arrays) if place not in order and _is(array, wanted)]
            if not fitting:
                break
            called = [place for place in fitting if _bare(said[place]) == name.lower()]
            order.append((called or fitting)[0])
        if len(order) == len(names):
            return tuple(order), form
    return None


def _is(array: Array, shape: tuple[int, ...]) -> bool:
    """Whether a block has the shape of a weight, or as many entries as a bias."""
    if len(shape) == 1:
        return array.size == shape[0] and max(array.shape, default=1) == array.size
    return array.shape == shape


def _bare(name: str) -> str:
    return re.sub(r".*[.\[]|['\]_]", "", name).lower()
