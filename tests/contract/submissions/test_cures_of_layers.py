"""Slips in recurrent networks, lengths, tied weights and products in place: named, and cured by what is meant."""

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
    "gates side by side, and what the next turn hands back": Wrong(
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
    "the length of all data, in a class that sees a batch": Wrong(
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
    "the length of another array": Wrong(
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
    "the other use of tied weights": Wrong(
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
    "an activation in place, where its slope belongs": Wrong(
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
    assert_cured(tmp_path, PROGRAMS[name])
