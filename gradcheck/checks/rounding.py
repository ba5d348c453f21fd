"""The precision of numbers: their spacing, and what they show of how they were computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPS", "declared_precision", "fits_float32", "hidden_precision", "numbers_of"]

Vector = npt.NDArray[np.float64]

# Relative spacing of the numbers of each precision (dimensionless).
EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}


def declared_precision(values: list[npt.NDArray[Any]]) -> str:
    """The lowest precision of the types that arrays come in."""
    dtypes = {str(value.dtype) for value in values if value.dtype.kind == "f"}
    return next((name for name in ("float16", "float32") if name in dtypes), "float64")


def numbers_of(flat: Vector) -> set[float]:
    """Numbers other than 0 of a vector, spread over it: enough to tell their precision, whatever its size."""
    return set(flat[:: max(1, flat.size // 256)].tolist()) - {0.0}


def hidden_precision(numbers: set[float]) -> str:
    """float32 when all of at least three float64 numbers fit in 24 bits of mantissa, and one needs more than 12.

    A float64 computation gives such numbers by chance with probability ``2**-29`` each; short ones (0.5, 3) are common.
    """
    fits = len(numbers) >= 3 and fits_float32(numbers)
    return "float32" if fits and not all(_fits(number, 12) for number in numbers) else "float64"


def fits_float32(numbers: set[float]) -> bool:
    """Whether each number has at most the 24 bits of mantissa that a float32 has."""
    return all(_fits(number, 24) for number in numbers)


def _fits(number: float, bits: int) -> bool:
    return (math.frexp(number)[0] * 2.0**bits).is_integer()
