"""One right network as a file, with lines that a test spoils: what whole diagnoses are tried on."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from running_programs import module_of

import gradcheck
from gradcheck import Problem
from gradcheck.records import DiagnosedBug, Diagnosis

__all__ = [
    "BIAS",
    "DERIVATIVE",
    "MEAN",
    "RIGHT",
    "TWO",
    "Change",
    "applied",
    "bugs_of",
    "by_numbers",
    "diagnosed",
    "line_of",
    "module",
    "only",
    "spoilt",
    "without_text",
]

Change = tuple[str, str]

# Changes that plant a bug.
DERIVATIVE: Change = ("    dZ1 = dA1 * (1 - A1 ** 2)\n", "    dZ1 = dA1\n")
TWO: Change = ("dZ2 = 2 * (output - Y) / m", "dZ2 = (output - Y) / m")
BIAS: Change = ("    db2 = dZ2.sum(axis=0)\n", "    db2 = dZ2.sum()\n")
MEAN: Change = ("dZ2 = 2 * (output - Y) / m", "dZ2 = 2 * (output - Y)")

RIGHT = '''"""Two layers."""
import numpy as np


def forward(p, X):
    Z1 = X @ p["W1"] + p["b1"]
    A1 = np.tanh(Z1)
    return A1, A1 @ p["W2"] + p["b2"]


def compute_loss(p, X, Y):
    m = X.shape[0]
    output = forward(p, X)[1]
    return np.sum((output - Y) ** 2) / m


def backward(p, X, Y):
    m = X.shape[0]
    A1, output = forward(p, X)
    dZ2 = 2 * (output - Y) / m
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dA1 = dZ2 @ p["W2"].T
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def build(*, batch=5, outputs=3, features=4, seed=0):
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((batch, features)), rng.standard_normal((batch, outputs))
    p = {
        "W1": rng.standard_normal((features, 6)) / 2,
        "b1": rng.standard_normal(6) / 2,
        "W2": rng.standard_normal((6, outputs)) / 2,
        "b2": rng.standard_normal(outputs) / 2,
    }
    return Problem(lambda p: compute_loss(p, X, Y), lambda p: backward(p, X, Y), p)
'''


def without_text(text: str) -> dict[str, Any]:
    """The names of a program whose text nobody can read."""
    space: dict[str, Any] = {"Problem": Problem, "np": np}
    exec(compile(text, "<nowhere>", "exec"), space)
    return space


def spoilt(*changes: Change, text: str = RIGHT) -> str:
    """The text with some of it replaced, each piece once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def module(folder: Path, text: str) -> Any:
    """The text as an imported module."""
    return module_of(folder, text, Problem=Problem)


def line_of(text: str, piece: str) -> int:
    """The number of the one line that holds a piece."""
    (number,) = [number for number, line in enumerate(text.split("\n"), start=1) if piece in line]
    return number


def bugs_of(diagnosis: Diagnosis) -> list[str]:
    """Ids, as ordered."""
    return [found.bug for found in diagnosis.diagnoses]


def only(diagnosis: Diagnosis) -> DiagnosedBug:
    """The one diagnosis that there is."""
    (found,) = diagnosis.diagnoses
    return found


def applied(folder: Path, text: str, patch: str | None) -> str:
    """The text with a patch applied, by the tool that its readers have."""
    assert patch is not None
    name = patch.split("\n", 1)[0].removeprefix("--- a/").split("\t")[0]
    (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(
        ["git", "apply", "--unsafe-paths", "-"], cwd=folder, input=patch.encode(), check=True, timeout=60,
    )  # fmt: skip
    return (folder / name).read_text(encoding="utf-8")


def diagnosed(folder: Path, *changes: Change, family: bool = False, **options: Any) -> Diagnosis:
    """The diagnosis of a spoilt file: of its problem, or of its family."""
    build = module(folder, spoilt(*changes)).build
    return gradcheck.diagnose(build if family else build(), **options)


def by_numbers(*changes: Change) -> Problem:
    """The problem of a spoilt program whose text nobody can read."""
    problem: Problem = without_text(spoilt(*changes))["build"]()
    return problem
