"""Programs that change their parameters element by element: a loop over indices is a part of a step."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gradcheck import CheckReport, check_file
from gradcheck.submissions.text.updates import by_element

HELD = {
    "lists": "w2 = [random.uniform(-1, 1) for _ in range(3)]\nb1 = [0.1] * 3",
    "an array beside lists": "w2 = np.array([0.4, -0.7, 0.9])\nb1 = [0.1] * 3",
    "arrays": "w2 = np.array([0.4, -0.7, 0.9])\nb1 = np.full(3, 0.1)\nw1 = np.array(w1)",
}
PROGRAM = """
import math, random
import numpy as np
random.seed(3)
data = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
w1 = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
{held}
b2 = 0.0
def s(z): return 1 / (1 + math.exp(-z))
for epoch in range(5000):
    total = 0
    for xs, y in data:
        h = [s(sum(w * v for w, v in zip(w1[j], xs)) + b1[j]) for j in range(3)]
        o = s(sum(w2[j] * h[j] for j in range(3)) + b2)
        total += (o - y) ** 2 / 2
        d = (o - y) * o * (1 - o)
        for j in range(3):
            dh = d * w2[j] * h[j] * (1 - h[j])
            w2[j] -= 0.5 * d * h[j]
            for k in range(2):
                w1[j][k] -= 0.5 * dh * xs[k]
            b1[j] -= 0.5 * dh
        b2 -= 0.5 * d
    if epoch % 1000 == 0:
        print(epoch, total)
"""
WRONG = {
    "the input left out": ("0.5 * d * h[j]", "0.5 * d", {"w2"}),
    "twice": ("0.5 * d * h[j]", "0.5 * d * h[j] * 2", {"w2"}),
    "the slope left out": ("* h[j] * (1 - h[j])", "* h[j]", {"w1", "b1"}),
}


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("held", HELD)
def test_every_parameter_is_compared(held: str, tmp_path: Path) -> None:
    """Whatever holds the elements; what is right passes."""
    report = _checked(tmp_path, PROGRAM.format(held=HELD[held]))
    assert report.verdict.name == "PASS", report.reason
    assert {block.name for block in report.blocks} == {"w1", "b1", "w2", "b2"}
    assert report.finding("not-compared") is None


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_fails_and_nothing_else(wrong: str, held: str, tmp_path: Path) -> None:
    """By the block that is wrong."""
    right, spoiled, blocks = WRONG[wrong]
    assert PROGRAM.count(right) == 1
    report = _checked(tmp_path, PROGRAM.replace(right, spoiled).format(held=HELD[held]))
    assert report.verdict.name == "FAIL", report.reason
    assert {block.name for block in report.blocks if block.verdict.name == "FAIL"} == blocks


def test_what_is_not_compared_is_told(tmp_path: Path) -> None:
    """A parameter whose step has no rate that could be found is named, and does not vanish."""
    text = """
import numpy as np
rng = np.random.default_rng(0)
X, Y, lr, losses = rng.normal(size=(9, 3)), rng.normal(size=(9, 2)), 0.1, []
W1, W2, b2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), np.zeros(2)
for i in range(100):
    A = np.tanh(X @ W1)
    out = A @ W2 + b2
    losses.append(np.mean((out - Y) ** 2))
    d = 2 * (out - Y) / Y.size
    dA = d @ W2.T * (1 - A**2)
    W2[...] = 0.9 * W2 + 0.1 * (W2 - A.T @ d)
    b2 -= lr * d.sum(axis=0)
    W1 -= lr * X.T @ dA
"""
    report = _checked(tmp_path, text)
    finding = report.finding("not-compared")
    assert finding is not None
    assert "W2" in finding.message
    assert report.verdict.name != "PASS"


RATED = """
import numpy as np
rng = np.random.default_rng(0)
SHRINK, SPEED = 0.05, 0.03
ratings = [(u, i, float(rng.normal())) for u in range(6) for i in range(5) if rng.random() < 0.6]

class Model:
    def __init__(self):
        self.bu, self.bi = np.zeros(6), np.zeros(5)
        self.P, self.Q = 0.3 * rng.normal(size=(6, 2)), 0.3 * rng.normal(size=(5, 2))

    def error(self, u, i, stars):
        return stars - self.bu[u] - self.bi[i] - self.P[u] @ self.Q[i]

    def cost(self, u, i, stars):
        size = self.bu[u] ** 2 + self.bi[i] ** 2 + self.P[u] @ self.P[u] + self.Q[i] @ self.Q[i]
        return 0.5 * self.error(u, i, stars) ** 2 + 0.5 * SHRINK * size

    def learn(self, u, i, stars):
        e, old = self.error(u, i, stars), self.P[u].copy()
        self.bu[u] += SPEED * (e - SHRINK * self.bu[u])
        self.bi[i] += SPEED * (e - SHRINK * self.bi[i])
        self.P[u] += SPEED * (e * self.Q[i] - SHRINK * self.P[u])
        self.Q[i] += SPEED * (e * old - SHRINK * self.Q[i])

model = Model()
for sweep in range(5):
    for k in rng.permutation(len(ratings)):
        model.learn(*ratings[k])
    print(sweep, sum(model.cost(*row) for row in ratings))
"""


@pytest.mark.parametrize(
    ("right", "wrong", "blocks"),
    [("", "", []), ("(e - SHRINK * self.bi[i])", "(e + SHRINK * self.bi[i])", ["bi"])],
    ids=["right", "wrong"],
)
def test_single_entries_of_an_object_s_arrays(tmp_path: Path, right: str, wrong: str, blocks: list[str]) -> None:
    """``self.bu[u] += ...`` changes an array that is called ``model.bu`` outside, by the same rate as the others."""
    report = _checked(tmp_path, RATED.replace(right, wrong) if right else RATED)
    assert report.verdict.name == ("FAIL" if blocks else "PASS")
    assert [block.name for block in report.blocks] == ["bu", "bi", "P", "Q"]
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == blocks


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for j in range(n): w[j] -= r * d * h[j]", True),
        ("for j in range(n):\n    t += w[j]\n    w[j][k] -= r * t", True),
        ("for i in reversed(range(n)): W[i] = W[i] - lr * dW[i]", True),
        ("for j in range(n):\n    for k in range(m): w[j, k] -= r * g[j, k]", True),
        ("for i in range(n):\n    w[i] -= lr * g\n    b -= lr * d", False),  # a parameter without an index: rounds
        ("for k in range(n): w[k + 1] = w[k] - lr * g(w[k])", False),  # a record of the way
        ("for k in range(n): w[k] = w[k - 1] - lr * g(w[k - 1])", False),
        ("for u, i, r in ratings: P[u] += lr * e * Q[i]", False),  # data
        ("for epoch in range(n): W -= lr * dW", False),
    ],
)
def test_loops_over_indices(loop: str, expected: bool) -> None:
    """Told by what they update, and from rounds over data and epochs."""
    assert by_element(ast.parse(loop).body[0]) is expected
