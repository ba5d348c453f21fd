"""Steps that are meant to be no gradient of the number that was taken for a loss: not wrong, and said why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file


@dataclass(frozen=True, kw_only=True)
class Program:
    """A right program whose step is no gradient, a word of why, and the same with a wrong gradient in its place."""

    text: str
    word: str
    replaced: str
    wrong: str


HEAD = """
import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(24, 4)); y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.1 * rng.normal(size=24)
history = []
"""
NET = """
T = np.tanh(X[:, :2])
W, b = rng.normal(0, 0.4, (4, 6)), np.zeros(6)
V, c = rng.normal(0, 0.4, (6, 2)), np.zeros(2)
lr = 0.1
for epoch in range(50):
    H = np.tanh(X @ W + b)
    P = H @ V + c
    history.append(np.mean((P - T) ** 2))
    D = 2 * (P - T) / T.size
    gV, gc = H.T @ D, D.sum(0)
    dZ = D @ V.T * (1 - H ** 2)
    gW, gb = X.T @ dZ, dZ.sum(0)
    W -= lr * gW; b -= lr * gb; V -= lr * gV; c -= lr * gc
"""
PROGRAMS = {
    "evolution strategies": Program(
        text="""
theta = np.zeros(4)
def cost(theta):
    return np.mean((X @ theta - y) ** 2)
for k in range(40):
    history.append(cost(theta))
    noise = rng.normal(size=(20, 4))
    costs = np.array([cost(theta + 0.1 * row) for row in noise])
    step = noise.T @ (costs - costs.mean()) / 2.0
    theta = theta - 0.05 * step
""",
        word="draws random numbers that the loss does not depend on",
        replaced="noise.T @ (costs - costs.mean()) / 2.0",
        wrong="2 * X.T @ (np.abs(X @ theta) - y) / len(y)",
    ),
    "contrastive divergence": Program(
        text="""
data = (rng.random((30, 6)) < 0.4).astype(float)
W, a, b = rng.normal(0, 0.1, (6, 4)), np.zeros(6), np.zeros(4)
lr = 0.1
def s(z):
    return 1 / (1 + np.exp(-z))
for k in range(40):
    p = s(data @ W + b)
    h = (rng.random(p.shape) < p).astype(float)
    v = s(h @ W.T + a)
    q = s(v @ W + b)
    history.append(np.mean((data - v) ** 2))
    W += lr * (data.T @ p - v.T @ q) / 30
    a += lr * (data - v).mean(0)
    b += lr * (p - q).mean(0)
""",
        word="draws by probabilities that depend on the parameters",
        replaced="(rng.random(p.shape) < p).astype(float)",
        wrong="p",
    ),
    "policy gradient": Program(
        text="""
values = np.array([0.1, 0.5, 0.9])
theta, lr = np.zeros(3), 0.1
for t in range(100):
    p = np.exp(theta) / np.exp(theta).sum()
    a = rng.choice(3, p=p)
    history.append(p @ values)
    up = -p
    up[a] += 1.0
    theta += lr * values[a] * up
""",
        word="draws by probabilities that depend on the parameters",
        replaced="rng.choice(3, p=p)",
        wrong="t % 3",
    ),
    "boosting": Program(
        text="""
F = np.zeros(24)
for m in range(30):
    rest = y - F
    history.append(np.mean(rest ** 2))
    left = X[:, m % 4] < 0
    tree = np.where(left, rest[left].mean(), rest[~left].mean())
    F = F + 0.3 * tree
""",
        word="the best fit to the gradient",
        replaced="np.where(left, rest[left].mean(), rest[~left].mean())",
        wrong="rest ** 3",
    ),
    "steps of one length": Program(
        text="""
w = np.zeros(4)
lr = 0.05
for k in range(60):
    r = X @ w - y
    history.append(np.mean(r ** 2))
    g = 2 * X.T @ r / len(y)
    w = w - lr * g / np.linalg.norm(g)
""",
        word="has the same length",
        replaced="2 * X.T @ r / len(y)\n    w = w - lr * g / np.linalg.norm(g)",
        wrong="2 * X.T @ np.abs(r) / len(y)\n    w = w - lr * g",
    ),
    "proximal steps": Program(
        text="""
w = np.zeros(4)
eta, lam = 0.2, 0.1
for k in range(60):
    g = -X.T @ (y - X @ w) / len(y)
    z = w - eta * g
    w = np.sign(z) * np.maximum(np.abs(z) - eta * lam, 0.0)
    history.append(0.5 * np.mean((y - X @ w) ** 2) + lam * np.sum(np.abs(w)))
