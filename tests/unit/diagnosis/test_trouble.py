"""Trouble elsewhere: named from numbers that show it, and never for a network that learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue import CATALOGUE, Family
from gradcheck.diagnosis.programs.program import Event, Trace, TrainingRun
from gradcheck.diagnosis.trouble import find_trouble
from gradcheck.records import BlockReport, CheckReport, Evaluations, Verdict


def report(verdict: Verdict = Verdict.PASS, error: float | None = None) -> CheckReport:
    """A report of one block."""
    block = BlockReport(name="W1", shape=(2, 2), verdict=verdict, relative_error=error)
    return CheckReport(
        verdict=verdict, reason="", blocks=(block,), evaluations=Evaluations(loss=1, gradient=1), power={}
    )


def run(losses: Sequence[float], rate: float | None = None, last: Sequence[Any] = ()) -> TrainingRun:
    """A run with these losses."""
    parameters = (tuple(last), tuple(last)) if last else ()
    return TrainingRun(losses=tuple(map(float, losses)), parameters=parameters, learning_rate=rate)


def named(*arguments: Any) -> dict[str, float]:
    """Ids and confidences of what is found."""
    return {trouble.bug: trouble.confidence for trouble in find_trouble(*arguments)}


def falling(steps: int = 40, last: float = 0.5, noise: float = 0.0) -> Any:
    """A loss that decays to a share of its start, with noise."""
    curve = np.exp(np.log(last) * np.linspace(0, 1, steps))
    return curve * (1 + noise * np.random.default_rng(0).standard_normal(steps))


def trained(make: Any, *, rate: float, steps: int = 60, **options: Any) -> tuple[Any, TrainingRun]:
    """A made network, and what gradient descent does to its loss."""
    start = make(**options)
    values, losses = dict(start.values), []
    for _ in range(steps):
        losses.append(start.loss(values))
        gradient = start.gradient(values)
        values = {name: value - rate * gradient[name] for name, value in values.items()}
    return start.network, run(losses, rate, list(values.values()))


# Losses of runs without other evidence, and how sure of the rate they make.
RATES = {
    "becomes nan": ([1.0, 3.0, np.nan, np.nan], 0.9),
    "becomes infinite": ([1.0, 1e200, np.inf], 0.9),
    "grows": (np.linspace(1, 4, 30), 0.85),
    "jumps up and stays": ([1.0, *[2.0] * 20], 0.85),
    "jumps up and comes back": ([1.0, 2.0, 1.8, *np.linspace(1.6, 0.7, 20)], 0.0),
    "swings": ([1.0, 2.0] * 15, 0.7),
    "falls": (falling(), 0.0),
    "falls slowly": (falling(last=0.97), 0.0),
    "falls with the noise of batches": (falling(noise=0.05), 0.0),
    "stalls with the noise of batches": (falling(last=0.999, noise=0.05), 0.0),
    "ripples and falls": ([0.9**k * (1.2 if k % 2 else 1.0) for k in range(30)], 0.0),
    "rises once": ([1.0, 1.4, 0.9, 0.8, 0.75, 0.7, 0.65, 0.6], 0.0),
    "jumps up, and every unit is off": ([1.0, 40.0, 30.0, *[0.05] * 20], 0.85),
    "jumps up, and learns": ([1.0, 40.0, 30.0, *np.geomspace(1.0, 0.05, 20)], 0.0),
    "stands still where nothing is left to learn": ([1.0, 0.4, 0.1, *[0.05] * 20], 0.0),
    "negative and falling": (np.linspace(-1, -2, 30), 0.0),
    "one loss": ([1.0], 0.0),
    "nan from the start": ([np.nan, np.nan], 0.0),
    "samples in turn, to the middle of their targets": (
        [0.08, 0.17, 0.17, 0.1] * 5 + [0.13, 0.12, 0.13, 0.14] * 20,
        0.0,
    ),
    "samples in turn, and growing": ([scale * loss for scale in range(1, 16) for loss in (1.0, 3.0, 2.0)], 0.85),
    "samples as they come": (np.random.default_rng(2).uniform(0.5, 2.0, 60), 0.0),
}


@pytest.mark.parametrize("case", RATES)
def test_learning_rate(case: str) -> None:
    """Growing, swinging and broken losses are the rate's; falling and noisy ones are not."""
    losses, confidence = RATES[case]
    found = named(report(), None, run(losses, 3.0))
    assert found == ({"learning-rate-too-large": confidence} if confidence else {})


