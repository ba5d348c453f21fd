"""Losses with a small constant beside their logarithm, on networks: what the constant excuses, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from networks.bugs import BUGS
from networks.network import Network, build_network, parts_of
from networks.specification import Specification

from gradcheck import CheckConfig, Problem, check
from gradcheck.problem import OracleUnavailableError

# Right networks whose loss leaves no step that is local where outputs are calm: 1e6 beside the loss, or inputs of a
# thousand. What their differences say there is the mean slope over many bends.
NOISY = [
    Specification(
        sizes=(5, 6, 4, 3), activation="relu-0", loss="bce-epsilon", output="sigmoid", batch=64, biases="zero",
        layout="columns", structure="flat", loss_offset=1e6, l2=0.1, seed=1778047266, initialisation="he",
    ),
    Specification(
        sizes=(30, 20, 10), activation="relu-half", loss="bce-clip", batch=1, initialisation="unit", structure="flat",
        loss_offset=1e6, l2=0.1, l1=0.01, seed=461207787,
    ),
    Specification(
        sizes=(3, 5, 2), activation="relu-half", loss="bce-clip", batch=16, initialisation="he", biases="zero",
        loss_offset=1e6, l1=0.01, seed=440101159,
    ),
    Specification(
        sizes=(3, 5, 3), activation="relu-0", loss="ce-epsilon", batch=64, initialisation="unit", loss_offset=1e6,
        seed=864025426,
    ),
    Specification(
        sizes=(30, 20, 10), loss="ce-epsilon", output="sigmoid", batch=64, initialisation="unit", loss_offset=1e6,
        l1=0.01, structure="flat", seed=1281800405,
    ),
    Specification(
        sizes=(30, 20, 10), loss="ce-epsilon", batch=16, initialisation="unit", input_scale=1000.0, structure="nested",
        seed=405111636,
    ),
]  # fmt: skip


@pytest.mark.parametrize("better", [True, False], ids=["better point", "as given"])
@pytest.mark.parametrize("oracle", ["finite-difference", "complex-step"])
@pytest.mark.parametrize("factor", [1.0, 5.0, 30.0])
@pytest.mark.parametrize("number", range(len(NOISY)))
def test_steps_that_cannot_be_local_refute_no_constant(number: int, factor: float, oracle: Any, better: bool) -> None:
    """However large the weights: where differences cannot see the constant go, that is left open."""
    network, layers = build_network(NOISY[number])
    parts = parts_of(network, [(factor * weight, factor * bias) for weight, bias in layers])
    config = CheckConfig(oracle=oracle, better_point=better, localise=False)
    report = check(Problem(*parts), config=config)
    assert report.verdict.name in ("PASS", "INCONCLUSIVE"), report.reason


def test_a_kink_at_the_given_point_is_not_held_against_the_constant() -> None:
    """Zero biases put a dead layer's units on their kinks, where automatic differentiation agrees with differences."""
    spec = Specification(
        sizes=(5, 6, 4, 3), activation="relu-0", loss="bce-epsilon", batch=64, initialisation="unit", biases="zero",
        l2=0.1, l1=0.01, layout="columns", structure="list", seed=1948316328,
    )  # fmt: skip
    report = check(Problem(*parts_of(*build_network(spec))))
    assert report.verdict.name == "PASS", report.reason
    assert report.finding("loss-epsilon") is not None


def test_samples_that_are_right_for_sure_refute_nothing() -> None:
    """One sample of probability 1: claimed and true gradient are rounding, and differ by all of it."""
    spec = Specification(
        sizes=(3, 5, 3), activation="relu-half", loss="ce-epsilon", batch=1, initialisation="unit", biases="zero",
        input_scale=1000.0, layout="columns", structure="flat", seed=156709790,
    )  # fmt: skip
    report = check(Problem(*parts_of(*build_network(spec))))
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("seed", range(6))
def test_forty_losses_at_worst_where_only_differences_can_be_had(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right code that cannot be traced, with noise and weights thirty times too large, ends undecided in time."""

    def untraceable(*_: Any) -> Any:
        raise OracleUnavailableError("not traced here")

    monkeypatch.setattr("gradcheck.oracles.autodiff.true_gradient", untraceable)
    spec = Specification(
        sizes=(3, 4, 5, 3, 2), activation="relu-half", loss="half-sse", output="sigmoid", batch=5, seed=seed,
        loss_offset=1e6,
    )  # fmt: skip
    network, layers = build_network(spec)
    parts = parts_of(network, [(30.0 * weight, 30.0 * bias) for weight, bias in layers])
    report = check(Problem(*parts), rng=seed)
    assert report.verdict.name in ("PASS", "INCONCLUSIVE"), report.reason
    assert report.evaluations.loss <= 40


VECTORS = {
    "one column x 1.5": ("ce-epsilon", "tanh", (3, 4, 5, 3, 3)),
    "missing-hidden-derivative": ("ce-epsilon", "tanh", (5, 6, 4, 3)),
    "wrong-derivative-formula (1 - a)": ("bce-clip", "tanh", (3, 3, 3)),
    "output-form-given-preactivation (tanh)": ("bce-epsilon", "tanh", (5, 6, 4, 3)),
    "squashed-input": ("bce-clip", "sigmoid", (5, 6, 4, 3)),
    "local-constant": ("bce-epsilon", "tanh", (3, 4, 5, 3, 2)),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("start", ["saturated-3", "saturated-10"])
@pytest.mark.parametrize("name", VECTORS)
def test_a_bug_in_a_flat_vector_is_no_constant(name: str, start: str, seed: int) -> None:
    """No output layer can be told in a vector: all weights are halved, and an error far above eps/p is none of it."""
    loss, activation, sizes = VECTORS[name]
    planted = next(bug for bug in BUGS if bug.name == name)
    spec = Specification(
        sizes=sizes, loss=loss, activation=activation, batch=16, initialisation=start, structure="flat", seed=seed
    )
    assert check(Problem(*parts_of(*build_network(spec)))).verdict.name == "PASS"
    wrong = parts_of(*build_network(spec, type("Buggy", (Network,), dict(planted.steps))))
    report = check(Problem(*wrong), config=CheckConfig(localise=False))
    assert report.verdict.name == "FAIL", report.reason
