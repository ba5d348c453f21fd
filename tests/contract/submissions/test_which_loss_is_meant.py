"""What a step is held against: where it keeps another number, climbs one, or keeps a multiple of its loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file

HEAD = """
import numpy as np
rng = np.random.default_rng(5)
"""
POSTERIOR = """
Z = np.c_[np.ones(30), rng.normal(size=(30, 2))]
counts = rng.poisson(np.exp(Z @ np.array([0.3, 0.5, -0.4])))
coef, rate, kept = np.zeros(3), 0.002, []
for k in range(50):
    mean = np.exp(Z @ coef)
    kept.append(counts @ (Z @ coef) - mean.sum() - 0.5 * coef @ coef)
    coef = coef + rate * (Z.T @ (counts - mean) - coef)
"""
BANDIT = """
values = np.array([0.1, 0.5, 0.9])
theta, lr, average, kept = np.zeros(3), 0.1, 0.0, []
for t in range(100):
    p = np.exp(theta) / np.exp(theta).sum()
    a = rng.choice(3, p=p)
    reward = rng.normal(values[a], 0.1)
    loss = -np.log(p[a]) * (reward - average)
    delta = p.copy()
    delta[a] -= 1
    theta -= lr * (reward - average) * delta
    average += 0.05 * (reward - average)
    kept.append(p @ values)
"""
TARGET = """
def init():
    return [(rng.normal(0, 0.5, (3, 6)), np.zeros(6)), (rng.normal(0, 0.4, (6, 2)), np.zeros(2))]
def q_values(net, s):
    (W1, b1), (W2, b2) = net
    h = np.tanh(s @ W1 + b1)
    return h @ W2 + b2, h
net, lr, history = init(), 0.05, []
slow = [(W.copy(), b.copy()) for W, b in net]
for t in range(60):
    s = rng.normal(size=(12, 3)); a = rng.integers(0, 2, 12); r = s[:, 0]
    goal = r + 0.9 * q_values(slow, s + 0.1)[0].max(axis=1)
    q, h = q_values(net, s)
    rest = q[np.arange(12), a] - goal
    history.append(np.mean(rest ** 2))
    d = np.zeros_like(q)
    d[np.arange(12), a] = 2 * rest / 12
    (W1, b1), (W2, b2) = net
    dh = d @ W2.T * (1 - h ** 2)
    net = [(W1 - lr * s.T @ dh, b1 - lr * dh.sum(0)), (W2 - lr * h.T @ d, b2 - lr * d.sum(0))]
    if t % 10 == 0:
        slow = [(W.copy(), b.copy()) for W, b in net]
"""
KEPT = """
X = rng.normal(size=(30, 4)); T = np.eye(3)[rng.integers(0, 3, 30)]
W, b, history = rng.normal(0, 0.3, (4, 3)), np.zeros(3), []
def forward(x):
    z = np.exp(x @ W + b)
    return z / z.sum(axis=1, keepdims=True)
def cross_entropy(x, t):
    return -np.mean(np.sum(t * np.log(forward(x)), axis=1))
for epoch in range(20):
    for k in range(0, 30, 10):
        x, t = X[k:k + 10], T[k:k + 10]
        d = forward(x) - t
        W -= 0.01 * x.T @ d
        b -= 0.01 * d.sum(axis=0)
    history.append(cross_entropy(X, T))
"""
WEIGHTED = """
class Line:
    def __init__(self):
        self.w = rng.normal(size=(3, 2))
    def fit_batch(self, x, y):
        error = x @ self.w - y
        value = 0.5 * np.mean(np.sum(error ** 2, axis=1))
        self.w -= 0.1 * x.T @ (error / len(x))
        return value
X, Y = rng.normal(size=(32, 3)), rng.normal(size=(32, 2))
net = Line()
for epoch in range(20):
    total = 0.0
    for i in range(0, 32, 8):
        total += net.fit_batch(X[i:i + 8], Y[i:i + 8]) * len(X[i:i + 8])
    print(total / len(X))
