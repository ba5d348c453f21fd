"""When two values are the same."""

import ast
from typing import Any

import numpy as np
import pytest

from gradcheck.grading.discretion import Discretion, plain
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
    """By its index, to staff."""
    wrong = ARRAY.copy()
    wrong[1, 0] = 0.5
    assert plain(described(wrong, ARRAY)) == "0.5 at [1, 0], expected 0"
    assert plain(described(np.array(2.0), np.array(1.0))) == "2, expected 1"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (ARRAY * np.nan, "there are values that are no numbers (nan or inf)"),
        (ARRAY + 1e-5, "nearly right, the last digits differ"),
        (ARRAY * 0.123456, "0.12 x what is right"),
        (ARRAY * -1.0, "-1 x what is right"),
        (ARRAY + 1.5, "every value is another one"),
        (np.where(ARRAY > 2.0, 0.123456, ARRAY), "some values are others, the rest is right"),
        (0.123456, "it is another number"),
    ],
    ids=["nan", "nearly", "constant", "sign", "all", "some", "one"],
)
def test_students_are_told_how_values_differ(wrong: Any, words: str) -> None:
    """In one of a few ways, and by no number that came."""
    expected = ARRAY if np.ndim(wrong) else np.array(2.0)
    assert Discretion("", ast.parse(""), ()).shown(described(np.asarray(wrong), expected)) == words


def test_wilson() -> None:
    """Never outside of 0 and 1, and wider for fewer runs (Wilson's own formula, by hand)."""
    assert wilson_interval(0, 5) == (0.0, pytest.approx(0.4345, abs=1e-4))
    assert wilson_interval(5, 5) == (pytest.approx(0.5655, abs=1e-4), 1.0)
    low, high = wilson_interval(50, 100)
    assert low == pytest.approx(0.4038, abs=1e-4)
    assert high == pytest.approx(0.5962, abs=1e-4)
