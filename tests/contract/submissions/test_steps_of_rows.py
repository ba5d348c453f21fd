"""Rows of tables with rates of their own, searches along a line, hinges at rest, and logarithms that are climbed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradcheck import Verdict, diagnose_file

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from program_twins import Program, assert_right, assert_twin_wrong, checked  # isort: skip # noqa: E402

WORDS = """
import numpy as np
rng = np.random.default_rng(0)
seen = rng.integers(0, 4, size=(7, 7)) + 1.0
pairs = np.argwhere(seen > 1)
W, C = rng.normal(0, 0.3, (7, 3)), rng.normal(0, 0.3, (7, 3))
bw, bc = np.zeros(7), np.zeros(7)
sW, sC, sw, sc = BEGIN(W), BEGIN(C), BEGIN(bw), BEGIN(bc)
lr = 0.05
for epoch in range(20):
    cost = 0.0
    for i, j in pairs:
        share = min(1.0, (seen[i, j] / 3.0) ** 0.75)
        gap = W[i] @ C[j] + bw[i] + bc[j] - np.log(seen[i, j])
        cost += 0.5 * share * gap ** 2
        g = share * gap
        dW = g * C[j]
        dC = g * W[i]
UPDATE
    print(epoch, cost)
"""
SQUARES = """        sW[i] += dW ** 2
        sC[j] += dC ** 2
        sw[i] += g ** 2
        sc[j] += g ** 2
"""
MOVES = """        W[i] -= lr * dW / (np.sqrt(sW[i]) + 1e-8)
        C[j] -= lr * dC / (np.sqrt(sC[j]) + 1e-8)
        bw[i] -= lr * g / (np.sqrt(sw[i]) + 1e-8)
        bc[j] -= lr * g / (np.sqrt(sc[j]) + 1e-8)
"""
PROGRAMS = {
    "squares added before the step": Program(
        text=WORDS.replace("BEGIN", "np.zeros_like").replace("UPDATE\n", SQUARES + MOVES),
        blocks={"W", "C", "bw", "bc"},
        replaced="dC = g * W[i]",
        wrong="dC = gap * W[i]",
    ),
    "squares added behind the step": Program(
        text=WORDS.replace("BEGIN", "np.ones_like").replace("UPDATE\n", MOVES + SQUARES),
        blocks={"W", "C", "bw", "bc"},
        replaced="dW = g * C[j]",
        wrong="dW = 2 * g * C[j]",
    ),
    "a search along a line": Program(
        text="""
import numpy as np
rng = np.random.default_rng(4)
X = rng.normal(size=(50, 3)); y = np.sin(X[:, 0]) + 0.5 * X[:, 1] * X[:, 2]

def parts(theta):
    return theta[:21].reshape(3, 7), theta[21:28], theta[28:35], theta[35]

def objective(theta):
    A, a, v, c = parts(theta)
    r = np.tanh(X @ A + a) @ v + c - y
    return 0.5 * r @ r / len(y)

def slope(theta):
    A, a, v, c = parts(theta)
    h = np.tanh(X @ A + a)
    r = (h @ v + c - y) / len(y)
    back = np.outer(r, v) * (1 - h * h)
    return np.concatenate([(X.T @ back).ravel(), back.sum(0), h.T @ r, [r.sum()]])

theta = rng.normal(0, 0.5, 36)
for it in range(60):
    f, g = objective(theta), slope(theta)
    t = 1.0
    while objective(theta - t * g) > f - 1e-4 * t * (g @ g):
        t *= 0.5
    theta = theta - t * g
    print(it, f)
""",
        blocks={"theta"},
        replaced="(1 - h * h)",
        wrong="(1 - h)",
    ),
    "a hinge at rest, shown of all data": Program(
        text="""
import numpy as np

def objective(w, b, X, y, lam):
    return lam / 2 * np.dot(w, w) + np.mean(np.maximum(0, 1 - y * (X @ w + b)))

