"""Output delta: each bug gives the gradient that its formula says, and is not offered where it would be right."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from fitting_edits import assert_best, edit, fits

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue.output import BUGS
from gradcheck.diagnosis.edit import EditKind, Role

ENTRIES = {entry.id: entry for entry in BUGS}
PAIRS = (
    ("linear", "mse"), ("tanh", "mse"), ("relu", "mse"), ("sigmoid", "mse"), ("sigmoid", "bce"), ("softmax", "ce"),
    ("softmax", "mse"),
)  # fmt: skip


def deltas(network: Any, bug: str) -> list[np.ndarray]:
    """What each deviation takes for the error at the output."""
    last = len(network.layers) - 1
    return [d.output_delta(network, last, network.layers[-1].delta) for d in ENTRIES[bug].deviations(network)]


def has(found: list[np.ndarray], expected: np.ndarray) -> bool:
    """Whether one of the arrays is the expected one."""
    return any(one.shape == expected.shape and np.allclose(one, expected, rtol=1e-10) for one in found)


@pytest.mark.parametrize("batch", [1, 3, 7])
@pytest.mark.parametrize(("output", "loss"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
@pytest.mark.parametrize("bug", [entry.id for entry in BUGS if entry.deviations is not None])
def test_deviations_differ_from_the_truth(make: Any, bug: str, output: str, loss: str, batch: int) -> None:
    """No deviation is the true gradient, and no two of one bug are the same."""
    network = make(batch=batch, output=output, loss=loss).network
    true = backward(network)
    found = [backward(network, deviation) for deviation in ENTRIES[bug].deviations(network)]
    for claimed in found:
        assert any(not np.allclose(claimed[name], true[name], rtol=1e-6, atol=1e-12) for name in true)
    for number, one in enumerate(found):
        for other in found[:number]:
            assert any(not np.allclose(one[name], other[name], rtol=1e-6, atol=1e-12) for name in one)


# bug -> the outputs and losses, of those above, at which it can be
WHERE = {
    "missing-output-derivative": {"tanh-mse", "relu-mse", "sigmoid-mse", "sigmoid-bce", "softmax-ce", "softmax-mse"},
    "extra-output-derivative": {"linear-mse", "tanh-mse", "sigmoid-mse", "sigmoid-bce", "softmax-ce", "softmax-mse"},
    "loss-gradient-mismatch": {
        "linear-mse",
        "tanh-mse",
        "relu-mse",
        "sigmoid-mse",
        "sigmoid-bce",
        "softmax-ce",
        "softmax-mse",
    },
    "softmax-elementwise": {"softmax-ce", "softmax-mse"},
    "softmax-axis": {"softmax-ce", "softmax-mse"},
    "target-broadcast": set(),
    "loss-epsilon": set(),
}


@pytest.mark.parametrize("bug", WHERE)
def test_where_a_bug_can_be(make: Any, bug: str) -> None:
    """It is offered exactly for outputs and losses where it would be wrong."""
    networks = {f"{output}-{loss}": make(output=output, loss=loss).network for output, loss in PAIRS}
    offered = {name for name, network in networks.items() if list(ENTRIES[bug].deviations(network))}
    assert offered == WHERE[bug]


def test_missing_derivative_is_the_bare_error(make: Any) -> None:
    """With a squared error: dL/da first, then the error in the other usual normalisations."""
    network = make(output="sigmoid").network
    error = network.layers[-1].output - network.targets
    found = deltas(network, "missing-output-derivative")
    np.testing.assert_allclose(found[0], 2 / 7 * error)
    for factor in (1, 2, 1 / 7, 1 / 21, 2 / 21, 1 / 3, 2 / 3):
        assert has(found, factor * error)
    assert len(found) == 8


def test_missing_derivative_is_exact_under_cross_entropy(make: Any) -> None:
    """The same delta is right where the loss is binary cross-entropy."""
    squares, entropy = make(output="sigmoid", loss="mse", scale=0.5), make(output="sigmoid", loss="bce", scale=1.0)
    other = entropy.network
    error = squares.network.layers[-1].output - other.targets
    np.testing.assert_allclose(other.layers[-1].delta, error)


def test_extra_derivative_is_exact_under_squares(make: Any) -> None:
    """The shortcut times the slope is the squared error's delta."""
    network = make(output="sigmoid", loss="bce").network
    layer = network.layers[-1]
    found = deltas(network, "extra-output-derivative")
    np.testing.assert_allclose(found[0], (layer.output - network.targets) / 7 * layer.output * (1 - layer.output))
    assert has(found, 2 / 7 * (layer.output - network.targets) * layer.slope)


