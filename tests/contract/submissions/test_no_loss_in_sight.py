"""Where a loop trains and computes no loss, the refusal says so, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

r = np.random.default_rng(1)
U, V = r.normal(size=(6, 3)), r.normal(size=(8, 3))


def turns(n):
    for _ in range(n):
        i = r.integers(8)
        yield r.integers(6), i, (i + 1 + r.integers(7)) % 8


for u, i, j in turns(300):
    x = U[u] @ (V[i] - V[j])
    {loss}
    c = 1.0 / (1.0 + np.exp(x))
    gu, gv = c * (V[i] - V[j]), c * U[u]
    U[u] += 0.1 * gu
    V[i] += 0.1 * gv
    V[j] -= 0.1 * gv
"""


def test_what_is_lacking_is_said_and_cures_it(tmp_path: Path) -> None:
    """A ranking by pairs: no usual loss has its delta."""
    file = tmp_path / "ranks.py"
    file.write_text(PROGRAM.format(loss=""), encoding="utf-8")
    with pytest.raises(SubmissionError, match="compute the loss in that loop"):
        check_file(file)
    file.write_text(PROGRAM.format(loss="print(np.log(1 + np.exp(-x)))"), encoding="utf-8")
    assert check_file(file).verdict.name == "PASS"
    file.write_text(PROGRAM.format(loss="print(np.log(1 + np.exp(-2 * x)))"), encoding="utf-8")
    assert check_file(file).verdict.name == "FAIL"
