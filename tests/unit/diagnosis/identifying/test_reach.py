"""Whether a bug reaches the output layer, where layers are read and where only the forward pass is known."""

from __future__ import annotations

import pytest
from traced_programs import RECURRENT, RECURRENT_SHAPES, TracedProgram

from gradcheck.diagnosis.identifying.reach import Reach, reach_of


@pytest.mark.parametrize(
    ("blocks", "reach"),
    [
        (("W2",), Reach(output=True)),
        (("W1", "U", "b1"), Reach()),
        (("U",), Reach(weights=True)),
        (("b1",), Reach(biases=True)),
        (("W1", "U", "b1", "W2"), Reach(output=True)),
    ],
)
def test_without_layers_the_forward_pass_tells_what_is_last(blocks: tuple[str, ...], reach: Reach) -> None:
    """Of a loop through time only the weights of the output are next to the loss; a right bias proves the errors."""
    forward = TracedProgram(RECURRENT, RECURRENT_SHAPES).point().forward
    assert reach_of(blocks, None, forward) == reach


def test_biases_and_weights_of_one_layer_are_equally_near() -> None:
    """A bias is added after the product, and the product is of the same layer all the same."""
    text = """
    def loss(p):
        return np.sum((np.tanh(X @ p["V"]) @ p["W"] + p["b"] - Y) ** 2)

    def gradient(p):
        return {name: 0 * value for name, value in p.items()}
    """
    forward = TracedProgram(text, {"V": (3, 4), "W": (4, 2), "b": (2,)}).point().forward
    assert reach_of(["W", "b"], None, forward) == Reach(output=True)
    assert reach_of(["W"], None, forward) == Reach(weights=True)
    assert reach_of(["b"], None, forward) == Reach(biases=True)
    assert reach_of(["V"], None, forward) == Reach(output=False)


def test_nothing_is_said_of_nothing() -> None:
    """Without wrong blocks, and without a forward pass."""
    assert reach_of((), None, None) is None
    assert reach_of(("W",), None, None) is None
