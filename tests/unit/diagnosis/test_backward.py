"""Back-propagation with deviations: without any it is the true gradient; with some, what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.backward import Deviation, backward, through_activation, through_weights
from gradcheck.diagnosis.network import Layer, Network

FORMS: dict[str, dict[str, Any]] = {
    "tanh": {},
    "sigmoid-bce": {"activation": "sigmoid", "output": "sigmoid", "loss": "bce"},
    "relu-softmax": {"activation": "relu", "output": "softmax", "loss": "ce"},
    "dropout": {"keep": 0.6},
    "penalty": {"strength": 0.3},
    "no-biases": {"biases": False},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_without_deviations_it_is_the_true_gradient(
    form: dict[str, Any], make: Callable[..., Any], numeric: Callable[..., Any]
) -> None:
    """Against central differences of the loss."""
    made = make(**form)
    gradient, expected = backward(made.network), numeric(made)
    assert gradient.keys() == expected.keys()
    for name, value in gradient.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-8)


def test_the_blocks_are_as_the_code_holds_them(make: Callable[..., Any]) -> None:
    """Transposed weights, column biases and z = aW - b."""
    network = make().network
    layer = replace(network.layers[1], weight_transposed=True, bias_sign=-1)
    shapes = {**network.shapes, "W2": (5, 6), "b2": (5, 1)}
    turned = replace(network, layers=(network.layers[0], layer, network.layers[2]), shapes=shapes)
    true, held = backward(network), backward(turned)
    np.testing.assert_array_equal(held["W2"], true["W2"].T)
    np.testing.assert_array_equal(held["b2"], -true["b2"].reshape(5, 1))


def test_a_column_of_ones_is_a_bias(make: Callable[..., Any]) -> None:
    """The same network with its biases as the first row of the weights."""
    network = make().network
    layers = [
        replace(
            layer,
            bias=None,
            bias_values=None,
            bias_in_weights=0,
            inputs=np.insert(layer.inputs, 0, 1.0, axis=1),
            weights=np.vstack([layer.bias_values, layer.weights]),
        )
        for layer in network.layers
    ]
    held = replace(network, layers=tuple(layers), shapes={each.weight: each.weights.shape for each in layers})
    true = backward(network)
    for number in (1, 2, 3):
        expected = np.vstack([true[f"b{number}"], true[f"W{number}"]])
        np.testing.assert_allclose(backward(held)[f"W{number}"], expected, rtol=1e-12)
    assert held.features == network.features


def test_a_hidden_softmax_passes_any_upstream() -> None:
    """By its Jacobian, row by row."""
    rng = np.random.default_rng(0)
    z, upstream = rng.normal(size=(2, 4, 3))
    a = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    layer = _bare_layer(z, a, upstream, activation="softmax")
    jacobians = np.einsum("ij,jk->ijk", a, np.eye(3)) - np.einsum("ij,ik->ijk", a, a)
    expected = np.einsum("ijk,ij->ik", jacobians, upstream)
    np.testing.assert_allclose(through_activation(layer, upstream), expected, rtol=1e-12)


def test_an_unknown_activation_passes_the_true_upstream_alone() -> None:
    """Nothing else is known of it."""
    rng = np.random.default_rng(0)
    z, upstream = rng.normal(size=(2, 4, 3))
    layer = _bare_layer(z, z, upstream, activation="unknown")
    np.testing.assert_array_equal(through_activation(layer, upstream), layer.delta)
    with pytest.raises(ValueError, match="mixes entries"):
        through_activation(layer, 2 * upstream)


def _bare_layer(z: np.ndarray, a: np.ndarray, upstream: np.ndarray, *, activation: str) -> Layer:
    return Layer(
        weight="W", inputs=np.ones((4, 2)), weights=np.ones((2, 3)), pre_activation=z, output=a,
        output_adjoint=upstream, delta=7 * upstream, activation=activation,
    )  # fmt: skip


def test_a_mask_is_passed_on_the_way_back(make: Callable[..., Any]) -> None:
    """Dropped units get nothing."""
    network = make(keep=0.6).network
    first, second = network.layers[:2]
    assert np.all(through_weights(first, second, second.delta)[first.mask == 0] == 0)


def test_two_deviations_of_one_delta_are_both_applied(make: Callable[..., Any]) -> None:
    """The second one gets what the first one made."""
    network = make().network
    double = Deviation(bug="a", delta={0: lambda _, __, upstream: 2 * upstream})
    square = Deviation(bug="b", delta={0: lambda _, __, upstream: upstream**2})
    upstream = network.layers[0].output_adjoint
    first = network.layers[0].inputs
    np.testing.assert_allclose(backward(network, double, square)["W1"], first.T @ (2 * upstream) ** 2)
    np.testing.assert_allclose(backward(network, square, double)["W1"], first.T @ (2 * upstream**2))


def test_a_way_through_the_weights_and_a_slope_go_together(make: Callable[..., Any]) -> None:
    """One bug in each factor of one delta."""
    network = make().network
    ones = Deviation(bug="a", upstream={0: lambda n, i, _: np.ones_like(n.layers[i].output)})
    none = Deviation(bug="b", delta={0: lambda _, __, upstream: upstream})
    expected = np.tile(network.layers[0].inputs.sum(axis=0)[:, None], 6)
    np.testing.assert_allclose(backward(network, none, ones)["W1"], expected)


def test_a_bias_of_another_shape_keeps_it(make: Callable[..., Any]) -> None:
    """A number spreads; a table with a row a sample stays one."""
    network = make().network
    table = Deviation(bug="a", bias={1: lambda _, __, delta: delta})
    number = Deviation(bug="b", bias={1: lambda _, __, delta: np.asarray(delta.sum())})
    assert backward(network, table)["b2"].shape == (7, 5)
    np.testing.assert_allclose(backward(network, number)["b2"], np.full(5, network.layers[1].delta.sum()))
    assert backward(make(batch=1).network, table)["b2"].shape == (5,)


def test_shared_blocks_collect_from_all_their_layers(make: Callable[..., Any]) -> None:
    """One array of weights, and one bias, used twice."""
    network: Network = make(hidden=(4, 4), outputs=3).network
    layers = (replace(network.layers[0], weight="W2", bias="b2"), *network.layers[1:])
    shared = replace(network, layers=layers)
    true = backward(network)
    np.testing.assert_allclose(backward(shared)["W2"], true["W1"] + true["W2"])
    np.testing.assert_allclose(backward(shared)["b2"], true["b1"] + true["b2"])


def test_what_is_done_at_the_end_comes_last(make: Callable[..., Any]) -> None:
    """Penalty, finish, exchange, factor."""
    network = make(strength=0.3, hidden=(5, 5), features=5).network
    true = backward(network)
    gone = Deviation(bug="a", penalty=lambda _: {}, swap={"W1": "W2", "W2": "W1"}, scale={"W1": 3.0})
    plain = {name: value - network.penalty.get(name, 0.0) for name, value in true.items()}
    made = backward(network, gone)
    np.testing.assert_allclose(made["W1"], 3 * plain["W2"])
    np.testing.assert_allclose(made["W2"], plain["W1"])
    np.testing.assert_allclose(made["W3"], plain["W3"])
