"""What is taken for the loss, and for the loop that trains, where a program has several of either."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file
from gradcheck.errors import SubmissionError

PAIRS = """import numpy as np
rs = np.random.RandomState(42)
E = (rs.rand(7, 4) - 0.5) * 0.6
U = (rs.rand(7, 4) - 0.5) * 0.6
def pairs():
    for t in range(7):
        yield t, (3 * t + 1) % 7
def logistic(s):
    return 1.0 / (1.0 + np.exp(-s))
alpha = 0.1
for epoch in range(30):
    total = 0.0
    for c, o in pairs():
        v = E[c]
        grad_v = np.zeros(4)
        for k, label in [(o, 1.0), ((o + 2) % 7, 0.0), ((o + 3) % 7, 0.0)]:
            s = U[k] @ v
            total -= np.log(logistic(s if label else -s))
            g = logistic(s) - label
            grad_v += g * U[k]
            U[k] -= alpha * g * v
        E[c] -= alpha * grad_v
    print(epoch, total)
"""
FAKES = """import numpy as np
rng = np.random.default_rng(6)
G = rng.normal(0, 0.5, (2, 3)); a = np.zeros(3)
D = rng.normal(0, 0.5, (3, 1)); b = np.zeros(1)
for step in range(200):
    z = rng.normal(size=(8, 2))
    fake = z @ G + a
    p = 1 / (1 + np.exp(-(fake @ D + b)))
    d = 2.3 * p * p - 0.4 * p ** 3 - 1
    back = d @ D.T
    gG, ga, gD, gb = z.T @ back, back.sum(0), fake.T @ (d * p), (d * p).sum(0)
    G = G - 0.05 * gG
    a = a - 0.05 * ga
    D = D - 0.05 * gD
    b = b - 0.05 * gb
    if step % 50 == 0:
        print(step, fake.mean())
"""
OBJECTIVE = """import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(20, 3)); y = X @ np.array([1.0, -2.0, 0.5]) + rng.normal(size=20)
class Model:
    def fit(self):
        self.w, self.c, self.history = rng.normal(size=3), 0.0, []
        for epoch in range(50):
            r = X @ self.w + self.c - y
            delta = {delta} / len(y)
            self.w = self.w - 0.1 * X.T @ delta
            self.c = self.c - 0.1 * delta.sum()
            self.history.append(self.{name}())
    def {name}(self):
        return np.mean(np.abs(X @ self.w + self.c - y))
Model().fit()
"""


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize(
    ("old", "new", "verdict", "off"),
    [
        ("", "", Verdict.PASS, set[str]()),
        ("grad_v += g * U[k]", "grad_v += g * v", Verdict.FAIL, {"E"}),
        ("alpha * g * v", "alpha * g * v * label", Verdict.FAIL, {"U"}),
    ],
    ids=["right", "the gradient that is added up", "the update inside"],
)
def test_loop_that_adds_up_for_the_one_around_it(
    old: str, new: str, verdict: Verdict, off: set[str], tmp_path: Path
) -> None:
    """The step is a turn of the outer one: it updates both, and a row of one that has a name is none of them."""
    report = _checked(tmp_path, PAIRS.replace(old, new))

    assert report.verdict is verdict, report.reason
    assert {block.name for block in report.blocks} == {"E", "U"}
    assert {block.name for block in report.blocks if block.verdict is Verdict.FAIL} == off


def test_output_that_is_shown_is_no_loss(tmp_path: Path) -> None:
    """It has either sign, no loss's name, and no block descends it."""
    with pytest.raises(SubmissionError, match="no loss is computed"):
        _checked(tmp_path, FAKES)


@pytest.mark.parametrize(
    ("name", "delta", "verdict"),
    [
        ("objective", "r", Verdict.FAIL),
        ("objective", "np.sign(r)", Verdict.PASS),
        ("mean_error", "r", Verdict.PASS),  # watched, while squares are descended
    ],
)
def test_absolute_error_is_the_loss_where_a_function_says_so(
    name: str, delta: str, verdict: Verdict, tmp_path: Path
) -> None:
    """An error that is only watched is held against nothing."""
    report = _checked(tmp_path, OBJECTIVE.format(name=name, delta=delta))

    assert report.verdict is verdict, report.reason
