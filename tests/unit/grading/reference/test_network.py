"""What is right at a point: values, gradient, adjoints, and the loss by other conventions."""

import numpy as np
import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Network
from gradcheck.grading.assignment.vocabulary import ACTIVATIONS, LOSSES, ONLY_LAST, PENALTIES
from gradcheck.grading.reference.formulas import ACTIVATION_FUNCTIONS, LOSS_FORMS, PENALTY_FORMS
from gradcheck.grading.reference.network import OwnNetwork, slope_value
from gradcheck.grading.reference.points import point_of
from gradcheck.grading.reference.variant import require_variant

LAST = {"bce": "sigmoid", "cross-entropy": "softmax"}


def test_every_word_has_its_formula() -> None:
    """What an assignment file may say is what is known here."""
    assert set(ACTIVATION_FUNCTIONS) == set(ACTIVATIONS)
    assert set(LOSS_FORMS) == set(LOSSES)
    assert set(PENALTY_FORMS) == set(PENALTIES)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_gradient_passes_its_check(loss: str, penalty: str) -> None:
    """Of every loss, with every penalty."""
    last = next((name for start, name in LAST.items() if loss.startswith(start)), "linear")
    network = Network(sizes=(3, 4, 3), activations=("tanh", last), loss=loss, l2=0.1, penalty=penalty)
    OwnNetwork(network).require_right()


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - ONLY_LAST))
def test_slopes_are_differences(name: str) -> None:
    """Of every activation, away from its kink."""
    z = np.array([-1.5, -0.3, 0.4, 2.0])
    rule = ACTIVATION_FUNCTIONS[name]
    quotient = (rule(z + 1e-6) - rule(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope_value(name, z), quotient, rtol=1e-8)  # truncation is 1e-12, rounding 1e-10


def test_adjoints_chain_to_the_gradient() -> None:
    """``dW = A^T dZ`` and ``db = sum dZ``, without a penalty."""
    network = Network(sizes=(2, 4, 3), activations=("relu", "softmax"), loss="cross-entropy")
    point = point_of(network, batch=5, seed=3)
    found = OwnNetwork(network).expected(point)
    for layer in (1, 2):
        delta = found.adjoints[f"dZ{layer}"]
        np.testing.assert_allclose(found.gradient[f"W{layer}"], found.values[f"A{layer - 1}"].T @ delta, atol=1e-15)
        np.testing.assert_allclose(found.gradient[f"b{layer}"], delta.sum(axis=0), atol=1e-15)


def test_other_conventions_have_their_own_gradient() -> None:
    """A penalty in another form; none at all."""
    network = Network(sizes=(2, 3, 1), activations=("tanh", "sigmoid"), loss="bce", l2=0.5, penalty="half")
    full = OwnNetwork(Network(sizes=(2, 3, 1), activations=("tanh", "sigmoid"), loss="bce", l2=0.5, penalty="full"))
    point = point_of(network, batch=4, seed=1)
    found, other = OwnNetwork(network).expected(point), full.expected(point)
    assert found.losses["penalty-constant full"] == pytest.approx(other.loss, rel=1e-14)
    for name, slope in other.gradient.items():
        np.testing.assert_allclose(found.gradients["penalty-constant full"][name], slope, rtol=1e-12)


def test_saturated_probabilities_have_a_finite_loss() -> None:
    """Zero times the logarithm of zero is zero."""
    network = Network(sizes=(2, 3, 1), activations=("tanh", "sigmoid"), loss="bce")
    point = point_of(network, batch=4, seed=1, weight_scale=1e4)
    assert np.isfinite(OwnNetwork(network).loss(point))


def test_a_variant_is_held_against_the_network() -> None:
    """Of the documents' networks, by entry point."""
    own = OwnNetwork(Network(sizes=(2, 4, 1), activations=("sigmoid", "sigmoid"), loss="mse"))
    require_variant("002-corrected", own)
    with pytest.raises(GradingError, match=r"has the loss .* correct activations, loss or l2"):
        require_variant(
            "002-corrected", OwnNetwork(Network(sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="mse"))
        )
    with pytest.raises(GradingError, match="another gradient of"):
        require_variant("002-published", own)
    with pytest.raises(GradingError, match="layers"):
        require_variant("002-corrected", OwnNetwork(Network(sizes=(2, 1), activations=("sigmoid",), loss="mse")))
    with pytest.raises(GradingError, match="there is no reference '009'"):
        require_variant("009", own)
