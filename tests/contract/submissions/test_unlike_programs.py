"""Steps that are written in rarer ways: what is right passes, about all parameters, and what is wrong fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file

DATA = """import numpy as np
rng = np.random.default_rng(0)
X = rng.standard_normal((20, 3))
Y = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A right program, the piece of it that is put wrong, and the names of its parameters."""

    text: str
    right: str
    wrong: str
    blocks: frozenset[str]


PROGRAMS = {
    "attributes of the class itself": Program(
        text="""
class Brain:
    w = rng.normal(size=(3, 2))
    u = rng.normal(size=(2, 1))
    rate = 0.1
    seen = []

    @classmethod
    def learn(cls, x, y):
        h = 1 / (1 + np.exp(-x @ cls.w))
        o = h @ cls.u
        cls.seen.append(np.sum((o - y) ** 2) / (2 * len(x)))
        e = (o - y) / len(x)
        gu = h.T @ e
        gw = x.T @ (e @ cls.u.T * h * (1 - h))
        cls.u = cls.u - cls.rate * gu
        cls.w = cls.w - cls.rate * gw

for _ in range(100):
    Brain.learn(X, Y)
""",
        right="* h * (1 - h)",
        wrong="* (1 - h)",
        blocks=frozenset({"w", "u"}),
    ),
    "a dictionary comprehension whose rate has no rate's name": Program(
        text="""
red = {"P": rng.normal(size=(3, 1)), "s": np.zeros(1)}
for paso in range(50):
    e = X @ red["P"] + red["s"] - Y
    perdida = np.mean(e ** 2)
    g = {"P": 2 * X.T @ e / len(e), "s": 2 * e.mean(0)}
    zancada = 0.1
    red = {k: v - zancada * g[k] for k, v in red.items()}
    print(paso, perdida)
""",
        right="2 * X.T @ e / len(e)",
        wrong="2 * X.T @ e",
        blocks=frozenset({"P", "s"}),
    ),
    "attributes by name, in place": Program(
        text="""
class Affine:
    names = ("weight", "bias")
    def __init__(self, n, m):
        self.weight = rng.normal(size=(n, m)) * 0.5
        self.bias = np.zeros((1, m))
    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias
    def backward(self, up):
        self.grad_weight = self.x.T @ up
        self.grad_bias = up.sum(axis=0, keepdims=True)
        return up @ self.weight.T

one, two = Affine(3, 6), Affine(6, 1)
for epoch in range(40):
    h = np.tanh(one.forward(X))
    out = two.forward(h)
    loss = 0.5 * np.mean((out - Y) ** 2)
    one.backward(two.backward((out - Y) / len(Y)) * (1 - h ** 2))
    for layer in (one, two):
        for name in layer.names:
            getattr(layer, name)[...] -= 0.1 * getattr(layer, "grad_" + name)
    print(loss)
""",
        right="(1 - h ** 2)",
        wrong="(1 - h)",
        blocks=frozenset({"one.weight", "one.bias", "two.weight", "two.bias"}),
    ),
    "a matrix": Program(
        text="""
A, y = np.matrix(X), np.matrix(Y)
theta = np.matrix(np.zeros((3, 1)))
cost = []
for i in range(50):
    err = A * theta - y
    cost.append(float(np.sum(np.power(err, 2)) / (2 * len(A))))
    theta = theta - 0.05 / len(A) * (A.T * err)
""",
        right="A.T * err",
        wrong="2.5 * A.T * err",
        blocks=frozenset({"theta"}),
    ),
    "the forward pass in the condition of the loop": Program(
        text="""
w = np.zeros((3, 1)); b = 0.0
best, patience = float("inf"), 0
while (loss := np.mean((e := X @ w + b - Y) ** 2)) > 1e-6 and patience < 5:
    w -= 0.1 * (2 / len(X)) * (X.T @ e)
    b -= 0.1 * 2 * e.mean()
    patience = 0 if loss < best else patience + 1
    best = min(best, loss)
