"""Recursion: where its bugs leave the gradient right, what they are equal to, and which edits point at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fitting_edits import edit, fits

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.catalogue import derivatives, upstream
from gradcheck.diagnosis.catalogue.bug import Family
from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.network import Network

BUGS = (*derivatives.BUGS, *upstream.BUGS)
ENTRIES = {entry.id: entry for entry in BUGS}


def deviations(network: Network, bug: str) -> list[Deviation]:
    """All that a bug would do to a network."""
    entry = ENTRIES[bug]
    made = [] if entry.deviations is None else [*entry.deviations(network)]
    return made if entry.at_rate is None else [*made, *entry.at_rate(network, 0.1, {})]


def wrong(network: Network, deviation: Deviation) -> set[str]:
    """Blocks that a deviation makes wrong."""
    with np.errstate(all="ignore"):
        claimed = backward(network, deviation)
    true = backward(network)
    return {name for name in true if not np.allclose(claimed[name], true[name], rtol=1e-9, atol=1e-14)}


def test_all_are_of_their_chapter() -> None:
    """Each says so itself."""
    assert {entry.family for entry in BUGS} == {Family.RECURSION}


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("bug", ENTRIES)
def test_layers_above_the_bug_stay_right(bug: str, activation: str, make: Callable[..., Any]) -> None:
    """A wrong delta reaches its own layer and those below it, and no other."""
    network = make(activation=activation, hidden=(5, 5), features=5).network
    for deviation in deviations(network, bug):
        assert deviation.bug == bug
        assert deviation.what
        above = {f"{kind}{n + 1}" for n in range(max(deviation.layers) + 1, 3) for kind in "Wb"}
        assert not wrong(network, deviation) & above


@pytest.mark.parametrize("bug", sorted(set(ENTRIES) - {"stale-weights", "leaky-slope-sign", "bias-in-backprop"}))
def test_each_bug_can_be_seen_in_some_network(bug: str, make: Callable[..., Any]) -> None:
    """Each makes a gradient wrong somewhere."""
    networks = [make(activation=name, output="sigmoid", hidden=(5, 5), features=5).network for name in ("tanh", "relu")]
    assert any(wrong(network, deviation) for network in networks for deviation in deviations(network, bug))


def test_for_relu_the_derivative_at_the_activation_is_right(make: Callable[..., Any]) -> None:
    """f'(a) = f'(z) = f'(z)^2 there: nothing to report."""
    network = make(activation="relu").network
    assert not deviations(network, "derivative-at-activation")
    assert not deviations(network, "derivative-twice")


def test_an_always_open_mask_is_a_missing_derivative(make: Callable[..., Any]) -> None:
    """The same numbers by both ids."""
    network = make(activation="relu").network
    one, other = (deviations(network, bug)[0] for bug in ("relu-mask-always-on", "missing-hidden-derivative"))
    np.testing.assert_array_equal(backward(network, one)["W1"], backward(network, other)["W1"])
    assert ENTRIES["relu-mask-always-on"].same_as == ("missing-hidden-derivative",)


def test_the_raw_error_is_right_where_it_is_the_delta(make: Callable[..., Any]) -> None:
    """A linear head, and a sigmoid under cross-entropy."""
    for form in ({"output": "linear"}, {"output": "sigmoid", "loss": "bce"}):
        network = make(**form).network
        first = next(d for d in deviations(network, "raw-error-backpropagated") if d.layers == (1,))
        assert not wrong(network, first)


def test_updated_weights_become_right_with_the_rate(make: Callable[..., Any]) -> None:
    """Their error is proportional to the rate."""
    network = make().network
    entry = ENTRIES["updated-weights-used"]
    assert entry.at_rate is not None
    true = backward(network)["W1"]
    errors = []
    for rate in (1e-3, 1e-4):
        deviation = next(iter(entry.at_rate(network, rate, {})))
        errors.append(np.linalg.norm(backward(network, deviation)["W1"] - true))
    assert errors[0] / errors[1] == pytest.approx(10, rel=1e-6)


