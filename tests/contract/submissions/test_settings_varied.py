"""What is varied to prove a patch is a penalty's strength, and no share of an average of gradients."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Diagnosis
from gradcheck.submissions import diagnose_file

PROGRAM = """
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
net = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(4, 2))}
lr, NAME = 0.1, 0.9
kept = {name: 0 * value for name, value in net.items()}
losses = []
for turn in range(40):
    A = np.tanh(X @ net["W1"])
    out = A @ net["W2"]
    losses.append(0.5 * np.sum((out - Y) ** 2) / len(X))
    delta = (out - Y) / len(X)
    grads = {"W2": A.T @ delta, "W1": X.T @ (delta @ net["W2"].T * (1 - A))}
    for name in net:
        kept[name] = NAME * kept[name] + (1 - NAME) * grads[name]
        net[name] -= lr * kept[name]
"""


@pytest.mark.parametrize("name", ["beta", "decay", "momentum"])
def test_share_of_an_average_is_no_penalty(tmp_path: Path, name: str) -> None:
    """Tripled it would turn every step around, and refuse the patch that is right."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.replace("NAME", name), encoding="utf-8")
    found = diagnose_file(file)
    assert isinstance(found, Diagnosis)
    assert found.patch_verified
    assert "1 - A" in (found.patch or "")
    assert not any("stronger regularisation" in text for text in found.tried)
