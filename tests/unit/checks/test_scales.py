"""Parameters far from unit scale: right gradients never fail, wrong ones never pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckReport, Problem, check

START = np.array([0.3, 1.2, -0.7])
WEIGHTS = np.array([1.0, 2.0, 3.0])


def _report(scale: Any, factor: Any = 1.0) -> CheckReport:
    """``sum(c sin(w / s))`` at ``0.3 s, 1.2 s, -0.7 s``, its gradient times a factor."""

    def loss(w: Any) -> Any:
        return np.sum(WEIGHTS * np.sin(w / scale))

    def gradient(w: Any) -> Any:
        return factor * WEIGHTS * np.cos(w / scale) / scale

    return check(Problem(loss, gradient, START * scale))


@pytest.mark.parametrize("exponent", [-150, -30, -12, -8, -4, 4, 8, 30, 150])
def test_a_loss_may_live_at_the_scale_of_its_parameters(exponent: int) -> None:
    """A step of unit scale would cross a whole period of it, and a better point of unit scale a billion of them."""
    report = _report(10.0**exponent)
    assert report.verdict.name == "PASS"
    assert report.evaluations.loss <= 7


@pytest.mark.parametrize("exponent", [-30, -12, -8, 8, 30])
@pytest.mark.parametrize("factor", [-1.0, 0.5, 1.01, 1.0001])
def test_wrong_gradients_fail_at_any_scale(exponent: int, factor: float) -> None:
    """The same steps tell them."""
    assert _report(10.0**exponent, factor).verdict.name == "FAIL"


MIXED = np.array([1e-6, 1.0, 1e6])


def test_scales_mixed_in_one_array_are_left_open() -> None:
    """No one step suits all of its entries: that large ones see nothing of the smallest is not held against it."""
    assert _report(MIXED).verdict.name == "INCONCLUSIVE"


@pytest.mark.parametrize("entry", range(3))
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 1.01])
def test_a_wrong_entry_among_mixed_scales_never_passes(entry: int, factor: float) -> None:
    """Wherever it is."""
    factors = np.ones(3)
    factors[entry] = factor
    assert _report(MIXED, factors).verdict.name in {"FAIL", "INCONCLUSIVE"}


def _of_blocks(small: float, large: float, factors: dict[str, float]) -> CheckReport:
    """``sum(sin(a / small)) + sum(sin(b / large))``, the gradient of each block times its factor."""
    drawn = np.random.default_rng(0).normal(size=(2, 4))

    def loss(p: Any) -> Any:
        return np.sum(np.sin(p["a"] / small)) + np.sum(np.sin(p["b"] / large))

    def gradient(p: Any) -> Any:
        scales = {"a": small, "b": large}
        return {name: factors[name] * np.cos(p[name] / scale) / scale for name, scale in scales.items()}

    return check(Problem(loss, gradient, {"a": small * drawn[0], "b": large * drawn[1]}))


SCALES = [(1e-9, 1e3), (1e-9, 1e9), (1e-12, 1.0), (1e-12, 1e9), (1e-6, 1e9)]


@pytest.mark.parametrize(("small", "large"), SCALES)
def test_blocks_may_live_at_scales_far_apart(small: float, large: float) -> None:
    """A step that is small beside all parameters together is not large beside one block."""
    assert _of_blocks(small, large, {"a": 1.0, "b": 1.0}).verdict.name == "PASS"


@pytest.mark.parametrize(("small", "large"), SCALES)
@pytest.mark.parametrize("wrong", ["a", "b"])
@pytest.mark.parametrize("factor", [-1.0, 0.5, 1.01])
def test_a_wrong_block_is_told_from_one_at_another_scale(small: float, large: float, wrong: str, factor: float) -> None:
    """The block that is wrong fails, and no other."""
    report = _of_blocks(small, large, {"a": 1.0, "b": 1.0, wrong: factor})
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == [wrong]
