"""Wrong gradients of what is no chain of layers, named by what is done otherwise on the way back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from graph_programs import ROWS, SEQUENCES, Program, attention, normalised, observed, recurrent

from gradcheck.diagnosis.search.hypotheses import hypotheses


@pytest.mark.parametrize("program", [recurrent(), attention(), normalised()], ids=["recurrent", "attention", "norm"])
def test_the_programs_are_right_without_a_slip(program: Program) -> None:
    """So that what is named below is what was done otherwise."""
    for each in observed(program):
        for name, claimed in each.claimed.items():
            np.testing.assert_allclose(claimed, each.true[name], rtol=1e-9, atol=1e-12)
    assert hypotheses(observed(program)) == ()


@pytest.mark.parametrize(
    ("program", "bug"),
    [
        (recurrent("gate"), "missing-hidden-derivative"),
        (recurrent("squashed"), "derivative-at-activation"),
        (recurrent("value"), "activation-instead-of-derivative"),
        (recurrent("turned"), "sign-flip-below"),
        (recurrent("carried"), "gradient-stopped"),
        (recurrent("turned round"), "transposed-weights"),
        (recurrent("after"), "wrong-layer-activation"),
        (attention("elementwise"), "softmax-elementwise"),
        (attention("plain"), "missing-hidden-derivative"),
        (attention("unscaled"), "local-constant"),
        (attention("past"), "upstream-lost"),
        (normalised("head"), "upstream-lost"),
        (normalised("mask"), "dropout-mask-missing"),
        (normalised("scale"), "dropout-scale"),
        (normalised("on"), "missing-hidden-derivative"),
        (normalised("mean"), "batchnorm-statistics"),
        (normalised("both"), "batchnorm-statistics"),
        (normalised("penalty"), "regularisation-missing"),
    ],
)
def test_one_slip(program: Program, bug: str) -> None:
    """Its bug comes first, with all wrong blocks and what was computed."""
    (best, *_) = hypotheses(observed(program))
    assert best.bugs[0].bug == bug
    assert best.complete
    assert best.evidence


@pytest.mark.parametrize(
    ("program", "bugs"),
    [
        (recurrent("gate and value"), {"missing-hidden-derivative", "activation-instead-of-derivative"}),
        (recurrent("gate and half"), {"missing-hidden-derivative", "missing-factor-2"}),
        (recurrent("gate and assigned"), {"missing-hidden-derivative", "gradient-stopped"}),
    ],
    ids=["pair", "constant", "turn"],
)
def test_two_slips(program: Program, bugs: set[str]) -> None:
    """Of one loop; one of everything; one of a block alone."""
    (best, *_) = hypotheses(observed(program))
    assert {named.bug for named in best.bugs} == bugs
    assert best.complete


def test_a_loop_that_assigns() -> None:
    """What is left is the part of its last turn, the first one of the forward pass."""
    (best, *_) = hypotheses(observed(recurrent("assigned")))
    assert (best.bugs[0].bug, best.blocks) == ("gradient-stopped", ("U",))


def test_a_slip_that_leaves_blocks_unexplained() -> None:
    """It is named for the others, and says so."""
    spoilt = [
        dataclasses.replace(each, claimed={**each.claimed, "V": np.cos(each.true["V"])})
        for each in observed(attention("elementwise"))
    ]
    (best, *_) = hypotheses(spoilt)
    assert [named.bug for named in best.bugs] == ["softmax-elementwise"]
    assert (best.unexplained, best.complete) == (("V",), False)


def test_a_mean_over_all_that_a_bias_is_added_to() -> None:
    """Samples and turns: more than the batch."""

    def loss(p: dict[str, np.ndarray]) -> float:
        return np.sum(np.tanh(SEQUENCES @ p["W"] + p["b"]) ** 2)  # type: ignore[no-any-return]

    def gradient(p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        a = np.tanh(SEQUENCES @ p["W"] + p["b"])
        dz = 2 * a * (1 - a**2)
        return {"W": np.einsum("bti,bth->ih", SEQUENCES, dz), "b": dz.mean(axis=(0, 1))}

    (best, *_) = hypotheses(observed((loss, gradient, {"W": (2, 4), "b": (4,)})))
    assert best.bugs[0].bug == "bias-mean-instead-of-sum"


def test_a_transposed_block_would_have_been_seen() -> None:
    """What patterns of blocks tell is asked for: an edit alone does not make a slip one of them."""
    (best, *_) = hypotheses(observed(recurrent("turned round")))
    assert best.asked is not None
    assert {"transposed-block", "sum-instead-of-mean"} <= best.asked
    assert "raw-error-backpropagated" not in best.asked


def test_code_that_several_objects_share() -> None:
    """A constant that is missing in each of them is one constant."""

    def layer(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.tanh((x @ w) / 3.0)

    def loss(p: dict[str, np.ndarray]) -> float:
        return np.sum(layer(layer(ROWS, p["A"]), p["B"]) ** 2)  # type: ignore[no-any-return]

    def gradient(p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        a, b = layer(ROWS, p["A"]), layer(layer(ROWS, p["A"]), p["B"])
        above = 2 * b * (1 - b**2)
        below = (above @ p["B"].T) * (1 - a**2)
        return {"A": ROWS.T @ below, "B": a.T @ above}

    slips = [each.slips for each in observed((loss, gradient, {"A": (3, 3), "B": (3, 2)}))]
    shared = [key for key in slips[0].ways if slips[0] is not None and "every object" in str(key)]
    assert any(slips[0].gradients((key,), 3.0) is not None for key in shared)
    claimed = observed((loss, gradient, {"A": (3, 3), "B": (3, 2)}))[0].claimed
    made = [slips[0].gradients((key,), 3.0) for key in shared]
    assert any(all(np.allclose(each[name], claimed[name]) for name in claimed) for each in made if each is not None)


def test_without_a_graph_there_are_no_slips() -> None:
    """Nor where one of the points has none."""
    seen = observed(recurrent("gate"))
    assert hypotheses([dataclasses.replace(each, slips=None) for each in seen]) == ()
    assert hypotheses([seen[0], dataclasses.replace(seen[1], slips=None)]) == ()
