"""Scale and sign: each bug multiplies by the constant that its entry names, and its cures are recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitting_edits import assert_best, edit, fits

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue import signs_and_twos, sizes
from gradcheck.diagnosis.edit import Edit, EditKind, Role

BUGS = (*signs_and_twos.BUGS, *sizes.BUGS)
ENTRIES = {entry.id: entry for entry in BUGS}
SIZES = {"batch": 7, "outputs": 3, "features": 4, "learning_rate": 0.05, "whole_batch": 20}
OUTPUTS = (("linear", "mse"), ("sigmoid", "mse"), ("sigmoid", "bce"), ("softmax", "ce"), ("softmax", "mse"))


def ratios(network: Any, deviation: Any) -> dict[str, float | None]:
    """Claimed over true a block, None where it is not constant."""
    true, claimed = backward(network), backward(network, deviation)
    found: dict[str, float | None] = {}
    for name in true:
        quotient = claimed[name] / true[name]
        found[name] = float(quotient.flat[0]) if np.ptp(quotient) < 1e-9 * np.abs(quotient).max() else None
    return found


@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids=["-".join(pair) for pair in OUTPUTS])
@pytest.mark.parametrize("batch", [1, 3, 7])
def test_made_networks_are_right(make: Any, numeric: Any, output: str, loss: str, batch: int) -> None:
    """What these tests measure against agrees with central differences."""
    made = make(batch=batch, output=output, loss=loss, strength=0.05, keep=0.6)
    truth = numeric(made)
    for name, gradient in backward(made.network).items():
        np.testing.assert_allclose(gradient, truth[name], rtol=1e-6, atol=1e-7)


# bug, sizes -> the ratios that its deviations give to the last layer's weights, in order
EXPECTED = {
    "sign-flip": (-1.0,),
    "sign-flip-below": (1.0, 1.0),
    "missing-factor-2": (0.5,),
    "extra-factor-2": (2.0,),
    "sum-instead-of-mean": (7.0, 7.0, 1.0),
    "mean-instead-of-sum": (1 / 7, 1 / 7),
    "double-mean": (1 / 7, 1 / 7),
    "output-count-factor": (1 / 3, 3.0),
    "features-for-batch-size": (7 / 4, 7 / 5),
}


@pytest.mark.parametrize("bug", EXPECTED)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids=["-".join(pair) for pair in OUTPUTS])
def test_deviations_multiply_by_the_constants(make: Any, bug: str, output: str, loss: str) -> None:
    """Each deviation multiplies the last weights by its constant, and differs from the truth somewhere."""
    network = make(output=output, loss=loss).network
    deviations = list(ENTRIES[bug].deviations(network))
    found = [ratios(network, deviation) for deviation in deviations]
    assert [ratio["W3"] for ratio in found] == pytest.approx(EXPECTED[bug])
    assert all(any(ratio != pytest.approx(1.0) for ratio in ratio.values()) for ratio in found)
    assert all(deviation.bug == bug and deviation.what for deviation in deviations)


@pytest.mark.parametrize("bug", [bug for bug in EXPECTED if bug != "sign-flip-below"])
def test_first_deviation_has_a_ratio_of_the_constants(make: Any, bug: str) -> None:
    """What a bug does to the last weights is one of the ratios that its entry names."""
    ratio = ratios(make().network, next(iter(ENTRIES[bug].deviations(make().network))))["W3"]
    assert ratio is not None
    assert any(ratio == pytest.approx(constant.value(SIZES)) for constant in ENTRIES[bug].constants)


@pytest.mark.parametrize(
    ("bug", "values"),
    [
        ("sign-flip", [-1]),
        ("missing-factor-2", [0.5]),
        ("extra-factor-2", [2]),
        ("sum-instead-of-mean", [7]),
        ("mean-instead-of-sum", [1 / 7]),
        ("double-mean", [1 / 7]),
        ("output-count-factor", [3, 1 / 3]),
        ("stale-batch-size", [7 / 20]),
        ("features-for-batch-size", [7 / 4]),
        ("learning-rate-baked-in", [0.05]),
    ],
)
def test_constants(bug: str, values: list[float]) -> None:
    """A constant is made from the sizes, and is None where they are not known."""
    constants = ENTRIES[bug].constants
    assert [constant.value(SIZES) for constant in constants] == pytest.approx(values)
    fixed = bug in {"sign-flip", "missing-factor-2", "extra-factor-2"}
    assert [constant.value({}) is not None for constant in constants] == [fixed] * len(constants)


def test_one_sample_hides_means_and_sums(make: Any) -> None:
    """With one sample the bugs of means and sums do nothing, and are not offered."""
    network = make(batch=1).network
    for bug in ("sum-instead-of-mean", "mean-instead-of-sum", "double-mean"):
        assert list(ENTRIES[bug].deviations(network)) == []


def test_one_output_hides_the_factor(make: Any) -> None:
    """With one output there is no factor of their number."""
    assert list(ENTRIES["output-count-factor"].deviations(make(outputs=1).network)) == []


def test_sign_of_the_delta_leaves_the_penalty(make: Any) -> None:
    """With a penalty, a wrong sign of the error and one of everything differ."""
    network = make(strength=0.1).network
    whole, delta = ENTRIES["sign-flip"].deviations(network)
    assert ratios(network, whole)["W1"] == pytest.approx(-1)
    assert ratios(network, delta)["W1"] is None
    assert ratios(network, delta)["b1"] == pytest.approx(-1)


def test_sign_below_turns_that_layer_and_those_before(make: Any) -> None:
    """Layers after the wrong sign are right."""
    network = make().network
    first, second = ENTRIES["sign-flip-below"].deviations(network)
    assert ratios(network, first) == pytest.approx({"W1": -1, "b1": -1, "W2": 1, "b2": 1, "W3": 1, "b3": 1})
    assert ratios(network, second) == pytest.approx({"W1": -1, "b1": -1, "W2": -1, "b2": -1, "W3": 1, "b3": 1})


CURES = {
    "sign-flip": edit(EditKind.NEGATE, Role.OUTPUT_DELTA, "Y - output", "-(Y - output)"),
    "sign-flip-below": edit(EditKind.NEGATE, Role.HIDDEN_DELTA, "-d @ W.T", "d @ W.T"),
    "missing-factor-2": edit(EditKind.SCALE, Role.OUTPUT_DELTA, "output - Y", "2 * (output - Y)", "2"),
    "extra-factor-2": edit(EditKind.UNSCALE, Role.OUTPUT_DELTA, "2 * (output - Y)", "output - Y", "2"),
    "sum-instead-of-mean": edit(EditKind.SCALE, Role.OUTPUT_DELTA, "output - Y", "(output - Y) / m", "1/m"),
    "mean-instead-of-sum": edit(EditKind.UNSCALE, Role.OUTPUT_DELTA, "(output - Y) / m", "output - Y", "m"),
    "double-mean": edit(EditKind.UNSCALE, Role.WEIGHT_GRADIENT, "A.T @ d / m", "A.T @ d", "m"),
    "output-count-factor": edit(EditKind.SCALE, Role.OUTPUT_DELTA, "output - Y", "(output - Y) / k", "k"),
    "stale-batch-size": edit(EditKind.REPLACE_OPERAND, Role.OUTPUT_DELTA, "d / total", "d / m", "m"),
    "features-for-batch-size": edit(
        EditKind.REPLACE_ARGUMENT, Role.OUTPUT_DELTA, "d / X.shape[1]", "d / X.shape[0]", "0"
    ),
    "learning-rate-baked-in": edit(EditKind.UNSCALE, Role.HIDDEN_DELTA, "lr * d", "d", "lr"),
    "local-constant": edit(EditKind.UNSCALE, Role.WEIGHT_GRADIENT, "0.3 * A.T @ d", "A.T @ d", "0.3"),
    "gradient-clipping": edit(EditKind.DELETE, Role.WEIGHT_GRADIENT, "dW = np.clip(dW, -1, 1)", ""),
}


@pytest.mark.parametrize("bug", CURES)
def test_a_cure_fits_its_bug_best(bug: str) -> None:
    """No entry of the family claims the cure more than the bug that it cures."""
    assert_best(bug, CURES[bug], BUGS)


def test_the_reverse_of_a_cure_is_another_bug() -> None:
    """A factor added and a factor dropped are told apart, whatever the detail."""
    added, dropped = CURES["sum-instead-of-mean"], CURES["mean-instead-of-sum"]
    assert ENTRIES["sum-instead-of-mean"].explains(dropped) == 0
    assert ENTRIES["mean-instead-of-sum"].explains(added) == 0
    assert ENTRIES["missing-factor-2"].explains(CURES["extra-factor-2"]) == 0
    half = edit(EditKind.LOSS, Role.LOSS, "np.sum(e ** 2)", "0.5 * np.sum(e ** 2)")
    assert ENTRIES["missing-factor-2"].explains(half) > ENTRIES["extra-factor-2"].explains(half) == 0


# As the repair spells its details: the name of the size, a code's own expression, or both sizes together.
@pytest.mark.parametrize(
    ("cure", "bug"),
    [
        (edit(EditKind.SCALE, Role.OUTPUT_DELTA, "a - y", "(a - y) / len(X)", "batch"), "sum-instead-of-mean"),
        (edit(EditKind.UNSCALE, Role.OUTPUT_DELTA, "(a - y) / n", "a - y", "batch"), "mean-instead-of-sum"),
        (edit(EditKind.UNSCALE, Role.UPDATE, "lr * g", "g", "learning_rate"), "learning-rate-baked-in"),
        (edit(EditKind.UNSCALE, Role.OUTPUT_DELTA, "(a - y) / k", "a - y", "outputs"), "output-count-factor"),
        (edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "e / y.size", "e / len(y)", "batch"), "output-count-factor"),
        (
            edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "X.shape[1]", "X.shape[0]", "X.shape[0]"),
            "features-for-batch-size",
        ),
        (edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "e / 100", "e / len(y)", "batch"), "stale-batch-size"),
        (edit(EditKind.SCALE, Role.OUTPUT_DELTA, "a - y", "(a - y) / 2", "0.5"), "extra-factor-2"),
        (edit(EditKind.NEGATE, Role.UPDATE, "W += lr * g", "W -= lr * g", "-1"), "sign-flip"),
        (edit(EditKind.REDUCTION, Role.LOSS, "np.sum(e)", "np.mean(e)", "mean"), "mean-instead-of-sum"),
        (edit(EditKind.UNSCALE, Role.OUTPUT_DELTA, "(a - y) / n ** 2", "(a - y) / n", "n"), "double-mean"),
        (edit(EditKind.RESCALE, Role.OTHER, "A.shape[0]", "A.shape[1]", "A.shape[1]"), "features-for-batch-size"),
    ],
    ids=range(12),
)
def test_cures_in_the_words_of_the_repair(cure: Edit, bug: str) -> None:
    """Each is claimed most by its bug."""
    assert_best(bug, cure, BUGS)


def test_a_mean_of_a_bias_is_another_family() -> None:
    """``np.mean`` for ``np.sum`` in a bias gradient is bias-mean-instead-of-sum."""
    cure = edit(EditKind.REDUCTION, Role.BIAS_GRADIENT, "d.mean(axis=0)", "d.sum(axis=0)", "sum")
    assert max(fits(cure, BUGS).values()) == 0


def test_learning_rate_in_the_delta_or_below_a_layer(make: Any) -> None:
    """All blocks times the rate, or those from one layer back; a rate of 1 does nothing."""
    network = make().network
    entry = ENTRIES["learning-rate-baked-in"]
    whole, first, second = entry.at_rate(network, 0.05, {})
    assert list(ratios(network, whole).values()) == pytest.approx([0.05] * 6)
    assert ratios(network, first) == pytest.approx({"W1": 0.05, "b1": 0.05, "W2": 1, "b2": 1, "W3": 1, "b3": 1})
    assert ratios(network, second) == pytest.approx({"W1": 0.05, "b1": 0.05, "W2": 0.05, "b2": 0.05, "W3": 1, "b3": 1})
    assert list(entry.at_rate(network, 1.0, {})) == []
