"""Whether one array follows another entry by entry, by a function that nobody has to name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.diagnosis.programs.program import Array

__all__ = ["departure", "follows"]

# So many pairs are needed: of fewer, a random order is smooth too often.
FEWEST = 16
# How far neighbours may lie apart, as a part of what two values at random do. A smooth function of N points with a few
# turns has about 6/N of it, what follows something else about 1.
SMOOTH = 0.3
# Relative difference of values that are one.
ONE = 1e-9


def follows(arguments: Sequence[Array], values: Sequence[Array]) -> bool:
    """Whether values are a function of arguments: close where those are close, and no constant.

    Parameters
    ----------
    arguments, values : sequence of ndarray
        Of equal shapes; entries that are NaN are left out.

    Examples
    --------
    >>> x = np.linspace(-2.0, 2.0, 30)
    >>> follows([x], [np.cos(x)]), follows([x], [np.cos(1e4 * x)])
    (True, False)
    """
    x = np.concatenate([np.ravel(each) for each in arguments])
    y = np.concatenate([np.ravel(each) for each in values])
    told = np.isfinite(x) & np.isfinite(y)
    x, y = x[told], y[told]
    if x.size < FEWEST or np.ptp(y) <= ONE * np.abs(y).max():
        return False
    order = np.argsort(x, kind="stable")
    steps = float(np.abs(np.diff(y[order])).mean())
    return bool(steps <= SMOOTH * _apart(y))


def _apart(values: Array) -> float:
    """The mean distance of two of them: in order, each is added as often as others lie below and taken off for above.

    A table of all pairs says the same, and takes minutes where a loop has bound hundreds of arrays.
    """
    below = np.arange(values.size)
    return 2.0 * float(np.sort(values) @ (2.0 * below - values.size + 1.0)) / (values.size * (values.size - 1))


def departure(values: Sequence[Array], expected: Sequence[Array]) -> list[Array]:
    """What is left of values when a multiple of what was expected is taken away, the nearest one of all."""
    y = np.concatenate([np.ravel(each) for each in values])
    e = np.concatenate([np.ravel(each) for each in expected])
    told = np.isfinite(y) & np.isfinite(e)
    square = float(e[told] @ e[told])
    factor = float(e[told] @ y[told]) / square if square else 0.0
    return [value - factor * other for value, other in zip(values, expected, strict=True)]