@pytest.mark.parametrize(
    ("output", "loss", "expected"),
    [
        ("sigmoid", "bce", lambda a, y: 2 / 21 * (a - y) * a * (1 - a)),
        ("sigmoid", "mse", lambda a, y: (a - y) / 7),
        ("softmax", "mse", lambda a, y: (a * y.sum(axis=1, keepdims=True) - y) / 7),
        ("softmax", "ce", lambda a, y: 2 / 7 * a * ((a - y) - np.sum((a - y) * a, axis=1, keepdims=True))),
    ],
    ids=["squares-for-bce", "bce-for-squares", "ce-for-squares", "squares-for-ce"],
)
def test_menu_of_losses(make: Any, output: str, loss: str, expected: Any) -> None:
    """The gradients of the other usual losses are all tried."""
    network = make(output=output, loss=loss).network
    assert has(deltas(network, "loss-gradient-mismatch"), expected(network.layers[-1].output, network.targets))


def test_a_constant_is_no_other_loss(make: Any) -> None:
    """The mean for the sum is a matter of scale, not of another loss."""
    network = make(output="sigmoid").network
    true = network.layers[-1].delta
    assert not any(np.allclose(one / true, (one / true).flat[0]) for one in deltas(network, "loss-gradient-mismatch"))


def test_softmax_elementwise_is_half_for_two_classes(make: Any) -> None:
    """With two classes and a squared error it is half the truth, with three it is not proportional."""
    two = make(output="softmax", outputs=2, targets=np.eye(2)[[0, 1, 1, 0, 1, 0, 0]]).network
    np.testing.assert_allclose(deltas(two, "softmax-elementwise")[0], two.layers[-1].delta / 2)
    three = make(output="softmax").network
    quotient = deltas(three, "softmax-elementwise")[0] / three.layers[-1].delta
    assert np.ptp(quotient) > 0.1


def test_softmax_axis_takes_the_other_sums(make: Any) -> None:
    """Softmax over the batch, and over the whole array, minus the targets."""
    network = make(output="softmax", loss="ce").network
    powers = np.exp(network.layers[-1].pre_activation)
    found = deltas(network, "softmax-axis")
    assert has(found, (powers / powers.sum() - network.targets) / 7)
    assert has(found, (powers / powers.sum(axis=0) - network.targets) / 7)


def test_softmax_axis_in_the_forward_pass(make: Any) -> None:
    """Where the program's own softmax is over the batch, the short gradient is what is wrong."""
    right = make(output="softmax", loss="ce").network
    last = right.layers[-1]
    powers = np.exp(last.pre_activation)
    output = powers / powers.sum(axis=0)
    layers = (*right.layers[:-1], dataclasses.replace(last, output=output, activation="unknown"))
    network = dataclasses.replace(right, layers=layers)
    assert has(deltas(network, "softmax-axis"), (output - network.targets) / 7)


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_target_broadcast_does_as_numpy(make: Any, loss: str) -> None:
    """A column minus a flat array, summed over its rows; shuffled targets give the same."""
    made = make(outputs=1, output="sigmoid", loss=loss, scale=1.0)
    network, last = made.network, made.network.layers[-1]
    flat = network.targets[:, 0]
    slope = last.slope if loss == "mse" else 1.0
    factor = 2 if loss == "mse" else 1
    table = factor * (last.output - flat) * slope
    assert table.shape == (7, 7)
    found = deltas(network, "target-broadcast")
    np.testing.assert_allclose(found[0], table.sum(axis=1, keepdims=True))
    shuffled = dataclasses.replace(network, targets=network.targets[::-1])
    np.testing.assert_allclose(deltas(shuffled, "target-broadcast")[0], found[0])


