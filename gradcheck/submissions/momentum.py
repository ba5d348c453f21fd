"""Buffers of momentum: with all of them at zero, as when a training begins, a step is one of plain gradient descent.

A buffer is a moving sum of gradients: after a second step from the same parameters it has changed by a fraction below
one of what it was after the first. One that grows by the whole of it (gradients added up and never cleared) is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from gradcheck.records import Finding, Severity
from gradcheck.submissions.numbers import copied, copied_if_there, like, moved
from gradcheck.submissions.places import Place

__all__ = ["MOMENTUM", "momentum_buffers"]

AGREEMENT = 1e-6
MOMENTUM = Finding(
    id="momentum",
    severity=Severity.INFO,
    message="A step adds momentum: the gradient was read off the first step, whose buffers are still zero.",
)


def momentum_buffers(
    others: Sequence[Place],
    shapes: Collection[tuple[int, ...]],
    step: Callable[[], None],
    restore: Callable[[], None],
    hold: Callable[[], None],
) -> list[Place]:
    """Those of some places that, emptied, gather a fading sum of gradients.

    They may be zero, or hold what steps before have put there: arrays of a parameter's shape that a step changes.

    Parameters
    ----------
    others : sequence of Place
        Everything but the parameters.
    shapes : collection of tuple of int
        The parameters'.
    step : callable
        One step of the training.
    restore : callable
        Puts everything back to where the training begins.
    hold : callable
        Puts the parameters alone back.
    """
    restore()
    zero = [place for place in others if np.ndim(place.value) and not np.any(copied(place.value))]
    filled = [place for place in others if place not in zero and np.shape(place.value) in shapes]
    before = [copied(place.value) for place in filled]
    step()
    filled = [place for place, a in zip(filled, before, strict=True) if moved(a, copied_if_there(place))]
    restore()
    for place in filled:
        place.value = like(place.value, np.zeros(np.shape(place.value)))
    zero += filled
    if not zero:
        return []
    step()
    first = [copied_if_there(place) for place in zero]
    hold()
    step()
    second = [copied_if_there(place) for place in zero]
    restore()
    return [place for place, a, b in zip(zero, first, second, strict=True) if _fades(a, b)]


def _fades(first: Any, second: Any) -> bool:
    if first is None or second is None or first.shape != second.shape or first.dtype.kind != "f" or not np.any(first):
        return False
    moving = first != 0.0
    ratios = second[moving] / first[moving] - 1.0
    steady = float(np.ptp(ratios)) <= AGREEMENT
    return steady and AGREEMENT < float(np.mean(ratios)) < 1.0 - AGREEMENT and not np.any(second[~moving])
