"""Disagreements that differences alone must not settle, and blocks that nothing settled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check
from reference_impls import catalogue


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.5, "FAIL")])
def test_noise_without_another_oracle(factor: float, verdict: str) -> None:
    """Steps must be large here, and nothing can differentiate a Fourier transform: a gross error still fails."""
    size = 16

    def loss(w: Any) -> Any:
        return 3e4 + np.sum(np.abs(np.fft.fft(w)) ** 2)

    def gradient(w: Any) -> Any:
        return factor * 2.0 * size * w  # Parseval: the loss is size * sum(w**2)

    start = np.random.default_rng(1).standard_normal(size)
    report = check(Problem(loss, gradient, start))
    assert report.verdict.name == verdict, report.reason
    assert report.oracle == "finite-difference"


def test_a_block_that_nothing_resolves_is_named() -> None:
    """A block of hidden influence, at any size of the weights, is not called checked."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((5, 3))

    def loss(p: Any) -> Any:
        return np.sum((inputs @ p["seen"]) ** 2) + 1e-13 * np.sum(np.sin(p["faint"]))

    def gradient(p: Any) -> Any:
        return {"seen": 2.0 * inputs.T @ (inputs @ p["seen"]), "faint": 0.5e-13 * np.cos(p["faint"])}  # half is missing

    report = check(Problem(loss, gradient, {"seen": rng.standard_normal(3), "faint": rng.standard_normal(4)}))
    assert report.verdict.name == "PASS"
    finding = report.finding("block-not-resolved")
    assert finding is not None
    assert "faint" in finding.message
    assert "seen" not in finding.message


@pytest.mark.parametrize("seed", [0, 1, 2, 32])  # with 0, 2 and 32 nothing is claimed at a fresh point
def test_dead_outputs_acquit_nobody(seed: int) -> None:
    """A third of the gradient, behind ReLU outputs: where all are dead nothing is claimed, and that is no match."""
    variant = next(variant for variant in catalogue().variants if variant.id == "003-published-relu-bce")
    reference = variant.build(batch=9, hidden=6, outputs=3, seed=seed)
    problem = Problem(reference.loss, reference.gradient, reference.params)
    report = check(problem, rng=seed, config=CheckConfig(better_point=False))
    assert report.verdict.name == "FAIL", report.reason
