"""Temporal differences: the target is made of the network's own output, and no derivative is taken of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(6)
A, a, v = 0.5 * rng.normal(size=(3, 5)), np.zeros(5), 0.5 * rng.normal(size=5)
gamma = 0.9


def worth(s):
    h = np.tanh(s @ A + a)
    return h, h @ v


history = []
for turn in range(60):
    s = rng.normal(size=(9, 3))
    after, reward = s + 0.2 * rng.normal(size=s.shape), s[:, 0]
    h, now = worth(s)
    {target}
    history.append(0.5 * np.mean(error ** 2))
    d = error / len(s)
    e = np.outer(d, v) * {slope}
    v -= 0.05 * (h.T @ d)
    A -= 0.05 * (s.T @ e)
    a -= 0.05 * e.sum(axis=0)
"""
DISCOUNTED = "error = now - (reward + gamma * worth(after)[1])"
OTHER_BRANCH = "error = now - worth(after)[1]"
SHIFTED = "error = now - (1.0 + worth(after)[1])"


@pytest.mark.parametrize(
    ("target", "slope", "verdict"),
    [
        (DISCOUNTED, "(1 - h ** 2)", "PASS"),
        (DISCOUNTED, "(1 - h)", "FAIL"),
        (OTHER_BRANCH, "(1 - h ** 2)", "FAIL"),
        (SHIFTED, "(1 - h ** 2)", "FAIL"),
    ],
)
def test_what_is_discounted_is_held(tmp_path: Path, target: str, slope: str, verdict: str) -> None:
    """A branch of two that is forgotten on the way back is no target: neither alone nor beside a margin."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(target=target, slope=slope), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict, report.reason
    assert ("target-held" in [finding.id for finding in report.findings]) is (verdict == "PASS")
