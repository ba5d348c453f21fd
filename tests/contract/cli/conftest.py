"""The command line as a process, as a shell or a CI server starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Shell = Callable[..., "subprocess.CompletedProcess[str]"]

RIGHT = """\
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(6, 3))
Y = rng.normal(size=(6, 2))
params = {"W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=(1, 4)), "W2": rng.normal(size=(4, 2)),
          "b2": rng.normal(size=(1, 2))}

def forward(X, params):
    A1 = np.tanh(X @ params["W1"] + params["b1"])
    return A1, A1 @ params["W2"] + params["b2"]

def compute_loss(out, Y):
    return np.mean(np.sum((out - Y) ** 2, axis=1))

def backward(X, Y, params):
    A1, out = forward(X, params)
    d2 = 2 * (out - Y) / len(X)
    d1 = (d2 @ params["W2"].T) * (1 - A1 ** 2)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0, keepdims=True), "W2": A1.T @ d2,
            "b2": d2.sum(axis=0, keepdims=True)}

for epoch in range(100):
    loss = compute_loss(forward(X, params)[1], Y)
    gradients = backward(X, Y, params)
    for name in params:
        params[name] -= 0.1 * gradients[name]
"""
WRONG = RIGHT.replace("2 * (out - Y)", "(out - Y)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that a class might hand in."""
    path = tmp_path_factory.mktemp("class")
    files = {
        "right.py": RIGHT,
        "wrong.py": WRONG,
        "empty.py": "",
        "syntax.py": "def f(:\n",
        "crash.py": "raise RuntimeError('no')\n",
        "exit.py": "import os\nos._exit(0)\n",
        "hang.py": "while True:\n    pass\n",
        "unknown.py": "answer = 42\n",
        "名前 ü.py": RIGHT,
    }
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    (path / "binary.py").write_bytes(bytes(range(256)))
    return path


@pytest.fixture(scope="module")
def shell(folder: Path) -> Shell:
    """Run the command line in the folder, with both streams on pipes."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        return subprocess.run(
            [sys.executable, "-m", "gradcheck", *arguments],
            cwd=folder, env={**kept, "PYTHONUTF8": "0", **environment}, capture_output=True, timeout=120, check=False,
            encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip

    return run
