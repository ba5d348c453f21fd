"""One step of a training loop as the code itself makes it, of one item or of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["natural_step", "updater"]


def natural_step(experiment: Experiment) -> None:
    """One step at the code's own rate, whatever that is; over several samples as for ``Network``.

    Parameters
    ----------
    experiment : Experiment
    """
    updater(experiment)(experiment.step, None)


def updater(experiment: Experiment) -> Callable[[Any, float | None], None]:
    """One step with a given rate; over several samples the sum of the steps that each would make from here.

    Parameters
    ----------
    experiment : Experiment
    """

    def update(_step: Any, rate: float | None) -> None:
        places = list(experiment.places.values())
        if len(experiment.items) == 1:
            experiment.run(experiment.items[0], rate=rate)
            return
        start = [_frozen(place.value) for place in places]
        total = [np.zeros(np.shape(value)) for value in start]
        for item in experiment.items:
            for place, value in zip(places, start, strict=True):
                place.value = _thawed(value)
            experiment.run(item, rate=rate)
            for i, (place, value) in enumerate(zip(places, start, strict=True)):
                total[i] = total[i] + (np.asarray(place.value, dtype=np.float64) - np.asarray(value, dtype=np.float64))
        for place, value, change in zip(places, start, total, strict=True):
            moved = np.asarray(value, dtype=np.float64) + change
            place.value = moved.tolist() if isinstance(value, list) else (moved if np.ndim(value) else float(moved))

    return update


def _frozen(value: Any) -> Any:
    return np.array(value, copy=True) if isinstance(value, np.ndarray) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    return [_thawed(item) for item in value] if isinstance(value, list) else value
