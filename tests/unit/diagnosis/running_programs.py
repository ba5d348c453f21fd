"""A network in a file of its own, as its users have it: what programs of this process are tried on."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck import Problem
from gradcheck.diagnosis.programs.local import LocalProgram

TEXT = '''"""Two layers; the derivative of tanh is wrong."""
import numpy as np

SCALE = 0.5
calls = []


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


slope = lambda a: 1 - a


def forward(p, X):
    A1 = np.tanh(X @ p["W1"] + p["b1"])
    return A1, sigmoid(A1 @ p["W2"])


def backward(p, X, y):
    calls.append(1)
    A1, A2 = forward(p, X)
    d2 = (A2 - y) * A2 * (1 - A2)
    d1 = d2 @ p["W2"].T * slope(A1)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": A1.T @ d2}


def build(*, batch=6, outputs=2, features=3, hidden=4, input_scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    X, y = input_scale * rng.standard_normal((batch, features)), rng.random((batch, outputs))
    p = {
        "W1": rng.standard_normal((features, hidden)),
        "b1": rng.standard_normal(hidden),
        "W2": rng.standard_normal((hidden, outputs)),
    }
    return Problem(lambda p: SCALE * np.sum((forward(p, X)[1] - y) ** 2), lambda p: backward(p, X, y), p)
'''
CURED = ("slope = lambda a: 1 - a", "slope = lambda a: 1 - a ** 2")

LIVE = '''"""One layer, live, with an update of its own."""
import numpy as np


class Net:
    def __init__(self):
        self.W = np.array([[1.0, 2.0]])
        self.X = np.array([[0.5], [-1.0], [2.0]])
        self.Y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        self.count = 0

    def loss(self):
        return 0.5 * np.sum((self.X @ self.W - self.Y) ** 2)

    def step(self, rate):
        self.count += 1
        delta = self.X @ self.W - self.Y
        self.W -= rate * self.X.T @ delta * 3
'''


def module_of(folder: Path, text: str, **names: Any) -> ModuleType:
    """A text as an imported module."""
    file = folder / "network_under_test.py"
    file.write_text(text, encoding="utf-8")
    linecache.checkcache(str(file))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(names)
    dont_write, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = dont_write
    return module


def program_of(folder: Path, text: str = TEXT) -> tuple[LocalProgram, ModuleType]:
    """The family of a text as a program."""
    module = module_of(folder, text, Problem=Problem)
    build: Callable[..., Problem] = module.build
    return LocalProgram(build(), build), module
