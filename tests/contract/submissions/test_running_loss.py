"""A loss that a loop adds penalties to is what it has come to at the end, and no mean of what it was on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

PENALTIES = """
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(11, 4))
y = rng.integers(0, 3, size=11)


class Net:
    def __init__(self):
        self.params = dict(W1=rng.normal(size=(4, 6)), b1=np.zeros(6), W2=rng.normal(size=(6, 3)), b2=np.zeros(3))

    def loss(self, X, y, reg):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        h = np.tanh(X @ W1 + b1)
        scores = h @ W2 + b2
        probs = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(len(y)), y]).mean()
        for name in ("W1", "W2"):
            loss += reg * np.sum(self.params[name] ** 2)
        d = probs.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        dh = d @ W2.T * (1 - h**2)
        return loss, {{
            "W1": X.T @ dh {sign} 2 * reg * W1,
            "b1": dh.sum(axis=0),
            "W2": h.T @ d {sign} 2 * reg * W2,
            "b2": d.sum(axis=0),
        }}

    def train(self, X, y, rate=0.1, reg=0.05):
        history = []
        for _ in range(50):
            loss, grads = self.loss(X, y, reg)
            history.append(loss)
            for name in self.params:
                self.params[name] -= rate * grads[name]
        return history


print(Net().train(X, y)[-1])
"""


@pytest.mark.parametrize(("sign", "wrong"), [("+", []), ("-", ["W1", "W2"])])
def test_penalties_are_parts_of_the_loss_that_they_are_added_to(tmp_path: Path, sign: str, wrong: list[str]) -> None:
    """Where the gradient is wrong in all blocks of which a mean over the way would be the loss as well."""
    file = tmp_path / "net.py"
    file.write_text(PENALTIES.format(sign=sign))
    report = check_file(file)
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == wrong
    assert "mean of all" not in (report.against or "")
    assert report.against is None or report.against.startswith("loss")
