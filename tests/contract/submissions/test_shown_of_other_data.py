"""A loss that a file shows of other data, as of a validation set, is the loss of a step of the step's own data."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport, Verdict
from gradcheck.submissions import check_file

TAUS = """
import numpy as np

r = np.random.default_rng(3)
T, Z = r.normal(size=(90, 4)), r.normal(size=(90, 3)) ** 3
rest, held_out = slice(0, 60), slice(60, 90)


class Net:
    def __init__(self):
        self.w = {"A": r.normal(size=(4, 6)) * 0.6, "a": np.zeros(6)}
        self.w |= {"B": r.normal(size=(6, 3)) * 0.6, "b": np.zeros(3)}

    def run(self, x):
        self.x, self.h = x, np.tanh(x @ self.w["A"] + self.w["a"])
        return self.h @ self.w["B"] + self.w["b"]

    def asymmetric(self, out, aim):
        gap = out - aim
        return np.where(gap > 0, 2.0 * gap**2, gap**2).mean()

    def slopes(self, out, aim):
        gap = out - aim
        d = np.where(gap > 0, 4.0 * gap, 2.0 * gap) / DIVISOR
        dh = d @ self.w["B"].T * SLOPE
        return {"B": self.h.T @ d, "b": d.sum(0), "A": self.x.T @ dh, "a": dh.sum(0)}


net = Net()
for turn in range(30):
    for rows in np.array_split(r.permutation(60), 5):
        g = net.slopes(net.run(T[rest][rows]), Z[rest][rows])
        for k in net.w:
            net.w[k] -= 0.05 * g[k]
    if turn % 10 == 9:
        missed = net.run(T[held_out]) - Z[held_out]
        print(f"turn {turn}: {net.asymmetric(net.run(T[held_out]), Z[held_out]):.3f}", "worst", abs(missed).max())
"""
PENALTY = """
import numpy as np


def kosten(g, b, x, y, l2):
    return np.logaddexp(0, -y * (x @ g + b)).mean() + l2 * g @ g


def lerne(x, y, x_pruef, y_pruef, l2=0.05, rate=0.3):
    zufall = np.random.default_rng(1)
    g, b, verlauf = zufall.normal(size=x.shape[1]), 0.1, []
    for runde in range(12):
        for teil in np.array_split(zufall.permutation(len(y)), 4):
            s = -y[teil] / (1 + np.exp(y[teil] * (x[teil] @ g + b)))
            dg = x[teil].T @ s / len(teil) + PENALTY
            g = g - rate * dg
            b = b - rate * s.mean()
        verlauf.append(kosten(g, b, x_pruef, y_pruef, 0.0))
    return g, b, verlauf


z = np.random.default_rng(2)
a = z.normal(size=(70, 3))
k = np.where(a[:, 0] - a[:, 1] > 0.2, 1.0, -1.0)
print(lerne(a[:50], k[:50], a[50:], k[50:])[2][-1])
"""
IN_TURN = """
import math
import random

random.seed(4)
pairs = [((random.random(), random.random()), random.random()) for _ in range(40)]
w, c = [0.3, -0.2], [0.1]


def out(x):
    return math.sinh(w[0] * x[0] + w[1] * x[1] + c[0])


def misfit(data):
    return sum(math.log(math.cosh(out(x) - t)) for x, t in data) / len(data)


for _ in range(5):
    for x, t in pairs:
        d = math.tanh(out(x) - t) * SLOPE
        for i in range(2):
            w[i] -= 0.1 * d * x[i]
        c[0] -= 0.1 * d
    print("misfit", round(misfit(pairs), 4))
"""
CLIMBED = """
import numpy as np

g = np.random.default_rng(8)
counts = g.poisson(3.0, size=(80, 2)).astype(float)
X = g.normal(size=(80, 3))


class Counts:
    def __init__(self):
        self.W = 0.3 * g.normal(size=(3, 2))
        self.b = 0.2 * g.normal(size=2)

    def rate(self, x):
        return np.exp(x @ self.W + self.b)

    def log_likelihood(self, x, n):
        r = self.rate(x)
        return float(np.mean(n * np.log(r) - r))

    def climb(self, x, n, pace):
        d = (n - self.rate(x)) / n.size
        self.W = self.W SIGN pace * x.T @ d
        self.b = self.b SIGN pace * d.sum(0)


model = Counts()
for k in range(60):
    some = g.choice(80, 20, replace=False)
    model.climb(X[some], counts[some], 0.2)
    if k % 20 == 19:
        print("%d %.3f" % (k, model.log_likelihood(X, counts)))
