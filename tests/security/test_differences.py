"""A gradient by differences is told for what it is, however it is come by; one entry by entry is none."""

# ruff: noqa: E501 - one way is one row
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradcheck.records import CheckReport, Verdict
from gradcheck.submissions import check_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="written for Linux's descriptors and signals")
DIFFERENCES = """
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))

def loss(p):
    return np.mean((np.tanh(X @ p["W"] + p["b"]) - Y) ** 2)

def gradient(p):
    grads = {}
    for name in p:
        grads[name] = np.zeros_like(p[name])
        for i in np.ndindex(p[name].shape):
            {moved}
            grads[name][i] = {quotient}
    return grads

p = {"W": rng.normal(size=(3, 2)), "b": np.zeros((1, 2))}
for step in range(50):
    value = loss(p)
    grads = gradient(p)
    for name in p:
        p[name] -= 0.1 * grads[name]
"""
QUOTIENT = "(up - down) / 2e-5"
IN_PLACE = "kept = p[name][i]; p[name][i] = kept + 1e-5; up = loss(p); p[name][i] = kept - 1e-5; down = loss(p); p[name][i] = kept"
COPIED = (
    "step = {k: v.copy() for k, v in p.items()}; step[name][i] += 1e-5; up = loss(step); "
    "step[name][i] -= 2e-5; down = loss(step)"
)
COMPLEX = (
    "q = {k: v.astype(complex) for k, v in p.items()}; q[name][i] += 1e-30j; "
    "up = np.mean((np.tanh(X @ q['W'] + q['b']) - Y) ** 2)"
)
MOVED = {
    "in-place": (IN_PLACE, QUOTIENT),
    "copied": (COPIED, QUOTIENT),
    "complex-step-in-line": (COMPLEX, "up.imag / 1e-30"),
}
LISTS = """
def gradient(p):
    W, b, rows = p["W"].tolist(), p["b"][0].tolist(), X.tolist()
    gW, gb = np.zeros((3, 2)), np.zeros((1, 2))
    for k in range(4):
        for o in range(2):
            held = W[k] if k < 3 else b
            at, change = held[o], 0.0
            for e in (1e-5, -1e-5):
                held[o] = at + e
                for n, x in enumerate(rows):
                    for j in range(2):
                        t = np.tanh(sum(x[m] * W[m][j] for m in range(3)) + b[j]) - Y[n, j]
                        change += t * t / e / 20
            held[o] = at
            if k < 3:
                gW[k, o] = change
            else:
                gb[0, o] = change
    return {"W": gW, "b": gb}
"""
STACKED = """
def gradient(p):
    grads = {}
    for name in p:
        eye = np.eye(p[name].size).reshape(-1, *p[name].shape)
        both = []
        for e in (1e-5, -1e-5):
            q = {k: v[None] for k, v in p.items()}
            q[name] = p[name] + e * eye
            both.append(np.mean((np.tanh(X @ q["W"] + q["b"]) - Y) ** 2, axis=(1, 2)))
        grads[name] = ((both[0] - both[1]) / 2e-5).reshape(p[name].shape)
    return grads
"""
NUMERIC = """
def numeric(p):
    grads = {}
    for name in p:
        grads[name] = np.zeros(p[name].shape)
        for i in np.ndindex(p[name].shape):
            kept = p[name][i]
            p[name][i] = kept + 1e-5
            up = loss(p)
            p[name][i] = kept - 1e-5
            grads[name][i] = (up - loss(p)) / 2e-5
            p[name][i] = kept
    return grads

def gradient(p):
    {lines}
"""
THREAD = """import threading
    found = []
    worker = threading.Thread(target=lambda: found.append(numeric(p)))
    worker.start()
    worker.join()
    return found[0]"""
SUBCLASS = """class Other(np.ndarray):
        pass
    return {k: np.array(v) for k, v in numeric({k: v.copy().view(Other) for k, v in p.items()}).items()}"""
UNTRACED = """import sys
    getattr(sys, "set" + "trace")(None)
    return numeric(p)"""
LIBRARY = """from importlib import import_module
    anp, slopes = import_module("auto" + "grad.numpy"), getattr(import_module("auto" + "grad"), "gr" + "ad")
    return slopes(lambda q: anp.mean((anp.tanh(anp.dot(X, q["W"]) + q["b"]) - Y) ** 2))(p)"""
