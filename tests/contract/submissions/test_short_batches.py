"""Batches that are not all of one size: a number of samples from a constant is wrong in the odd one alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

SIZE = 12
rng = np.random.default_rng(3)
X = rng.normal(size=({samples}, 4))
T = np.eye(3)[rng.integers(0, 3, {samples})]
A, a = 0.5 * rng.normal(size=(4, 6)), np.zeros(6)
B, b = 0.5 * rng.normal(size=(6, 3)), np.zeros(3)


def batches(order):
    for i in range(0, len(order), SIZE):
        yield X[order[i:i + SIZE]], T[order[i:i + SIZE]]


def one(x, t, rate):
    global A, a, B, b
    h = np.tanh(x @ A + a)
    p = np.exp(h @ B + b)
    p = p / p.sum(axis=1, keepdims=True)
    {loss}
    d = (p - t) / {count}
    e = d @ B.T * (1 - h * h)
    A, a = A - {rate} * (x.T @ e), a - {rate} * e.sum(axis=0)
    B, b = B - {rate} * (h.T @ d), b - {rate} * d.sum(axis=0)
    {end}


for epoch in range(4):
    order = rng.permutation(len(X))
    {loop}
"""
COMPUTED = {"loss": "loss = -np.sum(t * np.log(p)) / len(x)", "end": "return loss"}
IMPLIED = {"loss": "", "end": ""}
GENERATOR = "for x, t in batches(order):\n        one(x, t, 0.2)"
RANGE = "for i in range(0, len(X), SIZE):\n        one(X[order[i:i + SIZE]], T[order[i:i + SIZE]], 0.2)"


def _checked(folder: Path, **parts: str) -> CheckReport:
    file = folder / "program.py"
    file.write_text(PROGRAM.format(**{"rate": "rate", **parts}), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("loop", [GENERATOR, RANGE])
@pytest.mark.parametrize("loss", [COMPUTED, IMPLIED])
def test_constant_is_wrong_in_the_last_batch(tmp_path: Path, loop: str, loss: dict[str, str]) -> None:
    """Of 94 samples the eighth batch has ten: further on than what a loop shows at its beginning."""
    report = _checked(tmp_path, samples="94", count="SIZE", loop=loop, **loss)
    assert report.verdict.name == "FAIL"
    assert "short-batch" in [finding.id for finding in report.findings]


@pytest.mark.parametrize(("samples", "count"), [("94", "len(x)"), ("96", "SIZE")])
@pytest.mark.parametrize("loss", [COMPUTED, IMPLIED])
def test_right_in_every_batch_that_there_is(tmp_path: Path, samples: str, count: str, loss: dict[str, str]) -> None:
    """The number of samples at hand is right, and so is a constant where all batches are full."""
    report = _checked(tmp_path, samples=samples, count=count, loop=GENERATOR, **loss)
    assert report.verdict.name == "PASS"
    assert "short-batch" not in [finding.id for finding in report.findings]


SUMMED = {"loss": "loss = -np.sum(t * np.log(p))", "end": "return loss"}


@pytest.mark.parametrize(("rate", "loss"), [("rate / SIZE", IMPLIED), ("rate / len(x)", SUMMED)])
def test_beside_the_rate_it_is_the_length_of_the_step(tmp_path: Path, rate: str, loss: dict[str, str]) -> None:
    """A sum that is descended by the rate over a number of samples is as good a reading as a mean."""
    report = _checked(tmp_path, samples="94", count="1", rate=rate, loop=GENERATOR, **loss)
    assert report.verdict.name == "PASS"
