"""Drawn networks against the check: right ones never fail, wrong ones never pass, failures shrink to the smallest."""

from __future__ import annotations

import subprocess
import sys

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from gradcheck import CheckConfig, Verdict, check
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.integrations.strategies import PLANTABLE, Architecture, Batch, NetworkExample, networks, wrong_gradients

# A verdict needs no search for the wrong entries.
VERDICT_ALONE = CheckConfig(localise=False)
# Without the explanations that come after shrinking, which take more examples than the search.
SEARCH = settings(
    max_examples=200, derandomize=True, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("kinks", ["away", "near", "any"])
def test_right_networks_never_fail(kinks: str) -> None:
    """Wherever the kinks are, in both dtypes; away from kinks, in float64, they pass."""

    @given(networks(kinks=kinks, dtypes=["float64", "float32"]))
    def never_fails(example: NetworkExample) -> None:
        verdict = check(example.problem(), config=VERDICT_ALONE).verdict
        assert verdict is not Verdict.FAIL
        if kinks == "away" and example.architecture.dtype == "float64":
            assert verdict is Verdict.PASS

    never_fails()


@given(wrong_gradients(PLANTABLE))
def test_wrong_gradients_never_pass(example: NetworkExample) -> None:
    """Whatever of the catalogue is wrong, at points that show it."""
    assert check(example.problem(), config=VERDICT_ALONE).verdict is not Verdict.PASS


@given(wrong_gradients(PLANTABLE, dtypes=["float32"]))
def test_wrong_gradients_in_low_precision_never_pass(example: NetworkExample) -> None:
    """What is a matter of precision is not what is drawn."""
    assert check(example.problem(), config=VERDICT_ALONE).verdict is not Verdict.PASS


def test_a_logarithm_excuses_nothing() -> None:
    """Two dead blocks, claimed zero where they are not, with a binary cross-entropy."""
    example = NetworkExample(
        architecture=Architecture(
            sizes=(2, 1, 1), activations=("relu", "sigmoid"), loss="binary-cross-entropy", mean=False
        ),
        batch=Batch(inputs=np.array([[0.25, 1.0]]), targets=np.array([[0.0]])),
        params={
            "W1": np.array([[-1.25], [1.0]]), "b1": np.array([1.5]), "W2": np.array([[-0.25]]), "b2": np.array([1.25]),
        },
        bug="relu-on-gradient",
    )  # fmt: skip
    assert example.shows()
    assert check(example.problem(), config=VERDICT_ALONE).verdict is not Verdict.PASS


# The smallest network and batch that can show each bug of the catalogue: sizes, activations, samples.
SMALLEST_WITH = {
    ((1, 1), ("linear",), 1): (
        "sign-flip",
        "missing-factor-2",
        "extra-factor-2",
        "learning-rate-baked-in",
        "extra-output-derivative",
        "activation-instead-of-derivative",
        "gradient-stopped",
        "wrong-layer-activation",
        "squashed-input",
        "weight-instead-of-input",
        "bias-from-weight-gradient",
        "bias-gradient-missing",
        "bias-gradient-is-bias",
        "regularisation-missing",
        "regularisation-factor",
        "regularisation-sign",
        "regularisation-on-bias",
        "regularisation-wrong-norm",
    ),
    ((1, 1, 1), ("linear", "linear"), 1): (
        "sign-flip-below",
        "wrong-derivative-formula",
        "upstream-lost",
        "updated-weights-used",
        "wrong-layer-weights",
        "bias-in-backprop",
        "swapped-blocks",
    ),
    ((1, 1), ("linear",), 2): (
        "sum-instead-of-mean",
        "mean-instead-of-sum",
        "double-mean",
        "features-for-batch-size",
        "loss-gradient-mismatch",
        "bias-not-summed",
        "bias-mean-instead-of-sum",
    ),
    ((1, 2), ("linear",), 1): (
        "output-count-factor",
        "bias-sum-without-axis",
    ),
    ((1, 1), ("sigmoid",), 1): ("missing-output-derivative",),
    ((1, 2), ("softmax",), 1): (
        "softmax-elementwise",
        "softmax-axis",
    ),
    ((1, 1, 1), ("relu", "linear"), 1): (
        "missing-hidden-derivative",
        "relu-mask-always-on",
        "derivative-of-wrong-argument",
        "derivative-of-gradient",
        "relu-mask-wrong-layer",
        "relu-on-gradient",
    ),
    ((1, 1, 1), ("tanh", "linear"), 1): (
        "derivative-at-activation",
        "output-form-given-preactivation",
    ),
    ((1, 1, 1), ("leaky-relu", "linear"), 1): (
        "leaky-slope-sign",
        "derivative-twice",
    ),
    ((1, 1, 1, 1), ("relu", "relu", "linear"), 1): ("raw-error-backpropagated",),
    ((1, 2, 2), ("linear", "linear"), 1): ("transposed-weights",),
    ((1, 2, 1), ("linear", "linear"), 1): ("summed-weights",),
    ((2, 1), ("linear",), 1): ("inner-instead-of-outer",),
    ((2, 2), ("linear",), 1): ("transposed-block",),
}
SMALLEST = {bug: smallest for smallest, bugs in SMALLEST_WITH.items() for bug in bugs}


def test_every_plantable_bug_has_a_smallest_network() -> None:
    """None is left out of what follows."""
    assert sorted(SMALLEST) == sorted(PLANTABLE)
    assert set(PLANTABLE) <= set(CATALOGUE)


@pytest.mark.skipif(hypothesis.__version_info__ < (6, 170), reason="older versions shrink less far")
@pytest.mark.parametrize("bug", PLANTABLE)
def test_every_bug_shrinks_to_a_program_that_shows_it(bug: str) -> None:
    """As a user would: from the first network that fails a check to the smallest one, copied into a file and run."""

    def fails(example: NetworkExample) -> bool:
        return check(example.problem(), config=VERDICT_ALONE).verdict is Verdict.FAIL

    found = find(wrong_gradients(bug), fails, settings=SEARCH)
    kind = found.architecture
    assert (kind.sizes, kind.activations, len(found.batch)) == SMALLEST[bug]
    program = found.program()
    assert f"what the catalogue calls {bug}." in program
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split()[0] == "FAIL"
