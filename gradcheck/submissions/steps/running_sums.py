"""Arrays that a step adds to and that nothing reads but an update: gradients that are summed up and never cleared.

Such a sum grows by the same amount in every step from the same parameters, however large it is already. It is no
parameter: that which it is applied to is. Where a training begins it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.numbers import copied, copied_if_there, like
from gradcheck.submissions.steps.places import Place
from gradcheck.submissions.steps.trials import Trials

__all__ = ["only_tallies", "running_sums"]

Array = npt.NDArray[Any]
# Growths of one amount differ by the rounding of the sum: by a few spacings of the numbers that it is kept in, if more.
AGREEMENT, SPACINGS = 1e-9, 16


def only_tallies(experiment: Experiment, rng: np.random.Generator) -> bool:
    """Whether all that a turn moves are single numbers, by whole ones wherever they are: a place in a game, a score.

    No derivative is so, but that of a line, and no learning rate is beside it.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    rng : numpy.random.Generator
    """
    if experiment.rates.own is not None or any(np.ndim(place.value) for place in experiment.places.values()):
        return False
    changes = [experiment.claimed(experiment.random_values(rng), 1.0) for _ in range(2)]
    moves = np.array([float(change) for changed in changes for change in changed.values()])
    # The difference of two numbers near them is off by rounding.
    return bool(np.all(np.abs(moves - np.round(moves)) <= AGREEMENT))


def running_sums(experiment: Experiment, changed: Sequence[Place], log: Log) -> list[Place]:
    """Those of some places that only add up what the step computes from others; none where nothing else is left.

    Parameters
    ----------
    experiment : Experiment
    changed : sequence of Place
        What a step changes, as it stands when the loop is entered.
    log : Log
        What that step reported.
    """
    experiment.restore()
    held = {id(place.value) for place in changed}
    applying = {site for site, target, _ in log.updated if id(target) in held}
    adding = [place for place in changed if _is_added_to(place, log)]
    growths = _growths(experiment, adding, [np.zeros(np.shape(place.value)) for place in adding])
    found = []
    for place, growth in zip(adding, growths, strict=True):
        if growth is None or not np.any(growth):
            continue
        again = _growths(experiment, [place], [growth])[0]
        close = max(AGREEMENT, SPACINGS * _spacing(place.value))
        if again is not None and np.allclose(again, growth, rtol=close, atol=close * np.max(np.abs(growth))):
            found.append(place)
    alone = Trials(experiment, experiment.items)  # a second step reads what the first one has applied
    found = [place for place in found if not _matters(alone, place, applying)]
    others = [place for place in changed if place not in found]
    if not found or not any(_matters(alone, place, applying) for place in others):
        return []
    return [place for place in found if _is_applied(experiment, place, others)]


def _spacing(value: Any) -> float:
    dtype = np.asarray(value).dtype
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _matters(alone: Trials, place: Place, applying: set[int]) -> bool:
    """Whether it is computed with; what only breaks off behind the update is not."""
    try:
        return alone.matters(place, apart=applying)
    except Exception:  # a root of a sum of squares that was made negative, and what is drawn by such parameters
        return False


def _is_applied(experiment: Experiment, place: Place, others: Sequence[Place]) -> bool:
    """Whether what a place holds goes into an update of others: a loss that is added up to be shown does not."""
    none = [np.zeros(np.shape(other.value)) for other in others]
    larger = np.ones(np.shape(place.value))
    without = _growths(experiment, [place, *others], [0.0 * larger, *none])[1:]
    beside = _growths(experiment, [place, *others], [larger, *none])[1:]
    return any(
        a is not None and b is not None and not np.array_equal(a, b) for a, b in zip(without, beside, strict=True)
    )


def _is_added_to(place: Place, log: Log) -> bool:
    """Whether the step adds something to what a place holds; whose sum that becomes is seen from its growth."""
    value = place.value
    return any(target is value and np.shape(added) == np.shape(value) for _, target, added in log.updated)


def _growths(experiment: Experiment, places: Sequence[Place], offsets: Sequence[Array]) -> list[Array | None]:
    """By how much a step changes each place, if it begins so much higher; None where it cannot be told."""
    experiment.restore()
    own, before = [place.value for place in places], []
    for place, offset in zip(places, offsets, strict=True):
        start = copied(place.value) + offset
        place.value = like(place.value, start)
        before.append(start)
    try:
        experiment.run(experiment.items[0])
        after = [copied_if_there(place) for place in places]
    except Exception:  # of no use to it
        after = [None] * len(before)
    finally:
        experiment.restore()
        for place, value in zip(places, own, strict=True):  # the same object: others are compared with it
            place.value = value
    return [None if b is None or b.shape != a.shape else b - a for a, b in zip(before, after, strict=True)]
