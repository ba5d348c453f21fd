"""Where nothing could be compared the verdict is ``INVALID``, never a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from networks.invalid import NOTHING, WRONG_BEFORE_NUMBERS, W, double, square, zeros

from gradcheck import Problem, Verdict, check


@pytest.mark.parametrize("build", NOTHING.values(), ids=NOTHING)
def test_nothing_compared_is_invalid(build: Callable[[], Problem]) -> None:
    """Empty, zero on both sides, integer, not finite, not reproducible: no pass, and a reason."""
    report = check(build())
    assert report.verdict is Verdict.INVALID, report.reason
    assert len(report.reason) > 15


@pytest.mark.parametrize("gradient", WRONG_BEFORE_NUMBERS.values(), ids=WRONG_BEFORE_NUMBERS)
def test_broken_gradient_fails(gradient: Callable[[Any], Any]) -> None:
    """A gradient that raises, is missing, not finite or of another shape is wrong, not unchecked."""
    assert check(Problem(square, gradient, W)).verdict is Verdict.FAIL


@pytest.mark.parametrize("gradient", [zeros, lambda w: 2e-20 * w], ids=["zero", "tiny"])
def test_zero_on_one_side_fails(gradient: Callable[[Any], Any]) -> None:
    """A gradient of zero where the loss has one is wrong."""
    assert check(Problem(square, gradient, W)).verdict is Verdict.FAIL


def test_gradient_of_a_constant_fails() -> None:
    """A gradient that is claimed where the loss has none is wrong."""
    assert check(Problem(lambda w: 3.0, double, W)).verdict is Verdict.FAIL  # noqa: ARG005


def test_one_zero_block_is_a_finding() -> None:
    """One block that the loss does not use is said, and the others are judged."""
    problem = Problem(
        lambda p: square(p["W"]), lambda p: {"W": 2 * p["W"], "unused": np.zeros(3)}, {"W": W, "unused": np.ones(3)}
    )
    report = check(problem)
    assert report.verdict is Verdict.PASS
    finding = report.finding("zero-gradient-block")
    assert finding is not None
    assert "unused" in finding.message
