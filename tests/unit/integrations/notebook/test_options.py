"""The magic's line, read."""

from __future__ import annotations

import pytest

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.notebook.options import read_line

READ = {
    "": ({}, set()),
    "loss=loss grad=gradient params=params": ({"loss": "loss", "gradient": "gradient", "params": "params"}, set()),
    "cost = J  backward = b": ({"loss": "J", "gradient": "b"}, set()),
    "diagnose": ({}, {"diagnose"}),
    "--diagnose loss=f --plot": ({"loss": "f"}, {"diagnose", "plot"}),
    "params=W1, b1 diagnose": ({"params": "W1, b1"}, {"diagnose"}),
    "params=[W1 , b1] seed=3": ({"params": "[W1 , b1]", "seed": "3"}, set()),
    "loss=lambda p: f(p, k=2) if p else g seed=1": ({"loss": "lambda p: f(p, k=2) if p else g", "seed": "1"}, set()),
    "params={'a b': x} plot": ({"params": "{'a b': x}"}, {"plot"}),
    "params=net.layers[0].W rtol=1e-5": ({"params": "net.layers[0].W", "rtol": "1e-5"}, set()),
    "rtol=None atol=-1": ({"rtol": "None", "atol": "-1"}, set()),
    "params=a - b - c": ({"params": "a - b - c"}, set()),
    "loss=lambda p: not f(p) and g(p) in h diagnose": ({"loss": "lambda p: not f(p) and g(p) in h"}, {"diagnose"}),
    "loss=lambda p: f(p) == 1 seed=2": ({"loss": "lambda p: f(p) == 1", "seed": "2"}, set()),
}


@pytest.mark.parametrize("line", READ, ids=str)
def test_keys_flags_and_expressions(line: str) -> None:
    """An expression ends where another name begins."""
    options = read_line(line)
    assert (options.expressions, set(options.flags)) == READ[line]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("model", r"model: neither .*; flags: diagnose, plot"),
        ("--fast", r"--fast: neither"),
        ("losses=f", r"losses=f: there is no such option\. Options: .*loss="),
        ("loss=f cost=g", r"cost=g: loss is given twice, first as f"),
        ("loss=f(", r"a bracket or a quotation mark is not closed"),
        ("loss='f", r"loss"),
        ("loss= grad=g", r"loss=grad=g: expected a Python expression"),
        ("seed=3 +", r"seed=3 \+: expected a Python expression"),
    ],
)
def test_what_cannot_be_read_is_said(line: str, message: str) -> None:
    """With what there is instead."""
    with pytest.raises(InvalidArgumentError, match=message):
        read_line(line)
