"""Regularisation, dropout, state and numbers: what each bug does to a network, and which findings are it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from fitting_edits import assert_best, edit, fits

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue import CATALOGUE, between_layers, regularisation, state
from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.network import Layer, Network

BUGS = (*regularisation.BUGS, *between_layers.BUGS, *state.BUGS)
ENTRIES = {entry.id: entry for entry in BUGS}


def gradients(network: Network, bug: str) -> list[dict[str, np.ndarray]]:
    """What each deviation makes of the gradient."""
    return [backward(network, deviation) for deviation in ENTRIES[bug].deviations(network)]


def wrong(network: Network, claimed: dict[str, np.ndarray]) -> set[str]:
    """Blocks that differ from the truth."""
    true = backward(network)
    return {name for name in true if not np.allclose(claimed[name], true[name], rtol=1e-7, atol=1e-13)}


WEIGHTS, BIASES = {"W1", "W2", "W3"}, {"b1", "b2", "b3"}


@pytest.mark.parametrize("batch", [1, 3, 7])
@pytest.mark.parametrize("norm", ["l2", "l1", "norm"])
@pytest.mark.parametrize("bug", [bug for bug in ENTRIES if bug.startswith("regularisation-")])
def test_regularisation_differs_from_the_truth(make: Any, bug: str, norm: str, batch: int) -> None:
    """Each deviation is wrong in weights or in biases only, and none is there without a penalty."""
    network = make(batch=batch, strength=0.1, norm=norm).network
    expected = BIASES if bug == "regularisation-on-bias" else WEIGHTS
    found = gradients(network, bug)
    assert found or (bug, norm) in {("regularisation-on-bias", "l1"), ("regularisation-on-bias", "norm")}
    assert all(wrong(network, claimed) and wrong(network, claimed) <= expected for claimed in found)
    assert gradients(make(batch=batch).network, bug) == []


def test_regularisation_missing_in_all_and_in_each(make: Any) -> None:
    """All penalties missing, or one."""
    network = make(strength=0.1).network
    found = [wrong(network, claimed) for claimed in gradients(network, "regularisation-missing")]
    assert found == [WEIGHTS, {"W1"}, {"W2"}, {"W3"}]


def test_regularisation_residuals(make: Any) -> None:
    """What is wrong is the penalty times a constant: its absence, its factor, its sign."""
    made = make(strength=0.1)
    network, true = made.network, backward(made.network)
    expected = {
        "regularisation-missing": [-1.0],
        "regularisation-factor": [1.0, -0.5, 1 / 7 - 1, 6.0, 2 / 7 - 1, 2.5],
        "regularisation-sign": [-2.0],
    }
    for bug, constants in expected.items():
        residuals = [claimed["W1"] - true["W1"] for claimed in gradients(network, bug)]
        for constant, residual in zip(constants, residuals, strict=False):
            np.testing.assert_allclose(residual, constant * 0.2 * made.values["W1"], rtol=1e-9)
        assert len(residuals) >= len(constants)


def test_regularisation_on_bias_both_ways(make: Any) -> None:
    """In the gradient alone: plus 2 lam b. In the loss alone: minus that."""
    for regularised, sign in ((False, 1.0), (True, -1.0)):
        made = make(strength=0.1, regularised_biases=regularised)
        (claimed,) = gradients(made.network, "regularisation-on-bias")
        residual = claimed["b2"] - backward(made.network)["b2"]
        np.testing.assert_allclose(residual, sign * 0.2 * made.values["b2"], rtol=1e-9)


@pytest.mark.parametrize("regularised", [False, True])
def test_regularisation_on_a_bias_row(make: Any, regularised: bool) -> None:
    """Where the bias is a row of the weights, that row alone is wrong."""
    network = _with_bias_row(make(hidden=(), strength=0.1, biases=False).network, regularised)
    (claimed,) = gradients(network, "regularisation-on-bias")
    residual = claimed["W1"] - backward(network)["W1"]
    sign = -1 if regularised else 1
    np.testing.assert_allclose(residual[0], sign * 0.2 * network.layers[0].weights[0])
    np.testing.assert_allclose(residual[1:], 0, atol=1e-15)


def _with_bias_row(network: Network, regularised: bool) -> Network:
    """The same layer with its first input as the column of ones."""
    (layer,) = network.layers
    penalty = network.penalty["W1"].copy()
    if not regularised:
        penalty[0] = 0
    return dataclasses.replace(
        network, layers=(dataclasses.replace(layer, bias_in_weights=0),), penalty={"W1": penalty}
    )


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("l2", lambda v: 0.2 * np.sign(v)),
        ("l2", lambda v: 0.1 * np.sign(v)),
        ("l2", lambda v: 0.1 * v / np.linalg.norm(v)),
        ("l1", lambda v: 0.1 * v),
        ("l1", lambda v: 0.2 * v),
        ("norm", lambda v: 0.2 * v),
    ],
    ids=["2-sign", "sign", "norm", "half-square", "square", "square-for-norm"],
)
def test_regularisation_by_another_norm(make: Any, norm: str, expected: Any) -> None:
    """The gradients of the other norms are offered, with the constant with or without its 2."""
    made = make(strength=0.1, norm=norm)
    parts = [d.penalty(made.network) for d in ENTRIES["regularisation-wrong-norm"].deviations(made.network)]
    assert any(np.allclose(part["W1"], expected(made.values["W1"])) for part in parts)


def test_a_factor_is_no_other_norm(make: Any) -> None:
    """Half an L2 penalty is regularisation-factor; a whole norm divides all blocks by the same."""
    made = make(strength=0.1)
    whole = np.sqrt(sum(np.sum(made.values[name] ** 2) for name in WEIGHTS))
    parts = [d.penalty(made.network) for d in ENTRIES["regularisation-wrong-norm"].deviations(made.network)]
    quotients = [part["W1"] / made.values["W1"] for part in parts]
    constant = [float(quotient.flat[0]) for quotient in quotients if np.ptp(quotient) < 1e-9]
    own = np.linalg.norm(made.values["W1"])
    assert constant == pytest.approx([0.2 / own, 0.1 / own, 0.4 / own, 0.2 / whole, 0.1 / whole, 0.4 / whole])


def test_dropout_mask_left_out(make: Any) -> None:
    """Without the mask the first layer is wrong; with unmasked inputs the weights behind it."""
    network = make(keep=0.6).network
    back, inputs = gradients(network, "dropout-mask-missing")
    assert wrong(network, back) == {"W1", "b1"}
    assert wrong(network, inputs) == {"W2"}
    following = network.layers[1]
    upstream = (following.delta @ following.weights.T) * network.layers[0].slope
    np.testing.assert_allclose(back["b1"], upstream.sum(axis=0))


def test_dropout_scale_is_keep_below(make: Any) -> None:
    """Without 1/keep the first layer is keep times the truth; twice, 1/keep."""
    network = make(keep=0.6).network
    true = backward(network)
    without, twice = gradients(network, "dropout-scale")
    np.testing.assert_allclose(without["W1"], 0.6 * true["W1"])
    np.testing.assert_allclose(twice["W1"], true["W1"] / 0.6)
    assert wrong(network, without) == {"W1", "b1"}


def test_dropout_scale_of_a_binary_mask(make: Any) -> None:
    """Where the mask is zeros and ones, the usual shares are tried."""
    network = make(keep=0.6).network
    first = dataclasses.replace(network.layers[0], mask=(network.layers[0].mask > 0).astype(float))
    second = dataclasses.replace(network.layers[1], inputs=first.output * first.mask)
    binary = dataclasses.replace(network, layers=(first, second, *network.layers[2:]))
    true = backward(binary)
    found = [claimed["W1"] / true["W1"] for claimed in gradients(binary, "dropout-scale")]
    assert [float(quotient.flat[0]) for quotient in found] == pytest.approx([2.0, 1.25, 1 / 0.9])


def test_no_dropout_no_bug(make: Any) -> None:
    """Without a mask neither is offered."""
    for bug in ("dropout-mask-missing", "dropout-scale"):
        assert gradients(make().network, bug) == []


def _normalised_network(batch: int) -> Network:
    """A layer, its batch normalisation with gain, and a linear output, with true deltas."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((batch, 4)), rng.standard_normal((batch, 3))
    w1, w2, gain = rng.standard_normal((4, 5)), rng.standard_normal((5, 3)), rng.uniform(0.5, 2, size=5)
    z = x @ w1
    std = z.std(axis=0)
    unit = (z - z.mean(axis=0)) / std
    a = gain * unit + 0.3
    last = 2 * (a @ w2 - y) / batch
    g = last @ w2.T
    delta = gain / std * (g - g.mean(axis=0) - unit * np.mean(g * unit, axis=0))
    layers = (
        Layer(weight="W1", inputs=x, weights=w1, pre_activation=z, output=a, output_adjoint=g, delta=delta),
        Layer(
            weight="W2", inputs=a, weights=w2, pre_activation=a @ w2, output=a @ w2, output_adjoint=last, delta=last,
            slope=np.ones_like(last), activation="linear",
        ),
    )  # fmt: skip
    return Network(layers=layers, shapes={"W1": (4, 5), "W2": (5, 3)}, targets=y, loss="mse", scale=1 / batch)


