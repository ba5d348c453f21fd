"""A short run of a code's own training, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import TrainingRun
from gradcheck.problem.update import UpdateDriver

__all__ = ["natural_rate", "number_of", "trained"]


def trained(driver: UpdateDriver, steps: int) -> TrainingRun:
    """Steps of the code's own update, one after the other, as far as they go.

    Parameters
    ----------
    driver : UpdateDriver
        In a session.
    steps : int
    """
    rate = natural_rate(driver)
    arrays = driver.values()
    losses: list[float] = []
    error = None
    start = tuple(np.array(array, dtype=np.float64) for array in arrays)
    try:
        for step in range(steps):
            losses.append(number_of(driver.loss([array.copy() for array in arrays])))
            changes = driver.change(arrays, rate, again=step > 0)
            arrays = [(array + change.delta).astype(array.dtype) for array, change in zip(arrays, changes, strict=True)]
    except Exception as raised:  # noqa: BLE001 (the user's code)
        error = f"{type(raised).__name__}: {raised}"[:2000]
    end = tuple(np.array(array, dtype=np.float64) for array in arrays)
    return TrainingRun(losses=tuple(losses), parameters=(start, end), learning_rate=rate, error=error)


def natural_rate(driver: UpdateDriver) -> float:
    """The code's own learning rate, or a usual one."""
    return float(driver._natural)  # noqa: SLF001 (the driver's own)


def number_of(loss: Any) -> float:
    """A loss as one number; NaN where it is none."""
    try:
        return float(np.real(np.asarray(loss).reshape(-1)[0]))
    except (TypeError, ValueError, IndexError):
        return float("nan")