def fit(X, y, lam=0.01, epochs=20, batch=16):
    rng = np.random.default_rng(0)
    w, b, t = np.zeros(X.shape[1]), 0.0, 0
    for epoch in range(epochs):
        for _ in range(len(X) // batch):
            t += 1
            idx = rng.integers(0, len(X), batch)
            xb, yb = X[idx], y[idx]
            active = yb * (xb @ w + b) < 1
            eta = 1.0 / (lam * (t + 100))
            gw = lam * w - (yb[active][:, None] * xb[active]).sum(axis=0) / batch
            gb = -np.sum(yb[active]) / batch
            w = w - eta * gw
            b = b - eta * gb
        print(epoch, objective(w, b, X, y, lam))

rng = np.random.default_rng(7)
X = np.vstack([rng.normal(-1, 1, (60, 3)), rng.normal(1, 1, (60, 3))])
fit(X, np.r_[-np.ones(60), np.ones(60)])
""",
        blocks={"w", "b"},
        replaced="gb = -np.sum(yb[active]) / batch",
        wrong="gb = -np.mean(yb[active])",
    ),
    "an optimiser that holds the arrays of the module": Program(
        text="""
import numpy as np
rng = np.random.default_rng(5)

class Adam:
    def __init__(self, params, lr):
        self.params, self.lr, self.t = params, lr, 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= self.lr * (m / (1 - 0.9 ** self.t)) / (np.sqrt(v / (1 - 0.999 ** self.t)) + 1e-8)

X = rng.normal(size=(60, 3)); y = (X[:, 0] > X[:, 1]).astype(float)
W, b, u, c = rng.normal(size=(3, 5)), np.zeros(5), rng.normal(size=5), np.zeros(1)
opt = Adam([W, b, u, c], lr=0.02)
for epoch in range(50):
    z = X @ W + b
    h = np.tanh(z)
    s = h @ u + c
    loss = np.sum(np.maximum(s, 0) - y * s + np.log1p(np.exp(-np.abs(s))))
    r = 1 / (1 + np.exp(-s)) - y
    dz = r[:, None] * u[None, :] * (1 - h * h)
    opt.step([X.T @ dz, dz.sum(0), h.T @ r, np.array([r.sum()])])
    print(epoch, loss)
""",
        blocks={"W", "b", "u", "c"},
        replaced="(1 - h * h)",
        wrong="(1 - h)",
    ),
    "a bias that rests at zero, under a name of its own": Program(
        text="""
import numpy as np
rng = np.random.default_rng(9)
signals = rng.normal(size=(20, 9)); marks = (signals[:, 2] > 0).astype(float)
kern, kbias, v, c = rng.normal(0, 0.4, (2, 4)), np.zeros(2), rng.normal(0, 0.3, (2, 6)), 0.0

def example(x, target):
    z = np.array([[np.sum(x[i:i + 4] * kern[f]) + kbias[f] for i in range(6)] for f in range(2)])
    a = np.tanh(z)
    err = np.sum(a * v) + c - target
    dz = err * v * (1 - a ** 2)
    dkern, dkbias = np.zeros_like(kern), np.zeros_like(kbias)
    for f in range(2):
        for i in range(6):
            dkern[f] += dz[f, i] * x[i:i + 4]
            dkbias[f] += dz[f, i]
    return 0.5 * err ** 2, dkern, dkbias, err * a, err

rate = 0.02
for epoch in range(10):
    total = 0
    for j in range(len(signals)):
        loss, gk, gkb, gv, gc = example(signals[j], marks[j])
        total += loss
        kern -= rate * gk
        kbias -= rate * gkb
        v -= rate * gv
        c -= rate * gc
    print(epoch, total)
""",
        blocks={"kern", "kbias", "v", "c"},
        replaced="dkbias[f] += dz[f, i]",
        wrong="dkbias[f] += kbias[f]",
    ),
    "logarithms of probabilities": Program(
        text="""
import numpy as np
rng = np.random.default_rng(11)

def soft(z):
    e = np.exp(z - z.max())
    return e / e.sum()

theta = rng.normal(0, 0.1, (6, 2))
for episode in range(200):
    s, path = 2, []
    for _ in range(12):
        a = rng.choice(2, p=soft(theta[s]))
        path.append((s, a, 1.0 if s == 4 and a == 1 else -0.05))
        s = s + 2 * a - 1
        if s in (0, 5):
            break
    G, total, grad = 0.0, 0.0, np.zeros_like(theta)
    for s, a, r in reversed(path):
        G = r + 0.98 * G
        p = soft(theta[s])
        total += G * np.log(p[a])
        dlog = -p
        dlog[a] += 1
        grad[s] += G * dlog
    theta += 0.2 * grad
    print(episode, total)
""",
        blocks={"theta"},
        replaced="theta += 0.2 * grad",
        wrong="theta -= 0.2 * grad",
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


def test_a_likelihood_that_is_descended_has_a_wrong_sign(tmp_path: Path) -> None:
    """Probabilities' logarithms go up in training; the diagnosis says so by name."""
    program = PROGRAMS["logarithms of probabilities"]
    path = tmp_path / "program.py"
    path.write_text(program.twin, encoding="utf-8")
    report = diagnose_file(path)
    assert report.finding("likelihood-descended") is not None
    assert [bug.bug for bug in report.diagnoses] == ["sign-flip"]


def test_a_loss_by_its_name_is_descended_whatever_it_is(tmp_path: Path) -> None:
    """What a file calls a loss is one: its gradient is right."""
    program = PROGRAMS["logarithms of probabilities"]
    text = program.twin.replace("total", "loss")
    assert checked(tmp_path, text).verdict is Verdict.PASS


def test_a_search_that_does_not_end_is_broken_off(tmp_path: Path) -> None:
    """A loop that the first step does not enter, and that never ends at other parameters."""
    text = """
import numpy as np
rng = np.random.default_rng(4)
X = rng.normal(size=(30, 3)); y = X @ np.array([1.0, 2.0, -1.0])
w = rng.normal(size=3)
best = np.inf
for it in range(30):
    r = X @ w - y
    loss = float(r @ r)
    best = min(best, loss)
    while np.sum((X @ w - y) ** 2) > 2.0 * best + 100.0:
        pass
    w -= 0.01 * 2 * X.T @ r
    print(loss)
"""
    report = checked(tmp_path, text)
    assert report.verdict in (Verdict.PASS, Verdict.INVALID)
    assert "time limit" not in report.reason
