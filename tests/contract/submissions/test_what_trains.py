"""Which loop trains, by which rate, and which loss it descends, where simulations, records and tables stand beside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradcheck import Verdict

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from program_twins import Program, assert_right, assert_twin_wrong, checked  # isort: skip # noqa: E402

HEAD = """
import numpy as np
rng = np.random.default_rng(3)
"""
PROGRAMS = {
    "an integrator that is differentiated backwards": Program(
        text=HEAD
        + """
DT, STEPS = 0.05, 60

def simulate(p):
    k, c, q = np.exp(p[0]), np.exp(p[1]), p[2]
    x, v = 1.0, p[3]
    xs, vs = [x], [v]
    for _ in range(STEPS):
        a = -k * x - c * v - q * x ** 3
        v = v + DT * a
        x = x + DT * v
        xs.append(x)
        vs.append(v)
    return np.array(xs), np.array(vs)

def misfit(p, seen):
    return 0.5 * DT * np.sum((simulate(p)[0] - seen) ** 2)

def adjoint(p, seen):
    k, c, q = np.exp(p[0]), np.exp(p[1]), p[2]
    xs, vs = simulate(p)
    g, lx, lv = np.zeros(4), 0.0, 0.0
    for t in range(STEPS, 0, -1):
        lx += DT * (xs[t] - seen[t])
        lv += DT * lx
        x, v = xs[t - 1], vs[t - 1]
        g[0] += lv * DT * (-x) * k
        g[1] += lv * DT * (-v) * c
        g[2] += lv * DT * (-x ** 3)
        lx += lv * DT * (-k - 3 * q * x ** 2)
        lv *= 1 - DT * c
    g[3] = lv
    return g

seen = simulate(np.array([1.4, -1.2, 0.8, 0.5]))[0] + 0.01 * rng.normal(size=STEPS + 1)
p, vel = np.array([1.2, -0.7, 0.0, 0.0]), np.zeros(4)
for it in range(200):
    vel = 0.9 * vel - 0.02 * adjoint(p, seen)
    p = p + vel
    if it % 100 == 0:
        print(it, misfit(p, seen))
""",
        blocks={"p"},
        replaced="(-k - 3 * q * x ** 2)",
        wrong="(-k - q * x ** 2)",
    ),
    "data of a simulation": Program(
        text=HEAD
        + """
def simulate(n):
    warm, out = 1.0, []
    for _ in range(n):
        warm += 0.1 * (2.0 - warm) + 0.05 * rng.normal()
        out.append(warm)
    return np.array(out)

series = simulate(200)
X = np.stack([series[i:i + 3] for i in range(190)])
y = np.array([series[i + 3] for i in range(190)])
W, b, v, c = rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=4), 0.0
for it in range(100):
    pick = rng.integers(0, len(X), 16)
    h = np.tanh(X[pick] @ W + b)
    e = h @ v + c - y[pick]
    d = e / 16
    back = np.outer(d, v) * (1 - h ** 2)
    W -= 0.05 * X[pick].T @ back
    b -= 0.05 * back.sum(0)
    v -= 0.05 * h.T @ d
    c -= 0.05 * d.sum()
    if it % 50 == 0:
        print(it, 0.5 * np.mean(e ** 2))
""",
        blocks={"W", "b", "v", "c"},
        replaced="(1 - h ** 2)",
        wrong="(1 - h)",
    ),
    "rates of their own, beside gradients with names": Program(
        text=HEAD
        + """
data = np.vstack([rng.normal(0, 0.4, (40, 2)), rng.normal(2, 0.6, (40, 2))])

class Mixture:
    def __init__(self):
        self.alpha, self.mu, self.rho = np.zeros(2), data[[3, 60]].copy(), np.zeros(2)

    def parts(self, x):
        log_pi = self.alpha - np.log(np.exp(self.alpha).sum())
        diff = x[:, None, :] - self.mu[None]
        u = (diff ** 2).sum(-1) / np.exp(2 * self.rho)
        return log_pi - 0.5 * u - 2 * self.rho, diff, u

    def nll(self, x):
        joint = self.parts(x)[0]
        top = joint.max(axis=1, keepdims=True)
        return -np.mean(top[:, 0] + np.log(np.exp(joint - top).sum(axis=1)))

    def grad(self, x):
        joint, diff, u = self.parts(x)
        r = np.exp(joint - joint.max(axis=1, keepdims=True))
        r /= r.sum(axis=1, keepdims=True)
        d_alpha = np.exp(self.alpha) / np.exp(self.alpha).sum() - r.mean(axis=0)
        d_mu = -(r[:, :, None] * diff).sum(axis=0) / np.exp(2 * self.rho)[:, None] / len(x)
        d_rho = (r * (2 - u)).sum(axis=0) / len(x)
        return d_alpha, d_mu, d_rho

