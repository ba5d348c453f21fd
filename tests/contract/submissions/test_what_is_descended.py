"""Which loss a step descends, where it is only printed, of all data, a record of objects, or climbed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from program_twins import Program, assert_right, assert_twin_wrong  # isort: skip # noqa: E402

HEAD = """
import numpy as np
rng = np.random.default_rng(3)
"""
PROGRAMS = {
    "objects whose maker is given arrays and numbers": Program(
        text=HEAD
        + """
class Node:
    def __init__(self, value, parents=(), rule=None):
        self.value = np.asarray(value, dtype=float)
        self.grad, self.parents, self.rule = np.zeros_like(self.value), parents, rule

    def __matmul__(self, other):
        return Node(self.value @ other.value, (self, other), lambda g: (g @ other.value.T, self.value.T @ g))

    def tanh(self):
        t = np.tanh(self.value)
        return Node(t, (self,), lambda g: (g * (1 - t * t),))

    def square_mean(self, y):
        e = self.value - y
        return Node((e ** 2).mean(), (self,), lambda g: (g * 2 * e / e.size,))

    def back(self):
        order = []
        def visit(n):
            if n not in order:
                for p in n.parents:
                    visit(p)
                order.append(n)
        visit(self)
        self.grad = np.ones_like(self.value)
        for n in reversed(order):
            if n.rule:
                for p, g in zip(n.parents, n.rule(n.grad)):
                    p.grad = p.grad + g

X, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 1))
params = [Node(rng.normal(size=(3, 4))), Node(rng.normal(size=(4, 1)))]
squares = [np.zeros_like(p.value) for p in params]
for step in range(1, 80):
    for p in params:
        p.grad = np.zeros_like(p.value)
    L = ((Node(X) @ params[0]).tanh() @ params[1]).square_mean(y)
    L.back()
    for i, p in enumerate(params):
        squares[i] = 0.99 * squares[i] + 0.01 * p.grad ** 2
        p.value -= 0.01 * p.grad / (np.sqrt(squares[i]) + 1e-8)
    if step % 40 == 0:
        print(step, float(L.value))
""",
        blocks={"params[0].value", "params[1].value"},
        replaced="(1 - t * t)",
        wrong="(1 - t)",
    ),
    "a likelihood that is only printed": Program(
        text=HEAD
        + """
X = rng.normal(size=(80, 3)); goals = rng.poisson(np.exp(0.5 * X[:, 0])).astype(float)
W, b, w, c = rng.normal(size=(3, 4)), np.zeros(4), 0.3 * rng.normal(size=4), 0.0
for epoch in range(200):
    a = np.log1p(np.exp(X @ W + b))
    eta = a @ w + c
    mu = np.exp(eta)
    loss = np.mean(mu - goals * eta)
    d = (mu - goals) / len(X)
    dz = np.outer(d, w) * (1 - np.exp(-a))
    W -= 0.05 * X.T @ dz
    b -= 0.05 * dz.sum(axis=0)
    w -= 0.05 * a.T @ d
    c -= 0.05 * d.sum()
    if epoch % 100 == 0:
        print(epoch, loss)
""",
        blocks={"W", "b", "w", "c"},
        replaced="d = (mu - goals) / len(X)",
        wrong="d = (mu - goals) * mu / len(X)",
    ),
    "a cost with a penalty, shown of all data": Program(
        text=HEAD
        + """
X = rng.normal(size=(120, 3)); Y = np.tanh(X[:, :1] - X[:, 1:2])
lam = 1e-2

def forward(net, X):
    acts = [X]
    for W, b in net:
        acts.append(np.tanh(acts[-1] @ W + b))
    return acts

def cost(net, X, y):
    return np.mean((forward(net, X)[-1] - y) ** 2) + lam / 2 * sum(np.sum(W ** 2) for W, b in net)

