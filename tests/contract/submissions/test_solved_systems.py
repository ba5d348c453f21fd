"""Steps along the solution of a linear system are no gradient descent; a forward pass may solve one all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

NEWTON = """
import numpy as np
from numpy.linalg import {solver} as solved

rng = np.random.default_rng(1)
X = np.column_stack([np.ones(40), rng.normal(size=(40, 2))])
y = (X[:, 1] + rng.normal(size=40) > 0).astype(float)
w = np.zeros(3)
losses = []
for turn in range(6):
    p = 1 / (1 + np.exp(-X @ w))
    losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    g = X.T @ (p - y) / len(y)
    H = (X.T * (p * (1 - p))) @ X / len(y)
    w -= {step}
"""
WHITENED = """
import numpy as np

rng = np.random.default_rng(1)
X, t = rng.normal(size=(20, 3)) @ rng.normal(size=(3, 3)), rng.normal(size=20)
w = rng.normal(size=3)
losses = []
for turn in range(30):
    white = np.linalg.solve(np.linalg.cholesky(X.T @ X / 20), X.T).T
    e = white @ w - t
    losses.append(np.mean(e ** 2))
    w -= 0.1 * white.T @ e * 2 / 20
"""


@pytest.mark.parametrize(("solver", "step"), [("solve", "solved(H, g)"), ("inv", "0.5 * solved(H) @ g")])
def test_newton_steps_are_no_wrong_gradient(tmp_path: Path, solver: str, step: str) -> None:
    """The loss goes down by the right steps: what is applied says nothing of the gradient."""
    file = tmp_path / "program.py"
    file.write_text(NEWTON.format(solver=solver, step=step), encoding="utf-8")
    with pytest.raises(SubmissionError, match="solution of a linear system"):
        check_file(file)


def test_a_forward_pass_may_solve(tmp_path: Path) -> None:
    """What is compared depends on that solution, and the gradient is one."""
    file = tmp_path / "program.py"
    file.write_text(WHITENED, encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == "PASS", report.reason