def test_batchnorm_terms_left_out() -> None:
    """Mean and variance terms missing, and each alone: wrong only before the normalisation."""
    network = _normalised_network(7)
    layer = network.layers[0]
    gain = layer.output.std(axis=0) / layer.pre_activation.std(axis=0)
    both, variance, mean = gradients(network, "batchnorm-statistics")
    np.testing.assert_allclose(both["W1"], layer.inputs.T @ (layer.output_adjoint * gain))
    centred = layer.output_adjoint - layer.output_adjoint.mean(axis=0)
    np.testing.assert_allclose(variance["W1"], layer.inputs.T @ (centred * gain))
    for claimed in (both, variance, mean):
        assert wrong(network, claimed) == {"W1"}


def test_no_normalisation_no_bug(make: Any) -> None:
    """Ordinary layers, and softmax, are not taken for a normalisation."""
    assert gradients(make(activation="linear", output="softmax", loss="ce").network, "batchnorm-statistics") == []
    network = make().network
    mixed = dataclasses.replace(network.layers[0], slope=None, activation="unknown")
    other = dataclasses.replace(network, layers=(mixed, *network.layers[1:]))
    assert list(ENTRIES["batchnorm-statistics"].deviations(other)) == []


def test_mutated_inputs_reach_one_block(make: Any) -> None:
    """Inputs whose negative entries were set to zero: that layer's weights alone are wrong."""
    network = make().network
    found = gradients(network, "input-mutated")
    assert [wrong(network, claimed) for claimed in found] == [{"W1"}, {"W2"}, {"W3"}]
    first = network.layers[0]
    np.testing.assert_allclose(found[0]["W1"], np.maximum(first.inputs, 0).T @ first.delta)


