"""Slips in rows of tables, in entries of lists and in what several lines read: named, and cured where they are made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from program_twins import Wrong, assert_cured  # isort: skip # noqa: E402

HEAD = """
import numpy as np
rng = np.random.RandomState(3)
"""
PROGRAMS = {
    "a penalty of one row is left out, and a sign": Wrong(
        text=HEAD
        + """
class Ranker:
    def __init__(self, people, things, k=3, reg=0.05, lr=0.1):
        self.A, self.B, self.pull = rng.randn(people, k), rng.randn(things, k), np.zeros(things)
        self.reg, self.lr = reg, lr

    def loss(self, u, i, j):
        x = self.A[u] @ (self.B[i] - self.B[j]) + self.pull[i] - self.pull[j]
        sizes = (self.A[u] ** 2).sum() + (self.B[i] ** 2).sum() + (self.B[j] ** 2).sum()
        return np.log1p(np.exp(-x)) + 0.5 * self.reg * sizes

    def step(self, u, i, j):
        x = self.A[u] @ (self.B[i] - self.B[j]) + self.pull[i] - self.pull[j]
        g = 1.0 / (1.0 + np.exp(x))
        da = -g * (self.B[i] - self.B[j]) + self.reg * self.A[u]
        di = -g * self.A[u] + self.reg * self.B[i]
        dj = g * self.A[u]
        self.A[u] -= self.lr * da
        self.B[i] -= self.lr * di
        self.B[j] -= self.lr * dj
        self.pull[i] -= self.lr * g
        self.pull[j] -= self.lr * g

model = Ranker(9, 7)
triples = [(rng.randint(9), rng.randint(3), 3 + rng.randint(4)) for _ in range(40)]
for epoch in range(10):
    total = 0.0
    for u, i, j in triples:
        total += model.loss(u, i, j)
        model.step(u, i, j)
    print(epoch, total)
""",
        bugs={"regularisation-missing", "sign-flip-below"},
        cured=("dj = g * self.A[u] + self.reg * self.B[j]", "self.pull[i] += self.lr * g"),
    ),
    "a sign at the one line that two others read": Wrong(
        text=HEAD
        + """
X, Z = rng.randn(30, 4), rng.randn(30, 4)
same = (rng.rand(30) < 0.5).astype(float)
W, b, V = 0.5 * rng.randn(4, 6), np.zeros(6), 0.5 * rng.randn(6, 2)
for turn in range(60):
    h, k = np.tanh(X @ W + b), np.tanh(Z @ W + b)
    gap = h @ V - k @ V
    far = (gap ** 2).sum(axis=1)
    loss = np.mean(same * far + (1 - same) * np.exp(-far))
    pull = (2 * (same - (1 - same) * np.exp(-far)) / len(X))[:, None] * gap
    push = pull
    dV = h.T @ pull + k.T @ push
    dh = (pull @ V.T) * (1 - h ** 2)
    dk = (push @ V.T) * (1 - k ** 2)
    W -= 0.1 * (X.T @ dh + Z.T @ dk)
    b -= 0.1 * (dh.sum(0) + dk.sum(0))
    V -= 0.1 * dV
    print(turn, loss)
""",
        bugs={"sign-flip-below"},
        cured=("push = -pull",),
    ),
    "what a loop adds up is a mean's part": Wrong(
        text=HEAD
        + """
words = rng.randint(0, 12, size=(40, 6)); centre = rng.randint(0, 12, size=40)
width = words.shape[1]
E, U = 0.4 * rng.randn(12, 5), 0.4 * rng.randn(5, 12)

def grads(E, U):
    h = E[words].mean(axis=1)
    z = h @ U
    p = np.exp(z - z.max(1, keepdims=True)); p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(40), centre]).sum() / 40
    p[np.arange(40), centre] -= 1.0
    p /= 40
    dh = p @ U.T
    dE = np.zeros_like(E)
    for place in range(width):
        np.add.at(dE, words[:, place], dh)
    return loss, dE, h.T @ p

for turn in range(50):
    loss, dE, dU = grads(E, U)
    E -= 0.5 * dE
    U -= 0.5 * dU
    print(turn, loss)
