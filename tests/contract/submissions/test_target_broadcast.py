"""A column beside a flat array: what NumPy makes of their difference is told, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
y = {targets}
W, c = rng.normal(size=(3, 1)), np.zeros(1)
losses = []
for turn in range(50):
    out = X @ W + c
    error = {difference}
    losses.append(np.mean(error ** 2))
    delta = {delta}
    W -= 0.05 * X.T @ delta
    c -= 0.05 * delta.sum(axis=0)
"""
TABLE = {
    "targets": "X @ np.array([1.0, -2.0, 0.5])",
    "difference": "out - y",
    "delta": "2 * error.sum(axis=1, keepdims=True) / error.size",
}
COLUMN = {**TABLE, "targets": "X @ np.array([[1.0], [-2.0], [0.5]])"}
MEANT = {**TABLE, "difference": "out - y[None, :]"}


@pytest.mark.parametrize(("program", "told"), [(TABLE, True), (COLUMN, False), (MEANT, False)])
def test_a_table_of_all_differences_is_told(tmp_path: Path, program: dict[str, str], told: bool) -> None:
    """The gradient of it is right, and the network learns nothing but the mean."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(**program), encoding="utf-8")
    report = check_file(file)
    messages = [finding.message for finding in report.findings if finding.id == "target-broadcast"]
    assert report.verdict.name == "PASS"
    assert [("(line 11)" in message, "(12, 12)" in message) for message in messages] == [(True, True)] * told
