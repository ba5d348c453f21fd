"""A step of one batch that shows the loss of all data is held against that loss of its own data."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

BATCHES = """
import numpy as np

rng = np.random.default_rng(5)
X = rng.uniform(-1.5, 1.5, (60, 3))
Y = np.c_[X[:, 0] * X[:, 1], X[:, 2] ** 3]
A, a = rng.normal(0, 0.6, (3, 7)), np.zeros(7)
B, b = rng.normal(0, 0.3, (7, 2)), np.zeros(2)


def net(x):
    h = np.tanh(x @ A + a)
    return h, h @ B + b


def {name}(x, y):
    return np.sum((net(x)[-1] - y) ** 2)


def gradients(x, y):
    h, o = net(x)
    do = {delta}
    dz = do @ B.T * (1 - h * h)
    return [x.T @ dz, dz.sum(0), {weights}, do.sum(0)]


for n in range(300):
    pick = rng.permutation(60)[:12]
    for p, g in zip([A, a, B, b], gradients(X[pick], Y[pick])):
        p -= 0.002 * g
    if n % 100 == 0:
        print(n, {name}(X, Y))
"""
SQUARED = """
import numpy as np

rng = np.random.default_rng(5)
X = rng.normal(size=(40, 3))
y = rng.poisson(np.exp(X[:, :1])).astype(float)
quan = {"W1": rng.normal(size=(3, 6)) * 0.5, "b1": np.zeros(6), "W2": rng.normal(size=(6, 1)) * 0.5, "b2": np.zeros(1)}
kept = {k: np.zeros_like(v) for k, v in quan.items()}


def forward(quan, X):
    a = np.tanh(X @ quan["W1"] + quan["b1"])
    z = a @ quan["W2"] + quan["b2"]
    return a, z, np.logaddexp(0, z) + 1e-3


def sunshi(quan, X, y):
    rate = forward(quan, X)[-1]
    return np.mean(rate - y * np.log(rate))


def backward(quan, X, y):
    a, z, rate = forward(quan, X)
    dz = (1 - y / rate) / len(X) / (1 + np.exp(-z))
    da = dz @ quan["W2"].T * SLOPE
    return {"W1": X.T @ da, "b1": da.sum(0), "W2": a.T @ dz, "b2": dz.sum(0)}


for turn in range(300):
    g = backward(quan, X, y)
    for k in quan:
        kept[k] += g[k] ** 2
        quan[k] -= 0.1 * g[k] / (np.sqrt(kept[k]) + 1e-8)
    if turn % 100 == 0:
        print(turn, sunshi(quan, X, y))
"""


def _verdict(folder: Path, text: str) -> tuple[str, list[str], list[str]]:
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    wrong = [block.name for block in report.blocks if block.verdict.name == "FAIL"]
    return report.verdict.name, wrong, [finding.id for finding in report.findings]


@pytest.mark.parametrize("name", ["sse", "loss", "perdida"])
def test_a_batch_is_held_against_its_own_loss(tmp_path: Path, name: str) -> None:
    """Whatever the loss of all data says."""
    text = BATCHES.format(name=name, delta="2 * (o - y)", weights="h.T @ do")
    verdict, wrong, findings = _verdict(tmp_path, text)
    assert (verdict, wrong) == ("PASS", [])
    assert "recorded-loss-differs" in findings


@pytest.mark.parametrize(
    ("delta", "weights", "expected"),
    [("2 * (o - y)", "h.T @ do * h.mean()", ["B"]), ("2 * (o - y) * o", "h.T @ do", ["A", "a", "B", "b"])],
)
def test_a_wrong_gradient_of_a_batch_fails_in_its_own_blocks(
    tmp_path: Path, delta: str, weights: str, expected: list[str]
) -> None:
    """Not in all, as it would against the loss of all data."""
    assert _verdict(tmp_path, BATCHES.format(name="sse", delta=delta, weights=weights))[:2] == ("FAIL", expected)


@pytest.mark.parametrize(
    "kept",
    [
        "history.append(data_loss(w, X, y) + penalty(w))",
        "fit = data_loss(w, X, y); terms.append(fit); history.append(fit + penalty(w))",
        "fit = data_loss(w, X, y); r = penalty(w); terms += [fit, r]; terms.append(fit); history.append(fit + r)",
        "terms.append(data_loss(w, X, y)); history.append(data_loss(w, X, y) + penalty(w))",
        "J = sum([data_loss(w, X, y), penalty(w)]); history.append(J); terms.append(data_loss(w, X, y))",
        "J = np.add(data_loss(w, X, y), penalty(w)); history.append(J); terms.append(data_loss(w, X, y))",
        "fit = data_loss(w, X, y); terms.append(fit); fit = fit + penalty(w); history.append(fit)",
    ],
)
def test_a_part_of_the_loss_is_no_substitute_for_it(tmp_path: Path, kept: str) -> None:
    """The step records the loss with a penalty, whose gradient is missing: its data term alone would be right."""
    text = f"""
import numpy as np

rng = np.random.default_rng(1)
X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
w = rng.normal(size=3)


def data_loss(w, X, y):
    return np.mean((X @ w - y) ** 2)


def penalty(w):
    return 0.1 * np.sum(w ** 4)


def gradient(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(y)


history, terms = [], []
for _ in range(50):
    {kept}
    w = w - 0.05 * gradient(w, X, y)
"""
    assert _verdict(tmp_path, text)[:2] == ("FAIL", ["w"])


@pytest.mark.parametrize(("slope", "expected"), [("(1 - a * a)", ("PASS", [])), ("a", ("FAIL", ["W1", "b1"]))])
def test_the_square_of_a_bias_gradient_is_no_loss(tmp_path: Path, slope: str, expected: tuple[str, list[str]]) -> None:
    """AdaGrad adds it up beside the other squares: of one output it is a number that depends on all parameters."""
    assert _verdict(tmp_path, SQUARED.replace("SLOPE", slope))[:2] == expected
