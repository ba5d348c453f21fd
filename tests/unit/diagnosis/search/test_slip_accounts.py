"""Wrong gradients of what is no chain of layers, named by what is done otherwise on the way back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from graph_programs import SEQUENCES, Program, attention, normalised, observed, recurrent

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


def test_without_a_graph_there_are_no_slips() -> None:
    """Nor where one of the points has none."""
    seen = observed(recurrent("gate"))
    assert hypotheses([dataclasses.replace(each, slips=None) for each in seen]) == ()
    assert hypotheses([seen[0], dataclasses.replace(seen[1], slips=None)]) == ()
