"""An update that divides by the batch size beside the rate: 1/m at any one place is no mistake, at two it is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(48, 3))
y = np.abs(X[:, 0]) + 0.1 * rng.normal(size=48)
W, b, v = rng.normal(size=(3, 5)), np.zeros(5), rng.normal(size=5)
rate = 0.05
for epoch in range(30):
    total = 0.0
    for i in range(0, 48, 12):
        xb, yb = X[i:i + 12], y[i:i + 12]
        h = np.tanh(xb @ W + b)
        e = h @ v - yb
        total += {loss}
        d = {delta}
        dh = np.outer(d, v) * (1 - h * h)
        grads = [xb.T @ dh, dh.sum(0), h.T @ d]
        W, b, v = [p - {step} for p, g in zip([W, b, v], grads)]
    print(epoch, total / 48)
"""
SUM, MEAN = "0.5 * np.sum(e ** 2)", "0.5 * np.mean(e ** 2)"
DIVIDED = "rate * g / len(xb)"


@pytest.mark.parametrize(
    ("loss", "delta", "step", "verdict"),
    [
        (SUM, "e", DIVIDED, "PASS"),
        (SUM, "e", "rate * g", "PASS"),
        (MEAN, "e", DIVIDED, "PASS"),
        (MEAN, "e / len(xb)", "rate * g", "PASS"),
        (MEAN, "e / len(xb)", DIVIDED, "FAIL"),
        (SUM, "e / len(xb)", "rate * g", "FAIL"),
        (SUM, "e * h.mean()", DIVIDED, "FAIL"),
        (SUM, "-e", DIVIDED, "FAIL"),
        (SUM, "e", "0.05 / len(xb) * g", "PASS"),
        (MEAN, "e / len(xb)", "0.05 / len(xb) * g", "FAIL"),
        (SUM, "e * h.mean()", "0.05 / len(xb) * g", "FAIL"),
    ],
)
def test_a_division_is_at_one_place(tmp_path: Path, loss: str, delta: str, step: str, verdict: str) -> None:
    """Of a summed loss it may stand beside the rate; of a mean it then is the one that belongs to the gradient."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(loss=loss, delta=delta, step=step), encoding="utf-8")
    report = check_file(file)
    assert report.verdict.name == verdict
    shared = [finding.id for finding in report.findings if finding.id == "step-share"]
    assert shared == ["step-share"] * ((loss, delta) == (SUM, "e") and "len(xb)" in step)


@pytest.mark.parametrize(("delta", "verdict"), [("e", "PASS"), ("2 * e", "PASS"), ("e * h.mean()", "FAIL")])
@pytest.mark.parametrize("named", [False, True])
def test_a_term_of_a_sum_that_is_shown_may_have_a_name(tmp_path: Path, delta: str, verdict: str, named: bool) -> None:
    """With a name or without: a square is printed, and half of it, or all, may be descended."""
    text = PROGRAM.format(loss="np.sum(e ** 2)", delta=delta, step="rate * g")
    if named:
        text = text.replace("total += np.sum(e ** 2)", "loss = np.sum(e ** 2)\n        total += loss")
    file = tmp_path / "program.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    assert report.verdict.name == verdict
    assert (report.finding("printed-loss-differs") is not None) is (delta == "e")
