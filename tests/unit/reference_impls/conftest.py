"""An independent numeric gradient, so that these tests do not lean on the tool that the networks are to test."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float64]
Loss = Callable[[Mapping[str, Array]], float]


def five_point(loss: Loss, params: Mapping[str, Array], step: float = 1e-4) -> dict[str, Array]:
    """Differentiate `loss` entry by entry; truncation error step^4, far below 1e-6 of a gradient of size one."""
    gradient = {}
    for name, block in params.items():
        slopes = np.zeros_like(block)
        for index in np.ndindex(block.shape):

            def at(offset: float, name: str = name, index: tuple[int, ...] = index) -> float:
                moved = {key: value.copy() for key, value in params.items()}
                moved[name][index] += offset
                return loss(moved)

            slopes[index] = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
        gradient[name] = slopes
    return gradient


@pytest.fixture(scope="session")
def numeric_gradient() -> Callable[[Loss, Mapping[str, Array]], dict[str, Array]]:
    """Differentiate a loss of named arrays by five-point differences."""
    return five_point


@pytest.fixture(scope="session")
def distance() -> Callable[[Array, Array], float]:
    """Relative distance of two arrays, infinite where only the second is zero."""

    def relative(actual: Array, expected: Array) -> float:
        scale = float(np.linalg.norm(expected))
        gap = float(np.linalg.norm(actual - expected))
        return gap / scale if scale > 0 else (0.0 if gap == 0 else np.inf)

    return relative
