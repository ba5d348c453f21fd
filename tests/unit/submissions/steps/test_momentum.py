"""What a first step applies of the gradient, where its buffers are moving averages."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.submissions.steps.momentum import gain_of

G, H = np.array([1.0, -2.0, 0.5]), np.array([[3.0], [0.25]])


@pytest.mark.parametrize("share", [0.1, 0.5, -0.1])
def test_a_moving_average_applies_its_share(share: float) -> None:
    """One minus the decay, whether the step descends the average or climbs it."""
    assert gain_of({"W": share * G, "b": share * H}, [G, H, np.ones(4)]) == pytest.approx(abs(share))


def test_a_corrected_average_applies_all() -> None:
    """Divided by the same share, it is the gradient."""
    assert gain_of({"W": G, "b": H}, [G, H]) == 1.0


def test_shares_that_differ_are_no_average() -> None:
    """Nor is a step that is no multiple of what is averaged, or one without anything averaged."""
    assert gain_of({"W": 0.1 * G, "b": 0.2 * H}, [G, H]) == 1.0
    assert gain_of({"W": 0.1 * np.sign(G)}, [G]) == 1.0
    assert gain_of({"W": 0.1 * G}, []) == 1.0
    assert gain_of({}, [G]) == 1.0
