"""The precision that numbers show."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.integrations.functions import as_computed

NORMAL = np.random.default_rng(0).standard_normal(20)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (NORMAL, "float64"),
        (NORMAL.astype(np.float32).astype(np.float64), "float32"),
        (NORMAL.astype(np.float32), "float32"),
        (np.ldexp(np.rint(np.ldexp(np.frexp(NORMAL)[0], 8)), np.frexp(NORMAL)[1] - 8), "float16"),
        (np.arange(20.0), "float64"),
        (np.array([0.5, 0.25, 3.5]), "float64"),
        (np.array([0.1, 0.2]).astype(np.float32).astype(np.float64), "float64"),
        (np.full(5, np.nan), "float64"),
        (np.empty(0), "float64"),
    ],
    ids=["double", "hidden single", "single", "hidden bfloat16", "whole", "short", "two", "nan", "empty"],
)
def test_precision_is_seen(values: np.ndarray, dtype: str) -> None:
    """Rounded numbers are told from short ones, and nothing is concluded from a few."""
    assert as_computed(values, [NORMAL]).dtype == dtype
    np.testing.assert_array_equal(as_computed(values, [NORMAL]).astype(np.float64), values.astype(np.float64))


def test_short_inputs_explain_short_outputs() -> None:
    """What only passes numbers on is not taken for code of low precision."""
    single = NORMAL.astype(np.float32).astype(np.float64)
    assert as_computed(np.maximum(single, 0.0), [single]).dtype == np.float64
    assert as_computed(np.maximum(single, 0.0), [single, NORMAL]).dtype == np.float32