mix = Mixture()
for it in range(100):
    ga, gm, gr = mix.grad(data)
    mix.alpha -= 0.3 * ga
    mix.mu -= 0.3 * gm
    mix.rho -= 0.1 * gr
    if it % 50 == 0:
        print(it, mix.nll(data))
""",
        blocks={"alpha", "mu", "rho"},
        replaced="(2 - u)",
        wrong="(1 - u)",
    ),
    "a whole number for a rate, up a utility": Program(
        text=HEAD
        + """
signal, ret = rng.normal(size=(60, 2)), 1 + 0.03 * rng.normal(size=(60, 3))
W1, b1, W2, b2 = rng.normal(size=(2, 4)), np.zeros(4), rng.normal(size=(4, 3)), np.zeros(3)

def weights(x):
    h = np.tanh(x @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    return h, e / e.sum(axis=1, keepdims=True)

def utility(x, ret):
    return np.log((weights(x)[1] * ret).sum(axis=1)).mean()

def slopes(x, ret):
    h, w = weights(x)
    dw = ret / (w * ret).sum(axis=1, keepdims=True)
    ds = w * (dw - (w * dw).sum(axis=1, keepdims=True)) / len(x)
    dz = (ds @ W2.T) * (1 - h ** 2)
    return x.T @ dz, dz.sum(axis=0), h.T @ ds, ds.sum(axis=0)

for it in range(100):
    g1, c1, g2, c2 = slopes(signal, ret)
    W1 += 5 * g1
    b1 += 5 * c1
    W2 += 5 * g2
    b2 += 5 * c2
    if it % 50 == 0:
        print(it, utility(signal, ret))
""",
        blocks={"W1", "b1", "W2", "b2"},
        replaced="(1 - h ** 2)",
        wrong="(1 - h)",
    ),
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
    "velocities in place, where layers keep what others made": Program(
        text=HEAD
        + """
class Linear:
    def __init__(self, i, o):
        self.W, self.b = rng.normal(0, 1 / np.sqrt(i), (i, o)), np.zeros(o)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T

class Block:
    def __init__(self, width):
        self.one, self.two = Linear(width, width), Linear(width, width)

    def forward(self, x):
        self.h = np.tanh(self.one.forward(x))
        return x + self.two.forward(self.h)

    def backward(self, d):
        return d + self.one.backward(self.two.backward(d) * (1 - self.h ** 2))

first, block, last = Linear(2, 5), Block(5), Linear(5, 1)
layers = [first, block.one, block.two, last]
mom = [(np.zeros_like(l.W), np.zeros_like(l.b)) for l in layers]
x = rng.normal(size=(40, 2)); y = np.sin(x[:, :1]) * x[:, 1:]
for step in range(100):
    pred = last.forward(block.forward(first.forward(x)))
    loss = ((pred - y) ** 2).mean()
    first.backward(block.backward(last.backward(2 * (pred - y) / pred.size)))
    for l, (vW, vb) in zip(layers, mom):
        vW *= 0.9
        vW -= 0.03 * l.dW
        vb *= 0.9
        vb -= 0.03 * l.db
        l.W += vW
        l.b += vb
    if step % 50 == 0:
        print(step, loss)
""",
        blocks={f"{layer}.{part}" for layer in ("first", "block.one", "block.two", "last") for part in "Wb"},
        replaced="return d + self.one",
        wrong="return self.one",
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


def test_another_measure_of_errors_may_be_printed(tmp_path: Path) -> None:
    """Their mean size is no loss that squared errors contradict."""
    text = PROGRAMS["data of a simulation"].text.replace("0.5 * np.mean(e ** 2)", "loss")
    text = text.replace("    d = e / 16\n", "    loss = np.mean(np.abs(e))\n    d = e / 16\n")
    report = checked(tmp_path, text)
    assert report.verdict is Verdict.PASS, report.reason
    assert report.finding("printed-loss-differs") is not None
