"""Networks read from the operations of a forward pass."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from forward_forms import FORMS, LABELS, MASK, Form, X, Y, sig

from gradcheck import Problem
from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.forward import asserting
from gradcheck.diagnosis.forward.reading import read_network
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.oracles.autodiff import true_gradient
from gradcheck.oracles.autodiff.recording import record_forward


def _draw(shapes: Any, seed: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def _read(loss: Any, params: dict[str, Any]) -> Network:
    driver = Problem(loss, lambda p: p, params).driver
    return read_network(record_forward(driver, driver.values()), driver.blocks)


def _network(form: Form) -> Network:
    return _read(form.loss, _draw(form.shapes))


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    """Each forward pass of the table."""
    found: Form = request.param
    return found


def test_activations_are_recognised(form: Form) -> None:
    """Activations are recognised."""
    assert tuple(layer.activation for layer in _network(form).layers) == form.activations


def test_the_loss_its_scale_and_its_targets_are_recognised(form: Form) -> None:
    """The loss its scale and its targets are recognised."""
    network = _network(form)
    assert network.loss == form.kind
    assert network.scale == pytest.approx(form.scale, rel=1e-6)
    assert network.targets is not None
    targets = np.eye(3)[LABELS] if form.kind == "ce" else Y[:, : network.outputs]
    np.testing.assert_array_equal(network.targets, targets)


def test_right_back_propagation_gives_the_true_gradient(form: Form) -> None:
    """Right back propagation gives the true gradient."""
    params = _draw(form.shapes)
    driver = Problem(form.loss, lambda p: p, params).driver
    truth = true_gradient(driver, driver.values())
    found = backward(_read(form.loss, params))
    for block, gradient in zip(driver.blocks, truth, strict=True):
        np.testing.assert_allclose(found[block.name], gradient, rtol=1e-9, atol=1e-12)


def test_rows_are_samples_in_their_order(form: Form) -> None:
    """Rows are samples in their order."""
    network = _network(form)
    first = network.layers[0]
    inputs = first.inputs if first.bias_in_weights is None else np.delete(first.inputs, first.bias_in_weights, axis=1)
    np.testing.assert_array_equal(inputs, X)
    assert (network.batch, network.features) == (5, 3)


def test_what_is_penalised_and_what_belongs_to_no_layer(form: Form) -> None:
    """What is penalised and what belongs to no layer."""
    network = _network(form)
    assert tuple(sorted(network.penalty)) == form.penalised
    assert tuple(sorted(network.other)) == form.other
    assert [layer.weight_transposed for layer in network.layers] == [form.transposed] * 2


def test_slopes_are_the_activations_derivatives(form: Form) -> None:
    """Slopes are the activations derivatives."""
    for layer in _network(form).layers:
        if layer.slope is not None:
            np.testing.assert_allclose(layer.delta, layer.output_adjoint * layer.slope, rtol=1e-7, atol=1e-13)
        else:
            assert layer.activation in ("softmax", "unknown")


def test_a_bias_may_be_subtracted() -> None:
    """A bias may be subtracted."""
    assert [layer.bias_sign for layer in _network(FORMS["minus_bias"]).layers] == [-1, -1]


@pytest.mark.parametrize(("name", "places"), [("bias_column", [3, 4]), ("course", [0, 0])])
def test_a_bias_may_be_a_row_of_the_weights(name: str, places: list[int]) -> None:
    """A bias may be a row of the weights."""
    network = _network(FORMS[name])
    assert [layer.bias_in_weights for layer in network.layers] == places
    assert network.layers[0].bias is None
    for layer in network.layers:
        assert (layer.inputs[:, layer.bias_in_weights] == 1.0).all()


@pytest.mark.parametrize("name", ["dropout", "dropout_in_place"])
def test_dropout_is_a_mask_after_the_activation(name: str) -> None:
    """Dropout is a mask after the activation."""
    network = _network(FORMS[name])
    hidden, last = network.layers
    np.testing.assert_allclose(hidden.mask, MASK / 0.6)
    np.testing.assert_allclose(hidden.output * hidden.mask, last.inputs)
    assert last.mask is None


def test_a_mask_that_follows_the_sign_is_a_relu_and_no_dropout() -> None:
    """A mask that follows the sign is a relu and no dropout."""
    hidden = _network(FORMS["one_vector_after_the_other"]).layers[0]
    assert (hidden.activation, hidden.mask) == ("relu", None)


def test_a_relu_whose_units_are_all_active_is_still_one() -> None:
    """A relu whose units are all active is still one."""
    params = _draw(FORMS["relu_in_place"].shapes)
    params["b1"] = params["b1"] + 50.0
    assert _read(FORMS["relu_in_place"].loss, params).layers[0].activation == "relu"


def test_slopes_are_known_where_no_error_arrives() -> None:
    """A unit whose outgoing weights are zero: the ratio of delta to adjoint says nothing there."""

    def loss(p: Any) -> Any:
        z = X @ p["W1"]
        return np.mean((z * sig(z) @ p["W2"] - Y) ** 2)

    params = _draw({"W1": (3, 4), "W2": (4, 2)})
    params["W2"][1] = 0.0
    layer = _read(loss, params).layers[0]
    z = layer.pre_activation
    np.testing.assert_allclose(layer.slope, sig(z) + z * sig(z) * (1.0 - sig(z)), rtol=1e-12)


def test_a_flat_vector_names_the_entries_of_each_layer() -> None:
    """A flat vector names the entries of each layer."""
    network = _network(FORMS["course_flat"])
    first, second = network.layers
    assert (first.weight, second.weight) == ("theta", "theta")
    np.testing.assert_array_equal(first.weight_entries, np.arange(16).reshape(4, 4).T)
    np.testing.assert_array_equal(second.weight_entries, 16 + np.arange(10).reshape(2, 5).T)


def test_batch_norm_has_no_slope_of_its_own() -> None:
    """Batch norm has no slope of its own."""
    hidden = _network(FORMS["batch_norm"]).layers[0]
    assert hidden.slope is None
    assert hidden.bias == "b1"


def _skipping(p: Any) -> Any:
    a = np.tanh(X @ p["W1"])
    return np.mean((a @ p["W2"] - Y) ** 2) + np.sum(a**2)


def _recurrent(p: Any) -> Any:
    state = np.zeros((5, 4))
    for _ in range(3):
        state = np.tanh(X @ p["W1"] + state @ p["W3"])
    return np.sum(state**2)


def _permuted(p: Any) -> Any:
    return np.mean((np.tanh(X @ p["W1"])[:, [1, 0, 3, 2]] @ p["W2"] - Y) ** 2)


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (lambda p: np.sum(p["W1"] ** 2), "no affine map"),
        (_skipping, "another path"),
        (_recurrent, "several blocks"),
        (_permuted, "order"),
        (lambda p: np.sum((X @ -p["W1"]) ** 2), "negative sign"),
        (lambda p: np.mean((np.tanh(X @ p["W1"])[:, :2] @ p["W2"][:2] - Y) ** 2), "not the next layer's inputs"),
    ],
    ids=["no layer", "skip", "recurrent", "permuted", "minus W", "cut"],
)
def test_what_is_no_chain_of_layers_is_not_read(loss: Any, reason: str) -> None:
    """What is no chain of layers is not read."""
    with pytest.raises(UnavailableError, match=reason):
        _read(loss, _draw({"W1": (3, 4), "W2": (4, 2), "W3": (4, 4)}))


def test_a_reading_that_does_not_reproduce_the_gradient_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that does not reproduce the gradient is not given."""
    form = FORMS["minus_bias"]

    def misread(network: Network) -> dict[str, Any]:
        return {**backward(network), "b1": backward(network)["b1"] * (1.0 + 1e-8)}

    _read(form.loss, _draw(form.shapes))
    monkeypatch.setattr(asserting, "backward", misread)
    with pytest.raises(UnavailableError, match="b1's gradient"):
        _read(form.loss, _draw(form.shapes))


