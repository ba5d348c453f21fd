"""What is worked out of a submission's text is worked out in this process: nothing in it may ask for all memory."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.diagnosis.repair.evaluate import Unknown, evaluate


@pytest.mark.parametrize("text", ["[0.0] * 10**12", "100000000000 * [0.0]", "'a' * 99999999999"])
def test_lists_without_end_are_unknown(text: str) -> None:
    """A text may ask for any length."""
    with pytest.raises(Unknown):
        evaluate(text, {})


def test_short_lists_and_joined_arrays_are_known() -> None:
    """Errors begun at zero, gates side by side."""
    values = {"n": 3.0, "a": np.ones((2, 2)), "b": np.full((2, 1), 2.0)}
    assert evaluate("[0.0] * n", values) == (0.0, 0.0, 0.0)
    np.testing.assert_array_equal(evaluate("np.hstack([a, b * 2])", values), [[1.0, 1.0, 4.0], [1.0, 1.0, 4.0]])
