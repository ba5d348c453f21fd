"""What items measure with: one submission, the hidden points, what is right there, and what was asked already."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.discretion import apart
from gradcheck.grading.items.comparing import SINGLE, VALUES, agree, common_ratio
from gradcheck.grading.items.faults import require_end
from gradcheck.grading.reference.network import Expected
from gradcheck.grading.reference.points import Array, Point
from gradcheck.grading.reference.reference import Reference
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question, Subject
from gradcheck.language import tr
from gradcheck.records import CheckReport, Verdict
from gradcheck.submissions.declared.forms import forms_of
from gradcheck.submissions.declared.interface import Layout

__all__ = ["LARGEST", "Agreement", "Bench"]

# Constants that a loss may be multiplied by; others are another loss.
LARGEST = 1e6
# Outputs in the right form; in another one they are others altogether.
SETTLED = 1e-6
# What anybody divides by is further from 1 than this: nearer is rounding, or another loss.
LEAST = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a quantity of the code goes with what is right.

    Attributes
    ----------
    right : bool
        Whether it is the same, up to `conventions` and a positive constant.
    constant : float
        What it is of what is right (dimensionless); 1 where it is the same.
    conventions : frozenset of str
        Of ``CONVENTIONS``.
    variant : str or None
        Which of the reference's other conventions it is.
    detail : str
        In words.
    """

    right: bool
    constant: float = 1.0
    conventions: frozenset[str] = frozenset()
    variant: str | None = None
    detail: str = ""


def _key(question: Question) -> tuple[Any, ...]:
    """The same for the same question at the very same points."""
    extra = tuple(tuple(sorted((role, repr(value)) for role, value in values.items())) for values in question.extra)
    points = tuple(map(id, question.points))
    return question.name, points, tuple(question.roles), extra, question.sized, question.with_loss, tuple(question.back)


