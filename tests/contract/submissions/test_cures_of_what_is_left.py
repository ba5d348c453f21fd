"""Cures with what a program has computed already and left unread, and of several mistakes that hide each other."""

from __future__ import annotations

from pathlib import Path

from gradcheck.records import Diagnosis
from gradcheck.submissions import diagnose_file

OVERWRITTEN = """
import numpy as np

rng = np.random.default_rng(3)
x, y = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
A, a, B, b = rng.normal(size=(4, 5)), np.zeros(5), rng.normal(size=(5, 2)), np.zeros(2)
for turn in range(100):
    h = np.tanh(x @ A + a)
    gap = h @ B + b - y
    loss = np.mean(gap**2)
    print(loss)
    d = 2 * gap / gap.size
    dB, db = h.T @ d, d.sum(axis=0)
    dh = d @ B.T
    dh = 1 - h**2
    dA, da = x.T @ dh, dh.sum(axis=0)
    A -= 0.1 * dA
    a -= 0.1 * da
    B -= 0.1 * dB
    b -= 0.1 * db
"""
TIED = """
import numpy as np

rng = np.random.default_rng(4)
x = rng.normal(size=(11, 6))
W, c, o = rng.normal(size=(6, 3)), np.zeros(3), np.zeros(6)
rows, columns = x.shape
history = []
for turn in range(100):
    code = np.tanh(x @ W + c)
    out = code @ W.T + o
    history.append(np.mean((out - x) ** 2))
    d = 2 * (out - x) / rows
    dc = (d @ W) * (1 - code**2)
    of_decoder, of_encoder = d.T @ code, x.T @ dc
    whole = of_decoder
    W, c, o = W - 0.05 * whole, c - 0.05 * dc.sum(axis=0), o - 0.05 * d.sum(axis=0)
"""
COUNTS = """
import numpy as np

rng = np.random.default_rng(5)
n = 40
x = rng.normal(size=(n, 3))
y = rng.poisson(2.0, size=(n, 1)).astype(float)
A, a, B, b = 0.5 * rng.normal(size=(3, 4)), np.zeros((1, 4)), 0.5 * rng.normal(size=(4, 1)), np.zeros((1, 1))
history = []
for turn in range(200):
    h = np.tanh(np.dot(x, A) + a)
    mean = np.exp(np.dot(h, B) + b)
    history.append(np.mean(mean - y * np.log(mean)))
    d = (mean - y) * mean / n
    gB = np.dot(h.T, d)
    gb = np.sum(d, axis=0, keepdims=True)
    dh = np.dot(d, B.T)
    dz = dh * (1 - h * h)
    gA = np.dot(x.T, dz)
    ga = np.mean(dz, axis=0, keepdims=True)
    A -= 0.05 * gA
    a -= 0.05 * ga
    B -= 0.05 * gB
    b -= 0.05 * gb
"""
DROPPED = """
import numpy as np

F = np.float32


class Net:
    def __init__(self, sizes, keep, rng):
        self.rng, self.keep = rng, keep
        self.w = [rng.normal(0, np.sqrt(2 / m), (m, n)).astype(F) for m, n in zip(sizes[:-1], sizes[1:])]
        self.b = [np.zeros(n, dtype=F) for n in sizes[1:]]

    def forward(self, x):
        self.acts, self.masks = [x], []
        for i in range(len(self.w)):
            z = self.acts[-1] @ self.w[i] + self.b[i]
            if i == len(self.w) - 1:
                e = np.exp(z - z.max(axis=1, keepdims=True))
                return e / e.sum(axis=1, keepdims=True)
            mask = (self.rng.random(z.shape) < self.keep).astype(F) / F(self.keep)
            self.masks.append(mask)
            self.acts.append(np.maximum(z, 0) * mask)

    def backward(self, p, y):
        d = p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        gw, gb = [None] * len(self.w), [None] * len(self.b)
        for i in range(len(self.w) - 1, -1, -1):
            gw[i] = self.acts[i].T @ d
            gb[i] = gw[i].sum(axis=0)
            if i > 0:
                d = d @ self.w[i].T * (self.acts[i] > 0) * self.masks[i - 1]
        return gw, gb


rng = np.random.default_rng(6)
x, y = rng.normal(size=(60, 15)).astype(F), rng.integers(0, 6, 60)
net = Net([15, 40, 24, 6], 0.75, rng)
for turn in range(30):
    p = net.forward(x)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    gw, gb = net.backward(p, y)
    for i in range(len(gw)):
        net.w[i] -= F(0.1) * gw[i]
        net.b[i] -= F(0.1) * gb[i]
    print(turn, loss)
"""


def _diagnosed(tmp_path: Path, text: str) -> Diagnosis:
    file = tmp_path / "train.py"
    file.write_text(text)
    found = diagnose_file(file)
    assert found.patch_verified
    return found


def test_what_a_name_held_unread_is_put_back(tmp_path: Path) -> None:
    """``dh = 1 - h**2`` where ``dh`` was the error from above."""
    found = _diagnosed(tmp_path, OVERWRITTEN)
    assert [each.bug for each in found.diagnoses] == ["upstream-lost"]
    assert "+    dh = dh * (1 - h**2)" in (found.patch or "").splitlines()


def test_the_way_that_was_left_unread_is_added_beside_a_wrong_count(tmp_path: Path) -> None:
    """Weights that two layers share, and a mean over all entries: ``rows`` is no length of them."""
    found = _diagnosed(tmp_path, TIED)
    assert {each.bug for each in found.diagnoses} == {"gradient-stopped", "output-count-factor"}
    assert "of_encoder" in (found.patch or "")


def test_an_output_slope_too_many_is_found_beside_a_mean(tmp_path: Path) -> None:
    """Other ways to mend some of the blocks do not use up the search."""
    found = _diagnosed(tmp_path, COUNTS)
    assert [(each.bug, each.code) for each in found.diagnoses] == [
        ("extra-output-derivative", "d = (mean - y) * mean / n"),
        ("bias-mean-instead-of-sum", "ga = np.mean(dz, axis=0, keepdims=True)"),
    ]


def test_code_in_float32_is_looked_at_as_it_is_checked(tmp_path: Path) -> None:
    """In float64, where it accepts that: differences in float32 confirm no derivative of two thousand parameters."""
    found = _diagnosed(tmp_path, DROPPED)
    assert [(each.bug, each.code) for each in found.diagnoses] == [
        ("bias-from-weight-gradient", "gb[i] = gw[i].sum(axis=0)")
    ]
