"""Sessions of pytest inside the tests, with the plugin, whether or not this environment has registered it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata

import pytest

from gradcheck.integrations.pytest_plugin import plugin

# A network of one layer; `{half}` is where a factor can be lost.
TESTS = """
import numpy as np
import pytest
import gradcheck


def build(*, batch=5, dtype="float64", seed=0, factor=2):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(batch, 3)).astype(dtype), rng.normal(size=batch).astype(dtype)

    def loss(p):
        return np.sum((X @ p["w"] + p["b"] - y) ** 2) / len(X)

    def gradient(p):
        d = factor * (X @ p["w"] + p["b"] - y) / len(X)
        return {"w": X.T @ d, "b": d.sum(keepdims=True)}

    params = {"w": rng.normal(size=3).astype(dtype), "b": rng.normal(size=1).astype(dtype)}
    return gradcheck.Problem(loss, gradient, params)
"""

FILE = """
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(7, 4)), rng.normal(size=(7, 3))
W, b, losses = rng.normal(size=(4, 3)), rng.normal(size=3), []
for step in range(50):
    error = X @ W + b - Y
    losses.append(np.sum(error**2) / len(X))
    W -= 0.05 * FACTOR * X.T @ error / len(X)
    b -= 0.05 * FACTOR * error.sum(axis=0) / len(X)
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Run pytest, in a process of its own, on what the test has written; with ``source``, on the above and that."""
    registered = any(point.value == plugin.__name__ for point in metadata.entry_points(group="pytest11"))

    def session(*arguments: str, source: str | None = None) -> pytest.RunResult:
        if source is not None:
            pytester.makepyfile(test_it=TESTS + source)
        own = () if registered else ("-p", plugin.__name__)
        return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *own, *arguments)

    return session


@pytest.fixture
def files(pytester: pytest.Pytester) -> Callable[..., None]:
    """Write programs into the folder of the session: ``right``, ``wrong`` (the 2 is lost) and ``none`` (no network)."""

    def write(*names: str) -> None:
        contents = {"right": FILE.replace("FACTOR", "2"), "wrong": FILE.replace("FACTOR", "1"), "none": "x = 1\n"}
        for name in names:
            path = pytester.path / "homework" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(contents[path.stem], encoding="utf-8")

    return write
