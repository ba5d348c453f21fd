"""Directional derivatives from one complex evaluation: no step to choose, and no kink that could be crossed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.problem.driver import Driver, OracleUnavailableError, Traceable

__all__ = ["STEP", "directional_derivative"]

# Relative to the size of a parameter's largest entry (units of the parameter over units of the direction). Its square,
# by which the real part is off, is far below the round-off of anything that the loss adds it to.
STEP = 1e-20


def directional_derivative(driver: Driver, arrays: Sequence[Any], direction: Sequence[Any]) -> float:
    """The slope of the loss along a direction.

    Parameters
    ----------
    driver : Driver
        Evaluates the loss at complex arrays; one whose code holds its parameters in real arrays must be ``Traceable``,
        so that complex ones can take their place.
    arrays : sequence of ndarray
        The point, one array a block.
    direction : sequence of ndarray
        One array a block, in the block's shape and units.

    Returns
    -------
    float
        ``sum_k <dL/dp_k, direction_k>``, in units of the loss.

    Raises
    ------
    OracleUnavailableError
        If the code cannot compute with complex numbers, drops an imaginary part (``ComplexWarning``), returns a real
        number or more than one, or the slope is not finite.

    Notes
    -----
    ``L(p + i h v) = L(p) + i h <grad L, v> + O(h^2)``, so that the imaginary part over ``h`` is the slope, with an
    error of order ``h^2`` and no cancellation. It holds for code that is analytic in its parameters: ``abs``, ``norm``,
    ``sign``, ``maximum`` and conjugation are not, and code that uses them may be wrong here without any sign of it.
    Trust the slope only where it agrees with a finite difference. The state of the code is not put back.

    References
    ----------
    W. Squire, G. Trapp, Using Complex Variables to Estimate Derivatives of Real Functions, SIAM Review 40 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.problem import Problem
    >>> problem = Problem(lambda p: np.exp(p).sum(), lambda p: np.exp(p), np.array([0.0, 1.0]))
    >>> round(directional_derivative(problem.driver, problem.values(), [np.array([1.0, 0.0])]), 12)
    1.0
    """
    size = max((float(np.max(np.abs(array), initial=0.0)) for array in arrays), default=0.0)
    step = STEP * (size or 1.0)
    points = [
        np.asarray(array, dtype=np.float64) + 1j * step * np.asarray(part, dtype=np.float64)
        for array, part in zip(arrays, direction, strict=True)
    ]
    loss = np.asarray(_complex_loss(driver, points))
    if loss.size != 1 or loss.dtype.kind != "c":
        raise OracleUnavailableError(
            tr(
                "the loss at complex parameters has dtype {dtype} and shape {shape}, not one complex number: "
                "somewhere the code keeps the real part only",
                dtype=loss.dtype,
                shape=loss.shape,
            )
        )
    slope = float(loss.imag.item()) / step
    if not np.isfinite(slope):
        raise OracleUnavailableError(tr("the loss at complex parameters is not finite"))
    return slope


def _complex_loss(driver: Driver, points: list[Any]) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            return driver.traced_loss(points) if isinstance(driver, Traceable) else driver.loss(points)
        except OracleUnavailableError:
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            message = tr("the loss cannot be computed with complex parameters: {error}", error=told)
            raise OracleUnavailableError(message) from error
