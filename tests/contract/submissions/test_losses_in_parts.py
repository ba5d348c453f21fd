"""Steps that keep the terms of their loss apart, an average of it, or numbers that are no loss at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

TERMS = """
import numpy as np

rng = np.random.default_rng(2)
data = rng.uniform(size=(60, 6))
We, be, Wd, bd = rng.normal(size=(6, 3)) * 0.5, np.zeros(3), rng.normal(size=(3, 6)) * 0.5, np.zeros(6)


def terms(x):
    code = np.tanh(x @ We + be)
    out = code @ Wd + bd
    return 0.5 * np.sum((out - x) ** 2) / len(x), 0.1 * np.sum(code ** 4) / len(x), code, out


for epoch in range(20):
    total_fit = total_size = 0.0
    for start in range(0, 60, 20):
        x = data[start:start + 20]
        fit, size, code, out = terms(x)
        total_fit += fit
        total_size += size
        d_out = (out - x) / len(x)
        d_code = d_out @ Wd.T + {size}
        d_z = d_code * (1 - code ** 2)
        Wd -= 0.1 * code.T @ d_out
        bd -= 0.1 * d_out.sum(axis=0)
        We -= 0.1 * x.T @ d_z
        be -= 0.1 * d_z.sum(axis=0)
    print(epoch, total_fit / 3, total_size / 3)
"""
AVERAGE = """
import numpy as np

rng = np.random.default_rng(4)
X, Y = rng.normal(size=(64, 3)), rng.normal(size=(64, 2))


class Net:
    def __init__(self):
        self.W, self.b, self.s = rng.normal(size=(3, 2)), np.zeros(2), np.zeros(2)

    def losses(self, x, y):
        self.x, self.e = x, x @ self.W + self.b - y
        return 0.5 * np.mean(self.e[:, 0] ** 2), 0.5 * np.mean(self.e[:, 1] ** 2)

    def total(self, one, two):
        return np.exp(-self.s) @ np.array([one, two]) + self.s.sum() / 2

    def gradients(self, one, two):
        d = self.e * np.exp(-self.s) / len(self.x)
        return {{"W": self.x.T @ d, "b": d.sum(0), "s": 0.5 - np.exp(-self.s) * np.array([one, {two}])}}


net = Net()
for epoch in range(10):
    running = 0.0
    for b, rows in enumerate(rng.permutation(64).reshape(4, 16)):
        one, two = net.losses(X[rows], Y[rows])
        running += (net.total(one, two) - running) / (b + 1)
        for name, g in net.gradients(one, two).items():
            setattr(net, name, getattr(net, name) - 0.05 * g)
"""
CENTRES = """
import random
from math import exp

random.seed(9)
M = 5
centres = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(M)]
w = [random.gauss(0, 0.5) for _ in range(M)]
train = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(40)]


def respond(x):
    phi = [exp(-0.5 * ((x[0] - c[0]) ** 2 + (x[1] - c[1]) ** 2)) for c in centres]
    return sum(a * b for a, b in zip(w, phi)), phi


for sweep in range(20):
    for x in train:
        y, phi = respond(x)
        e = y - x[0] * x[1]
        for j in range(M):
            common = e * w[j] * phi[j]
            w[j] -= 0.1 * e * phi[j]
            for k in (0, 1):
                centres[j][k] -= 0.1 * common * {difference}
"""
BASELINE = """
import numpy as np

rng = np.random.default_rng(3)
target = rng.normal(size=(4, 3))


class Agent:
    def __init__(self):
        self.A, self.baseline = rng.normal(size=(4, 3)), 0.0

    def act(self, s):
        p = np.exp(self.A @ s)
        self.p = p / p.sum()
        return rng.choice(4, p=self.p)

    def learn(self, s, a, reward):
        advantage = reward - self.baseline
        self.baseline += 0.05 * advantage
        score = -self.p
        score[a] += 1
        self.A += 0.05 * advantage * np.outer(score, s)


agent = Agent()
for step in range(100):
    s = rng.normal(size=3)
    a = agent.act(s)
    agent.learn(s, a, target[a] @ s)
"""


def _check(folder: Path, text: str) -> tuple[str, list[str], str]:
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    return report.verdict.name, [b.name for b in report.blocks if b.verdict.name == "FAIL"], report.loss or ""


@pytest.mark.parametrize(
    ("size", "expected"),
    [("0.4 * code ** 3 / len(x)", ("PASS", [])), ("0.4 * code ** 2 / len(x)", ("FAIL", ["We", "be"]))],
)
def test_terms_that_are_kept_apart_are_one_loss(tmp_path: Path, size: str, expected: tuple[str, list[str]]) -> None:
    """A right gradient is that of their sum; a wrong one fails where it is wrong."""
    verdict, wrong, loss = _check(tmp_path, TERMS.format(size=size))
    assert (verdict, wrong) == expected
    assert verdict == "FAIL" or " + " in loss


@pytest.mark.parametrize(("two", "expected"), [("two", ("PASS", [])), ("two * one", ("FAIL", ["s"]))])
def test_an_average_of_losses_is_led_back_to_the_loss(
    tmp_path: Path, two: str, expected: tuple[str, list[str]]
) -> None:
    """``running += (loss - running) / n``, beside the losses of two tasks that have names."""
    verdict, wrong, _ = _check(tmp_path, AVERAGE.format(two=two))
    assert verdict == expected[0]
    assert set(expected[1]) <= set(wrong)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [("(x[k] - centres[j][k])", ("PASS", [])), ("(centres[j][k] - x[k])", ("FAIL", ["centres"]))],
)
def test_a_difference_of_inputs_and_centres_is_no_loss(
    tmp_path: Path, difference: str, expected: tuple[str, list[str]]
) -> None:
    """It has the form of one, times a number that nobody wrote."""
    verdict, wrong, _ = _check(tmp_path, CENTRES.format(difference=difference))
    assert (verdict, wrong) == expected


def test_a_baseline_is_not_the_output(tmp_path: Path) -> None:
    """The loss of a policy is in no difference of its step: it is not held against that of the baseline."""
    with pytest.raises(Exception, match="no network was recognised"):
        _check(tmp_path, BASELINE)
