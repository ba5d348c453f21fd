"""An assignment's records: what follows from their parts."""

from gradcheck.grading.assignment import Assignment, Item, Network
from gradcheck.grading.assignment.vocabulary import ACTIVATIONS, LOSSES, ONLY_LAST, OUTPUTS_OF
from gradcheck.submissions.declared.interface import Interface, Style

NETWORK = Network(sizes=(2, 4, 3), activations=("tanh", "softmax"), loss="cross-entropy")


def test_shapes_follow_from_the_sizes() -> None:
    """Weights are (inputs, outputs) of their layer, biases flat."""
    assert NETWORK.layers == 2
    assert NETWORK.shapes == {"W1": (2, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}
    assert NETWORK.parameters == ("W1", "b1", "W2", "b2")


def test_leaves_and_points() -> None:
    """Leaves come in the rubric's order, however deep; the points are those of the top."""
    leaves = [Item(path=f"g/{name}", title=name, points=1.5, checks="gradient") for name in ("W1", "W2")]
    group = Item(path="g", title="Gradients", points=3.0, items=tuple(leaves))
    first = Item(path="loads", title="Loads", points=1.0, checks="loads")
    assignment = Assignment(
        title="t", network=NETWORK, interface=Interface(style=Style.RECOGNISED), rubric=(first, group)
    )
    assert [leaf.path for leaf in assignment.leaves] == ["loads", "g/W1", "g/W2"]
    assert [leaf.id for leaf in assignment.leaves] == ["loads", "W1", "W2"]
    assert assignment.points == 4.0


def test_the_vocabulary_agrees_with_itself() -> None:
    """Every loss that is particular about its outputs is a loss, and its outputs are activations."""
    assert OUTPUTS_OF.keys() <= LOSSES.keys()
    assert frozenset().union(*OUTPUTS_OF.values(), ONLY_LAST) <= ACTIVATIONS.keys()