def test_rounded_gradients(make: Any) -> None:
    """Integers cut the gradient off, float16 puts it on a grid."""
    network = make().network
    true = backward(network)
    (whole,), (coarse,) = gradients(network, "integer-dtype"), gradients(network, "low-precision")
    for name, value in true.items():
        np.testing.assert_array_equal(whole[name], np.trunc(value))
        np.testing.assert_allclose(coarse[name], value, rtol=1e-3, atol=1e-7)
    assert wrong(network, coarse) == set(true)


@pytest.mark.parametrize(
    "bug",
    [
        "gradient-accumulated", "input-mutated", "nondeterministic", "integer-dtype", "low-precision",
        "shape-mismatch", "crash",
    ],
)  # fmt: skip
def test_findings_of_the_same_name(bug: str) -> None:
    """What a check finds by itself is the bug of that id."""
    assert ENTRIES[bug].findings == (bug,)


CURES = {
    "regularisation-missing": (EditKind.REGULARISATION, Role.WEIGHT_GRADIENT, "A.T @ d", "A.T @ d + 2 * lam * W"),
    "regularisation-factor": (EditKind.REGULARISATION, Role.WEIGHT_GRADIENT, "g + lam * W", "g + 2 * lam * W"),
    "regularisation-sign": (EditKind.REGULARISATION, Role.WEIGHT_GRADIENT, "g - lam * W", "g + lam * W"),
    "regularisation-on-bias": (EditKind.REGULARISATION, Role.BIAS_GRADIENT, "db + lam * b", "db"),
    "regularisation-wrong-norm": (EditKind.REGULARISATION, Role.OTHER, "g + lam * W", "g + lam * np.sign(W)"),
    "dropout-mask-missing": (EditKind.MASK, Role.HIDDEN_DELTA, "d @ W.T", "d @ W.T * mask"),
    "dropout-scale": (EditKind.SCALE, Role.HIDDEN_DELTA, "d * mask", "d * mask / keep"),
    "batchnorm-statistics": (EditKind.FORMULA, Role.HIDDEN_DELTA, "g / std", "(g - g.mean(axis=0)) / std"),
    "gradient-accumulated": (EditKind.ASSIGN, Role.WEIGHT_GRADIENT, "g += d", "g = d"),
    "input-mutated": (EditKind.KEEP_COPY, Role.OTHER, "r = x", "r = x.copy()"),
    "nondeterministic": (EditKind.MOVE, Role.OTHER, "mask = np.random.rand(5)", "mask = np.random.rand(5)"),
    "integer-dtype": (EditKind.FORMULA, Role.OTHER, "np.array([1, 2])", "np.array([1, 2], dtype=float)"),
    "low-precision": (EditKind.FORMULA, Role.OTHER, "W.astype(np.float16)", "W"),
}


