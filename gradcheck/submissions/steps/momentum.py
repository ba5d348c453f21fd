"""Buffers of momentum: with all of them at zero, as when a training begins, a step is one of plain gradient descent.

A buffer is a moving sum of gradients: after a second step from the same parameters it has changed by a fraction below
one of what it was after the first. One that grows by the whole of it (gradients added up and never cleared) is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.language import mark
from gradcheck.records import Finding, Severity
from gradcheck.submissions.steps.numbers import copied, copied_if_there, like, moved
from gradcheck.submissions.steps.places import Place

__all__ = ["MOMENTUM", "gain_of", "momentum_buffers"]

AGREEMENT = 1e-6
MOMENTUM = Finding(
    id="momentum",
    severity=Severity.INFO,
    message=mark("A step adds momentum: the gradient was read off the first step, whose buffers are still zero."),
)


def momentum_buffers(
    others: Sequence[Place],
    shapes: Collection[tuple[int, ...]],
    step: Callable[[], None],
    restore: Callable[[], None],
    hold: Callable[[], None],
    later: Callable[[], Sequence[Place]] = tuple,
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
    later : callable
        Asked after a step: places that were not there before.
    """
    restore()
    zero = [place for place in others if np.ndim(place.value) and not np.any(copied(place.value))]
    filled = [place for place in others if place not in zero and np.shape(place.value) in shapes]
    before = [copied(place.value) for place in filled]
    numbers = [place for place in others if np.ndim(place.value) == 0 and not place.value]  # ``v = 0.0``
    step()
    filled = [place for place, a in zip(filled, before, strict=True) if moved(a, copied_if_there(place))]
    zero += [place for place in numbers if place not in filled and _shape_of(place) in shapes]
    made = [place for place in later() if np.shape(place.value) in shapes]
    restore()
    for place in filled:
        place.value = like(place.value, np.zeros(np.shape(place.value)))
    zero += filled + made
    if not zero:
        return []
    step()
    first = [copied_if_there(place) for place in zero]
    hold()
    step()
    second = [copied_if_there(place) for place in zero]
    restore()
    return [place for place, a, b in zip(zero, first, second, strict=True) if _fades(a, b)]


def _shape_of(place: Place) -> tuple[int, ...] | None:
    """Of what a place holds now; None for one number."""
    now = copied_if_there(place)
    return None if now is None or now.ndim == 0 else tuple(now.shape)


def gain_of(change: Mapping[str, Any], averaged: Sequence[Any]) -> float:
    """What share of the gradient a first step applies: ``1 - beta`` of a moving average, 1 of what corrects for that.

    Parameters
    ----------
    change : mapping of str to array
        What a step from empty buffers takes off each parameter, over the learning rate.
    averaged : sequence of array
        What entered moving averages meanwhile.
    """
    shares = [_share(value, [entry for entry in averaged if entry.shape == value.shape]) for value in change.values()]
    if not shares or any(share is None for share in shares):
        return 1.0
    found = [abs(share) for share in shares if share is not None]
    return found[0] if 0.0 < found[0] < 1.0 and max(found) - min(found) <= AGREEMENT * found[0] else 1.0


def _share(value: Any, averaged: Sequence[Any]) -> float | None:
    """The one ratio of an array to one of the others."""
    for entry in averaged:
        if np.any(entry):
            ratio = float(np.sum(value * entry) / np.sum(entry * entry))
            if ratio and np.allclose(
                value, ratio * entry, rtol=AGREEMENT, atol=AGREEMENT * float(np.max(np.abs(value)))
            ):
                return ratio
    return None


def _fades(first: Any, second: Any) -> bool:
    if first is None or second is None or first.shape != second.shape or first.dtype.kind != "f" or not np.any(first):
        return False
    moving = first != 0.0
    ratios = second[moving] / first[moving] - 1.0
    steady = float(np.ptp(ratios)) <= AGREEMENT
    return steady and AGREEMENT < float(np.mean(ratios)) < 1.0 - AGREEMENT and not np.any(second[~moving])