def test_the_rate_is_part_of_the_evidence() -> None:
    """The numbers that say so are in the sentence."""
    (trouble,) = find_trouble(report(), None, run([2.0, 5.0, np.inf], 3.0))
    assert (
        trouble.evidence[0]
        == "The loss starts at 2 and is no finite number any more from step 3 at the learning rate 3."
    )


def test_a_wrong_gradient_comes_first(make: Any) -> None:
    """With FAIL nothing is said, whatever the losses do."""
    assert find_trouble(report(Verdict.FAIL), make(weights=50.0).network, run([1.0, np.nan])) == []


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturation(make: Any, activation: str) -> None:
    """Large weights flatten most slopes; weights of unit size do not."""
    flat = make(activation=activation, weights=50.0).network
    assert named(report(), flat, None) == {"saturated-initialisation": 0.6}
    assert named(report(), flat, run(falling(last=0.99)))["saturated-initialisation"] in {0.75, 0.9}
    assert named(report(), make(activation=activation, weights=50.0, batch=2).network, None) == {}
    assert named(report(), make(activation=activation).network, None) == {}


def test_a_saturated_network_that_learns_is_left_alone(make: Any) -> None:
    """A falling loss outweighs flat units; one that stalls does not."""
    network = make(weights=50.0).network
    assert named(report(), network, run(falling(last=0.4))) == {}
    assert "saturated-initialisation" in named(report(), network, run(falling(last=0.999)))


def test_dead_rectifiers(make: Any) -> None:
    """Nearly all units off for all samples; half of the entries off is ordinary."""
    network = make(activation="relu").network
    assert named(report(), network, None) == {}
    first = network.layers[0]
    off = dataclasses.replace(first, slope=np.zeros_like(first.slope))
    dead = dataclasses.replace(network, layers=(off, *network.layers[1:]))
    assert named(report(), dead, None) == {"saturated-initialisation": 0.8}


def _equal_units(network: Any, *, following: bool = True, value: float = 1.0) -> Any:
    """The network with equal weights into, and out of, its hidden units."""
    first, second = network.layers
    first = dataclasses.replace(
        first, weights=np.full_like(first.weights, value), bias_values=np.zeros_like(first.bias_values)
    )
    if following:
        second = dataclasses.replace(second, weights=np.full_like(second.weights, value))
    return dataclasses.replace(network, layers=(first, second))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_symmetry(make: Any, value: float) -> None:
    """Equal weights in and out: zeros and ones alike."""
    network = _equal_units(make(hidden=(5,)).network, value=value)
    assert named(report(), network, None) == {"symmetric-initialisation": 0.95}


def test_symmetry_after_training_is_told(make: Any) -> None:
    """The last parameters of the run are looked at as well."""
    network = _equal_units(make(hidden=(5,)).network)
    equal = [np.full((4, 5), 0.3), np.zeros(5), np.full((5, 3), 0.2), np.zeros(3)]
    (trouble,) = find_trouble(report(), network, run(falling(last=0.8), last=equal))
    assert trouble.evidence[1] == "After 40 steps all 5 are still equal to each other."


def test_no_symmetry_where_something_breaks_it(make: Any) -> None:
    """Other weights out, a dropout mask, random weights, or a single unit."""
    assert named(report(), _equal_units(make(hidden=(5,)).network, following=False), None) == {}
    assert named(report(), _equal_units(make(hidden=(5,), keep=0.6).network), None) == {}
    assert named(report(), make(hidden=(5,)).network, None) == {}
    assert named(report(), _equal_units(make(hidden=(1,)).network), None) == {}