def test_updated_weights_take_the_step_that_was_made(make: Callable[..., Any]) -> None:
    """The gradient that the code applied, where it is known."""
    network = make().network
    entry = ENTRIES["updated-weights-used"]
    assert entry.at_rate is not None
    applied = {"W2": 3 * backward(network)["W2"]}
    by_claim = next(iter(entry.at_rate(network, 0.1, applied)))
    by_rate = next(iter(entry.at_rate(network, 0.3, {})))
    np.testing.assert_allclose(backward(network, by_claim)["W1"], backward(network, by_rate)["W1"])


H, D, W, U = Role.HIDDEN_DELTA, Role.DERIVATIVE, Role.WEIGHT_GRADIENT, Role.UPDATE
EDITS = [
    ("missing-hidden-derivative", EditKind.ADD_DERIVATIVE, H, "d2 @ W2.T", "d2 @ W2.T * (1 - a1**2)"),
    ("relu-mask-always-on", EditKind.COMPARISON, H, "a1 >= 0", "a1 > 0"),
    ("derivative-at-activation", EditKind.REPLACE_ARGUMENT, H, "sigmoid_derivative(a1)", "sigmoid_derivative(z1)"),
    ("derivative-at-activation", EditKind.REPLACE_ARGUMENT, D, "self.a[l]", "self.z[l]"),
    ("output-form-given-preactivation", EditKind.REPLACE_ARGUMENT, H, "dsigmoid(Z1)", "dsigmoid(A1)"),
    ("derivative-of-wrong-argument", EditKind.REPLACE_ARGUMENT, H, "tanh_prime(z2)", "tanh_prime(z1)"),
    ("derivative-of-gradient", EditKind.REPLACE_ARGUMENT, H, "dsigmoid(dA1)", "dsigmoid(A1)"),
    ("activation-instead-of-derivative", EditKind.REPLACE_FUNCTION, H, "sigmoid(z1)", "sigmoid_prime(z1)"),
    ("wrong-derivative-formula", EditKind.FORMULA, D, "1 + a ** 2", "1 - a ** 2"),
    ("leaky-slope-sign", EditKind.NEGATE, D, "-alpha", "alpha"),
    ("derivative-twice", EditKind.DROP_DERIVATIVE, H, "d * dsigmoid(z1)", "d"),
    ("relu-mask-wrong-layer", EditKind.REPLACE_OPERAND, H, "z2 > 0", "z1 > 0"),
    ("relu-on-gradient", EditKind.REPLACE_ARGUMENT, H, "dA1 > 0", "Z1 > 0"),
    ("raw-error-backpropagated", EditKind.REPLACE_OPERAND, H, "error", "delta2"),
    ("raw-error-backpropagated", EditKind.REPLACE_OPERAND, H, "(out - y)", "delta2"),
    ("updated-weights-used", EditKind.MOVE, U, "W2 -= lr * dW2", "W2 -= lr * dW2"),
    ("updated-weights-used", EditKind.KEEP_COPY, H, "W2", "W2_before"),
    ("stale-weights", EditKind.REPLACE_OPERAND, H, "W2_old", "W2"),
    ("wrong-layer-weights", EditKind.REPLACE_OPERAND, H, "W1", "W2"),
    ("transposed-weights", EditKind.TRANSPOSE, H, "W2", "W2.T"),
    ("summed-weights", EditKind.AXIS, H, "np.sum(e)", "e"),
    ("bias-in-backprop", EditKind.FORMULA, H, "e[:, :-1]", "e[:, 1:]"),
    ("gradient-stopped", EditKind.INSERT, H, "", "d1 = d2 @ W2.T * s1"),
]


@pytest.mark.parametrize(("bug", "kind", "role", "before", "after"), EDITS)
def test_an_edit_points_at_its_bug(bug: str, kind: EditKind, role: Role, before: str, after: str) -> None:
    """No other entry of the family fits it better."""
    scores = fits(edit(kind, role, before, after), BUGS)
    assert all(0 <= score <= 1 for score in scores.values())
    assert max(scores, key=lambda name: scores[name]) == bug


def test_an_edit_of_a_loss_points_at_none() -> None:
    """It is another family's."""
    assert not any(fits(edit(EditKind.LOSS, Role.LOSS, "a", "b"), BUGS).values())
