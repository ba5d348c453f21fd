"""Slips in rows of tables, in entries of lists and in what several lines read: named, and cured where they are made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gradcheck import diagnose_file
from gradcheck.records import Diagnosis


@dataclass(frozen=True, kw_only=True)
class Program:
    """A wrong program, the names of its bugs, and lines that the patch puts in."""

    text: str
    bugs: set[str]
    cured: tuple[str, ...]


HEAD = """
import numpy as np
rng = np.random.RandomState(3)
"""
PROGRAMS = {
    "a penalty of one row is left out, and a sign": Program(
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
    "a sign at the one line that two others read": Program(
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
    "what a loop adds up is a mean's part": Program(
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
    "a row is moved before the other one reads it": Program(
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
    "entries of lists: the plain error goes down": Program(
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
    "made data of other sizes would have another loss": Program(
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
    "gates side by side, and what the next turn hands back": Program(
        text=HEAD
        + """
H, T, N = 4, 5, 24
X = rng.randn(N, T, 1)
y = (X[:, -3:, 0].sum(1) > 0).astype(float)
W, b, w_out, b_out = 0.5 * rng.randn(1 + H, 4 * H), np.zeros(4 * H), 0.5 * rng.randn(H, 1), np.zeros(1)

def sig(x):
    return 1 / (1 + np.exp(-x))

def step(lr):
    global W, b, w_out, b_out
    h, c, tape = np.zeros((N, H)), np.zeros((N, H)), []
    for t in range(T):
        xh = np.hstack([X[:, t], h])
        z = xh @ W + b
        i, f, o, g = sig(z[:, :H]), sig(z[:, H:2*H]), sig(z[:, 2*H:3*H]), np.tanh(z[:, 3*H:])
        before = c
        c = f * before + i * g
        h = o * np.tanh(c)
        tape.append((xh, i, f, o, g, before, c))
    p = sig(h @ w_out + b_out)[:, 0]
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    ds = ((p - y) / N)[:, None]
    dw_out, db_out, dh = h.T @ ds, ds.sum(0), ds @ w_out.T
    dc, dW, db = np.zeros_like(dh), np.zeros_like(W), np.zeros_like(b)
    for xh, i, f, o, g, before, c in reversed(tape):
        tc = np.tanh(c)
        do = dh * tc
        dc = dh * o * (1 - tc ** 2)
        di, dg, df = dc * g, dc * i, dc * before
        dz = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * g * (1 - g)])
        dW += xh.T @ dz
        db += dz.sum(0)
        dh = (dz @ W.T)[:, 1:]
        dc = dc * f
    W, b = W - lr * dW, b - lr * db
    w_out, b_out = w_out - lr * dw_out, b_out - lr * db_out
    return loss

for epoch in range(60):
    print(epoch, step(0.5))
""",
        bugs={"wrong-derivative-formula", "gradient-stopped"},
        cured=("dg * (1 - g ** 2)", "dc"),
    ),
    "the length of all data, in a class that sees a batch": Program(
        text=HEAD
        + """
class Loss:
    def forward(self, z, labels):
        z = z - z.max(axis=1, keepdims=True)
        self.logp, self.labels = z - np.log(np.exp(z).sum(axis=1, keepdims=True)), labels
        return -self.logp[np.arange(len(labels)), labels].mean()

    def backward(self):
        g = np.exp(self.logp)
        g[np.arange(len(self.labels)), self.labels] -= 1
        return g / len(everything)

class Dense:
    def __init__(self, i, o):
        self.W, self.b = rng.randn(i, o) / np.sqrt(i), np.zeros(o)

    def forward(self, x):
        self.x = x
        self.a = np.tanh(x @ self.W + self.b)
        return self.a

    def backward(self, d):
        d = d * (1 - self.a ** 2)
        self.dW, self.db = self.x.T @ d, d.sum(0)
        return d @ self.W.T

everything, labels = rng.randn(90, 5), rng.randint(0, 3, 90)
layers, criterion = [Dense(5, 7), Dense(7, 3)], Loss()
for epoch in range(20):
    order, losses = rng.permutation(90), []
    for s in range(0, 90, 18):
        out = everything[order[s:s + 18]]
        for layer in layers:
            out = layer.forward(out)
        losses.append(criterion.forward(out, labels[order[s:s + 18]]))
        d = criterion.backward()
        for layer in reversed(layers):
            d = layer.backward(d)
        for layer in layers:
            layer.W -= 0.5 * layer.dW
            layer.b -= 0.5 * layer.db
    print(epoch, np.mean(losses))
