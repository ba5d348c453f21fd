"""What a training keeps need not be its loss: a mean over all batches, an addend, a formula in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport
from gradcheck.submissions import check_file, diagnose_file

BRANCHES = """
import numpy as np

rng = np.random.default_rng(4)
xs, ts = rng.uniform(-2, 2, (30, 2)), rng.normal(0, 2, 30)
A, B = rng.normal(size=(2, 5)), rng.normal(size=5)
width, pace = 0.5, 0.02
for epoch in range(50):
    total = 0.0
    for k in range(30):
        h = np.tanh(xs[k] @ A)
        r = ts[k] - h @ B
        if abs(r) <= width:
            loss = 0.5 * r * r
        else:
            loss = width * (abs(r) - 0.5 * width)
        {kept}
        e = {factor} * min(max(r, -width), width)
        A, B = A + pace * np.outer(xs[k], e * B * (1 - h**2)), B + pace * e * h
    print(epoch, total / 30)
"""
BATCHES = """
import numpy as np

rng = np.random.default_rng(5)
groups = [(rng.normal(size=(7, 3)), rng.normal(size=7)) for _ in range(9)]
W, v = rng.normal(size=(3, 4)), rng.normal(size=4)


def error(W, v, x, t):
    return np.mean((np.tanh(x @ W) @ v - t) ** 2)


for epoch in range(40):
    average = 0
    for x, t in groups:
        average += error(W, v, x, t) / len(groups)
        h = np.tanh(x @ W)
        d = 2 * (h @ v - t) / len(t)
        gW = x.T @ (np.outer(d, v) * ({slope}))
        W, v = W - 0.1 * gW, v - 0.1 * h.T @ d
    print(epoch, average)
"""
ADDENDS = """
import numpy as np

rng = np.random.default_rng(6)
seen = [(rng.integers(8), rng.integers(9), rng.normal()) for _ in range(40)]
P, Q, bias = rng.normal(size=(8, 3)), rng.normal(size=(9, 3)), np.zeros(9)
lr, reg = 0.05, 0.1
for epoch in range(30):
    total = 0
    for i, j, r in seen:
        e = r - P[i] @ Q[j] - bias[j]
        cost = e ** 2 + reg * (P[i] @ P[i] + Q[j] @ Q[j] + bias[j] ** 2)
        total += e ** 2
        bias[j] += lr * 2 * (e - reg * bias[j])
        {steps}
    print(epoch, np.sqrt(total / len(seen)))
"""
TOGETHER = "P[i], Q[j] = P[i] + lr * 2 * (e * Q[j] - reg * P[i]), Q[j] + lr * 2 * (e * P[i] - reg * Q[j])"
IN_TURN = "P[i] += lr * 2 * (e * Q[j] - reg * P[i])\n        Q[j] += lr * 2 * (e * P[i] - reg * Q[j])"


def _checked(tmp_path: Path, text: str) -> CheckReport:
    file = tmp_path / "train.py"
    file.write_text(text)
    return check_file(file)


def _wrong(report: CheckReport) -> list[str]:
    return [block.name for block in report.blocks if block.verdict.name == "FAIL"]


@pytest.mark.parametrize("kept", ["total = total + loss", "total += loss"])
def test_a_loss_given_in_two_branches_is_one_loss(tmp_path: Path, kept: str) -> None:
    """What is compared to choose the formula is no loss, and a size less a constant no error of an output."""
    report = _checked(tmp_path, BRANCHES.format(kept=kept, factor=1))
    assert report.verdict.name == "PASS"
    assert report.against is None
    assert _wrong(_checked(tmp_path, BRANCHES.format(kept=kept, factor=2))) == ["A", "B"]


def test_the_mean_over_batches_is_not_the_loss_of_one(tmp_path: Path) -> None:
    """Where the gradient is wrong as well: the last layer, which is right, is not a number of batches off."""
    assert _checked(tmp_path, BATCHES.format(slope="1 - h**2")).verdict.name == "PASS"
    assert _wrong(_checked(tmp_path, BATCHES.format(slope="1 - h"))) == ["W"]


def test_the_mean_over_batches_is_the_loss_where_the_step_descends_it(tmp_path: Path) -> None:
    """Each batch's share of it."""
    text = BATCHES.format(slope="1 - h**2").replace("/ len(t)", "/ len(t) / len(groups)")
    report = _checked(tmp_path, text)
    assert report.verdict.name == "PASS"
    assert "len(groups)" in (report.loss or "")


def test_an_error_that_is_shown_is_no_loss_beside_the_cost_that_it_is_an_addend_of(tmp_path: Path) -> None:
    """The cost is computed for nothing, and descended."""
    assert _checked(tmp_path, ADDENDS.format(steps=TOGETHER)).verdict.name == "PASS"
    file = tmp_path / "turn.py"
    file.write_text(ADDENDS.format(steps=IN_TURN))
    report = diagnose_file(file)
    assert _wrong(report.check if hasattr(report, "check") else report) == ["Q"]
    assert [each.bug for each in report.diagnoses] == ["updated-weights-used"]


def test_an_error_that_is_descended_is_the_loss_beside_a_cost(tmp_path: Path) -> None:
    """A penalty in the cost alone, which nothing reads, is no mistake of the gradient."""
    steps = "P[i], Q[j] = P[i] + lr * 2 * e * Q[j], Q[j] + lr * 2 * e * P[i]"
    text = ADDENDS.format(steps=steps).replace("(e - reg * bias[j])", "e")
    assert _checked(tmp_path, text).verdict.name == "PASS"