@pytest.mark.parametrize(
    ("output", "low", "high", "found"),
    [
        ("sigmoid", -1.0, 1.0, True),
        ("sigmoid", 0.0, 1.0, False),
        ("sigmoid", -0.02, 1.02, False),
        ("tanh", -1.0, 1.0, False),
        ("tanh", 0.0, 5.0, True),
        ("linear", -9.0, 9.0, False),
        ("relu", -1.0, 1.0, True),
        ("relu", 0.0, 9.0, False),
    ],
)
def test_targets(make: Any, output: str, low: float, high: float, found: bool) -> None:
    """Targets beyond the activation's range, and not those at its edge."""
    targets = np.where(np.arange(21).reshape(7, 3) % 2, low, high)
    assert named(report(), make(output=output, targets=targets).network, None) == (
        {"target-out-of-range": 0.9} if found else {}
    )


def test_a_few_outliers_are_none(make: Any) -> None:
    """One target in a hundred outside does not keep a network from learning."""
    targets = np.full((40, 3), 0.5)
    targets[0, 0] = 3.0
    assert named(report(), make(batch=40, output="sigmoid", targets=targets).network, None) == {}


def _with_zero_row(network: Any) -> Any:
    """The network with its first sample all zeros, forward pass redone; no biases, tanh and linear."""
    inputs = network.layers[0].inputs.copy()
    inputs[0] = 0
    layers = []
    for layer in network.layers:
        z = inputs @ layer.weights
        a = np.tanh(z) if layer.activation == "tanh" else z
        layers.append(dataclasses.replace(layer, inputs=inputs, pre_activation=z, output=a))
        inputs = a
    return dataclasses.replace(network, layers=tuple(layers))


def test_no_bias_where_a_sample_needs_one(make: Any) -> None:
    """All zeros in, zero out: named when the target is another, and no layer has a bias."""
    network = _with_zero_row(make(biases=False).network)
    assert named(report(), network, None) == {"no-bias": 0.75}
    assert named(report(), network, run(falling(last=0.995))) == {"no-bias": 0.9}
    assert named(report(), make(biases=False).network, None) == {}
    assert named(report(), _with_zero_row(make().network), None) == {}
    reached = dataclasses.replace(network, targets=np.where(np.arange(7)[:, None] == 0, 0.0, network.targets))
    assert named(report(), reached, None) == {}


def test_loss_without_a_derivative(make: Any) -> None:
    """An error of zero at the output that is not the right answer."""
    network = make(hidden=(5,)).network
    first, last = network.layers
    flat = dataclasses.replace(network, layers=(first, dataclasses.replace(last, delta=np.zeros_like(last.delta))))
    steps = run([2.0] * 20)
    assert named(report(Verdict.INVALID, 0.0), flat, steps) == {"not-differentiable-loss": 0.85}
    fits = dataclasses.replace(flat, targets=flat.layers[-1].output)
    assert named(report(Verdict.INVALID, 0.0), fits, steps) == {}
    assert named(report(), network, steps) == {}


def test_loss_without_a_derivative_from_the_report_alone() -> None:
    """Where no network was read, what the check has measured counts: zero beside zero, and not that it broke off."""
    assert named(report(Verdict.INVALID, 0.0), None, None) == {"not-differentiable-loss": 0.7}
    assert named(report(Verdict.INVALID), None, None) == {}
    assert named(report(), None, None) == {}


EXAMPLES = [
    entry for entry in CATALOGUE.values() if entry.family is Family.ELSEWHERE and entry.id != "not-differentiable-loss"
]


def _executed(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        exec(compile(text, "<example>", "exec"), names)
    return names


@pytest.mark.parametrize("steps", [40, 500])
@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.id)
def test_the_catalogues_examples_are_named(make: Any, entry: Any, steps: int) -> None:
    """The wrong program is named by its numbers after few steps and many, and the right one is left alone."""
    for text, expected in ((entry.example.wrong, {entry.id}), (entry.example.right, set())):
        start = _executed(text[: text.index("for step")])
        losses = _executed(text.replace("range(500)", f"range({steps})"))["losses"]
        values = {name: start[name] for name in ("W1", "b1", "W2", "b2") if name in start}
        network = make(
            batch=4, features=2, hidden=(5,), outputs=1, output="sigmoid", scale=1.0, biases="b1" in values,
            inputs=start["X"], targets=start["Y"], values=values,
        ).network  # fmt: skip
        assert set(named(report(), network, run(losses))) == expected