""",
        bugs={"local-constant"},
        cured=("np.add.at(dE, words[:, place], dh / width)",),
    ),
    "a row is moved before the other one reads it": Wrong(
        text=HEAD
        + """
seen = [(rng.randint(8), rng.randint(6), 1.0 + 4.0 * rng.rand()) for _ in range(50)]
P, Q = 0.5 * rng.randn(8, 3), 0.5 * rng.randn(6, 3)
lam, alpha = 0.02, 0.03
for epoch in range(20):
    cost = 0.0
    for u, m, r in seen:
        e = r - P[u] @ Q[m]
        cost += e ** 2 + lam * (P[u] @ P[u] + Q[m] @ Q[m])
        g_p = -2 * e * Q[m] + 2 * lam * P[u]
        P[u] -= alpha * g_p
        g_q = -2 * e * P[u] + 2 * lam * Q[m]
        Q[m] -= alpha * g_q
    print(epoch, cost)
""",
        bugs={"updated-weights-used"},
        cured=("g_q = -2 * e * P[u] + 2 * lam * Q[m]",),
    ),
    "entries of lists: the plain error goes down": Wrong(
        text=HEAD
        + """
import math
data = [(list(rng.randn(3)), [float(rng.rand() < 0.5), float(rng.rand() < 0.5)]) for _ in range(12)]
A, a, B, c = rng.randn(3, 4), np.zeros(4), rng.randn(4, 2), np.zeros(2)
rate = 0.4

def s(v):
    return 1.0 / (1.0 + math.exp(-v))

def learn(x, t):
    hid = [s(sum(x[i] * A[i, j] for i in range(3)) + a[j]) for j in range(4)]
    out = [s(sum(hid[j] * B[j, k] for j in range(4)) + c[k]) for k in range(2)]
    error = 0.0
    up = [0.0] * 2
    for k in range(2):
        error += 0.5 * (t[k] - out[k]) ** 2
        up[k] = (t[k] - out[k]) * out[k] * (1 - out[k])
    down = [0.0] * 4
    for j in range(4):
        back = 0.0
        for k in range(2):
            back += (t[k] - out[k]) * B[j, k]
        down[j] = back * hid[j] * (1 - hid[j])
    for j in range(4):
        for k in range(2):
            B[j, k] += rate * up[k] * hid[j]
    for k in range(2):
        c[k] += rate * up[k]
    for i in range(3):
        for j in range(4):
            A[i, j] += rate * down[j] * x[i]
    for j in range(4):
        a[j] += rate * down[j]
    return error

for epoch in range(30):
    total = 0.0
    for x, t in data:
        total += learn(x, t)
    print(epoch, total)
""",
        bugs={"raw-error-backpropagated"},
        cured=("back += up[k] * B[j, k]",),
    ),
    "made data of other sizes would have another loss": Wrong(
        text=HEAD
        + """
class Logit:
    def __init__(self, d, lam=0.05):
        self.w, self.c, self.lam = 0.5 * rng.randn(d), 0.0, lam

    def prob(self, X):
        return 1 / (1 + np.exp(-(X.dot(self.w) + self.c)))

    def cost(self, X, t):
        p = self.prob(X)
        return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean() + 0.5 * self.lam * (self.w ** 2).sum()

    def slopes(self, X, t):
        p = self.prob(X)
        r = (p - t) * p * (1 - p)
        return X.T.dot(r) / X.shape[0] - self.lam * self.w, r.mean()

    def fit(self, X, t, lr=0.5, turns=60):
        for i in range(turns):
            gw, gc = self.slopes(X, t)
            self.w = self.w - lr * gw
            self.c = self.c - lr * gc
            if i % 20 == 0:
                print(i, self.cost(X, t))

X = rng.randn(80, 4)
Logit(4).fit(X, (X[:, 0] + 0.5 * rng.randn(80) > 0).astype(float))
""",
        bugs={"extra-output-derivative", "regularisation-sign"},
        cured=("r = (p - t)", "+ self.lam * self.w, r.mean()"),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_named_and_cured(tmp_path: Path, name: str) -> None:
    """Each of its bugs, and a patch that puts right what the author got wrong."""
    assert_cured(tmp_path, PROGRAMS[name])
