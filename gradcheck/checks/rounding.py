"""The precision of numbers: their spacing, and what they show of how they were computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPS", "hidden_precision", "precision_of"]

Vector = npt.NDArray[np.float64]

# Relative spacing of the numbers of each precision (dimensionless).
EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}


def precision_of(values: list[npt.NDArray[Any]], flat: Vector) -> str:
    """The lowest precision that arrays come in, or that the numbers of all of them (``flat``) show."""
    dtypes = {str(value.dtype) for value in values if value.dtype.kind == "f"}
    for name in ("float16", "float32"):
        if name in dtypes:
            return name
    sample = flat[:: max(1, flat.size // 256)]  # enough to tell, whatever the size
    return hidden_precision(set(sample.tolist()) - {0.0})


def hidden_precision(numbers: set[float]) -> str:
    """float32 when all of at least three float64 numbers fit in 24 bits of mantissa, and one needs more than 12.

    A float64 computation gives such numbers by chance with probability ``2**-29`` each; short ones (0.5, 3) are common.
    """
    fits = len(numbers) >= 3 and all(_fits(number, 24) for number in numbers)
    return "float32" if fits and not all(_fits(number, 12) for number in numbers) else "float64"


def _fits(number: float, bits: int) -> bool:
    return (math.frexp(number)[0] * 2.0**bits).is_integer()
