"""The array type that every module of this package speaks, and what a training reports to."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "Params", "Progress", "Report", "Rng", "no_progress", "no_report"]

FloatArray: TypeAlias = NDArray[np.float64]
Params: TypeAlias = dict[str, FloatArray]
Report: TypeAlias = Callable[[int, float], None]
Progress: TypeAlias = Callable[[int, int], None]
Rng: TypeAlias = np.random.RandomState


def no_report(epoch: int, loss: float) -> None:
    """Say nothing where the text prints the loss of an epoch."""


def no_progress(done: int, total: int) -> None:
    """Say nothing about how far a run over many seeds has come."""
