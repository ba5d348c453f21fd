"""Files as learners write them, with lines that a test edits, and what they answer while they stand still."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import SourceText
from gradcheck.records import CheckReport
from gradcheck.submissions.exchange.remote_program import RemoteProgram
from gradcheck.submissions.exchange.session import Session

LOOP = '''"""A training loop inside a function."""
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def train(steps=100, lr=0.1, lam=0.3):
    W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    history = []
    for i in range(steps):
        A1 = np.tanh(X @ W1)
        out = A1 @ W2
        loss = 0.5 * np.sum((out - Y) ** 2) + 0.5 * lam * np.sum(W2 ** 2)
        history.append(loss)
        delta = out - Y
        dW2 = A1.T @ delta + lam * W2
        W2 -= lr * dW2
        d1 = delta @ W2.T * (1 - A1 ** 2)
        W1 -= lr * X.T @ d1
    return history


train()
'''
KEPT = (
    ("        W2 -= lr * dW2\n", "        old = W2.copy()\n        W2 -= lr * dW2\n"),
    ("delta @ W2.T", "delta @ old.T"),
)

CLASS = """import numpy as np

BATCH = 5


class Net:
    def __init__(self):
        rng = np.random.default_rng(1)
        self.params = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(4, 2))}
        self.lr = 0.05

    def loss(self, X, y):
        a = np.tanh(X @ self.params["W1"])
        out = a @ self.params["W2"]
        value = np.sum((out - y) ** 2) / BATCH
        delta = (out - y) / BATCH
        grads = {}
        grads["W2"] = a.T @ delta
        grads["W1"] = X.T @ (delta @ self.params["W2"].T * (1 - a ** 2))
        return value, grads

    def train(self, X, y):
        losses = []
        for epoch in range(20):
            loss, grads = self.loss(X, y)
            losses.append(loss)
            for name in self.params:
                self.params[name] -= self.lr * grads[name]
        return losses


data = np.random.default_rng(2)
Net().train(data.normal(size=(BATCH, 3)), data.normal(size=(BATCH, 2)))
"""
MISSING_TWO = ("delta = (out - y)", "delta = 2 * (out - y)")


@contextlib.contextmanager
def standing(folder: Path, text: str, *, time_limit: float = 20.0, number: int = 0) -> Iterator[RemoteProgram]:
    """A file's network, standing still in its loop."""
    file = folder / "student.py"
    file.write_text(text, encoding="utf-8")

    def verify(text: str) -> CheckReport:
        raise AssertionError(text)

    with Session(time_limit=time_limit) as session:
        reply = session.request("open", {"path": str(file), "adapter": None, "keywords": {}})
        for _ in range(number):
            reply = session.request("next")
        assert reply.op == "network", reply.data
        yield RemoteProgram(session, reply, SourceText(name=file.name, text=text), verify)


def numeric(program: RemoteProgram) -> list[np.ndarray[Any, Any]]:
    """The true gradient by central differences of the loss that the child computes."""
    driver, arrays = program.problem.driver, program.problem.values()
    found = []
    for k, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            values = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[k][index] += step
                values.append(float(driver.loss(moved)))
            gradient[index] = (values[0] - values[1]) / 2e-6
        found.append(gradient)
    return found
