"""Layers that are functions, objects with slots, averages kept in place, coroutines that are sent their batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Verdict
from gradcheck.submissions import check_file

KEPT_AVERAGES = """
import numpy as np

r = np.random.default_rng(2)
x, y = r.normal(size=(24, 3)), r.normal(size=(24, 2))
A, a, B, b = r.normal(size=(3, 5)), np.zeros(5), r.normal(size=(5, 2)), np.zeros(2)
everything = [A, a, B, b]
first, second = [np.zeros_like(p) for p in everything], [np.zeros_like(p) for p in everything]
for turn in range(1, 200):
    h = np.tanh(x @ A + a)
    gap = h @ B + b - y
    error = (gap ** 2).sum() / len(x)
    d = 2 * gap / len(x)
    dh = d @ B.T * WRONG(1 - h * h)
    for p, g, m, s in zip(everything, [x.T @ dh, dh.sum(0), h.T @ d, d.sum(0)], first, second):
        m += 0.1 * (g - m)
        s += 0.001 * (g * g - s)
        p -= 0.01 * (m / (1 - 0.9 ** turn)) / (np.sqrt(s / (1 - 0.999 ** turn)) + 1e-8)
    if turn % 50 == 0:
        print(turn, error)
"""
VELOCITIES = """
import numpy as np
from collections import namedtuple

Pair = namedtuple("Pair", "w b")
r = np.random.default_rng(6)


def outputs(net, x):
    seen = [x]
    for one in net[:-1]:
        seen.append(np.tanh(seen[-1] @ one.w + one.b))
    return seen, seen[-1] @ net[-1].w + net[-1].b


def slopes(net, x, y):
    seen, out = outputs(net, x)
    d, found = 2 * (out - y) / len(x), []
    for one, h in zip(reversed(net), reversed(seen)):
        found.append(Pair(h.T @ d, d.sum(axis=0)))
        d = WRONG(d @ one.w.T) * (1 - h ** 2)
    return found[::-1]


net = [Pair(r.normal(size=(3, 4)), np.zeros(4)), Pair(r.normal(size=(4, 4)), np.zeros(4)),
       Pair(r.normal(size=(4, 2)), np.zeros(2))]
speed = [Pair(0.0, 0.0) for _ in net]
for turn in range(100):
    x = r.normal(size=(16, 3))
    found = slopes(net, x, x[:, :2] * x[:, 1:])
    speed = [Pair(0.9 * v.w + g.w, 0.9 * v.b + g.b) for v, g in zip(speed, found)]
    net = [Pair(n.w - 0.02 * v.w, n.b - 0.02 * v.b) for n, v in zip(net, speed)]
"""
CLOSURES = """
import numpy as np

r = np.random.default_rng(9)


def dense(i, o):
    W, c = r.normal(size=(i, o)) / np.sqrt(i), np.zeros(o)

    def forward(x):
        z = np.tanh(x @ W + c)

        def backward(d):
            d = d * WRONG(1 - z * z)
            return d @ W.T, [x.T @ d, d.sum(0)]
        return z, backward
    return forward, [W, c]


stack = [dense(3, 6), dense(6, 2)]


def slopes(x, y):
    tape = []
    for forward, _ in stack:
        x, back = forward(x)
        tape.append(back)
    cost, d, found = np.mean(np.abs(x - y) ** 3), 3 * np.abs(x - y) * (x - y) / x.size, []
    for back in reversed(tape):
        d, g = back(d)
        found.insert(0, g)
    return cost, found


x, y = r.normal(size=(20, 3)), r.uniform(-0.8, 0.8, (20, 2))
for turn in range(60):
    cost, found = slopes(x, y)
    for (_, params), grads in zip(stack, found):
        for p, g in zip(params, grads):
            p -= 0.3 * g
    print(turn, cost)
"""
SLOTS = """
import math
import random


class Num:
    __slots__ = ("val", "grad", "made_of")

    def __init__(self, val, made_of=()):
        self.val, self.grad, self.made_of = val, 0.0, made_of

    def __add__(self, o):
        o = o if isinstance(o, Num) else Num(o)
        return Num(self.val + o.val, ((self, 1.0), (o, 1.0)))

    def __mul__(self, o):
        o = o if isinstance(o, Num) else Num(o)
        return Num(self.val * o.val, ((self, o.val), (o, WRONGself.val)))

    def sin(self):
        return Num(math.sin(self.val), ((self, math.cos(self.val)),))

    def back(self):
        order, seen = [], set()

        def visit(n):
            if id(n) not in seen:
                seen.add(id(n))
                for p, _ in n.made_of:
                    visit(p)
                order.append(n)
        visit(self)
        self.grad = 1.0
        for n in reversed(order):
            for p, local in n.made_of:
                p.grad += local * n.grad


