"""A tolerance that somebody asked for: a wide one is told, and one that leaves nothing to compare passes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckReport, Problem, Severity, Verdict, check


def checked(
    factor: float, *, size: float = 1.0, seed: int = 0, dtype: type = np.float64, **tolerance: float
) -> CheckReport:
    """Two blocks whose claimed gradient is off by a factor, of a loss of some size."""
    start = {"w": np.array([[0.3, -0.8], [1.1, 0.4]], dtype), "b": np.array([0.2, -0.5], dtype)}
    scale = dtype(size)

    def loss(p: Any) -> Any:
        return scale * (np.sum(np.sin(p["w"])) + np.sum(p["b"] ** 2))

    def gradient(p: Any) -> Any:
        made = {"w": scale * np.cos(p["w"]), "b": 2 * scale * p["b"]}
        return {name: (factor * value).astype(dtype) for name, value in made.items()}

    return check(Problem(loss, gradient, start), rng=seed, **tolerance)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("rtol", [2.0, 5.0, 1e6])
def test_nothing_passes_within_a_tolerance_as_wide_as_the_gradient(rtol: float, factor: float, seed: int) -> None:
    """Right or wrong, whatever directions were drawn: what compared nothing is no pass."""
    report = checked(factor, seed=seed, rtol=rtol)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.finding("tolerance-too-wide") is not None
    assert f"rtol={rtol:.3g}" in report.reason


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("factor", [0.5, 0.0])
def test_half_a_gradient_does_not_pass_within_a_half(factor: float, seed: int) -> None:
    """Directions along which it would are told as too few, not as agreement."""
    assert checked(factor, seed=seed, rtol=0.5).verdict is not Verdict.PASS


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.5, "FAIL"), (0.0, "INCONCLUSIVE")])
def test_an_absolute_tolerance_over_small_gradients(factor: float, verdict: str) -> None:
    """1e-8 would swallow a gradient of 1e-10: blocks are compared by their own size, and of zeros no size is known."""
    report = checked(factor, size=1e-10, atol=1e-8)
    assert report.verdict.name == verdict, report.reason


def test_a_wide_one_is_told() -> None:
    """It passes, with what it costs; a tenth off is within it."""
    report = checked(1.1, rtol=0.2)
    assert report.verdict is Verdict.PASS
    finding = report.finding("wide-tolerance")
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert "rtol=0.2" in finding.message
    assert "rtol=1e-06" in finding.message
    assert report.finding("block-not-resolved") is None  # its reason would be another


@pytest.mark.parametrize("tolerance", [{}, {"rtol": 1e-3}, {"rtol": 1e-9}, {"atol": 1e-6}], ids=str)
def test_others_are_not(tolerance: dict[str, float]) -> None:
    """Where a hundredth still shows nothing is said."""
    report = checked(1.0, **tolerance)
    assert report.verdict is Verdict.PASS
    assert report.finding("wide-tolerance") is None


def test_what_16_bits_need_is_not_told() -> None:
    """The default of a precision is nobody's wish."""
    report = checked(1.0, dtype=np.float16)
    assert report.finding("wide-tolerance") is None
    assert report.finding("tolerance-too-wide") is None
