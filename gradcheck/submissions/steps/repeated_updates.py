"""Whether one step updates the same parameters several times, as a whole pass over samples or batches does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradcheck.submissions.running.runtime import StopStep
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["updates_again"]

Array = npt.NDArray[np.float64]
# Turns of a loop that are looked at: of the first so many some two concern one parameter.
TURNS = 64


def updates_again(experiment: Experiment) -> bool:
    """Whether an entry of a parameter changes in two turns of one loop inside a step.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.

    Notes
    -----
    A loop over layers, or over the entries of a list, changes each entry once: its step is one update.
    """
    if not experiment.loop.nested:
        return False
    before: dict[int, Array] = {}
    counts: dict[int, Array] = {}
    seen: dict[int, int] = {}

    def look(number: int) -> None:
        seen[number] = seen.get(number, 0) + 1
        if seen[number] > TURNS:
            return
        now = _entries(experiment)
        old = before.get(number, now)
        before[number] = now
        if now.size == old.size:
            counts[number] = counts.get(number, np.zeros(now.size)) + (now != old)
            if np.any(counts[number] > 1):
                raise StopStep

    experiment.restore()
    experiment.runtime.on_turn = look
    try:
        experiment.run(experiment.items[0])
    except Exception:  # a step that is broken behind its loss
        return False
    finally:
        experiment.runtime.on_turn = None
        experiment.restore()
    return any(np.any(changes > 1) for changes in counts.values())


def _entries(experiment: Experiment) -> Array:
    return np.concatenate([np.ravel(np.asarray(place.value, dtype=np.float64)) for place in experiment.places.values()])
