"""The precision that numbers were computed in, where they come in a wider type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_computed"]

# Bits of the significand of each type, and how many of them numbers must need, some of them, to be taken as rounded to
# it: 0.5 and 3.0 are short in every type.
ROUNDED_TO = ((np.dtype(np.float16), 8, 4), (np.dtype(np.float32), 24, 12))
# Numbers fit in 24 bits by chance with probability 2**-29 each, in 8 bits of 24 with 2**-16: so many make it certain.
FEWEST = 3


def as_computed(values: npt.NDArray[Any], inputs: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The same numbers in the narrowest type that their significands show.

    A function that computes in float32 or bfloat16 inside and returns float64 is noisier than its type says.

    Parameters
    ----------
    values : ndarray
        Real numbers of any shape.
    inputs : sequence of ndarray
        What they were computed from: where that is as short, the numbers say nothing (``relu`` of float32 numbers).

    Returns
    -------
    ndarray
        As given, or in float32 where all values are float32 numbers, or in float16 where all have no more than the
        eight bits of bfloat16.
    """
    flat = values[np.isfinite(values) & (values != 0.0)].astype(np.float64, copy=False)
    if flat.size < FEWEST or np.array_equal(flat, np.rint(flat)):
        return values
    significands = np.frexp(flat)[0]
    sources = [np.frexp(array[np.isfinite(array)].astype(np.float64))[0] for array in inputs]
    for dtype, bits, short in ROUNDED_TO:
        narrow = dtype.itemsize < values.dtype.itemsize
        if not narrow or not _fits(significands, bits) or _fits(significands, short) or not _in_range(flat, dtype):
            continue
        if not all(_fits(source, bits) for source in sources):
            return values.astype(dtype)
    return values


def _fits(significands: npt.NDArray[np.float64], bits: int) -> bool:
    scaled = significands * 2.0**bits
    return bool(np.array_equal(scaled, np.rint(scaled)))


def _in_range(values: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> bool:
    return bool(np.max(np.abs(values)) <= np.finfo(dtype).max)
