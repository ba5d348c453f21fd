"""The corpus's own oracle: it agrees with a right gradient, and not with a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.wrong_programs.oracle import Script, disagreement, measure, open_probe

FLAT = """
import numpy as np
import pandas as pd
X = np.arange(6.0).reshape(3, 2) / 5
y = np.array([[1.0], [0.0], [2.0]])
W = np.zeros((2, 1))
lr = 0.1
for i in range(400):
    error = X @ W - y
    loss = np.sum(error ** 2)
    W -= lr * FACTOR * X.T @ error
    if loss < 1e-9:
        break
print(loss)
"""
PROBE = "def probe(script): return script.flat('W', loss='loss', rate='lr')"


@pytest.mark.parametrize(("factor", "error"), [("2", 0.0), ("1", 0.5), ("-2", 2.0)])
def test_flat_script(factor: str, error: float) -> None:
    """One step of a script's own loop gives loss and gradient; breaks and plotting libraries do not matter."""
    measured = measure(open_probe(FLAT.replace("FACTOR", factor), PROBE, 400), seed=1)
    assert disagreement(measured)["W"] == pytest.approx(error, abs=1e-7)


def test_returned_gradient_of_another_shape_is_infinitely_wrong() -> None:
    """Shapes count."""
    text = "import numpy as np\nP = {'W': np.ones((2, 3))}\ndef f(): return np.sum(P['W'] ** 2)\n"
    code = """
def probe(script):
    ns = script.run()
    return Probe(params=parameters(ns["P"], "W"), loss=ns["f"], gradient=lambda: {"W": 2 * ns["P"]["W"].T})
"""
    assert disagreement(measure(open_probe(text, code), seed=1))["W"] == np.inf


def test_the_training_loop_is_cut_short() -> None:
    """The number of steps, wherever it stands, is two; with another number everything runs."""
    text = "n = 0\ndef train(epochs=5000):\n    global n\n    for _ in range(epochs): n += 1\ntrain()\n"
    assert Script(text, 5000).run()["n"] == 2
    assert Script(text, None).run()["n"] == 5000


def test_everything_is_restored() -> None:
    """Parameters are where they were, in the containers that they were in."""
    text = "p = {'w': [[1.0, 2.0]], 'b': 3.0}\ndef f(): return sum(x * x for x in p['w'][0]) + p['b'] ** 2\n"
    code = """
def probe(script):
    ns = script.run()
    g = lambda: {"w": [[2 * x for x in ns["p"]["w"][0]]], "b": 2 * ns["p"]["b"]}
    return Probe(params=parameters(ns["p"], "w b"), loss=ns["f"], gradient=g)
"""
    probe = open_probe(text, code)
    assert max(disagreement(measure(probe, seed=3)).values()) < 1e-7
    owner = probe.params["w"][0]
    assert owner == {"w": [[1.0, 2.0]], "b": 3.0}
