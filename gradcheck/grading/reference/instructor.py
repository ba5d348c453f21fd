"""The instructor's file as reference: driven through the interface that the students' files have."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.items.comparing import agree
from gradcheck.grading.reference.network import Expected, OwnNetwork
from gradcheck.grading.reference.points import Array, Point, point_of
from gradcheck.grading.subject.declared import DeclaredSubject
from gradcheck.grading.subject.driving import Driving
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.staging import staged
from gradcheck.grading.subject.ungradable import UngradableError
from gradcheck.records import Verdict

__all__ = ["InstructorFile"]


class InstructorFile:
    """Implements ``Reference``.

    Parameters
    ----------
    file : Path
    assignment : Assignment
    driving : Driving
    own : OwnNetwork
        For what the file does not tell: the adjoints, where its outputs are those of ``[network]``.

    Raises
    ------
    GradingError
        If the file cannot be driven, or its own gradient is wrong: nobody can be graded by it.
    """

    def __init__(self, file: Path, assignment: Assignment, driving: Driving, own: OwnNetwork) -> None:
        self._file, self._assignment, self._driving, self._own = file, assignment, driving, own
        point = point_of(assignment.network, batch=5, seed=29)
        with self._subject() as subject:
            report = subject.check(point, seed=29)
        if report.verdict is not Verdict.PASS:
            raise GradingError(f"the reference {file.name} does not pass its own check: {report.reason}")

    def expected(self, point: Point) -> Expected:
        """What the file computes; adjoints and other conventions where it is the network of the assignment."""
        with self._subject() as subject:
            output = self._complete(subject.ask("forward", [point], ("output",))[0], "forward pass")
            loss = self._complete(subject.ask("loss", [point], ("loss",))[0], "loss")
            gradient = self._complete(subject.gradient([point])[0], "gradient")
        found, value = output.values["output"], float(loss.values["loss"])
        slopes = {name: gradient.values[f"d{name}"] for name in point.params}
        own = self._own.expected(point)
        if not agree(found, own.values["output"]):
            return Expected(values={"output": found}, loss=value, gradient=slopes)
        same = agree(loss.values["loss"], own.values["output"].sum() * 0.0 + own.loss)
        return dataclasses.replace(own, loss=value, gradient=slopes) if same else Expected(
            values=own.values, loss=value, gradient=slopes
        )  # fmt: skip

    def loss(self, point: Point) -> float:
        """The loss alone."""
        with self._subject() as subject:
            reply = self._complete(subject.ask("loss", [point], ("loss",))[0], "loss")
        return float(reply.values["loss"])

    def output(self, point: Point) -> Array:
        """The outputs alone."""
        with self._subject() as subject:
            reply = self._complete(subject.ask("forward", [point], ("output",))[0], "forward pass")
        return reply.values["output"]

    @contextlib.contextmanager
    def _subject(self) -> Iterator[DeclaredSubject]:
        try:
            with staged(self._file, self._assignment.interface, self._driving.text) as program:
                subject = DeclaredSubject(program, self._assignment, self._driving)
                try:
                    point = point_of(self._assignment.network, batch=5, seed=31)
                    subject.settle(point, self._own.expected(point).values)
                    yield subject
                finally:
                    subject.close()
        except UngradableError as error:
            raise GradingError(f"the reference {self._file.name} cannot be run: {error}. {error.cure}") from None

    def _complete(self, reply: Reply, what: str) -> Reply:
        if reply.complete:
            return reply
        why = reply.fault.message if reply.fault is not None else "; ".join(reply.wrong.values())
        raise GradingError(f"the {what} of the reference {self._file.name} fails: {why}")
