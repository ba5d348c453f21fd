"""Drawn networks against the check: right ones never fail, wrong ones never pass, failures shrink to the smallest."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings

from gradcheck import CheckConfig, Verdict, check
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.integrations.strategies import PLANTABLE, Architecture, Batch, NetworkExample, networks, wrong_gradients

# A verdict needs no search for the wrong entries.
VERDICT_ALONE = CheckConfig(localise=False)
SEARCH = settings(
    max_examples=200, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


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


BUGS = [bug for bug in PLANTABLE if not bug.startswith("softmax-")]


@given(wrong_gradients(BUGS))
def test_wrong_gradients_never_pass(example: NetworkExample) -> None:
    """Whatever of the catalogue is wrong, at points that show it."""
    assert check(example.problem(), config=VERDICT_ALONE).verdict is not Verdict.PASS


@given(wrong_gradients(BUGS, dtypes=["float32"]))
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


def _smallest(bug: str, caught: Callable[[NetworkExample], bool]) -> tuple[tuple[int, ...], tuple[str, ...], int]:
    example = find(wrong_gradients(bug), caught, settings=SEARCH)
    return example.architecture.sizes, example.architecture.activations, len(example.batch)


# The smallest network and batch that can show each of them, by hand.
SMALLEST = {
    "sign-flip": ((1, 1), ("linear",), 1),
    "missing-factor-2": ((1, 1), ("linear",), 1),
    "sum-instead-of-mean": ((1, 1), ("linear",), 2),
    "output-count-factor": ((1, 2), ("linear",), 1),
    "softmax-elementwise": ((1, 2), ("softmax",), 1),
    "missing-hidden-derivative": ((1, 1, 1), ("relu", "linear"), 1),
    "transposed-block": ((2, 2), ("linear",), 1),
    "bias-sum-without-axis": ((1, 2), ("linear",), 1),
    "regularisation-missing": ((1, 1), ("linear",), 1),
}


@pytest.mark.skipif(hypothesis.__version_info__ < (6, 170), reason="older versions shrink less far")
@pytest.mark.parametrize(("bug", "smallest"), SMALLEST.items(), ids=SMALLEST)
def test_examples_shrink_to_the_smallest(bug: str, smallest: tuple[tuple[int, ...], tuple[str, ...], int]) -> None:
    """Layers, units and samples; and the check sees the bug there."""
    assert bug in CATALOGUE
    seen: list[NetworkExample] = []

    def caught(example: NetworkExample) -> bool:
        seen.append(example)
        return True

    assert _smallest(bug, caught) == smallest
    assert check(seen[-1].problem(), config=VERDICT_ALONE).verdict is Verdict.FAIL


@pytest.mark.slow
def test_shrinking_by_the_verdict_of_a_check() -> None:
    """As a user would: from the first failure to the smallest one."""

    def fails(example: NetworkExample) -> bool:
        return check(example.problem(), config=VERDICT_ALONE).verdict is Verdict.FAIL

    assert _smallest("bias-mean-instead-of-sum", fails) == ((1, 1), ("linear",), 2)
