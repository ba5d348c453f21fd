"""How many outputs the text of a file means."""

from __future__ import annotations

import ast

import pytest

from gradcheck.submissions.recognition.outputs_meant import Outputs, outputs_meant


@pytest.mark.parametrize(
    "text",
    [
        "def init(n_x, n_h, n_y=1): ...",
        "class Net:\n    def __init__(self, n_in=2, n_hidden=4, n_out=1): ...",
        "class Net:\n    def __init__(self, n_in, n_hidden, n_out): ...\nnet = Net(2, 4, 1)",
        "def init(n_x, n_h, n_y): ...\nparams = init(2, n_h=4, n_y=1)",
        "layer_dims = [2, 4, 1]",
        "output_size = 1\ndef softmax(z): ...",
    ],
)
def test_one(text: str) -> None:
    """Numbers count, whatever functions there are besides."""
    assert outputs_meant(ast.parse(text)) is Outputs.ONE


@pytest.mark.parametrize(
    "text",
    [
        "def init(n_x, n_h, n_y=3): ...",
        "layer_dims = (2, 4, 10)",
        "def softmax(z): ...",
        "labels = np.argmax(out, axis=1)",
        "def encode(y, num_classes): return np.eye(num_classes)[y]",
        "Y = OneHotEncoder().fit_transform(y)",
    ],
)
def test_several(text: str) -> None:
    """Numbers, and what makes no sense for one output."""
    assert outputs_meant(ast.parse(text)) is Outputs.SEVERAL


@pytest.mark.parametrize(
    "text",
    [
        "def init(n_x, n_h, n_y): ...",
        "def init(n_x, n_h, n_y=1): ...\ninit(2, 4, 3)",
        "n_hidden = 1",
        "output = 1.0",
        "print(len([2, 4, 1]))",
    ],
)
def test_nothing_told(text: str) -> None:
    """No number of outputs, or two of them."""
    assert outputs_meant(ast.parse(text)) is None
