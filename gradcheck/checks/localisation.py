"""Which of many entries are wrong, from a few directional residuals.

The residual of a direction, claimed minus numeric derivative, is ``R(v) = sum_i e_i v_i`` over the wrong entries.
With a random direction ``v`` and the same direction weighted by a code of the position, ``w_i = v_i x_i``, a single
wrong entry ``c`` gives ``R(w) / R(v) = x_c``: two probes name it (syndrome decoding). Several wrong entries are
first separated by splitting a random order of the entries in halves; the residual of one half is the difference of
the other two, so that a split costs two probes. What cannot be told apart within the residuals' errors is measured
again in a smaller window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["TooManyError", "locate"]

Vector = npt.NDArray[np.float64]
Residual = Callable[[Vector], tuple[float, float]]

# A residual is taken for non-zero above this many times its error bound.
SIGNIFICANT = 4.0
# A difference of two residuals that has lost more than this factor of significance is measured afresh.
CANCELLED = 1e3


class TooManyError(Exception):
    """More wrong members than asked for: the error is dense, and should be looked at as a pattern."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """Plain and coded residual of a stretch of the order, each with its error."""

    plain: float
    plain_error: float
    coded: float
    coded_error: float

    @property
    def silent(self) -> bool:
        return abs(self.plain) <= SIGNIFICANT * self.plain_error


def locate(residual: Residual, size: int, rng: np.random.Generator, limit: int) -> list[int]:
    """Indices of the wrong members among ``size``.

    Parameters
    ----------
    residual : callable
        ``residual(weights)`` -> (residual, its error bound) of the direction in which member ``i`` has weight
        ``weights[i]``; ``weights`` has shape (size,).
    size : int
    rng : numpy.random.Generator
    limit : int
        How many to name at most.

    Returns
    -------
    list of int
        In ascending order.

    Raises
    ------
    TooManyError
        If there are more than ``limit``, or they cannot be told apart.

    Examples
    --------
    >>> import numpy as np
    >>> error = np.zeros(1000); error[[17, 400]] = 0.5, -0.2
    >>> locate(lambda v: (float(error @ v), 1e-12), 1000, np.random.default_rng(0), limit=8)
    [17, 400]
    """
    search = _Search(residual, size, rng, limit)
    search.visit(0, size, search.measure(0, size))
    return sorted(int(search.order[position]) for position in search.found)


class _Search:
    def __init__(self, residual: Residual, size: int, rng: np.random.Generator, limit: int) -> None:
        self._residual, self._size, self._limit = residual, size, limit
        self.order = rng.permutation(size)
        self._signs = np.where(rng.random(size) < 0.5, -1.0, 1.0) * (0.75 + 0.5 * rng.random(size))
        self.found: list[int] = []
        self._open = 0

    def measure(self, low: int, high: int) -> _Measured:
        plain, plain_error = self._plain(low, high)
        if abs(plain) <= SIGNIFICANT * plain_error:
            return _Measured(plain, plain_error, 0.0, plain_error)
        code = (np.arange(low, high) - low + 0.5) / (high - low)
        coded, coded_error = self._residual(self._weights(low, high, code))
        return _Measured(plain, plain_error, coded, coded_error)

    def visit(self, low: int, high: int, measured: _Measured) -> None:
        if measured.silent:
            return
        if high - low == 1:
            self._add(low)
            return
        window = self._window(low, high, measured)
        if window is not None and self._alone(low, high, window):
            inner_low, inner_high = window
            if inner_high - inner_low == 1:
                self._add(inner_low)
            else:
                self._open += 1
                self.visit(inner_low, inner_high, self.measure(inner_low, inner_high))
                self._open -= 1
            return
        self._split(low, high, measured)

    def _window(self, low: int, high: int, measured: _Measured) -> tuple[int, int] | None:
        """The positions that a single culprit could have; ``None`` when no single one explains the pair."""
        width = high - low
        quotient = measured.coded / measured.plain
        spread = (measured.coded_error + abs(quotient) * measured.plain_error) / abs(measured.plain) * width
        position = quotient * width - 0.5
        slack = SIGNIFICANT * spread + 1e-9 * width
        if not -0.5 - slack <= position <= width - 0.5 + slack:
            return None
        nearest = int(np.clip(np.rint(position), 0, width - 1))
        if slack < 0.25:
            return (low + nearest, low + nearest + 1) if abs(position - nearest) <= max(slack, 1e-3) else None
        reach = int(np.ceil(slack))
        inner = max(low, low + nearest - reach), min(high, low + nearest + reach + 1)
        return inner if inner[1] - inner[0] < width else None

    def _alone(self, low: int, high: int, window: tuple[int, int]) -> bool:
        """Whether everything outside the window is right."""
        weights = self._weights(low, high, np.ones(high - low))
        weights[self.order[window[0] : window[1]]] = 0.0
        rest, error = self._residual(weights)
        return abs(rest) <= SIGNIFICANT * error

    def _split(self, low: int, high: int, whole: _Measured) -> None:
        self._open += 1
        if self._open + len(self.found) > self._limit + 8:
            raise TooManyError(self._limit)
        middle, width = (low + high) // 2, high - low
        left = self.measure(low, middle)
        self.visit(low, middle, left)
        self._open -= 1
        plain, plain_error = whole.plain - left.plain, whole.plain_error + left.plain_error
        left_coded = left.coded * (middle - low) if not left.silent else 0.0
        coded = (whole.coded * width - left_coded - (middle - low) * plain) / (high - middle)
        coded_error = (whole.coded_error * width + left.coded_error * (middle - low) + (middle - low) * plain_error) / (
            high - middle
        )
        right = _Measured(plain, plain_error, coded, coded_error)
        if not right.silent and abs(plain) < CANCELLED * plain_error:
            right = self.measure(middle, high)
        self.visit(middle, high, right)

    def _add(self, position: int) -> None:
        self.found.append(position)
        if len(self.found) > self._limit:
            raise TooManyError(self._limit)

    def _plain(self, low: int, high: int) -> tuple[float, float]:
        return self._residual(self._weights(low, high, np.ones(high - low)))

    def _weights(self, low: int, high: int, code: Vector) -> Vector:
        weights = np.zeros(self._size)
        members = self.order[low:high]
        weights[members] = self._signs[members] * code
        return weights