""",
        right="(2 / len(X)) * (X.T @ e)",
        wrong="(X.T @ e)",
        blocks=frozenset({"w", "b"}),
    ),
    "data of one letter, as the parameter": Program(
        text="""
B = X + 0.1 * rng.normal(size=X.shape)
E = rng.normal(size=(3, 2)) * 0.5
for t in range(60):
    diff = X @ E - B @ E
    L = np.mean((diff - 1) ** 2)
    g = 2 * (diff - 1) / diff.size
    E -= 0.05 * (X.T @ g - B.T @ g)
    print("L", L)
""",
        right="2 * (diff - 1) / diff.size",
        wrong="2 * (diff - 1) / len(diff) ** 2",
        blocks=frozenset({"E"}),
    ),
    "an array of the program's own kind, its gradient hanging on it": Program(
        text="""
class T(np.ndarray):
    def __new__(cls, a):
        return np.asarray(a, dtype=float).view(cls)
    def __array_finalize__(self, obj):
        self.g = None

w, b = T(rng.normal(size=(3, 1))), T(np.zeros(1))
for i in range(50):
    out = T(X @ w + b)
    loss = np.mean((out - Y) ** 2)
    out.g = 2 * (out - Y) / len(Y)
    w.g, b.g = X.T @ out.g, out.g.sum(0)
    for p in (w, b):
        p -= 0.05 * p.g
    print(i, float(loss))
""",
        right="out.g.sum(0)",
        wrong="out.g.mean(0)",
        blocks=frozenset({"w", "b"}),
    ),
    "momentum that is made in place, and applied by name": Program(
        text="""
class Model:
    def __init__(self):
        self.A, self.V = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
    def gradients(self):
        h = np.tanh(X @ self.A)
        d = (h @ self.V - Y) / len(Y)
        return {"V": h.T @ d, "A": X.T @ ((d @ self.V.T) * (1 - h * h))}
    def fit(self, lr=0.05, momentum=0.5):
        velocity = {k: np.zeros_like(getattr(self, k)) for k in "AV"}
        for epoch in range(40):
            for k, g in self.gradients().items():
                velocity[k] *= momentum
                velocity[k] -= lr * g
                getattr(self, k)[...] += velocity[k]
Model().fit()
""",
        right="(1 - h * h)",
        wrong="(1 - h)",
        blocks=frozenset({"A", "V"}),
    ),
    "a number typed beside the rate": Program(
        text="""
W, b = rng.normal(size=(3, 1)), np.zeros(1)
lr, hist = 0.5, []
for k in range(30):
    e = X @ W + b - Y
    loss = np.mean(e ** 2)
    hist.append(loss)
    dW = 2 * X.T @ e / len(e)
    db = 2 * e.mean(0)
    W -= 0.1 * lr * dW
    b -= 0.1 * lr * db