class Bench:
    """Asks each question once.

    Parameters
    ----------
    subject : Subject
    assignment : Assignment
    reference : Reference
    points : sequence of Point
    expected : sequence of Expected
        At these points.
    seed : int
        For what is drawn besides.
    """

    def __init__(
        self,
        subject: Subject,
        assignment: Assignment,
        reference: Reference,
        points: Sequence[Point],
        expected: Sequence[Expected],
        seed: int,
    ) -> None:
        self.subject, self.assignment, self.reference = subject, assignment, reference
        self.points, self.expected, self.seed = tuple(points), tuple(expected), seed
        self.found: dict[tuple[Any, ...], Any] = {}  # what items have made of the answers, for those after them
        self._waiting: dict[tuple[Any, ...], tuple[Question, tuple[Reply, ...]]] = {}

    def ask_ahead(self, questions: Sequence[Question]) -> None:
        """Ask in one request what items are going to ask one after the other; the answers wait for them."""
        replies = self.subject.together(questions) if questions else ()
        for question, answered in zip(questions, replies, strict=True):
            self._waiting[_key(question)] = (
                question,
                answered,
            )  # with its points, of which the key has only where they are

    def answers(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
        """Answers to several questions; only those that do not wait here are asked."""
        keys = [_key(question) for question in questions]
        left = [question for key, question in zip(keys, questions, strict=True) if key not in self._waiting]
        asked = iter(self.subject.together(left) if left else ())
        return tuple(self._waiting[key][1] if key in self._waiting else next(asked) for key in keys)

    def is_as_declared(self) -> bool:
        """Whether outputs are right with arrays in the form that was asked for, as those of most are: it is settled."""
        if not self.subject.can("forward"):
            return False
        reply, right = self._values["output"][0], self.expected[0].values["output"]
        return reply.complete and agree(reply.values["output"], right, SETTLED)

    @functools.cached_property
    def forward(self) -> tuple[Reply, ...]:
        """Outputs at the hidden points."""
        return self._to_the_end(tr("the forward pass"), self._values["output"])

    @functools.cached_property
    def losses(self) -> tuple[Reply, ...]:
        """Losses at the hidden points."""
        return self._to_the_end(tr("the loss"), self._values["loss"])

    @functools.cached_property
    def _values(self) -> dict[str, tuple[Reply, ...]]:
        """Both, of those that there are."""
        names = {"output": "forward", "loss": "loss"}
        asked = {
            role: Question(name=name, points=self.points, roles=(role,))
            for role, name in names.items()
            if self.subject.can(name)
        }
        return dict(zip(asked, self.subject.together(list(asked.values())), strict=True))

    @functools.cached_property
    def gradients(self) -> tuple[Reply, ...]:
        """Gradients at the hidden points."""
        if not self.subject.can("gradient"):
            return ()
        asked = Question(name="gradient", points=self.points, with_loss=not self._has_losses)
        return self._to_the_end(tr("the gradient"), self.subject.together([asked])[0])

    @property
    def _has_losses(self) -> bool:
        """Whether losses were asked for at the same points, and there are."""
        if "_values" not in self.__dict__:
            return False
        return self.subject.can("loss") and all(reply.complete for reply in self._values.get("loss", ()))

    @staticmethod
    def _to_the_end(what: str, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        require_end(what, replies)
        return replies

    @functools.cached_property
    def report(self) -> CheckReport:
        """The check of the gradient against the code's own loss, beginning at the first hidden point."""
        report = self.subject.check(self.points[0], self.seed)
        opposite = [block.ratio is not None and abs(block.ratio + 1.0) < 1e-4 for block in report.blocks]
        signed = self.may_be_opposite and opposite and all(opposite)
        return self.subject.check(self.points[0], self.seed, sign=-1) if signed else report

    @functools.cached_property
    def may_be_opposite(self) -> bool:
        """Whether gradients may be the direction of descent: that is a convention only where the update adds them."""
        if "gradient-sign" not in self.assignment.conventions:
            return False
        if not self.subject.can("update_given"):
            return True
        (slope,), (reply,) = self.stepped(self.points[:1])
        if not reply.complete:
            return True
        before = self.points[0].params
        return sum(float(np.sum(slope[name] * (reply.values[name] - before[name]))) for name in before) > 0.0

    @functools.cached_property
    def uphill(self) -> bool:
        """Whether its gradients point up the loss meant, as gradients do, at any hidden point."""
        return any(
            sum(float(np.sum(reply.values[f"d{name}"] * right)) for name, right in expected.gradient.items()) > 0.0
            for reply, expected in zip(self.gradients, self.expected, strict=False)
            if reply.complete
        )

    def stepped(self, points: Sequence[Point]) -> tuple[list[dict[str, Array]], tuple[Reply, ...]]:
        """Gradients that are drawn, so that whoever mixes them up is seen, and the parameters after a step by them."""
        rng, names = np.random.default_rng(self.seed), self.assignment.network.parameters
        slopes = [{name: rng.standard_normal(point.params[name].shape) for name in names} for point in points]
        extra = [{f"d{name}": value for name, value in slope.items()} for slope in slopes]
        return slopes, self.subject.ask("update_given", points, names, extra)

    @property
    def layout(self) -> frozenset[str]:
        """The convention in which its arrays lie otherwise than was asked for."""
        asked, found = forms_of(self.assignment.interface)[0], self.subject.form
        either = self.assignment.interface.layout is Layout.EITHER
        same = either or (asked.columns, asked.turned) == (found.columns, found.turned)
        return frozenset() if same else frozenset({"transposed"})

    @property
    def knows_forward(self) -> bool:
        """Whether there are outputs to hold against something."""
        return self.subject.can("forward")

    @functools.cached_property
    def forward_agreement(self) -> Agreement:
        """Of the outputs."""
        if not self.knows_forward:  # a loss that is right at random parameters comes of right outputs
            known = self.subject.can("loss") and self.loss_agreement.right
            return Agreement(right=known, detail=tr("its outputs cannot be asked for"))
        replies = self.forward
        if not all(reply.complete for reply in replies):
            return Agreement(right=False, detail=tr("it gives no outputs"))
        pairs = [(r.values["output"], e.values["output"]) for r, e in zip(replies, self.expected, strict=True)]
        if all(agree(found, right, VALUES) for found, right in pairs):
            return Agreement(right=True)
        if all(agree(found, right, SINGLE) for found, right in pairs):
            return Agreement(right=True, conventions=frozenset({"float32"}))
        return Agreement(right=False, detail=tr("its outputs are others than the reference's"))

    @functools.cached_property
    def loss_agreement(self) -> Agreement:
        """Of the loss, by every convention that the reference knows."""
        if not self.subject.can("loss"):
            return Agreement(right=False, detail=tr("its loss cannot be asked for"))
        if not all(reply.complete for reply in self.losses):
            return Agreement(right=False, detail=tr("it gives no loss"))
        found = [reply.values["loss"] for reply in self.losses]
        return self.loss_of(found, self.expected)

    def loss_of(self, found: Sequence[Array], expected: Sequence[Expected]) -> Agreement:
        """How losses at several points go with those that are right.

        Parameters
        ----------
        found : sequence of ndarray of shape ()
        expected : sequence of Expected
        """
        values = [np.asarray(value, dtype=np.float64).reshape(()) for value in found]
        known: dict[str | None, list[float]] = {None: [item.loss for item in expected]}
        known |= {other: [item.losses[other] for item in expected] for other in expected[0].losses}
        for rtol, extra in ((VALUES, frozenset()), (SINGLE, frozenset({"float32"}))):
            best = self._fitting(values, known, rtol)
            if best is not None:
                name, constant = best
                used = set(extra) | ({name.partition(" ")[0]} if name else set())
                used |= {"loss-constant"} if abs(constant - 1.0) > rtol else set()
                return Agreement(right=True, constant=constant, conventions=frozenset(used), variant=name)
        first = expected[0].loss
        detail = tr("{found:.6g} where {right:.6g} is right", found=float(values[0]), right=first)
        told = tr("its values are others than the reference's")
        return Agreement(right=False, detail=apart(detail, told))

    @staticmethod
    def _fitting(
        arrays: Sequence[Array], known: Mapping[str | None, list[float]], rtol: float
    ) -> tuple[str | None, float] | None:
        for name, right in known.items():  # the same, under any convention
            if all(agree(a, np.asarray(b), rtol) for a, b in zip(arrays, right, strict=True)):
                return name, 1.0
        for name, right in known.items():  # a constant times it
            ratio = common_ratio(arrays, [np.asarray(value) for value in right])
            known_size = ratio is not None and 1.0 / LARGEST < ratio < LARGEST and abs(ratio - 1.0) > LEAST
            if ratio is not None and known_size and len(arrays) > 1:
                return name, ratio
        return None

    @property
    def verified(self) -> bool:
        """Whether a gradient that goes with the code's own loss is thereby right."""
        return self.forward_agreement.right and self.loss_agreement.right

    @property
    def passes(self) -> bool:
        """Whether the gradient goes with the code's own loss."""
        return self.report.verdict is Verdict.PASS