"""
TANH = {"DIVISOR": "gap.size", "SLOPE": "(1 - self.h**2)"}


def checked(folder: Path, text: str, **parts: str) -> CheckReport:
    """The report of a program with these parts."""
    for name, part in parts.items():
        text = text.replace(name, part)
    file = folder / "work.py"
    file.write_text(text, encoding="utf-8")
    return check_file(file)


@pytest.mark.parametrize(
    ("text", "parts", "loss"),
    [
        (TAUS, TANH, "net.asymmetric(net.run(T[rest][rows]), Z[rest][rows])"),
        (PENALTY, {"PENALTY": "2 * l2 * g"}, "kosten(g, b, x[teil], y[teil], l2)"),
        (IN_TURN, {"SLOPE": "math.sqrt(1 + out(x) ** 2)"}, "misfit([(x, t)])"),
    ],
)  # fmt: skip
def test_a_right_step_passes(tmp_path: Path, text: str, parts: dict[str, str], loss: str) -> None:
    """Held against what is shown, of its own data."""
    report = checked(tmp_path, text, **parts)
    assert report.verdict is Verdict.PASS, report.reason
    assert loss in report.reason
    assert report.finding("loss-not-in-step") is not None


def test_a_wrong_slope_fails_where_most_blocks_are_right(tmp_path: Path) -> None:
    """Which loss is meant is told by the other blocks."""
    text = TAUS.replace('"a": dh.sum(0)}', '"a": -dh.sum(0)}')
    assert checked(tmp_path, text, **TANH).verdict is Verdict.FAIL


def test_no_convention_divides_by_the_number_of_features(tmp_path: Path) -> None:
    """A multiple of what is shown that is neither a sum, a mean nor a half."""
    divisor = "(self.x.shape[1] * aim.shape[1])"
    report = checked(tmp_path, TAUS, DIVISOR=divisor, SLOPE="(1 - self.h**2)")
    assert report.verdict is Verdict.FAIL


def test_what_is_shown_may_be_a_mean_where_a_sum_is_descended(tmp_path: Path) -> None:
    """It is only shown, and the finding says by what it differs."""
    report = checked(tmp_path, TAUS, DIVISOR="aim.shape[1]", SLOPE="(1 - self.h**2)")
    assert report.verdict is Verdict.PASS
    assert report.finding("printed-loss-differs") is not None


def test_a_wrong_penalty_is_not_called_right(tmp_path: Path) -> None:
    """Neither with the penalty as shown, nor with the one in sight."""
    assert checked(tmp_path, PENALTY, PENALTY="l2 * g").verdict is not Verdict.PASS


def test_a_wrong_step_of_one_sample_is_not_called_right(tmp_path: Path) -> None:
    """The loss of one sample is that of a list of it."""
    assert checked(tmp_path, IN_TURN, SLOPE="out(x)").verdict is not Verdict.PASS


def test_a_shown_likelihood_is_climbed(tmp_path: Path) -> None:
    """And the report says so."""
    report = checked(tmp_path, CLIMBED, SIGN="+")
    assert report.verdict is Verdict.PASS
    assert report.finding("gradient-ascent") is not None


SUM_OF_VALUES = """
class Number:
    def __init__(self, data, parents=(), push=lambda grad: None):
        self.data, self.parents, self.push, self.grad = data, parents, push, 0.0

    def __add__(self, other):
        return Number(self.data + other.data, (self, other), lambda g: (self.take(g), other.take(g)))

    def __mul__(self, other):
        return Number(self.data * other.data, (self, other),
                      lambda g: (self.take(g * other.data), other.take(g * self.data)))

    def take(self, grad):
        self.grad += grad
        self.push(grad)


weights = [Number(0.3), Number(-0.7)]
samples = [(1.0, 2.0), (2.0, 3.5), (-1.0, 0.5)]
for turn in range(40):
    loss = Number(0.0)
    for x, t in samples:
        gap = weights[0] * Number(x) + weights[1] + Number(-t)
        loss = loss + gap * gap
    for w in weights:
        w.grad = 0.0
    loss.take(1.0)
    for w in weights:
        w.data -= 0.02 * w.grad
    if turn % 10 == 0:
        print(turn, loss.data)
"""


def test_a_sum_that_is_shown_is_no_parameter(tmp_path: Path) -> None:
    """The loop that adds up the loss moves it, by no rate: the loop around it is the one that trains."""
    file = tmp_path / "program.py"
    file.write_text(SUM_OF_VALUES, encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == "PASS", report.reason