def backward(net, X, y):
    acts, grads = forward(net, X), [None] * len(net)
    d = 2 * (acts[-1] - y) / X.shape[0]
    for l in range(len(net) - 1, -1, -1):
        d = d * (1 - acts[l + 1] ** 2)
        grads[l] = acts[l].T @ d + lam * net[l][0], d.sum(axis=0, keepdims=True)
        d = d @ net[l][0].T
    return grads

net = [[0.5 * rng.normal(size=(3, 5)), np.zeros((1, 5))], [0.5 * rng.normal(size=(5, 1)), np.zeros((1, 1))]]
for epoch in range(20):
    order = rng.permutation(120)
    for s in range(0, 120, 30):
        sel = order[s:s + 30]
        for layer, (gW, gb) in zip(net, backward(net, X[sel], Y[sel])):
            layer[0] -= 0.1 * gW
            layer[1] -= 0.1 * gb
    print(epoch, cost(net, X, Y))
""",
        blocks={"net[0][0]", "net[0][1]", "net[1][0]", "net[1][1]"},
        replaced="acts[l].T @ d + lam * net[l][0], d.sum(axis=0, keepdims=True)",
        wrong="acts[l].T @ d / 30 + lam * net[l][0], d.sum(axis=0, keepdims=True) + lam * net[l][1]",
    ),
    "rows that the loop around takes out of their table": Program(
        text=HEAD
        + """
near, far = rng.random((9, 4)) - 0.5, rng.random((9, 4)) - 0.5
pairs = [(i, (i + j) % 9) for i in range(9) for j in (1, 2)]

def s(x):
    return 1.0 / (1.0 + np.exp(-x))

def pair_loss(center, rows, labels):
    p = s(far[rows] @ near[center])
    return -np.sum(labels * np.log(p) + (1 - labels) * np.log(1 - p))

def train_pair(center, rows, labels, lr):
    v = near[center].copy()
    for r, label in zip(rows, labels):
        err = s(far[r] @ v) - label
        near[center] -= lr * err * far[r]
        far[r] -= lr * err * v

for epoch in range(20):
    total = 0.0
    for center, other in pairs:
        rows, labels = [other, (other + 3) % 9, (other + 5) % 9], np.array([1.0, 0.0, 0.0])
        total += pair_loss(center, rows, labels)
        train_pair(center, rows, labels, 0.1)
    print(epoch, total / len(pairs))
""",
        blocks={"near", "far"},
        replaced="far[r] -= lr * err * v",
        wrong="far[r] -= lr * abs(err) * v",
    ),
    "a log-likelihood less a penalty": Program(
        text=HEAD
        + """
X = rng.normal(size=(60, 3)); churn = (rng.random(60) < 0.4) * 1.0
V, v, u, u0, LAM, step = 0.7 * rng.normal(size=(3, 4)), np.zeros(4), 0.7 * rng.normal(size=4), 0.0, 0.05, 0.004
for sweep in range(100):
    A = np.tanh(X @ V + v)
    p = 1 / (1 + np.exp(-(A @ u + u0)))
    value = np.sum(churn * np.log(p) + (1 - churn) * np.log(1 - p)) - 0.5 * LAM * (np.sum(V ** 2) + np.sum(u ** 2))
    d = churn - p
    inner = np.outer(d, u) * (1 - A ** 2)
    up_u, up_V = A.T @ d - LAM * u, X.T @ inner - LAM * V
    u += step * up_u
    u0 += step * d.sum()
    V += step * up_V
    v += step * inner.sum(axis=0)
    if sweep % 50 == 0:
        print(sweep, value)
""",
        blocks={"V", "v", "u", "u0"},
        replaced="A.T @ d - LAM * u",
        wrong="A.T @ d + LAM * u",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_programs_pass(tmp_path: Path, name: str) -> None:
    """Whatever moves them, all of their parameters are compared."""
    assert_right(tmp_path, PROGRAMS[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_their_wrong_twins_fail(tmp_path: Path, name: str) -> None:
    """The same with a slip in the gradient."""
    assert_twin_wrong(tmp_path, PROGRAMS[name])
