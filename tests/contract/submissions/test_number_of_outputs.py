"""Functions without data are driven with several outputs and with one: what only several bring may not be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

FUNCTIONS = """
import numpy as np


def initialize_parameters(n_x, n_h, n_y):
    return {{
        "W1": np.random.randn(n_x, n_h), "b1": np.zeros((1, n_h)),
        "W2": np.random.randn(n_h, n_y), "b2": np.zeros((1, n_y)),
    }}


def forward_propagation(X, parameters):
    A1 = np.tanh(X @ parameters["W1"] + parameters["b1"])
    A2 = 1 / (1 + np.exp(-(A1 @ parameters["W2"] + parameters["b2"])))
    return A2, {{"A1": A1, "A2": A2}}


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    d2 = (cache["A2"] - Y) / m
    d1 = (d2 @ parameters["W2"].T) * (1 - cache["A1"] ** 2)
    return {{
        "dW2": cache["A1"].T @ d2, "db2": d2.sum(axis=0, keepdims=True),
        "dW1": X.T @ d1, "db1": {bias},
    }}


def update_parameters(parameters, grads, learning_rate):
    return {{k: parameters[k] - learning_rate * grads["d" + k] for k in parameters}}
{more}
"""
WRONG = "np.full((1, d1.shape[1]), d1.sum())"


@pytest.mark.parametrize(
    ("more", "wrong"), [("", {"b1"}), ("parameters = initialize_parameters(4, 5, 3)", {"W1", "b1", "W2", "b2"})]
)
def test_what_one_output_makes_right_is_not_called_wrong(tmp_path: Path, more: str, wrong: set[str]) -> None:
    """A mean of all entries is one over the samples where there is one output; unless the file means several."""
    file = tmp_path / "net.py"
    file.write_text(FUNCTIONS.format(bias=WRONG, more=more))
    report = check_file(file)
    assert {block.name for block in report.blocks if block.verdict.name == "FAIL"} == wrong
    assert (report.finding("other-sizes") is not None) is (more == "")
