"""A backward pass that raises is a wrong gradient, also where no loss is computed; a raising forward pass is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

HEAD = """import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
"""
FLAT = """W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
for step in range(100):
    h = np.tanh(X @ W1)
    out = h @ W2{forward}
    d2 = out - Y
    {line}
    W2 -= 0.1 * h.T @ d2
    W1 -= 0.1 * X.T @ d1
    {after}
"""
FUNCTIONS = """W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
def backward(h, out):
    d2 = out - Y
    {line}
    return X.T @ d1, h.T @ d2

for step in range(100):
    h = np.tanh(X @ W1)
    out = h @ W2{forward}
    accuracy = np.mean(out.argmax(1) == Y.argmax(1))
    dW1, dW2 = backward(h, out)
    W1 -= 0.1 * dW1
    W2 -= 0.1 * dW2
    {after}
"""
CLASS = """class Network:
    def __init__(self):
        self.W1, self.W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))

    def forward(self, X):
        self.h = np.tanh(X @ self.W1)
        return self.h @ self.W2{forward}

    def backward(self, out):
        h, W2 = self.h, self.W2
        d2 = out - Y
        {line}
        self.W2 -= 0.1 * h.T @ d2
        self.W1 -= 0.1 * X.T @ d1

net = Network()
for step in range(100):
    net.backward(net.forward(X))
    {after}
"""
STYLES = {"flat": FLAT, "functions": FUNCTIONS, "class": CLASS}
RIGHT = "d1 = (d2 @ W2.T) * (1 - h ** 2)"
LINES = {
    "shapes": "d1 = (W2 @ d2) * (1 - h ** 2)",
    "name": "d1 = (d2 @ W2.T) * (1 - hidden ** 2)",
    "attribute": "d1 = (d2 @ W2.transposed()) * (1 - h ** 2)",
    "unwritten": "d1 = NotImplemented()",
}


def _checked(folder: Path, text: str, **parts: str) -> CheckReport:
    file = folder / "student.py"
    file.write_text(HEAD + text.format(**{"forward": "", "line": RIGHT, "after": "pass", **parts}), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    return report


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_backward_pass_that_raises_is_a_wrong_gradient(style: str, line: str, tmp_path: Path) -> None:
    """And the line is told; the same program without that line passes."""
    report = _checked(tmp_path, STYLES[style], line=line)
    assert report.verdict.name == "FAIL"
    assert "crash" in {finding.id for finding in report.findings}
    assert line in report.reason
    assert _checked(tmp_path, STYLES[style]).verdict.name == "PASS"


@pytest.mark.parametrize("style", STYLES)
def test_a_forward_pass_that_raises_is_none(style: str, tmp_path: Path) -> None:
    """Nothing is known of the gradient then."""
    with pytest.raises(SubmissionError, match="NameError"):
        _checked(tmp_path, STYLES[style], forward=" + bias")


@pytest.mark.parametrize("style", STYLES)
def test_what_raises_after_the_update_is_no_gradient_s_fault(style: str, tmp_path: Path) -> None:
    """Every parameter has been changed by then."""
    with pytest.raises(SubmissionError, match="NameError"):
        _checked(tmp_path, STYLES[style], after="print(accuracy_of(out))")