""",
        word="limit of a small rate",
        replaced="-X.T @ (y - X @ w)",
        wrong="-X.T @ (y - np.abs(X @ w))",
    ),
    "at other parameters": Program(
        text=NET.replace(
            "    W -= lr",
            """    W1, V1 = W + 0.05 * gW, V + 0.05 * gV
    for again in range(1):
        H = np.tanh(X @ W1 + b)
        D = 2 * (error(H @ V1 + c, T)) / T.size
        gV, gc = H.T @ D, D.sum(0)
        dZ = D @ V1.T * (1 - H ** 2)
        gW, gb = X.T @ dZ, dZ.sum(0)
    W -= lr""",
        )
        .replace("D = 2 * (P - T)", "D = 2 * error(P, T)")
        .replace("T = np", "def error(P, T):\n    return P - T\nT = np"),
        word="at other parameters",
        replaced="W1, V1 = W + 0.05 * gW, V + 0.05 * gV",
        wrong="W1, V1 = W, -V",
    ),
    "a penalty on activations": Program(
        text=NET.replace("dZ = D @ V.T *", "dZ = (D @ V.T + 0.02 * np.sign(H) / len(X)) *"),
        word="a term to the gradient of W, b",
        replaced="(D @ V.T + 0.02 * np.sign(H) / len(X))",
        wrong="(D @ V.T + 0.02 * D @ V.T * H)",
    ),
    "a rate for each layer": Program(
        text=NET.replace("W -= lr * gW; b -= lr * gb", "W -= 0.1 * lr * gW; b -= 0.1 * lr * gb"),
        word="beside the learning rate",
        replaced="W -= 0.1 * lr * gW",
        wrong="W -= lr * gW",
    ),
    "taken where it helps": Program(
        text="""
def cost(theta):
    return 0.5 * np.mean((X @ theta - y) ** 2)
def slope(theta):
    return X.T @ (X @ theta - y) / len(y)
theta, step = np.array([0.9, -1.8, 0.4, 0.1]), 0.1
before = cost(theta)
for turn in range(40):
    trial = theta - step * slope(theta)
    now = cost(trial)
    if now < before:
        theta, before, step = trial, now, 1.3 * step
    else:
        step *= 0.4
    history.append(before)
""",
        word="only if a condition holds",
        replaced="""    if now < before:
        theta, before, step = trial, now, 1.3 * step
    else:
        step *= 0.4
""",
        wrong="""    theta = theta - step * (slope(theta) + 0.3 * theta)
    before = now
""",
    ),
    "half of everything": Program(
        text="""
w = np.zeros(4)
eta, lam = 0.05, 0.1
for epoch in range(30):
    cost = 0.0
    for k in range(24):
        e = y[k] - X[k] @ w
        cost += e ** 2 + lam * np.sum(w ** 2)
        w += eta * (e * X[k] - lam * w)
    history.append(cost)
""",
        word="half the derivative in every term",
        replaced="e * X[k] - lam * w",
        wrong="e * X[k] - 2 * lam * w",
    ),
}


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(HEAD + text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("style", PROGRAMS)
def test_a_step_that_is_no_gradient_is_not_called_wrong(style: str, tmp_path: Path) -> None:
    """Nor right: the reason says what it is, and what helps."""
    report = _checked(tmp_path, PROGRAMS[style].text)

    assert report.verdict is Verdict.INVALID, report.reason
    assert PROGRAMS[style].word in report.reason
    assert report.finding("no-gradient-step") is not None


@pytest.mark.parametrize("style", PROGRAMS)
def test_a_wrong_gradient_in_its_place_fails(style: str, tmp_path: Path) -> None:
    """What only looks like such a step, or lacks its mark, is excused by nothing."""
    program = PROGRAMS[style]
    assert program.replaced in program.text

    report = _checked(tmp_path, program.text.replace(program.replaced, program.wrong))

    assert report.verdict is Verdict.FAIL, report.reason
    assert report.finding("no-gradient-step") is None


def test_net_itself_passes(tmp_path: Path) -> None:
    """What the programs above change is right."""
    assert _checked(tmp_path, NET).verdict is Verdict.PASS


@pytest.mark.parametrize(("strength", "verdict"), [("0.1", Verdict.INVALID), ("0.0", Verdict.FAIL)])
def test_half_of_everything_where_there_is_no_penalty(strength: str, verdict: Verdict, tmp_path: Path) -> None:
    """Of a penalty of strength zero nothing is known: half the gradient of the errors is a factor left out."""
    text = PROGRAMS["half of everything"].text.replace("lam = 0.05, 0.1", f"lam = 0.05, {strength}")
    report = _checked(tmp_path, text)

    assert f"= 0.05, {strength}" in text
    assert report.verdict is verdict, report.reason


ACTOR = """
import numpy as np
rng = np.random.default_rng(5)
means = rng.normal(size=(3, 4))
theta, worth = np.zeros((3, 4)), np.zeros(3)

def policy(s):
    e = np.exp(theta[s] - theta[s].max())
    return e / e.sum()

gained, surrogate = [], []
for t in range(400):
    s = rng.integers(3)
    p = policy(s)
    a = rng.choice(4, p=p)
    reward = means[s, a] + 0.3 * rng.normal()
    more = reward - worth[s]
    worth[s] += 0.05 * more
    p = policy(s)
    logp = np.log(p[a])
    taken = np.zeros(4)
    taken[a] = 1
    theta[s] += 0.05 * more * (taken - p)
    gained.append(reward)
    surrogate.append(more * logp)
"""


def test_an_actor_beside_its_critic_is_not_called_wrong(tmp_path: Path) -> None:
    """The critic follows another loss than the actor, and the actor draws by what it learns."""
    report = _checked(tmp_path, ACTOR)
    assert report.verdict is Verdict.INVALID, report.reason
    assert "draws by probabilities that depend on the parameters" in report.reason