""",
        bugs={"stale-batch-size"},
        cured=("return g / ",),
    ),
    "the length of another array": Program(
        text=HEAD
        + """
features = rng.randn(14, 3)
pairs = np.array([(i, j) for i in range(14) for j in range(14) if i != j and features[i, 0] > features[j, 0]][:70])

class Ranker:
    def __init__(self):
        self.W, self.c, self.v = rng.randn(3, 5), np.zeros(5), rng.randn(5)

    def rate(self, F):
        self.h = np.tanh(F @ self.W + self.c)
        return self.h @ self.v

    def loss(self, F, pairs):
        s = self.rate(F)
        return np.mean(np.logaddexp(0, s[pairs[:, 1]] - s[pairs[:, 0]]))

    def slopes(self, F, pairs):
        s, win, lose = self.rate(F), pairs[:, 0], pairs[:, 1]
        lam = -1 / (1 + np.exp(s[win] - s[lose]))
        ds = np.zeros(len(F))
        np.add.at(ds, win, lam)
        np.add.at(ds, lose, -lam)
        ds /= len(F)
        back = np.outer(ds, self.v) * (1 - self.h ** 2)
        return F.T @ back, back.sum(0), self.h.T @ ds

model = Ranker()
for epoch in range(60):
    dW, dc, dv = model.slopes(features, pairs)
    model.W -= 0.2 * dW
    model.c -= 0.2 * dc
    model.v -= 0.2 * dv
    if epoch % 30 == 0:
        print(epoch, model.loss(features, pairs))
""",
        bugs={"stale-batch-size"},
        cured=("ds /= len(pairs)",),
    ),
    "the other use of tied weights": Program(
        text=HEAD
        + """
class Coder:
    def __init__(self, i, h):
        self.W, self.b, self.c = 0.4 * rng.randn(i, h), np.zeros(h), np.zeros(i)

    def forward(self, x):
        self.x = x
        self.code = 1 / (1 + np.exp(-(x @ self.W + self.b)))
        self.out = self.code @ self.W.T + self.c
        return self.out

    def error(self, x):
        return np.sum((self.forward(x) - x) ** 2) / len(x)

    def backward(self):
        delta2 = 2 * (self.out - self.x) / len(self.x)
        delta1 = (delta2 @ self.W) * self.code * (1 - self.code)
        gW = delta2.T @ self.code
        return gW, delta1.sum(axis=0), delta2.sum(axis=0)

rows, net = rng.rand(30, 7), Coder(7, 3)
for s in range(100):
    net.forward(rows)
    gW, g1, g2 = net.backward()
    net.W -= 0.1 * gW
    net.b -= 0.1 * g1
    net.c -= 0.1 * g2
    if s % 50 == 0:
        print(s, net.error(rows))
""",
        bugs={"gradient-stopped"},
        cured=("gW = delta2.T @ self.code + self.x.T @ delta1",),
    ),
    "an activation in place, where its slope belongs": Program(
        text=HEAD
        + """
X, Y = rng.randn(40, 4), rng.randn(40, 3)
A, a, B, c = 0.5 * rng.randn(4, 6), np.zeros((1, 6)), 0.5 * rng.randn(6, 3), np.zeros((1, 3))
for turn in range(80):
    h = np.tanh(X @ A + a)
    out = h @ B + c
    loss = np.mean((out - Y) ** 2)
    d = 2 * (out - Y) / Y.size
    dB, dc = h.T @ d, d.sum(axis=0, keepdims=True)
    back = d @ B.T
    back *= h
    A -= 0.2 * X.T @ back
    a -= 0.2 * back.sum(axis=0, keepdims=True)
    B -= 0.2 * dB
    c -= 0.2 * dc
    print(turn, loss)
""",
        bugs={"activation-instead-of-derivative"},
        cured=("1 - h",),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_named_and_cured(tmp_path: Path, name: str) -> None:
    """Each of its bugs, and a patch that puts right what the author got wrong."""
    program = PROGRAMS[name]
    path = tmp_path / "program.py"
    path.write_text(program.text, encoding="utf-8")
    report = diagnose_file(path)
    assert isinstance(report, Diagnosis)
    assert {bug.bug for bug in report.diagnoses} == program.bugs
    assert report.patch_verified
    assert report.patch is not None
    added = [line[1:].strip() for line in report.patch.splitlines() if line.startswith("+") and line[:3] != "+++"]
    assert all(any(text in line for line in added) for text in program.cured), added
