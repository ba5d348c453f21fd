"""Names and cures where one quantity is on several ways: gates of one output, pairs of samples, means of rows."""

from __future__ import annotations

from pathlib import Path

from gradcheck.records import Diagnosis
from gradcheck.submissions import diagnose_file

GATE = """
import numpy as np

rng = np.random.default_rng(0)
xs, ts = rng.normal(size=(5, 2)), rng.random(5)
A, U, B, v = rng.normal(size=(4, 2)), rng.normal(size=(4, 4)), rng.normal(size=(4, 2)), rng.normal(size=(1, 4))


def squash(z):
    return 1 / (1 + np.exp(-z))


for turn in range(80):
    h, loss, tape = np.zeros(4), 0.0, []
    for x, t in zip(xs, ts):
        gate, new = squash(B @ x), np.tanh(A @ x + U @ h)
        tape.append((x, h, gate, new))
        h = gate * new + (1 - gate) * h
        y = squash(v @ h)[0]
        loss += 0.5 * (y - t) ** 2
        tape[-1] += (h, y, t)
    print(loss)
    gA, gU, gB, gv, dh = np.zeros_like(A), np.zeros_like(U), np.zeros_like(B), np.zeros_like(v), np.zeros(4)
    for x, before, gate, new, h, y, t in reversed(tape):
        dy = (y - t) * y * (1 - y)
        gv += dy * h
        dh = dh + dy * v[0]
        dnew = dh * gate * (1 - new**2)
        dgate = dh * (new - before)
        gA += np.outer(dnew, x)
        gU += np.outer(dnew, before)
        gB += np.outer(dgate, x)
        dh = dh * (1 - gate) + U.T @ dnew
    A -= 0.1 * gA
    U -= 0.1 * gU
    B -= 0.1 * gB
    v -= 0.1 * gv
"""
PAIRS = """
import numpy as np

rng = np.random.default_rng(1)
x, more, less = rng.normal(size=(9, 4)), np.array([0, 2, 4, 6]), np.array([1, 3, 5, 8])
W, b, w = rng.normal(size=(4, 5)), np.zeros(5), rng.normal(size=5)
record = []
for turn in range(100):
    above, below = np.tanh(x[more] @ W + b), np.tanh(x[less] @ W + b)
    lam = -1 / (1 + np.exp(above @ w - below @ w)) / len(more)
    record.append(np.logaddexp(0, below @ w - above @ w).mean())
    up = np.outer(lam, w) * (1 - above**2)
    down = np.outer(lam, w) * (1 - below**2)
    gW = x[more].T @ up + x[less].T @ down
    gb = up.sum(axis=0) + down.sum(axis=0)
    gw = above.T @ lam - below.T @ lam
    W, b, w = W - 0.1 * gW, b - 0.1 * gb, w - 0.1 * gw
"""
ROWS = """
import numpy as np

rng = np.random.default_rng(2)
texts = [([0, 3, 4], 1), ([1, 2], 0), ([5, 3, 0, 6], 1), ([2, 6, 1], 0)]
E, u = rng.normal(size=(7, 3)), rng.normal(size=3)
for turn in range(50):
    total = 0
    for words, label in texts:
        v = E[words].mean(axis=0)
        p = 1 / (1 + np.exp(-v @ u))
        total += -(label * np.log(p) + (1 - label) * np.log(1 - p))
        d = p - label
        back = d * u
        for i in words:
            E[i] -= 0.2 * back
        u -= 0.2 * d * v
    print(total / len(texts))
"""


def _diagnosed(tmp_path: Path, text: str) -> Diagnosis:
    file = tmp_path / "train.py"
    file.write_text(text)
    return diagnose_file(file)


def test_a_gate_without_its_slope_is_not_the_output_though_that_is_one_number(tmp_path: Path) -> None:
    """Both are squashed by one function; what follows the gate is a matrix of another block."""
    found = _diagnosed(tmp_path, GATE)
    assert [each.bug for each in found.diagnoses] == ["missing-hidden-derivative"]
    assert found.patch_verified


def test_a_sign_at_what_several_lines_read_is_turned_once(tmp_path: Path) -> None:
    """A factor called ``lam`` makes no penalty of it: what is wrong has not the sign of the weights."""
    found = _diagnosed(tmp_path, PAIRS)
    assert [each.bug for each in found.diagnoses] == ["sign-flip-below"]
    assert found.patch is not None
    assert [line for line in found.patch.splitlines() if line.startswith("-    ")] == [
        "-    down = np.outer(lam, w) * (1 - below**2)"
    ]


def test_rows_of_a_mean_get_their_share(tmp_path: Path) -> None:
    """Of texts of different lengths no constant is the quotient of the two gradients."""
    found = _diagnosed(tmp_path, ROWS)
    assert [(each.bug, each.blocks) for each in found.diagnoses] == [("local-constant", ("E",))]
    assert found.patch is not None
    assert "/ len(words)" in found.patch
