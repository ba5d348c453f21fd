"""Programs that keep a function of the loss that they descend: its root, its exponential, a share of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import CheckReport, Verdict, check_file

NET = """
import numpy as np
rng = np.random.default_rng(20)
X = rng.normal(size=(30, 4)); y = np.sin(X[:, :1]) + X[:, 1:2] * X[:, 2:3]
W1, b1 = rng.normal(0, 0.5, (4, 9)), np.zeros(9)
W2, b2 = rng.normal(0, 0.5, (9, 1)), np.zeros(1)
hist = []
for epoch in range(80):
    H = np.tanh(X @ W1 + b1)
    out = H @ W2 + b2
    rest = out - y
    {kept}
    D = 2 * rest / len(X)
    dH = D @ W2.T * (1 - H ** 2)
    W2 -= 0.1 * H.T @ D; b2 -= 0.1 * D.sum(0)
    W1 -= 0.1 * X.T @ dH; b1 -= 0.1 * dH.sum(0)
"""
SCORES = {
    "its root": "rmse = np.sqrt(np.mean(rest ** 2))\n    hist.append(rmse)",
    "the errors' length": "hist.append(np.linalg.norm(rest))",
    "its logarithm": "hist.append(np.log10(np.mean(rest ** 2)))",
    "a share of the variance": "hist.append(1 - np.sum(rest ** 2) / np.sum((y - y.mean()) ** 2))",
    "a percentage": "mape = np.mean(np.abs(rest / y))\n    hist.append(mape)",
}
SINGLE = """
import numpy as np
rng = np.random.default_rng(4)
X = rng.normal(size=(20, 3)); t = (X[:, 0] > 0).astype(float)
w, b, hist = rng.normal(size=3), 0.1, []
for k in range(20):
    p = 1 / (1 + np.exp(-(X[k] @ w + b)))
    hist.append(0.5 * (p - t[k]) ** 2)
    d = (p - t[k]) * p * (1 - p)
    w -= 0.1 * d * X[k]
    b -= 0.1 * d
"""


def _checked(folder: Path, text: str) -> CheckReport:
    path = folder / "network.py"
    path.write_text(text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("kept", SCORES.values(), ids=SCORES)
def test_the_loss_behind_a_score_is_what_counts(kept: str, tmp_path: Path) -> None:
    """The output delta says which it is; a gradient that is wrong of it is wrong."""
    text = NET.format(kept=kept)

    assert _checked(tmp_path, text).verdict is Verdict.PASS
    assert _checked(tmp_path, text.replace("(1 - H ** 2)", "(1 - H)")).verdict is Verdict.FAIL
    assert _checked(tmp_path, text.replace("-= 0.1", "+= 0.1")).verdict is Verdict.FAIL


def test_what_is_called_a_loss_is_undecided(tmp_path: Path) -> None:
    """A root that is called the loss may be meant, and then its factor is left out of the gradient."""
    report = _checked(tmp_path, NET.format(kept="loss = np.sqrt(np.mean(rest ** 2))\n    hist.append(loss)"))

    assert report.verdict is Verdict.INVALID
    assert "another part of it at each place" in report.reason


def test_of_one_output_of_one_sample_nothing_is_excused(tmp_path: Path) -> None:
    """There every wrong derivative of the output is a multiple of the right one."""
    assert _checked(tmp_path, SINGLE).verdict is Verdict.PASS
    assert _checked(tmp_path, SINGLE.replace("* p * (1 - p)", "")).verdict is Verdict.FAIL


DECAY = """
import numpy as np
rng = np.random.default_rng(6)
X = rng.normal(size=(25, 3)); y = X @ np.array([[1.0], [-1.0], [0.5]])
W, b, lr, wd, hist = rng.normal(size=(3, 1)), np.zeros(1), 0.1, 0.01, []
for k in range(30):
    r = X @ W + b - y
    hist.append(np.mean(r ** 2))
    dW, db = 2 * X.T @ r / len(X), 2 * r.mean(0)
    {update}
    b -= lr * db
"""


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        ("W -= lr * dW\n    W -= lr * wd * W", Verdict.INVALID),
        ("W -= lr * dW\n    W *= 1 - lr * wd", Verdict.INVALID),
        ("W -= lr * (dW + wd * W)", Verdict.FAIL),
        ("W -= lr * dW", Verdict.PASS),
    ],
    ids=["apart", "as a factor", "in the gradient", "none"],
)
def test_decay_in_a_statement_of_its_own_is_no_wrong_gradient(update: str, verdict: Verdict, tmp_path: Path) -> None:
    """The loss need not have it, as decoupled weight decay is none of a loss."""
    assert _checked(tmp_path, DECAY.format(update=update)).verdict is verdict
