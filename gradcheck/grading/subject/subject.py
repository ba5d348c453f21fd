"""What can be asked of a submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gradcheck.grading.reference.points import Array, Point
from gradcheck.grading.subject.replies import Reply
from gradcheck.records import CheckReport
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.remote import Answered
from gradcheck.submissions.exchange.session import Status

__all__ = ["Question", "Subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked at points.

    Attributes
    ----------
    name : str
        A run, or ``gradient``: that by parameter, however it is come by.
    points : sequence of Point
    roles : sequence of str
        What is wanted; of a gradient, all of it.
    extra : sequence of mapping
        As for ``Subject.ask``.
    sized : bool
        False where it only matters whether what comes are numbers.
    with_loss : bool
        Of a gradient that is read off steps: whether a loss that cannot be computed there is a fault of it, too. False
        where the loss is asked for at the same points.
    back : sequence of str
        Roles of inputs that are asked for again after the run, to be held against what was sent.
    """

    name: str
    points: Sequence[Point]
    roles: Sequence[str] = ()
    extra: Sequence[Mapping[str, Any]] = ()
    sized: bool = True
    with_loss: bool = True
    back: Sequence[str] = ()


class Subject(Protocol):
    """A submission that stands ready; what it raises is part of the answer.

    Attributes
    ----------
    form : Form
        Of its arrays.
    ended : list of Status
        How processes of its have ended before their time.
    batch : int or None
        How many samples it takes, where that is fixed.
    names : mapping of str to str
        From its own names of the parameters to the assignment's, where they are others.
    """

    form: Form
    ended: list[Status]
    batch: int | None
    names: Mapping[str, str]

    def can(self, name: str) -> bool:
        """Whether there is a run of that name: ``forward``, ``loss``, ``gradient``, ``update``, ``train``, ..."""

    def settle(self, point: Point, expected: Mapping[str, Array] | None) -> None:
        """Find the form of its arrays."""

    def ask(
        self, name: str, points: Sequence[Point], roles: Sequence[str], extra: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[Reply, ...]:
        """Make one of the runs at points, one answer each.

        Parameters
        ----------
        name : str
        points : sequence of Point
        roles : sequence of str
            What is wanted.
        extra : sequence of mapping, optional
            For each point, further values by role (canonical), and under ``dtype`` the one of all arrays.
        """

    def together(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
        """Answers to several questions, as if they were asked one after the other."""

    def raw(
        self, name: str, given: Sequence[Mapping[str, Any]], ask: Sequence[str], point: Point
    ) -> tuple[Answered, ...]:
        """Make a run on arrays that have no layout: activations."""

    def gradient(self, points: Sequence[Point], extra: Sequence[Mapping[str, Any]] = ()) -> tuple[Reply, ...]:
        """Its gradient at points, by parameter."""

    def check(self, point: Point, seed: int, sign: int = 1) -> CheckReport:
        """The check of its gradient against its own loss, beginning at a point."""

    @property
    def used(self) -> Mapping[str, Any]:
        """How its processes ended, what they had given up and used, once it is closed: fields of a report."""

    def told(self) -> Mapping[str, Any]:
        """What its process says of the run as a whole; nothing can be asked afterwards."""

    def close(self) -> None:
        """End its process."""