def test_target_broadcast_multiplies_a_linear_output_bias(make: Any) -> None:
    """With a linear output the output bias is m times too large and the weights are wrong."""
    network = make(outputs=1).network
    deviation = next(iter(ENTRIES["target-broadcast"].deviations(network)))
    true, claimed = backward(network), backward(network, deviation)
    np.testing.assert_allclose(claimed["b3"], 7 * true["b3"])
    assert np.ptp(claimed["W3"] / true["W3"]) > 1e-3


def test_loss_epsilon_shows_only_beside_a_smoothed_loss(make: Any) -> None:
    """Nothing for the plain loss; the exact gradient where the true one is that of log(p + eps)."""
    network = make(output="softmax", loss="ce").network
    last = network.layers[-1]
    adjoint = -network.targets / (last.output + 1e-2) / 7
    smoothed = last.output * (adjoint - np.sum(adjoint * last.output, axis=1, keepdims=True))
    layers = (*network.layers[:-1], dataclasses.replace(last, delta=smoothed, output_adjoint=adjoint))
    found = deltas(dataclasses.replace(network, layers=layers), "loss-epsilon")
    np.testing.assert_allclose(found, [(last.output - network.targets) / 7])
    assert not ENTRIES["loss-epsilon"].gradient_wrong


def test_unknown_targets_leave_what_needs_none(make: Any) -> None:
    """Without targets only the deviations that need none are offered."""
    network = dataclasses.replace(make(output="sigmoid").network, targets=None)
    counts = {entry.id: len(list(entry.deviations(network))) for entry in BUGS if entry.deviations is not None}
    assert {bug for bug, count in counts.items() if count} == {"missing-output-derivative", "extra-output-derivative"}


CURES = {
    "missing-output-derivative": (EditKind.ADD_DERIVATIVE, Role.OUTPUT_DELTA, "a - y", "(a - y) * a * (1 - a)"),
    "extra-output-derivative": (EditKind.DROP_DERIVATIVE, Role.OUTPUT_DELTA, "(a - y) * a * (1 - a)", "a - y"),
    "loss-gradient-mismatch": (EditKind.LOSS, Role.LOSS, "np.sum((a - y) ** 2)", "-np.sum(y * np.log(a))"),
    "softmax-elementwise": (
        EditKind.REPLACE_DERIVATIVE, Role.OUTPUT_DELTA, "g * softmax_prime(z)", "a * (g - np.sum(g * a, axis=1))",
    ),
    "softmax-axis": (EditKind.AXIS, Role.ACTIVATION, "np.exp(z).sum(axis=0)", "np.exp(z).sum(axis=1, keepdims=True)"),
    "softmax-overflow": (EditKind.FORMULA, Role.ACTIVATION, "np.exp(z)", "np.exp(z - z.max())"),
    "target-broadcast": (EditKind.REPLACE_OPERAND, Role.OUTPUT_DELTA, "a - y", "a - y.reshape(-1, 1)"),
    "loss-epsilon": (EditKind.FORMULA, Role.LOSS, "np.log(a + 1e-8)", "np.log(a)"),
}  # fmt: skip


@pytest.mark.parametrize("bug", CURES)
def test_a_cure_fits_its_bug_best(bug: str) -> None:
    """No entry of the family claims the cure more than the bug that it cures."""
    assert_best(bug, edit(*CURES[bug]), BUGS)


def test_hidden_derivatives_are_another_family() -> None:
    """A derivative added at a hidden layer says nothing of the output."""
    cure = edit(EditKind.ADD_DERIVATIVE, Role.HIDDEN_DELTA, "d", "d * s")
    assert max(fits(cure, BUGS).values()) == 0