def test_a_computation_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computation too large is refused."""
    form = FORMS["minus_bias"]
    monkeypatch.setattr("gradcheck.diagnosis.forward.affine.MAX_TERMS", 40)
    with pytest.raises(UnavailableError, match="too large"):
        _read(form.loss, _draw(form.shapes))


def test_blocks_that_are_not_those_of_the_forward_pass_are_refused() -> None:
    """Blocks that are not those of the forward pass are refused."""
    form = FORMS["minus_bias"]
    driver = Problem(form.loss, lambda p: p, _draw(form.shapes)).driver
    forward = record_forward(driver, driver.values())
    with pytest.raises(UnavailableError, match="4 parameters"):
        read_network(forward, driver.blocks[:2])


def test_a_point_where_the_penalty_alone_acts_is_read() -> None:
    """Zero weights above: the layers' part of the gradient is zero, the penalty is not."""
    form = FORMS["penalties"]
    params = _draw(form.shapes)
    params["W2"] = params["W2"] * 1e-9
    network = _read(form.loss, params)
    np.testing.assert_allclose(network.penalty["W1"], 0.1 * np.sign(params["W1"]))
    assert dataclasses.replace(network, penalty={}) != network


def test_what_meets_the_output_is_its_target_also_in_a_loss_without_a_name() -> None:
    """An output that the loss takes as it is stays linear."""
    rng = np.random.default_rng(6)
    data, counts = rng.standard_normal((5, 3)), rng.poisson(2.0, (5, 2)).astype(float)

    def loss(p: dict[str, Any]) -> Any:
        rates = np.tanh(data @ p["W1"]) @ p["W2"]
        return np.sum(np.exp(rates) - counts * rates)

    network = _read(loss, {"W1": rng.standard_normal((3, 4)), "W2": rng.standard_normal((4, 2))})
    assert (network.loss, network.layers[-1].activation) == ("unknown", "linear")
    assert network.targets is not None
    np.testing.assert_array_equal(network.targets, counts)
