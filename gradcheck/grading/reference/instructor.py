"""The instructor's file as reference: driven through the interface that the students' files have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

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
        self._same = False  # as [network], which then answers for it: a process costs more
        point = point_of(assignment.network, batch=5, seed=29)
        with self._subject() as subject:
            report = subject.check(point, seed=29)
        if report.verdict is not Verdict.PASS:
            raise GradingError(f"the reference {file.name} does not pass its own check: {report.reason}")
        points = [point_of(assignment.network, batch=batch, seed=batch) for batch in (1, 3, 8)]
        self._same = all(self._is_same(self.expected(point), own.expected(point)) for point in points)

    @staticmethod
    def _is_same(found: Expected, own: Expected) -> bool:
        """Whether outputs, loss and gradient are those of ``[network]``."""
        return (
            agree(found.values["output"], own.values["output"])
            and agree(np.asarray(found.loss), np.asarray(own.loss))
            and all(agree(slope, own.gradient[name]) for name, slope in found.gradient.items())
        )

    def expected(self, point: Point) -> Expected:
        """What the file computes; adjoints and other conventions where it is the network of the assignment as well."""
        if self._same:
            return self._own.expected(point)
        with self._subject() as subject:
            output = self._complete(subject.ask("forward", [point], ("output",))[0], "forward pass")
            loss = self._complete(subject.ask("loss", [point], ("loss",))[0], "loss")
            gradient = self._complete(subject.gradient([point])[0], "gradient")
        slopes = {name: gradient.values[f"d{name}"] for name in point.params}
        return Expected(values=output.values, loss=float(loss.values["loss"]), gradient=slopes)

    def loss(self, point: Point) -> float:
        """The loss alone."""
        if self._same:
            return self._own.loss(point)
        with self._subject() as subject:
            reply = self._complete(subject.ask("loss", [point], ("loss",))[0], "loss")
        return float(reply.values["loss"])

    def output(self, point: Point) -> Array:
        """The outputs alone."""
        if self._same:
            return self._own.output(point)
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
        why = (
            reply.fault.message
            if reply.fault is not None
            else "; ".join(misfit.words for misfit in reply.wrong.values())
        )
        raise GradingError(f"the {what} of the reference {self._file.name} fails: {why}")
