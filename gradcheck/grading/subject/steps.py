"""Gradients read off the steps that a submission makes when it is called, where building its network is not needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.grading.reference.points import Array
from gradcheck.problem import StructureMismatchError
from gradcheck.problem.step_study import Change, is_plain
from gradcheck.problem.update import change_of
from gradcheck.submissions.declared.remote import Answered, Run

__all__ = ["gradient_of", "is_the_same", "step_runs"]

# A step at a rate, and one at half of it.
PARTS = (1.0, 0.5)


def step_runs(names: Sequence[str], given: Mapping[str, Any], rate: float, *, limit: float, loss: bool) -> list[Run]:
    """What is asked for at one point: the two steps, and the loss where there is a call of it.

    Parameters
    ----------
    names : sequence of str
        Parameters.
    given : mapping
        By role, in the form that the code has.
    rate, limit : float
        Learning rate; seconds for each run.
    loss : bool
        Whether a loss that cannot be computed is a fault of the gradient there too.
    """
    ask = tuple(names)
    steps = [Run(name="update", given={**given, "learning_rate": part * rate}, ask=ask, limit=limit) for part in PARTS]
    return [*steps, *([Run(name="loss", given=given, ask=("loss",), limit=limit)] if loss else [])]


def gradient_of(
    names: Sequence[str], given: Mapping[str, Any], answers: Sequence[Answered], rate: float, *, sized: bool = True
) -> dict[str, Array] | None:
    """The gradient by role, in the form of the code; None where steps at that rate do not show it.

    Parameters
    ----------
    names, given, rate
        As for ``step_runs``.
    answers : sequence of Answered
        To its runs.
    sized : bool
        False where it only matters that it consists of numbers: then steps need not be above rounding.
    """
    if any(answered.fault is not None for answered in answers) or not all(answer.found for answer in answers):
        return None
    whole, half = (answered.found for answered in answers[: len(PARTS)])
    if any(name not in found for name in names for found in (whole, half)):
        return None
    try:
        changes = [[change_of(name, given[name], [found[name]]) for name in names] for found in (whole, half)]
    except (StructureMismatchError, ValueError, TypeError):
        return None
    if not (is_plain(*changes) if sized else _are_numbers(*changes)):
        return None
    return {
        f"d{name}": (-change.delta / rate).astype(change.dtype) for name, change in zip(names, changes[0], strict=True)
    }


def _are_numbers(*changes: Sequence[Change]) -> bool:
    return all(np.all(np.isfinite(change.delta)) for steps in changes for change in steps)


def is_the_same(one: Mapping[str, Array], other: Mapping[str, Array] | None) -> bool:
    """Bit for bit."""
    return other is not None and all(
        value.dtype == other[role].dtype and np.array_equal(value, other[role]) for role, value in one.items()
    )
