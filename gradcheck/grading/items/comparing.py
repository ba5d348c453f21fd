"""When two values are the same: tolerances with their reasons, and what is said where they are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.grading.discretion import apart, coarsely, said
from gradcheck.grading.reference.points import Array
from gradcheck.language import tr

__all__ = ["RTOL", "SINGLE", "VALUES", "agree", "common_ratio", "described", "ratio_of"]

# Of gradients: those that are recovered from a step have lost 1e-8 of their size to cancellation.
RTOL = 1e-7
# Of outputs and losses: two ways to compute the same in double precision differ by some thousand roundings of 1e-16,
# and single precision differs by 6e-8.
VALUES = 1e-10
# The same in single precision, whose rounding is 6e-8.
SINGLE = 2e-4
# Ratios of entries that belong to one constant factor.
CONSTANT = 1e-6
# The least scale: what is right may be zero.
TINY = float(np.finfo(float).tiny)


def agree(found: Array, expected: Array, rtol: float = RTOL) -> bool:
    """Whether all entries are the same, relative to the largest expected one.

    Entries near zero are held to the size of the others: they are differences of numbers of that size.
    """
    if found.shape != expected.shape or not np.isfinite(found).all():
        return False
    scale = float(np.abs(expected).max(initial=0.0))
    return bool(np.abs(found - expected).max(initial=0.0) <= rtol * max(scale, TINY))


def ratio_of(found: Array, expected: Array) -> float | None:
    """The constant that one array is of the other; None where it is none, or zero."""
    norm = float(np.sum(expected * expected))
    if found.shape != expected.shape or norm == 0.0 or not np.all(np.isfinite(found)):
        return None
    ratio = float(np.sum(found * expected)) / norm
    scale = float(np.max(np.abs(found), initial=0.0))
    fits = ratio != 0.0 and bool(np.max(np.abs(found - ratio * expected)) <= CONSTANT * scale)
    return ratio if fits else None


def common_ratio(found: Sequence[Array], expected: Sequence[Array]) -> float | None:
    """The constant that holds for all pairs alike."""
    ratios = [ratio_of(a, b) for a, b in zip(found, expected, strict=True)]
    known = [ratio for ratio in ratios if ratio is not None]
    if not known or len(known) < len(ratios):
        return None
    return known[0] if np.ptp(known) <= CONSTANT * abs(known[0]) else None


def described(found: Array, expected: Array) -> str:
    """Where two arrays differ most; for students, who are not to know the numbers, in which way they differ."""
    if found.shape != expected.shape:
        return tr("shape {found}, expected {expected}", found=said(str(found.shape)), expected=expected.shape)
    bad = np.flatnonzero(~np.isfinite(found))
    index = int(bad[0]) if bad.size else int(np.argmax(np.abs(found - expected)))
    place = tuple(int(i) for i in np.unravel_index(index, found.shape)) if found.shape else ()
    values = {"found": float(found.ravel()[index]), "expected": float(expected.ravel()[index])}
    if place:
        whole = tr("{found:.6g} at {place}, expected {expected:.6g}", place=list(place), **values)
    else:
        whole = tr("{found:.6g}, expected {expected:.6g}", **values)
    return apart(whole, _in_words(found, expected))


def _in_words(found: Array, expected: Array) -> str:
    """One of a few ways to differ: nothing of it can be read back."""
    if not np.all(np.isfinite(found)):
        return tr("there are values that are no numbers (nan or inf)")
    if agree(found, expected, SINGLE):
        return tr("nearly right, the last digits differ")
    ratio = ratio_of(found, expected)
    if ratio is not None and found.size > 1:
        return tr("{ratio} x what is right", ratio=coarsely(ratio))
    scale = float(np.abs(expected).max(initial=0.0))
    if np.all(np.abs(found - expected) > RTOL * scale):
        return tr("every value is another one") if found.size > 1 else tr("it is another number")
    return tr("some values are others, the rest is right")