""",
        right="0.1 * lr * db",
        wrong="lr * db",
        blocks=frozenset({"W", "b"}),
    ),
}


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(DATA + text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("style", PROGRAMS)
def test_right_one_passes_about_all_parameters(style: str, tmp_path: Path) -> None:
    """And about nothing else."""
    program = PROGRAMS[style]

    report = _checked(tmp_path, program.text)

    assert report.verdict is Verdict.PASS, report.reason
    assert {block.name for block in report.blocks} == program.blocks


@pytest.mark.parametrize("style", PROGRAMS)
def test_wrong_one_fails(style: str, tmp_path: Path) -> None:
    """By one place of its text."""
    program = PROGRAMS[style]
    assert program.right in program.text

    report = _checked(tmp_path, program.text.replace(program.right, program.wrong))

    assert report.verdict is Verdict.FAIL, report.reason


def test_number_beside_the_rate_is_said(tmp_path: Path) -> None:
    """As it may have been meant as a part of the gradient."""
    report = _checked(tmp_path, PROGRAMS["a number typed beside the rate"].text)

    found = report.finding("step-share")
    assert found is not None
    assert "0.1" in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2 * X.T @ e / len(e)\n    db = 2 *", "X.T @ e / len(e)\n    db ="),  # half of the gradient, beside 0.1
        ("0.1 * lr * dW", "0.2 * lr * dW"),  # another number at one update
        ("- Y\n", "- Y\n    lr = 0.5 * 0.1\n"),  # a rate that has the number in it: nothing to take
    ],
    ids=["half", "one update", "in the rate"],
)
def test_number_beside_the_rate_excuses_nothing_else(old: str, new: str, tmp_path: Path) -> None:
    """A gradient that is wrong beside it stays wrong."""
    text = PROGRAMS["a number typed beside the rate"].text
    assert old in text

    report = _checked(tmp_path, text.replace(old, new))

    assert report.verdict is (Verdict.PASS if "lr = 0.5 * 0.1" in new else Verdict.FAIL), report.reason


SEARCH = """
def value(theta):
    r = X @ theta - Y[:, 0]
    return 0.5 * np.sum(r * r)

def gradient(theta):
    return X.T @ (X @ theta - Y[:, 0])

theta, step = rng.normal(size=3), 0.1
for k in range(100):
    slope = gradient(theta)
    now = value(theta)
    while value(theta - step * slope) > now - 0.3 * step * slope @ slope and step > 1e-12:
        step *= 0.5
    theta = theta - step * slope
    step *= 1.5
    if k % 20 == 0:
        print(f"f = {now:.6f}")
"""


def test_a_line_search_evaluates_one_loss_several_times(tmp_path: Path) -> None:
    """Its differences are no parts of a sum; with a wrong gradient it searches longer, of which nothing is said."""
    right = "X.T @ (X @ theta - Y[:, 0])"
    assert right in SEARCH

    assert _checked(tmp_path, SEARCH).verdict is Verdict.PASS
    assert _checked(tmp_path, SEARCH.replace(right, f"{right} * np.array([1.0, 1.0, 0.5])")).verdict is not Verdict.PASS


SCALARS = """
import math, random
random.seed(1337)

class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self._backward, self._prev = data, 0.0, lambda: None, set(children)
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))
        def _backward():
            self.grad += (1 - t ** 2) * out.grad
        out._backward = _backward
        return out
    def backward(self):
        topo, visited = [], set()
        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)
        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

class Neuron:
    def __init__(self, n):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(n)]
        self.b = Value(0.0)
    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x)), self.b).tanh()
    def parameters(self):
        return self.w + [self.b]

layers = [[Neuron(2) for _ in range(3)], [Neuron(3)]]
xs = [[random.gauss(0, 1), random.gauss(0, 1)] for _ in range(6)]
ys = [1.0 if a * b > 0 else -1.0 for a, b in xs]
for k in range(20):
    loss = Value(0.0)
    for x, y in zip(xs, ys):
        for layer in layers:
            x = [n(x) for n in layer]
        d = x[0] + -y
        loss = loss + d * d
    params = [p for layer in layers for n in layer for p in n.parameters()]
    for p in params:
        p.grad = 0.0
    loss.backward()
    lr = 0.1 - 0.002 * k
    for p in params:
        p.data -= 0.3 * lr * p.grad
    print(k, loss.data)
"""


@pytest.mark.parametrize(("line", "verdict"), [("(1 - t ** 2)", Verdict.PASS), ("(1 - t)", Verdict.FAIL)])
def test_scalar_autograd_is_told_in_time(line: str, verdict: Verdict, tmp_path: Path) -> None:
    """Objects of one number each, within the usual time limit."""
    path = tmp_path / "scalars.py"
    path.write_text(SCALARS.replace("(1 - t ** 2)", line), encoding="utf-8")

    report = check_file(path)

    assert isinstance(report, CheckReport)
    assert report.verdict is verdict, report.reason
    assert len(report.blocks) == 13
