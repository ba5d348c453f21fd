"""What is measured: one problem, as gradcheck takes it and as a function of a flat vector, with its calls counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from networks.bugs import Bug
from networks.cases import RightCase
from networks.network import Network, Parts, build_network, parts_of
from networks.running import Calls, counted
from networks.specification import Specification

__all__ = ["Subject", "baseline_seconds", "flat_subject", "of_bug", "of_case", "of_network"]

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A problem in both forms; either form counts into ``calls``.

    Attributes
    ----------
    parts : Parts
        Loss, gradient and parameters by name.
    loss, gradient : callable
        Of a flat vector, shape (parameters,).
    theta : ndarray, shape (parameters,)
    calls : Calls
    """

    parts: Parts
    loss: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector]
    theta: Vector
    calls: Calls

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.theta.size


def of_network(spec: Specification, kind: type[Network] | None = None) -> Subject:
    """A network; ``kind`` is a class with a bug."""
    named, calls = counted(parts_of(*build_network(spec, kind)))
    flat = parts_of(*build_network(replace(spec, structure="flat"), kind))
    return _subject(named, flat, calls)


def of_bug(bug: Bug) -> Subject:
    """A network with a bug."""
    return of_network(bug.spec, bug.kind())


def of_case(case: RightCase) -> Subject:
    """A right network."""
    assert case.spec is not None
    return of_network(case.spec)


def _subject(named: Parts, flat: Parts, calls: Calls) -> Subject:
    return flat_subject(named, flat.loss, flat.gradient, flat.params, calls)


def flat_subject(named: Parts, loss: Any, gradient: Any, theta: Any, calls: Calls) -> Subject:
    """Both forms of one problem."""

    def counted_loss(vector: Vector) -> float:
        calls.note("loss")
        return float(loss(np.asarray(vector, dtype=theta.dtype)))

    def counted_gradient(vector: Vector) -> Vector:
        calls.note("gradient")
        return np.asarray(gradient(np.asarray(vector, dtype=theta.dtype)), dtype=np.float64)

    return Subject(
        parts=named, loss=counted_loss, gradient=counted_gradient, theta=theta.astype(np.float64), calls=calls
    )


def baseline_seconds(subject: Subject, repetitions: int) -> tuple[float, float]:
    """Median times, seconds: of one gradient and two losses, and of one loss."""
    whole, losses = [], []
    for _ in range(repetitions):
        start = time.perf_counter()
        subject.gradient(subject.theta)
        middle = time.perf_counter()
        subject.loss(subject.theta)
        subject.loss(subject.theta)
        end = time.perf_counter()
        whole.append(end - start)
        losses.append((end - middle) / 2.0)
    return statistics.median(whole), statistics.median(losses)
