"""When two values are the same."""

import numpy as np
import pytest

from gradcheck.grading.items.comparing import agree, common_ratio, described, ratio_of
from gradcheck.grading.items.convergence import wilson_interval

ARRAY = np.array([[1.0, -2.0], [0.0, 3.0]])


def test_rounding_agrees_and_errors_do_not() -> None:
    """Relative to the largest entry: a zero need not be exact."""
    assert agree(ARRAY + 1e-12, ARRAY)
    assert not agree(ARRAY + 1e-6, ARRAY)
    assert not agree(ARRAY * np.nan, ARRAY)
    assert not agree(ARRAY[:1], ARRAY)
    assert agree(np.zeros(3), np.zeros(3))


@pytest.mark.parametrize("ratio", [2.0, -1.0, 0.2])
def test_constants(ratio: float) -> None:
    """One constant for all entries, and for all arrays."""
    assert ratio_of(ratio * ARRAY, ARRAY) == pytest.approx(ratio)
    assert common_ratio([ratio * ARRAY, ratio * ARRAY[:1]], [ARRAY, ARRAY[:1]]) == pytest.approx(ratio)
    assert common_ratio([ratio * ARRAY, 3.3 * ARRAY], [ARRAY, ARRAY]) is None
    assert ratio_of(ARRAY + 1.0, ARRAY) is None
    assert ratio_of(0.0 * ARRAY, ARRAY) is None


def test_the_worst_entry_is_told() -> None:
    """By its index."""
    wrong = ARRAY.copy()
    wrong[1, 0] = 0.5
    assert described(wrong, ARRAY) == "0.5 at [1, 0], expected 0"
    assert described(np.array(2.0), np.array(1.0)) == "2, expected 1"


def test_wilson() -> None:
    """Never outside of 0 and 1, and wider for fewer runs (Wilson's own formula, by hand)."""
    assert wilson_interval(0, 5) == (0.0, pytest.approx(0.4345, abs=1e-4))
    assert wilson_interval(5, 5) == (pytest.approx(0.5655, abs=1e-4), 1.0)
    low, high = wilson_interval(50, 100)
    assert low == pytest.approx(0.4038, abs=1e-4)
    assert high == pytest.approx(0.5962, abs=1e-4)