HEALTHY = {
    "tanh": {"rate": 0.01},
    "relu": {"rate": 0.003, "activation": "relu"},
    "logistic": {"rate": 0.1, "output": "sigmoid", "loss": "bce"},
    "softmax": {"rate": 0.1, "output": "softmax", "loss": "ce"},
    "a small rate": {"rate": 1e-4},
    "wide": {"rate": 1e-3, "hidden": (20, 10)},
    "deep": {"rate": 1e-3, "hidden": (6, 5, 6, 5)},
    "large weights": {"rate": 1e-4, "weights": 2.0},
    "small weights": {"rate": 0.05, "weights": 0.1},
    "no biases": {"rate": 0.01, "biases": False},
    "one sample": {"rate": 0.01, "batch": 1},
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("case", HEALTHY)
def test_no_alarm_where_a_network_learns(make: Any, case: str, seed: int) -> None:
    """Gradient descent lowers the loss: nothing is said, of the run or of the start alone."""
    options = dict(HEALTHY[case])
    rate = options.pop("rate")
    network, steps = trained(make, rate=rate, seed=seed, **options)
    assert steps.losses[-1] < steps.losses[0]
    assert find_trouble(report(), network, steps) == []
    assert find_trouble(report(), network, None) == []


def test_every_trouble_can_be_found(make: Any) -> None:
    """The ids are those of the catalogue's family, most confident first."""
    family = {entry.id for entry in CATALOGUE.values() if entry.family is Family.ELSEWHERE}
    targets = np.full((7, 3), 4.0)
    found = find_trouble(report(), make(output="tanh", weights=50.0, targets=targets).network, run([1, 3, np.nan]))
    confidences = [trouble.confidence for trouble in found]
    assert confidences == sorted(confidences, reverse=True)
    assert {trouble.bug for trouble in found} == {
        "learning-rate-too-large", "saturated-initialisation", "target-out-of-range",
    } <= family  # fmt: skip
    assert backward(make().network)  # the networks here are whole ones


TEXT = """W1, W2 = start()
b1 = zeros(6)
data = load()
T = read()
T = T / 2
learn(data, T, lr=3.0)
"""


def seen_as(**values: Any) -> Trace:
    """A trace that has called these values so."""
    given = [
        Event(order=i, line=6, function="learn", call=0, turn=0, name=name, value=np.asarray(value, dtype=float))
        for i, (name, value) in enumerate(values.items())
    ]
    return Trace(events=(), lines=(), given=tuple(given))


def test_each_trouble_names_its_line(make: Any) -> None:
    """Where the rate is set, the weights start, the targets are made; of a text that says nothing none."""
    large = make(output="tanh", weights=50.0, targets=np.full((7, 3), 4.0)).network
    first = large.layers[0]
    told = {"text": TEXT, "trace": seen_as(T=large.targets, data=first.inputs)}
    lines = {t.bug: t.lines for t in find_trouble(report(), large, run([1.0, 3.0, np.nan], 3.0), **told)}
    assert lines == {"learning-rate-too-large": (6,), "saturated-initialisation": (1,), "target-out-of-range": (5,)}
    assert {t.lines for t in find_trouble(report(), large, run([1.0, 3.0, np.nan], 3.0))} == {()}


def test_data_that_saturate_are_told_from_weights(make: Any) -> None:
    """Weights of ordinary size are not what is wrong with inputs in the thousands."""
    inputs = 1000 * np.random.default_rng(1).standard_normal((7, 4))
    network = make(inputs=inputs, weights=0.5).network
    troubles = find_trouble(report(), network, None, text=TEXT, trace=seen_as(data=inputs))
    saturated = next(trouble for trouble in troubles if trouble.bug == "saturated-initialisation")
    assert saturated.lines == (3,)
    assert saturated.evidence[-1].startswith("Its inputs are about ")
