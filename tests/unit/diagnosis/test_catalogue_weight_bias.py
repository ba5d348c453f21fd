"""Weights and biases: each bug of a block leaves all other blocks right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fitting_edits import edit, fits

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue.bias import BUGS as BIAS
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.weight import BUGS as WEIGHT
from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.network import Network

ENTRIES = {entry.id: entry for entry in (*WEIGHT, *BIAS)}


def wrong_sets(network: Network, entry: Bug) -> list[tuple[tuple[int, ...], set[str]]]:
    """The layers of each deviation, and the blocks that it makes wrong."""
    assert entry.deviations is not None
    true = backward(network)
    found = []
    for deviation in entry.deviations(network):
        claimed = backward(network, deviation)
        same = {n for n in true if claimed[n].shape == true[n].shape and np.allclose(claimed[n], true[n], rtol=1e-9)}
        found.append((deviation.layers, set(true) - same))
    return found


def test_all_are_of_their_chapters() -> None:
    """Each says so itself."""
    assert {entry.family for entry in WEIGHT} == {Family.WEIGHT}
    assert {entry.family for entry in BIAS} == {Family.BIAS}


@pytest.mark.parametrize("bug", ENTRIES)
def test_only_the_blocks_own_gradient_is_wrong(bug: str, make: Callable[..., Any]) -> None:
    """Its layers' weights (or biases) alone; exchanged blocks may be either."""
    network = make(hidden=(5, 5), features=5).network
    kinds = "W" if ENTRIES[bug].family is Family.WEIGHT else "b"
    kinds = "Wb" if bug == "swapped-blocks" else kinds
    sets = wrong_sets(network, ENTRIES[bug])
    assert any(wrong for _, wrong in sets)
    for layers, wrong in sets:
        assert wrong <= {f"{kind}{layer + 1}" for kind in kinds for layer in layers}


def test_one_unit_hides_a_sum_without_axis(make: Callable[..., Any]) -> None:
    """There both sums are the same."""
    network = make(outputs=1).network
    last = [wrong for layers, wrong in wrong_sets(network, ENTRIES["bias-sum-without-axis"]) if layers == (2,)]
    assert set() in last


def test_one_sample_hides_what_is_not_summed(make: Callable[..., Any]) -> None:
    """A table of one row is the row."""
    network = make(batch=1).network
    assert not any(wrong for _, wrong in wrong_sets(network, ENTRIES["bias-not-summed"]))
    assert not any(wrong for _, wrong in wrong_sets(network, ENTRIES["bias-mean-instead-of-sum"]))


def test_without_biases_there_is_nothing_to_get_wrong(make: Callable[..., Any]) -> None:
    """No deviations of blocks that are not there."""
    network = make(biases=False).network
    assert not any(wrong_sets(network, entry) for entry in BIAS)


def test_transposed_storage_is_turned_too(make: Callable[..., Any]) -> None:
    """A block held as weights.T is wrong by the transpose of its own layout."""
    from dataclasses import replace

    network = make(hidden=(5, 5)).network
    layer = replace(network.layers[1], weight_transposed=True)
    turned = replace(network, layers=(network.layers[0], layer, network.layers[2]))
    entry = ENTRIES["transposed-block"]
    assert entry.deviations is not None
    deviation = next(each for each in entry.deviations(turned) if each.layers == (1,))
    np.testing.assert_allclose(backward(turned, deviation)["W2"], backward(turned)["W2"].T)


G, B, U = Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT, Role.UPDATE
EDITS = [
    ("wrong-layer-activation", EditKind.REPLACE_OPERAND, G, "a2", "a1"),
    ("squashed-input", EditKind.REPLACE_OPERAND, G, "np.tanh(X)", "X"),
    ("weight-instead-of-input", EditKind.REPLACE_OPERAND, G, "W1", "X"),
    ("inner-instead-of-outer", EditKind.PRODUCT, G, "np.dot(a, d)", "np.outer(a, d)"),
    ("swapped-blocks", EditKind.SWAP, U, "dW2, dW1", "dW1, dW2"),
    ("transposed-block", EditKind.TRANSPOSE, G, "d.T @ a", "(d.T @ a).T"),
    ("bias-sum-without-axis", EditKind.AXIS, B, "np.sum(d)", "np.sum(d, axis=0)"),
    ("bias-not-summed", EditKind.ADD_SUM, B, "d", "d.sum(axis=0)"),
    ("bias-mean-instead-of-sum", EditKind.REDUCTION, B, "np.mean(d, axis=0)", "np.sum(d, axis=0)"),
    ("bias-from-weight-gradient", EditKind.REPLACE_OPERAND, B, "dW1", "d1"),
    ("bias-gradient-missing", EditKind.INSERT, B, "", "b1 -= lr * db1"),
    ("bias-gradient-is-bias", EditKind.REPLACE_OPERAND, U, "b1", "db1"),
]


@pytest.mark.parametrize(("bug", "kind", "role", "before", "after"), EDITS)
def test_an_edit_points_at_its_bug(bug: str, kind: EditKind, role: Role, before: str, after: str) -> None:
    """No other entry of the two families fits it better."""
    scores = fits(edit(kind, role, before, after), ENTRIES.values())
    assert all(0 <= score <= 1 for score in scores.values())
    assert max(scores, key=lambda name: scores[name]) == bug
