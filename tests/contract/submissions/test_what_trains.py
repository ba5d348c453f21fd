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


def test_velocities_may_be_filled(tmp_path: Path) -> None:
    """``v[...] = 0.9 * v - 0.03 * g``: the rate stands in what is put into the velocity."""
    program = PROGRAMS["velocities in place, where layers keep what others made"]
    text = program.text
    for name in "Wb":
        old = f"        v{name} *= 0.9\n        v{name} -= 0.03 * l.d{name}\n"
        assert old in text
        text = text.replace(old, f"        v{name}[...] = 0.9 * v{name} - 0.03 * l.d{name}\n")
    assert checked(tmp_path, text).verdict is Verdict.PASS
    assert checked(tmp_path, text.replace(program.replaced, program.wrong)).verdict is Verdict.FAIL
