"""What a check could have missed: power, blocks and units that could not show, bugs that the point hides."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check


def _network(
    sizes: tuple[int, ...], *, scale: float = 1.0, bias: float = 0.5, better: bool = False, dead: tuple[int, ...] = ()
) -> CheckReport:
    """The report of a right tanh network at exactly one point; ``dead`` units of the first layer are cut off."""
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((6, sizes[0])), rng.standard_normal((6, sizes[-1]))
    params: dict[str, Any] = {}
    for k, (rows, columns) in enumerate(itertools.pairwise(sizes)):
        params[f"W{k}"] = scale * rng.standard_normal((rows, columns))
        params[f"b{k}"] = bias * rng.standard_normal(columns)
    depth = len(sizes) - 1
    alive = np.ones(sizes[1])
    alive[list(dead)] = 0.0

    def forward(p: Any) -> list[Any]:
        activations = [X]
        for k in range(depth):
            a = np.tanh(activations[-1] @ p[f"W{k}"] + p[f"b{k}"])
            activations.append(a * alive if k == 0 else a)
        return activations

    def gradient(p: Any) -> Any:
        activations = forward(p)
        grads: dict[str, Any] = {}
        d = 2.0 * (activations[-1] - y) / y.size
        for k in reversed(range(depth)):
            d = d * (alive if k == 0 else 1.0) * (1.0 - activations[k + 1] ** 2)
            grads[f"W{k}"], grads[f"b{k}"] = activations[k].T @ d, d.sum(axis=0)
            d = d @ p[f"W{k}"].T
        return {name: grads[name] for name in p}

    problem = Problem(lambda p: np.mean((forward(p)[-1] - y) ** 2), gradient, params)
    return check(problem, config=CheckConfig(better_point=better))


def test_a_good_point_has_no_blind_spots() -> None:
    """Different sizes, several outputs, unit weights, biases that are not zero."""
    assert _network((3, 5, 4)).blind_spots == ()


@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        ({"sizes": (3, 5, 1)}, {"softmax-elementwise", "target-broadcast", "bias-sum-without-axis"}),
        ({"sizes": (4, 4, 4)}, {"transposed-weights", "transposed-block"}),
        ({"sizes": (3, 5, 4), "scale": 1e-3}, {"derivative-at-activation", "missing-hidden-derivative"}),
        ({"sizes": (3, 5, 4), "bias": 0.0}, {"bias-gradient-is-bias"}),
    ],
    ids=["one output", "square weights", "tiny weights", "zero biases"],
)
def test_blind_spots_name_what_the_point_cannot_show(options: dict[str, Any], hidden: set[str]) -> None:
    """By catalogue id."""
    assert set(_network(**options).blind_spots) >= hidden


@pytest.mark.parametrize("options", [{"scale": 1e-3}, {"bias": 0.0}], ids=["tiny weights", "zero biases"])
def test_the_better_point_shows_what_the_given_one_hides(options: dict[str, Any]) -> None:
    """By default it is looked at too."""
    assert _network((3, 5, 4), **options).blind_spots != ()
    assert _network((3, 5, 4), **options, better=True).blind_spots == ()


def test_dead_units_are_a_finding() -> None:
    """Their columns are zero on both sides: a wrong formula could not show there."""
    report = _network((3, 9, 2), dead=(1, 4), better=True)
    finding = report.finding("dead-units")
    assert report.verdict.name == "PASS"
    assert finding is not None
    assert finding.message.startswith("Columns 1, 4 of the gradient of W0 are zero")


def test_one_dead_unit_reads_well() -> None:
    """Singular."""
    finding = _network((3, 9, 2), dead=(7,)).finding("dead-units")
    assert finding is not None
    assert finding.message.startswith("Column 7 of the gradient of W0 is zero")


def test_many_dead_units_are_cut_short() -> None:
    """Six by number."""
    finding = _network((3, 12, 2), dead=tuple(range(8))).finding("dead-units")
    assert finding is not None
    assert "Columns 0, 1, 2, 3, 4, 5, ... of" in finding.message


def test_power_of_two_probes_is_better_than_of_one() -> None:
    """Independent probes multiply: the better of two has far more power than its tolerance."""
    power = _network((3, 5, 4)).power
    assert all(value is not None and 1e-6 < value < 1e-3 for value in power.values())


def test_power_falls_with_the_tolerance() -> None:
    """A looser check misses more, and says so."""
    problem = Problem(lambda w: np.sum(np.sin(w)), np.cos, np.linspace(0.1, 2.0, 30))
    strict, loose = check(problem, rtol=1e-7).power["params"], check(problem, rtol=1e-3).power["params"]
    assert strict is not None
    assert loose is not None
    assert loose > 1e3 * strict


def test_an_error_of_the_power_is_missed_once_in_a_thousand_times() -> None:
    """By the normal law of a random direction: two of two probes miss it, in either of two ways."""
    report = check(
        Problem(lambda w: np.sum(np.sin(w)), np.cos, np.linspace(0.1, 2.0, 30)),
        config=CheckConfig(oracle="finite-difference", better_point=False),
    )
    limits = [probe.tolerance + probe.round_off_error for probe in report.probes]
    assert len(limits) == 2
    power = report.power["params"]
    assert power is not None
    missed = [math.erf(limit / power / (1.04 * math.sqrt(2.0))) for limit in limits]
    assert 2.0 * math.prod(missed) == pytest.approx(0.001, rel=0.01)


def test_empty_blocks_have_no_power_and_no_finding() -> None:
    """Nothing in them could be wrong."""
    params = {"W": np.array([[0.5, 1.0]]), "none": np.empty((0, 3))}
    problem = Problem(lambda p: np.sum(p["W"] ** 3), lambda p: {"W": 3 * p["W"] ** 2, "none": p["none"]}, params)
    report = check(problem)
    assert report.verdict.name == "PASS"
    assert report.power["none"] is None
    assert report.finding("zero-gradient-block") is None


def test_a_unit_that_lives_in_a_late_row_is_not_dead() -> None:
    """Columns are looked for in all rows before a unit is called dead."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((5, 40)), rng.standard_normal((5, 3))
    X[:, :39] = 0.0

    def loss(p: Any) -> float:
        return float(np.sum((X @ p["W"] - y) ** 2))

    def gradient(p: Any) -> Any:
        return {"W": 2.0 * X.T @ (X @ p["W"] - y)}

    report = check(Problem(loss, gradient, {"W": rng.standard_normal((40, 3))}))
    assert report.verdict.name == "PASS"
    assert report.finding("dead-units") is None


def test_a_gradient_that_is_only_claimed_to_be_zero_is_wrong_and_not_vacuous() -> None:
    """The loss depends on both blocks, and the code hands out nothing for one of them."""
    problem = Problem(
        lambda p: np.sum(p["w"] ** 2) + np.sum(np.sin(p["v"])),
        lambda p: {"w": 2.0 * p["w"], "v": np.zeros(3)},
        {"w": np.arange(1.0, 4.0), "v": np.ones(3)},
    )
    report = check(problem)
    assert [(block.name, block.verdict.name) for block in report.blocks] == [("w", "PASS"), ("v", "FAIL")]
    assert "zero-gradient-block" not in [finding.id for finding in report.findings]
