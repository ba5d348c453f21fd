"""No number at hidden points is on a student's sheet, whatever a program does for it, and at no level of hints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading.grade import grade
from gradcheck.reports.grading.writing import Formats, write_class

ASSIGNMENT = """\
schema = "gradcheck/assignment@1"
title = "One hidden layer"

[network]
sizes = [2, 3, 1]
activations = ["tanh", "sigmoid"]
loss = "mse"

[interface]
style = "functions"

[interface.calls]
forward = "forward(X, params) -> output"
loss = "compute_loss(X, Y, params) -> loss"
gradient = "gradient(X, Y, params) -> gradients"
update = "step(params, gradients, learning_rate) -> params"

[interface.activations]
tanh = "tanh(z) -> a"

[interface.derivatives]
tanh = "tanh_slope(a) -> d"

[hidden]
points = 1
{hidden}

[show]
now = "fix"
after_due = "fix"
{rubric}
"""
CHECKS = (
    *("loads", "forward", "loss", "activation", "derivative", "gradient", "update", "robustness", "purity"),
    'property"\nproperty = "outputs', 'property"\nproperty = "permutation', 'gradient"\nagainst = "reference',
)  # fmt: skip
RIGHT = """\
import numpy as np

CALLS = [0]


def tanh(z):
    return np.tanh(z)


def tanh_slope(a):
    return 1 - a * a


def forward(X, params):
    hidden = tanh(X @ params["W1"] + params["b1"])
    return 1 / (1 + np.exp(-(hidden @ params["W2"] + params["b2"])))


def compute_loss(X, Y, params):
    return np.mean((forward(X, params) - Y) ** 2)


def gradient(X, Y, params):
    hidden = tanh(X @ params["W1"] + params["b1"])
    out = forward(X, params)
    d2 = 2 * (out - Y) / out.size * out * (1 - out)
    d1 = d2 @ params["W2"].T * tanh_slope(hidden)
    return {"dW1": X.T @ d1, "db1": d1.sum(0, keepdims=True), "dW2": hidden.T @ d2, "db2": d2.sum(0, keepdims=True)}


def step(params, gradients, learning_rate):
    return {name: params[name] - learning_rate * gradients['d' + name] for name in params}
"""
LEAKS = {
    "outputs": ("    return 1 / (1 + np.exp(-(hidden", "    return X[0, 0] + (0 * ((hidden"),
    "scaled": ("    return 1 / (1 + np.exp(-(hidden", "    return abs(X[0, 0]) / (1 + np.exp(-(hidden"),
    "loss": ("    return np.mean((forward(X, params) - Y) ** 2)", "    return abs(X[0, 0]) + params['b1'][0, 0]"),
    "loss times": ("    return np.mean(", "    return abs(X[0, 0]) * np.mean("),
    "loss by turns": (
        "    return np.mean((forward(X, params) - Y) ** 2)",
        "    CALLS[0] += 1\n    return X[CALLS[0] % len(X), 0] + CALLS[0] * 1e-3",
    ),
    "gradient": ("d2 = 2 * (out - Y)", "d2 = X[0, 0] + 0 * (out - Y)"),
    "gradient times": ("d2 = 2 * (out - Y)", "d2 = abs(X[0, 0]) * 2 * (out - Y)"),
    "activation": ("    return np.tanh(z)", "    return z[0, 0] + 0 * z"),
    "activation times": ("    return np.tanh(z)", "    return abs(z[0, 0]) * np.tanh(z)"),
    "slope": ("    return 1 - a * a", "    return a[0, 0] * (1 - a * a)"),
    "step": ("params[name] - learning_rate", "params[name] - abs(params['W1'][0, 0])"),
    "not a number": ("    return np.tanh(z)", "    return np.where(z > 0, np.nan, z)"),
}  # fmt: skip
# What counts is told whole: lines, sizes, shares, and constants to two digits.
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")
WHOLE = 1000


def _texts(sheet: dict[str, Any]) -> list[str]:
    items = [part for item in sheet["items"] for part in (*item["told"], item["patch"] or "")]
    return [*items, sheet["reason"], sheet["cure"] or ""]


def _precise(text: str) -> list[str]:
    """Numbers that say more than two digits, of which the program's own text is free."""
    found = NUMBER.findall(text)
    digits = {number: number.lstrip("-").partition("e")[0].replace(".", "").strip("0") for number in found}
    return [number for number in found if len(digits[number]) > 2 and not (number.isdigit() and int(number) <= WHOLE)]


def _sheets(folder: Path, hidden: str = "", diagnose: bool = False) -> dict[str, dict[str, Any]]:
    rubric = "\n".join(
        f'[[rubric]]\nid = "item{number}"\npoints = 1\nchecks = "{check}"' for number, check in enumerate(CHECKS)
    )
    assignment = folder / "assignment.toml"
    assignment.write_text(ASSIGNMENT.format(hidden=hidden, rubric=rubric), encoding="utf-8")
    graded = grade(folder / "submissions", assignment, folder / "results", diagnose=diagnose, seed=7, workers=2)
    write_class(graded, formats=Formats())
    files = (folder / "results").rglob("*.json")
    read = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {sheet["student"]: sheet for sheet in read if sheet.get("audience") == "now"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class of programs that put what they were given where it could be told."""
    (tmp_path / "submissions").mkdir()
    for name, edit in LEAKS.items():
        text = RIGHT
        for old, new in zip(edit[::2], edit[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "submissions" / f"{name.replace(' ', '-')}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_no_sheet_tells_what_a_program_was_given(folder: Path) -> None:
    """Neither as a value, nor as a constant, nor as the reason why nothing can be said."""
    sheets = _sheets(folder)
    assert len(sheets) == len(LEAKS)
    told = {name: [number for text in _texts(sheet) for number in _precise(text)] for name, sheet in sheets.items()}
    assert not any(told.values()), told
    assert all(sheet["points"] is None or sheet["points"] < sheet["of"] for sheet in sheets.values())


def test_an_assignment_may_let_them_see(folder: Path) -> None:
    """Then the same sheets hold the numbers."""
    sheets = _sheets(folder, hidden="told = true")
    assert any(_precise(text) for sheet in sheets.values() for text in _texts(sheet))
