"""Rates that are typed as numbers: one for all updates, or those of their own; a single odd one is in the gradient."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file, diagnose_file
from gradcheck.records import Diagnosis

PROGRAM = """import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
W1, b1 = rng.standard_normal((3, 4)), np.zeros(4)
W2, b2 = rng.standard_normal((4, 2)), np.zeros(2)
small = 0.02
losses = []
for epoch in range(50):
    A = np.tanh(X @ W1 + b1)
    out = A @ W2 + b2
    losses.append(0.5 * np.sum((out - Y) ** 2))
    d2 = out - Y
    d1 = d2 @ W2.T * (1 - A ** 2)
    W2 -= {W2} * A.T @ d2
    b2 -= {b2} * d2.sum(axis=0)
    W1 = W1 - {W1} * X.T @ d1
    b1 += -{b1} * d1.sum(axis=0)
"""


def program(folder: Path, **rates: str) -> Path:
    """The right program with these factors in its updates, 0.1 in the others."""
    path = folder / "program.py"
    path.write_text(PROGRAM.format(**{"W1": "0.1", "b1": "0.1", "W2": "0.1", "b2": "0.1", **rates}), encoding="utf-8")
    return path


RIGHT = {
    "one rate": {},
    "one rate, written otherwise": {"W1": "1e-1", "b2": ".10"},
    "numbers of another type": dict.fromkeys(("W1", "b1", "W2", "b2"), "np.float32(0.1)"),
    "one of another type": {"W1": "float(0.1)", "b2": "np.float64(1e-1)"},
    "a name of another type": dict.fromkeys(("W1", "b1", "W2", "b2"), "np.float32(small)"),
    "two rates, each typed twice": {"W1": "0.02", "b1": "0.02"},
    "four rates": {"W1": "0.1", "b1": "0.2", "W2": "0.3", "b2": "0.4"},
    "two rates, one with a name": {"W1": "small", "b1": "small", "W2": "small", "b2": "small"},
}


@pytest.mark.parametrize("rates", RIGHT.values(), ids=RIGHT)
def test_rates_that_are_meant(rates: dict[str, str], tmp_path: Path) -> None:
    """A right gradient at one rate, or at rates that are not a slip of one number."""
    report = check_file(program(tmp_path, **rates))
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("odd", ["W1", "b1", "W2", "b2"])
def test_a_single_odd_number_counts(odd: str, tmp_path: Path) -> None:
    """The loop has one rate: the block that another number multiplies has that multiple of the gradient."""
    report = check_file(program(tmp_path, **{odd: "0.02"}))
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.FAIL
    assert {block.name for block in report.blocks if block.verdict is Verdict.FAIL} == {odd}
    assert report.block(odd).ratio == pytest.approx(0.2)


def test_the_odd_number_is_named_and_cured(tmp_path: Path) -> None:
    """Its line, and the other updates' number in its place."""
    found = diagnose_file(program(tmp_path, b2="0.02"))
    assert isinstance(found, Diagnosis)
    assert [bug.bug for bug in found.diagnoses] == ["local-constant"]
    assert found.diagnoses[0].blocks == ("b2",)
    assert found.patch_verified
    assert found.patch is not None
    assert "+    b2 -= 0.1 * d2.sum(axis=0)\n" in found.patch
