"""Central differences written out, entry by entry: what every oracle here is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.problem import Problem

STEP = 1e-6  # truncation about 1e-12, round-off about 1e-10 for losses of order one


def central_differences(loss: Callable[[list[Any]], Any], arrays: Sequence[Any]) -> list[Any]:
    """``(L(p + h e) - L(p - h e)) / 2h`` for every entry e."""
    gradient = []
    for number, array in enumerate(arrays):
        slopes = np.zeros(array.shape)
        for index in np.ndindex(*array.shape):
            values = []
            for sign in (1.0, -1.0):
                moved = [np.array(other, dtype=np.float64) for other in arrays]
                moved[number][index] += sign * STEP
                values.append(float(np.asarray(loss(moved)).item()))
            slopes[index] = (values[0] - values[1]) / (2.0 * STEP)
        gradient.append(slopes)
    return gradient


@pytest.fixture
def assert_differentiated() -> Callable[..., list[Any]]:
    """Compare the traced gradient of a problem with central differences, entry by entry."""

    def compare(problem: Problem, *, tolerance: float = 2e-8) -> list[Any]:
        driver = problem.driver
        driver.begin()
        try:
            traced = true_gradient(driver, driver.values())
            expected = central_differences(driver.loss, driver.values())
        finally:
            driver.end()
        for block, found, wanted in zip(problem.blocks, traced, expected, strict=True):
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=tolerance, err_msg=block.name)
        return traced

    return compare
