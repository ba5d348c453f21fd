"""Whether a program is wrong, found without the rubric: its values against the reference's at points of their own."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.batch.work import Work
from gradcheck.grading.items.comparing import SINGLE, agree
from gradcheck.grading.reference.network import Expected
from gradcheck.grading.reference.points import Array, Point, hidden_points
from gradcheck.grading.reference.reference import Reference
from gradcheck.grading.reference.sources import reference_of
from gradcheck.grading.subject.driving import Driving, driving_of
from gradcheck.grading.subject.opening import opened
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.staging import staged
from gradcheck.grading.subject.subject import Subject
from gradcheck.grading.subject.ungradable import UngradableError

__all__ = ["EXTREME", "RAISES", "differences"]

# Added to the seed of the hidden points: a bug that hides at those is seen at others.
ELSEWHERE = 7_919
# Times the usual inputs: exponentials overflow.
EXTREME = "numbers overflow for very large inputs"
FAR = 10_000.0
RAISES = "raises an exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Truth:
    driving: Driving
    reference: Reference
    points: tuple[Point, ...]
    expected: tuple[Expected, ...]


def differences(work: Work, assignment: Assignment, seed: int) -> tuple[str, ...]:
    """What of a program's values is wrong, in words; nothing where it is equivalent to the reference.

    Parameters
    ----------
    work : Work
    assignment : Assignment
    seed : int

    Notes
    -----
    Conventions are no excuse here: half the loss is another loss. Values that agree in single precision are the same.
    """
    truth = _truth(_Key(assignment), seed)
    try:
        with staged(work.path, assignment.interface, truth.driving.text) as program:
            subject = opened(program, assignment, truth.driving)
            try:
                return tuple(dict.fromkeys(_found(subject, assignment, truth)))
            finally:
                subject.close()
    except UngradableError as error:
        return (f"cannot be run: {error}",)


class _Key:
    """An assignment by its digest; it holds arrays."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.assignment.digest == other.assignment.digest

    def __hash__(self) -> int:
        return hash(self.assignment.digest)


@functools.lru_cache(maxsize=2)
def _truth(key: _Key, seed: int) -> _Truth:
    driving = driving_of(key.assignment)
    reference = reference_of(key.assignment, driving)
    points = hidden_points(key.assignment, seed + ELSEWHERE)
    expected = tuple(reference.expected(point) for point in points)
    return _Truth(driving=driving, reference=reference, points=points, expected=expected)


def _found(subject: Subject, assignment: Assignment, truth: _Truth) -> Iterator[str]:
    points, expected = truth.points, truth.expected
    if subject.batch is not None and subject.batch != points[0].batch:
        points = hidden_points(replace(assignment, hidden=replace(assignment.hidden, batch=subject.batch)), ELSEWHERE)
        expected = tuple(truth.reference.expected(point) for point in points)
    subject.settle(points[0], expected[0].values)
    if subject.can("forward"):
        right = [{"output": each.values["output"]} for each in expected]
        yield from _unlike(subject.ask("forward", points, ("output",)), right, "the output")
    if subject.can("loss"):
        loss = [{"loss": np.asarray(each.loss)} for each in expected]
        yield from _unlike(subject.ask("loss", points, ("loss",)), loss, "the loss")
    if subject.can("gradient"):
        slopes = [{f"d{name}": value for name, value in each.gradient.items()} for each in expected]
        yield from _unlike(subject.gradient(points), slopes, "the gradient")
    if subject.can("update"):
        yield from _steps(subject, points, expected)
    yield from _effects(subject, points[0])
    yield from _far(subject, points[0])


def _unlike(replies: Sequence[Reply], right: Sequence[dict[str, Array]], what: str) -> Iterator[str]:
    for reply, wanted in zip(replies, right, strict=True):
        if reply.fault is not None:
            yield f"{what}: {RAISES}"
            continue
        for role, value in wanted.items():
            found = reply.values.get(role)
            block = f" of {role[1:]}" if role[:1] == "d" else ""
            if found is None:
                yield f"{what}{block}: no array of that shape"
            elif not agree(found, value, SINGLE):
                yield f"{what}{block}"


def _steps(subject: Subject, points: Sequence[Point], expected: Sequence[Expected]) -> Iterator[str]:
    """A step by the right gradients, where they can be given; by its own else."""
    names = tuple(points[0].params)
    own = not subject.can("update_given")
    extra = [] if own else [{f"d{name}": value for name, value in each.gradient.items()} for each in expected]
    replies = subject.ask("update" if own else "update_given", points, names, extra)
    right = [
        {f"d{n}": point.params[n] - point.learning_rate * each.gradient[n] for n in names}
        for point, each in zip(points, expected, strict=True)
    ]
    renamed = [replace(reply, values={f"d{n}": value for n, value in reply.values.items()}) for reply in replies]
    yield from _unlike(renamed, right, "the step")


def _effects(subject: Subject, point: Point) -> Iterator[str]:
    """Inputs that are overwritten, and results that change, where random numbers go on."""
    roles = {"forward": ("output",), "loss": ("loss",), "gradient": None}
    for name, wanted in roles.items():
        if not subject.can(name):
            continue
        extra = [{"seed_generators": None}] * 2
        one, other = subject.gradient([point] * 2, extra) if wanted is None else subject.ask(
            name, [point] * 2, wanted, extra)  # fmt: skip
        if one.mutated:
            yield f"inputs are overwritten by the {name}"
        if any(not np.array_equal(value, other.values.get(role, value), equal_nan=True)
               for role, value in one.values.items()):  # fmt: skip
            yield f"another {name} the second time"


def _far(subject: Subject, point: Point) -> Iterator[str]:
    """Very large inputs."""
    far = [replace(point, X=FAR * point.X)]
    replies = [subject.ask(name, far, (role,))[0] for name, role in (("forward", "output"), ("loss", "loss"))
               if subject.can(name)]  # fmt: skip
    replies += subject.gradient(far) if subject.can("gradient") else ()
    if any(not np.all(np.isfinite(value)) for reply in replies for value in reply.values.values()):
        yield EXTREME
