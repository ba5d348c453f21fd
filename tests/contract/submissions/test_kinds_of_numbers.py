"""Parameters, sums and rates that are kept in low precision, cast under names of their own, or one for each number."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

SINGLE = """
import numpy as np
{alias}

rng = np.random.default_rng(7)
x, t = rng.normal(size=(20, 3)).astype(np.float32), rng.normal(size=(20, 2)).astype(np.float32)
p = {{"A": rng.normal(size=(3, 5)).astype(np.float32), "B": rng.normal(size=(5, 2)).astype(np.float32)}}
sums = {{k: np.zeros_like(v) for k, v in p.items()}}


def terms(p):
    h = np.tanh(x @ p["A"])
    gap = h @ p["B"] - t
    return np.sum(gap**2) / F(len(x)), F(0.1) * np.sum(p["B"] ** 2), h, gap


def train(rate=0.05):
    for turn in range(100):
        fit, penalty, h, gap = terms(p)
        d = F(2) * gap / F(len(x))
        g = {{"B": h.T @ d + F(0.2) * p["B"], "A": x.T @ ((d @ p["B"].T) * ({slope}))}}
        for k in p:
            sums[k] += g[k] ** 2
            p[k] -= F(rate) * g[k] / (np.sqrt(sums[k]) + F(1e-7))
        if turn % 20 == 0:
            print(f"fit {{fit:.3f}} penalty {{penalty:.3f}} whole {{fit + penalty:.3f}}")


train()
"""
EACH = """
import numpy as np

t = np.linspace(0, 2, 25)
seen = 1.5 * np.exp(-0.8 * t) + 0.3
theta = np.array([1.0, 0.5, 0.0])
rate = np.array([0.3, 0.2, 0.1])
history = []
for turn in range(200):
    decay = np.exp(-theta[1] * t)
    gap = theta[0] * decay + theta[2] - seen
    loss = np.mean(gap**2)
    history.append(loss)
    slope = {factor} * np.array([np.mean(gap * decay), -np.mean(gap * theta[0] * t * decay), np.mean(gap)])
    theta = theta - rate * slope
    if turn % 50 == 0:
        print(turn, loss)
"""


@pytest.mark.parametrize("alias", ["F = np.float32", "from numpy import float32 as F"])
@pytest.mark.parametrize(("slope", "wrong"), [("1 - h * h", []), ("1 - h", ["A"])])
def test_adagrad_in_float32_is_recognised(tmp_path: Path, alias: str, slope: str, wrong: list[str]) -> None:
    """Sums of squares in float32 are sums, the rate may be cast, and the loss is told though differences are coarse."""
    file = tmp_path / "single.py"
    file.write_text(SINGLE.format(alias=alias, slope=slope))
    report = check_file(file)
    assert report.verdict.name == ("FAIL" if wrong else "PASS")
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == wrong
    assert report.finding("adaptive-step") is not None


@pytest.mark.parametrize(("factor", "verdict"), [("2", "PASS"), ("1", "FAIL"), ("-2", "FAIL")])
def test_a_rate_for_each_parameter_is_a_rate(tmp_path: Path, factor: str, verdict: str) -> None:
    """And no part of the gradient."""
    file = tmp_path / "each.py"
    file.write_text(EACH.format(factor=factor))
    assert check_file(file).verdict.name == verdict