"""
PROGRAMS = {
    "a posterior that falls without end": (POSTERIOR, "mean) - coef)", "mean) - 2 * coef)"),
    "a loss that is kept nowhere": (BANDIT, "theta -= lr", "theta += lr"),
    "copies that are made for later steps": (TARGET, "(1 - h ** 2)", "(1 - h)"),
    "means that are weighted by what they are of": (WEIGHTED, "x.T @ (error", "-x.T @ (error"),
}


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(HEAD + text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("style", PROGRAMS)
def test_right_one_passes_and_wrong_one_fails(style: str, tmp_path: Path) -> None:
    """Whatever else the step keeps."""
    text, right, wrong = PROGRAMS[style]
    assert right in text

    assert _checked(tmp_path, text).verdict is Verdict.PASS
    assert _checked(tmp_path, text.replace(right, wrong)).verdict is Verdict.FAIL


ADVANTAGE = """
policy, rate = rng.normal(0, 0.3, (2, 4)), 0.1
def log_shares(cell):
    o = policy[:, cell]
    return o - np.log(np.exp(o).sum())
for k in range(60):
    cells, moves = rng.integers(0, 4, 9), rng.integers(0, 2, 9)
    gains = rng.normal(0.1, 1.0, 9)
    goal_value = sum(gain * log_shares(cell)[move] for cell, move, gain in zip(cells, moves, gains))
    up = np.zeros_like(policy)
    for cell, move, gain in zip(cells, moves, gains):
        up[:, cell] -= gain * np.exp(log_shares(cell))
        up[move, cell] += gain
    policy = policy + rate * up
    if k % 10 == 0:
        print("step", k, "goal", goal_value)
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("goal_value", "goal_value", Verdict.INCONCLUSIVE),
        ("goal_value", "loss", Verdict.FAIL),
        ("goal_value", "expected_reward", Verdict.PASS),
        ("+= gain\n", "+= 2 * gain\n", Verdict.FAIL),
    ],
    ids=["it has no such name", "it is a loss", "it is a reward", "another gradient"],
)
def test_what_can_be_below_zero_may_be_climbed(old: str, new: str, verdict: Verdict, tmp_path: Path) -> None:
    """Advantages times logarithms have either sign; what can be negative is no error or distance."""
    assert old in ADVANTAGE
    report = _checked(tmp_path, ADVANTAGE.replace(old, new))

    assert report.verdict is verdict, report.reason
    assert (report.finding("ambiguous-sign") is not None) is (verdict is Verdict.INCONCLUSIVE)


def test_what_has_a_floor_may_be_meant_either_way(tmp_path: Path) -> None:
    """A cosine that is climbed may be a likeness or a loss with the wrong sign."""
    text = """
goal, w, kept = np.array([1.0, 2.0, -1.0]), np.array([-1.0, 0.3, 0.8]), []
for k in range(50):
    size = 1.0 + w @ w
    kept.append(goal @ w / size - 4.0)
    w = w + 0.1 * (goal / size - 2.0 * w * (goal @ w) / size ** 2)
"""
    report = _checked(tmp_path, text)

    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.finding("ambiguous-sign") is not None


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", Verdict.INVALID),
        ("forward(x) - t", "(forward(x) - t) / len(x)", Verdict.PASS),
        ("history.append(cross_entropy(X, T))", "print(cross_entropy(X, T))", Verdict.PASS),
    ],
    ids=["the sum is descended", "the mean is descended", "only printed"],
)
def test_a_multiple_of_what_is_kept(old: str, new: str, verdict: Verdict, tmp_path: Path) -> None:
    """Neither right nor wrong where the file keeps a mean once an epoch and every step descends a sum."""
    report = _checked(tmp_path, KEPT.replace(old, new) if old else KEPT)

    assert report.verdict is verdict, report.reason
    assert (report.finding("kept-loss-differs") is not None) is (verdict is Verdict.INVALID)


@pytest.mark.parametrize(
    ("length", "verdict"), [("lr / len(x)", Verdict.PASS), ("lr", Verdict.INVALID), ("lr / 3", Verdict.INVALID)]
)
def test_a_multiple_that_the_length_of_a_step_is_made_with(length: str, verdict: Verdict, tmp_path: Path) -> None:
    """By the rate that ``step`` is made of it is the kept loss that is descended; by a third of it neither is."""
    text = KEPT.replace("for epoch", "lr = 0.1\nfor epoch").replace("0.01 * ", "step * ")
    report = _checked(tmp_path, text.replace("        d = forward", f"        step = {length}\n        d = forward"))

    assert report.verdict is verdict, report.reason
    assert (report.finding("step-share") is not None) is (verdict is Verdict.PASS)
