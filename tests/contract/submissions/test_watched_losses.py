"""A penalty that the gradient has and the loss has not: of a loss that is only looked at nobody knows what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(4)
X = rng.normal(size=(40, 3))
t = np.sin(X[:, :2])
A, a = 0.5 * rng.normal(size=(3, 6)), np.zeros(6)
B, b = 0.5 * rng.normal(size=(6, 2)), np.zeros(2)


def error():
    return np.mean((np.tanh(X @ A + a) @ B + b - t) ** 2)


curve = []
for turn in range(80):
    {before}
    h = np.tanh(X @ A + a)
    d = 2 * (h @ B + b - t) / t.size
    e = d @ B.T * {slope}
    gB, gA = h.T @ d + 0.01 * B, X.T @ e + 0.01 * A
    A -= 0.1 * gA
    a -= 0.1 * e.sum(axis=0)
    B -= 0.1 * gB
    b -= 0.1 * d.sum(axis=0)
    {after}
"""
KEPT = "curve.append(error())"


@pytest.mark.parametrize(
    ("before", "after", "slope", "verdict"),
    [
        (KEPT, "", "(1 - h * h)", "FAIL"),
        ("", KEPT, "(1 - h * h)", "INVALID"),
        ("", KEPT, "(1 - h)", "FAIL"),
    ],
)
def test_penalty_beside_a_watched_loss(tmp_path: Path, before: str, after: str, slope: str, verdict: str) -> None:
    """What is computed when the update is made already is shown, and says nothing against a penalty."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(before=before or "pass", after=after or "pass", slope=slope), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict, report.reason
