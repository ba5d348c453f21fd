"""Wrong gradients of what is no chain of layers, named by what is done otherwise on the way back."""

from __future__ import annotations

import numpy as np
import pytest
from graph_programs import Program, attention, normalised, observed, recurrent

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