ROWS = """
def gradient(p):
    found = {}
    for name in p:
        rows = {k: v.ravel() * 1.0 for k, v in p.items()}
        slopes = np.zeros(rows[name].size)
        for i in range(len(slopes)):
            for step in (1e-5, -1e-5):
                rows[name][i] += step
                out = np.tanh(X @ rows["W"].reshape(3, 2) + rows["b"].reshape(1, 2))
                slopes[i] += np.mean((out - Y) ** 2) / (2 * step)
                rows[name][i] -= step
        found[name] = slopes.reshape(p[name].shape)
    return found
"""
FORWARD_MODE = """
def gradient(p):
    out = np.tanh(X @ p["W"] + p["b"])
    delta = 2 * (out - Y) * (1 - out ** 2) / Y.size
    found = {name: np.zeros(p[name].shape) for name in p}
    for name in p:
        for i in np.ndindex(p[name].shape):
            turn = {k: np.zeros(v.shape) for k, v in p.items()}
            turn[name][i] = 1.0
            found[name][i] = np.sum(delta * (X @ turn["W"] + turn["b"]))
    return found
"""
UNROLLED = (
    """
def gradient(p):
    W, b = p["W"], p["b"]
    kept, found, out = W, [], None
"""
    + "".join(
        f"""
    W = kept.copy()
    W[{k}, {o}] += 1e-5
    out = np.mean((np.tanh(X @ W + b) - Y) ** 2)
    W = kept.copy()
    W[{k}, {o}] -= 1e-5
    found.append((out - np.mean((np.tanh(X @ W + b) - Y) ** 2)) / 2e-5)
"""
        for k in range(3)
        for o in range(2)
    )
    + """
    delta = 2 * (np.tanh(X @ kept + b) - Y) * (1 - np.tanh(X @ kept + b) ** 2) / Y.size
    return {"W": np.reshape(found, (3, 2)), "b": delta.sum(0, keepdims=True)}
"""
)
HIDDEN = {
    "unrolled": (UNROLLED, "numerical-gradient"),
    "thread": (NUMERIC.replace("{lines}", THREAD), "numerical-gradient"),
    "subclass": (NUMERIC.replace("{lines}", SUBCLASS), "numerical-gradient"),
    "untraced": (NUMERIC.replace("{lines}", UNTRACED), "looks-at-checker"),
    "library": (NUMERIC.replace("{lines}", LIBRARY), "autograd-used"),
    "rows": (ROWS, "numerical-gradient"),
    "forward-mode": (FORWARD_MODE, "numerical-gradient"),
}
# Comprehensions with a variable that is called like one of a closure.
CLOSED_OVER = {
    "of the function around it": """
def differentiated():
    name = "W"

    def gradient(p):
        a = np.tanh(X @ p[name] + p["b"])
        delta = 2 * (a - Y) * (1 - a**2) / Y.size
        parts = {"W": X.T @ delta, "b": delta.sum(axis=0, keepdims=True)}
        return {name: part
                for name, part
                in parts.items()}

    return gradient

gradient = differentiated()
""",
    "of a function within it": """
def gradient(p, name="W"):
    def outputs():
        return np.tanh(X @ p[name] + p["b"])
    a = outputs()
    delta = 2 * (a - Y) * (1 - a**2) / Y.size
    parts = {"W": X.T @ delta, "b": delta.sum(axis=0, keepdims=True)}
    return {name: part
            for name, part
            in parts.items()}
""",
}
ENTRY_BY_ENTRY = """
def gradient(p):
    # Right, with zero biases, one unit of a delta at a time, and scratch copies that fill entry by entry.
    grads = {"W": np.zeros((3, 2)), "b": np.zeros((1, 2))}
    ahead = {k: v.copy() for k, v in p.items()}
    for n in range(len(X)):
        a = np.tanh(X[n] @ p["W"] + p["b"][0])
        for o in range(2):
            delta = np.zeros((1, 2))
            delta[0, o] = 2 * (a[o] - Y[n, o]) * (1 - a[o] ** 2) / Y.size
            grads["b"] += delta
            for k in range(3):
                grads["W"][k, o] += X[n, k] * delta[0, o]
                ahead["W"][k, o] -= 0.01 * X[n, k] * delta[0, o]
    return grads
"""


def _program(gradient: str) -> str:
    before, after = DIFFERENCES.index("def gradient"), DIFFERENCES.index("p = {")
    return DIFFERENCES[:before] + gradient.lstrip() + "\n" + DIFFERENCES[after:]


def _noted(program: str, folder: Path) -> set[str]:
    file = folder / "student.py"
    file.write_text(program, encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS
    return {finding.id for finding in report.findings}


@pytest.mark.parametrize("name", MOVED)
def test_differences_are_no_back_propagation(name: str, tmp_path: Path) -> None:
    """A gradient by difference quotients agrees with the loss, and is told for what it is."""
    moved, quotient = MOVED[name]
    assert "numerical-gradient" in _noted(
        DIFFERENCES.replace("{moved}", moved).replace("{quotient}", quotient), tmp_path
    )


@pytest.mark.parametrize("gradient", [STACKED, LISTS], ids=["stacked", "lists"])
def test_differences_without_a_call_are_none_either(gradient: str, tmp_path: Path) -> None:
    """No function of the file is called for them: one stack of copies, and loops over lists of numbers."""
    assert "numerical-gradient" in _noted(_program(gradient), tmp_path)


@pytest.mark.parametrize("name", HIDDEN)
def test_differences_that_hide_are_told(name: str, tmp_path: Path) -> None:
    """In a thread, in arrays of another class or in rows, by a library that no line names, or by switching off the look."""
    gradient, finding = HIDDEN[name]
    assert finding in _noted(_program(gradient), tmp_path)


def test_back_propagation_entry_by_entry_is_no_difference(tmp_path: Path) -> None:
    """Loops that fill and update single entries move one entry at a time, too."""
    assert not {"numerical-gradient", "autograd-used"} & _noted(_program(ENTRY_BY_ENTRY), tmp_path)


@pytest.mark.parametrize("name", CLOSED_OVER)
def test_what_is_looked_at_goes_on_as_ever(name: str, tmp_path: Path) -> None:
    """Python 3.12 and the first releases of 3.13 do harm to a comprehension whose variables are asked for."""
    assert "numerical-gradient" not in _noted(_program(CLOSED_OVER[name]), tmp_path)