@pytest.mark.parametrize("bug", CURES)
def test_a_cure_fits_its_bug_best(bug: str) -> None:
    """No entry of the family claims the cure more than the bug that it cures."""
    assert_best(bug, edit(*CURES[bug]), BUGS)


def test_a_penalty_whose_sign_is_turned_is_none_of_the_biases_alone() -> None:
    """Even in the gradient of a bias, as in models of pairs whose parts are all held small."""
    for role in (Role.BIAS_GRADIENT, Role.WEIGHT_GRADIENT, Role.OTHER):
        turned = edit(EditKind.REGULARISATION, role, "gb = -2 * e - 2 * lam * b", "gb = -2 * e + 2 * lam * b", "sign")
        assert_best("regularisation-sign", turned, BUGS)


def test_a_penalty_that_is_dropped_as_a_term_of_a_formula_is_one_of_the_bias() -> None:
    """However its strength is spelt; another term is none."""
    for name in ("LAM", "lam", "REG", "self.weight_decay"):
        assert_best(
            "regularisation-on-bias",
            edit(EditKind.FORMULA, Role.BIAS_GRADIENT, f"d.sum(axis=0) + {name} * b", "d.sum(axis=0)", "one term less"),
            BUGS,
        )
    other = edit(EditKind.FORMULA, Role.BIAS_GRADIENT, "d.sum(axis=0) + e * b", "d.sum(axis=0)", "one term less")
    assert max(fits(other, BUGS).values()) == 0.0


def test_a_mean_over_the_batch_is_of_its_statistics() -> None:
    """Of all bugs, wherever the line is taken to stand: no slope of an activation has a mean."""
    whole = "istd * (d - d.mean(axis=0) - x * (d * x).mean(axis=0))"
    for role in (Role.HIDDEN_DELTA, Role.DERIVATIVE, Role.OTHER):
        change = edit(EditKind.FORMULA, role, "d * istd", whole)
        scores = {bug.id: bug.explains(change) for bug in CATALOGUE.values() if bug.explains is not None}
        assert max(scores, key=lambda name: scores[name]) == "batchnorm-statistics"


def test_ordinary_cures_are_of_other_families() -> None:
    """A derivative, a sign, another operand: nothing here claims them strongly."""
    for kind in (EditKind.ADD_DERIVATIVE, EditKind.NEGATE, EditKind.REPLACE_OPERAND, EditKind.SCALE):
        assert max(fits(edit(kind, Role.HIDDEN_DELTA, "d", "2 * d", "2"), BUGS).values()) == 0, kind


def test_an_array_modelled_on_parameters_in_the_place_of_one_modelled_on_data_has_another_type() -> None:
    """Of the same shape, ``zeros_like`` of two arrays differ in type alone; of the same array they do not."""
    exchanged = edit(EditKind.REPLACE_ARGUMENT, Role.OTHER, "g = np.zeros_like(X[0])", "g = np.zeros_like(w)")
    assert fits(exchanged, BUGS)["integer-dtype"] == 1.0
    same = edit(EditKind.REPLACE_OPERAND, Role.OTHER, "g = np.zeros_like(w) + a", "g = np.zeros_like(w) + b")
    assert fits(same, BUGS)["integer-dtype"] == 0.0
