"""Samples exchanged for others, and variables that a step hands on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck.submissions.recognition.posing import _turned
from gradcheck.submissions.text.handed_on import bound_together


@pytest.mark.parametrize(
    ("item", "other"),
    [
        (np.array([0.0]), [1.0]),
        (np.array([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]),
        (np.array([[1.0], [0.0]]), [[0.0], [1.0]]),
        ([0.25], [0.75]),
        ([1.0, 2.0], [2.0, 1.0]),
        (0.0, 1.0),
        (3, 3),
        (np.array([2, 1]), [2, 1]),
    ],
    ids=str,
)
def test_a_sample_is_turned_into_another_of_its_kind(item: Any, other: Any) -> None:
    """Shares of classes still add up to one; class numbers stay."""
    assert np.asarray(_turned(item)).tolist() == other


def test_pairs_are_turned_one_by_one() -> None:
    """Input and target."""
    first, (second, number) = _turned((np.array([1.0, 2.0]), (np.array([0.0]), 4)))
    assert (first.tolist(), second.tolist(), number) == ([2.0, 1.0], [1.0], 4)


def test_names_of_one_assignment_are_bound_together() -> None:
    """Whatever they are called; single names are not."""

    def step(W: Any, c: Any) -> Any:
        loss, gradient = c(W)
        W = W - gradient
        (W, c), d = (c, W), loss
        return W, c, d

    assert bound_together(step.__code__)[0] == {"loss", "gradient"}
    assert not any("step" in names for names in bound_together(step.__code__))


def test_what_is_read_next_is_not_bound_together() -> None:
    """From Python 3.13 on one instruction may bind a name and read the next."""
    space: dict[str, Any] = {}
    exec("def step(f, x):\n    a, b, c = f; return x", space)
    assert bound_together(space["step"].__code__) == ({"a", "b", "c"},)
