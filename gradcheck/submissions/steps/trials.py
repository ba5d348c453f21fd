"""What a place's value has to do with a step: whether the step moves it at rate zero, and whether it depends on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.submissions.running.runtime import Log, as_number
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.numbers import copied, copied_if_there, digest, like, moved, only_grew, uneven
from gradcheck.submissions.steps.places import Place
from gradcheck.submissions.text.sites import LOSS_NAME

__all__ = ["Trials", "accepts_float64"]


def accepts_float64(experiment: Experiment) -> bool:
    """Whether a step with parameters in low precision can be made with them in float64.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found; it puts them so meanwhile.
    """
    kept = [np.asarray(place.value).dtype for place in experiment.places.values()]
    if not any(dtype.kind == "f" and dtype.itemsize < np.dtype(np.float64).itemsize for dtype in kept):
        return False
    experiment.wide = True
    try:
        return bool(experiment.observe(experiment.values()).notes)
    except Exception:  # it asks for the type that it knows
        return False
    finally:
        experiment.wide = False
        experiment.restore()


class Trials:
    """Steps of an experiment, each from the state in which the loop is entered.

    Attributes
    ----------
    items : tuple
        The loop's items that are tried: all that were captured, unless a step takes too long.
    """

    def __init__(self, experiment: Experiment, items: tuple[Any, ...]) -> None:
        self._experiment, self.items = experiment, items

    def steps(self, *, rate: float | None = None, skip: int = 0) -> list[Log]:
        """One step for each of the first items: of samples the first alone may be (0, 0)."""
        return [self._experiment.run(item, rate=rate) for item in self.items[skip:]]

    def unmoved(self, places: Sequence[Place], *, grown: bool = False) -> list[Place]:
        """Those that a step at rate zero leaves exactly as they are (if ``grown``: but for a shape that broadcasts)."""
        self._experiment.restore()
        before = [copied(place.value) for place in places]
        self.steps(rate=0.0)
        after = [copied_if_there(place) for place in places]
        self._experiment.restore()
        return [
            place
            for place, a, b in zip(places, before, after, strict=True)
            if not moved(a, b) or (grown and only_grew(a, b) and isinstance(place.value, np.ndarray))
        ]

    def moves_at_zero(self, named: Mapping[str, Place]) -> list[bool]:
        """Which of them a step at rate zero moves from other values: buffers of momentum, accumulators."""
        self._experiment.places = dict(named)
        rng = np.random.default_rng(7)
        self._experiment.restore()
        self._experiment.put(self._experiment.random_values(rng))
        before = [copied(place.value) for place in named.values()]
        self.steps(rate=0.0)
        after = [copied_if_there(place) for place in named.values()]
        drifting = [moved(a, b) and not only_grew(a, b) for a, b in zip(before, after, strict=True)]
        self._experiment.restore()
        return drifting

    def _is_stored_array(self, number: int, value: Any) -> bool:
        """An array of one entry that is stored under no loss's name: a bias, not a result."""
        site = self._experiment.runtime.sites[number]
        return site.kind == "store" and bool(np.ndim(value)) and not LOSS_NAME.search(site.name)

    def matters(self, place: Place, *, apart: Collection[int] = ()) -> bool:
        """Whether the step computes something else when this place holds something else; but for sites ``apart``."""
        outcomes = []
        for factor in (1.0, 1.25):
            self._experiment.restore()
            original = place.value
            value = np.array(original, dtype=np.float64)
            place.value = like(original, value * factor + (factor - 1.0) * uneven(value.shape))
            try:
                logs = self.steps(rate=0.0)
            except Exception:
                if np.asarray(original).dtype.kind != "f":  # class numbers, indices
                    return False
                raise
            finally:
                self._experiment.restore()
                place.value = original  # it may be out of the guard's reach
            notes = [note for log in logs for note in log.notes if note[0] not in apart]
            pairs = [pair for log in logs for pair in log.pairs if pair[0] not in apart]
            numbers = [as_number(value) for site, value in notes if not self._is_stored_array(site, value)]
            outcomes.append(repr(numbers) + repr([digest(pair) for pair in pairs]))
        self._experiment.restore()
        return outcomes[0] != outcomes[1]