random.seed(5)
ws = [[Num(random.gauss(0, 1)) for _ in range(2)] for _ in range(4)]
vs = [Num(random.gauss(0, 1)) for _ in range(4)]
every = [n for row in ws for n in row] + vs
points = [((random.random(), random.random()), random.random()) for _ in range(6)]
for k in range(30):
    loss = Num(0.0)
    for x, t in points:
        out = Num(-t)
        for row, v in zip(ws, vs):
            out = out + (row[0] * x[0] + row[1] * x[1]).sin() * v
        loss = loss + out * out * (1 / len(points))
    for n in every:
        n.grad = 0.0
    loss.back()
    for n in every:
        n.val -= (0.5 - 0.3 * k / 30) * n.grad
    print(k, round(loss.val, 4))
"""
COROUTINE = """
import numpy as np


def learner(W, c, rate):
    cost = None
    while True:
        x, y = yield cost
        h = np.tanh(x @ W[0] + c[0])
        gap = h @ W[1] + c[1] - y
        cost = np.mean(np.sqrt(1 + gap ** 2))
        d = gap / np.sqrt(1 + gap ** 2) / gap.size
        dh = d @ W[1].T * WRONG(1 - h ** 2)
        W[0] -= rate * x.T @ dh
        c[0] -= rate * dh.sum(axis=0)
        W[1] -= rate * h.T @ d
        c[1] -= rate * d.sum(axis=0)


r = np.random.default_rng(3)
x = r.normal(size=(40, 3))
y = np.sin(x[:, :2])
learning = learner([r.normal(size=(3, 5)), r.normal(size=(5, 2))], [np.zeros(5), np.zeros(2)], 0.2)
next(learning)
for k in range(30):
    some = r.integers(40, size=10)
    print(k, learning.send((x[some], y[some])))
"""
ENTRIES = """
import functools
import numpy as np

r = np.random.default_rng(4)
x, y = r.normal(size=(20, 3)), r.normal(size=(20, 2))
layers = [[r.normal(size=(a, b)) * 0.5, np.zeros(b)] for a, b in [(3, 5), (5, 4), (4, 2)]]
for k in range(40):
    seen = functools.reduce(lambda acts, layer: [*acts, np.tanh(acts[-1] @ layer[0] + layer[1])], layers, [x])
    gap = seen[-1] - y
    d, cost = 4 * gap ** 3 / len(x), np.sum(gap ** 4) / len(x)
    for layer, inside, out in list(zip(layers, seen, seen[1:]))[::-1]:
        d = d * WRONG(1 - out ** 2)
        slopes, d = (inside.T @ d, d.sum(axis=0)), d @ layer[0].T
        for param, slope in zip(layer, slopes):
            with np.nditer([param, slope], op_flags=[["readwrite"], ["readonly"]]) as entries:
                for p, g in entries:
                    p[...] = p - 0.02 * g
    print(k, cost)
"""
REWARDED = """
import numpy as np

r = np.random.RandomState(11)


class Chooser:
    def __init__(self):
        self.W, self.c, self.V = 0.5 * r.randn(3, 6), np.zeros(6), 0.5 * r.randn(6, 4)

    def chances(self, s):
        h = np.tanh(s @ self.W + self.c)
        e = np.exp(h @ self.V)
        return h, e / e.sum(axis=1, keepdims=True)

    def improve(self, s, a, worth, pace):
        h, p = self.chances(s)
        rows = np.arange(len(s))
        print(-np.mean(worth * np.log(p[rows, a])))
        d = -p
        d[rows, a] += 1.0
        d *= worth[:, None] / len(s)
        dh = (d @ self.V.T) * WRONG(1 - h * h)
        self.V += pace * h.T @ d
        self.W += pace * s.T @ dh
        self.c += pace * dh.sum(axis=0)


def play():
    chooser, baseline = Chooser(), 0.0
    for turn in range(50):
        s = r.randn(16, 3)
        a = np.array([r.choice(4, p=p) for p in chooser.chances(s)[1]])
        reward = (a == (s[:, 0] > 0)).astype(float)
        chooser.improve(s, a, reward - baseline, 0.4)
        baseline = 0.9 * baseline + 0.1 * reward.mean()


play()
"""


@pytest.mark.parametrize("text", [REWARDED, KEPT_AVERAGES, VELOCITIES, CLOSURES, SLOTS, COROUTINE, ENTRIES])
@pytest.mark.parametrize(("wrong", "verdict"), [("", Verdict.PASS), ("0.7 * ", Verdict.FAIL)])
def test_right_passes_and_wrong_fails(tmp_path: Path, text: str, wrong: str, verdict: Verdict) -> None:
    """A factor in the backward pass is found, whatever the style."""
    file = tmp_path / "work.py"
    file.write_text(text.replace("WRONG", wrong), encoding="utf-8")
    report = check_file(file)
    assert report.verdict is verdict, report.reason
