"""Networks of several architectures, with bugs of the catalogue planted in their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.catalogue import CATALOGUE, Bug
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.diagnosis.search.hypotheses import Hypothesis, hypotheses

__all__ = [
    "CASES",
    "RATES",
    "Case",
    "Key",
    "build",
    "claim",
    "deviations",
    "differ",
    "missed",
    "names",
    "observe",
    "plants",
    "sizes",
]
RATES = (0.1, 0.03, 0.2)
# What a step of these says is in findings, not in numbers; an epsilon far from saturation is below the tolerance.
NOT_BY_NUMBERS = frozenset({"integer-dtype", "low-precision", "loss-epsilon"})


def _activated(name: str, z: Array) -> tuple[Array, Array | None]:
    if name == "softmax":
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True), None
    sigmoid = 1 / (1 + np.exp(-z))
    forms = {
        "sigmoid": (sigmoid, sigmoid * (1 - sigmoid)),
        "tanh": (np.tanh(z), 1 - np.tanh(z) ** 2),
        "relu": (np.maximum(z, 0), (z > 0).astype(float)),
        "leaky-relu": (np.where(z > 0, z, 0.1 * z), np.where(z > 0, 1.0, 0.1)),
        "softplus": (np.logaddexp(0, z), sigmoid),
        "linear": (z, np.ones_like(z)),
    }
    return forms[name]


def build(
    widths: tuple[int, ...], activations: tuple[str, ...], loss: str, *, batch: int, seed: int, decay: float = 0.0
) -> Network:
    """A network at a random point, with the mean of its loss over the batch."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=pair) for pair in pairwise(widths)]
    biases = [0.7 * rng.normal(size=width) for width in widths[1:]]
    a = rng.normal(size=(batch, widths[0]))
    rows = []
    for w, b, name in zip(weights, biases, activations, strict=True):
        z = a @ w + b
        output, slope = _activated(name, z)
        rows.append((a, z, output, slope))
        a = output
    k = widths[-1]
    targets = {
        "mse": rng.normal(size=(batch, k)),
        "bce": rng.integers(0, 2, (batch, k)).astype(float),
        "ce": np.eye(k)[rng.integers(0, k, batch)],
    }[loss]
    adjoints = {
        "mse": lambda: 2 * (a - targets),
        "bce": lambda: (a - targets) / (a * (1 - a)),
        "ce": lambda: -targets / a,
    }
    upstream = adjoints[loss]() / batch
    layers: list[Layer] = []
    for index in reversed(range(len(rows))):
        inputs, z, output, slope = rows[index]
        mixed = output * (upstream - np.sum(upstream * output, axis=1, keepdims=True))
        delta = mixed if slope is None else upstream * slope
        layers.insert(
            0,
            Layer(
                weight=f"W{index + 1}", bias=f"b{index + 1}", inputs=inputs, weights=weights[index],
                bias_values=biases[index], pre_activation=z, output=output, output_adjoint=upstream, delta=delta,
                slope=slope, activation=activations[index],
            ),
        )  # fmt: skip
        upstream = delta @ weights[index].T
    shapes = {f"W{n}": w.shape for n, w in enumerate(weights, 1)} | {f"b{n}": b.shape for n, b in enumerate(biases, 1)}
    penalty = {f"W{n}": decay * w for n, w in enumerate(weights, 1)} if decay else {}
    return Network(layers=tuple(layers), shapes=shapes, penalty=penalty, targets=targets, loss=loss, scale=1 / batch)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One architecture, in as many configurations as batch sizes."""

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    batches: tuple[int, ...] = (7, 3, 1)

    def networks(self, decay: float = 0.0) -> list[Network]:
        """The configurations."""
        return [
            build(self.widths, self.activations, self.loss, batch=batch, seed=10 * n, decay=decay)
            for n, batch in enumerate(self.batches)
        ]


CASES = {
    "tanh-sigmoid-linear-mse": Case(widths=(3, 5, 4, 2), activations=("tanh", "sigmoid", "linear"), loss="mse"),
    "relu-leaky-sigmoid-bce": Case(widths=(3, 5, 4, 2), activations=("relu", "leaky-relu", "sigmoid"), loss="bce"),
    "sigmoid-softmax-ce": Case(widths=(4, 5, 3), activations=("sigmoid", "softmax"), loss="ce"),
    "square-softplus-tanh-sigmoid": Case(widths=(3, 4, 4, 3), activations=("softplus", "tanh", "sigmoid"), loss="mse"),
    "xor": Case(widths=(2, 3, 1), activations=("sigmoid", "sigmoid"), loss="mse", batches=(4, 4, 4)),
    "hidden-softmax": Case(widths=(3, 4, 5, 2), activations=("softmax", "tanh", "linear"), loss="mse"),
}  # fmt: skip
Key = tuple[str, tuple[int, ...], str]


def deviations(network: Network, rate: float) -> Iterator[tuple[Bug, Deviation]]:
    """Everything that the catalogue would do to a network."""
    for bug in CATALOGUE.values():
        if bug.id not in NOT_BY_NUMBERS:
            yield from ((bug, deviation) for deviation in (bug.deviations or (lambda _: ()))(network))
            yield from ((bug, deviation) for deviation in (bug.at_rate or (lambda *_: ()))(network, rate, {}))


def plants(networks: Sequence[Network]) -> list[dict[Key, Deviation]]:
    """The deviations of each configuration by what they are."""
    return [
        {(bug.id, d.layers, d.what): d for bug, d in deviations(network, rate)}
        for network, rate in zip(networks, RATES, strict=False)
    ]


def sizes(network: Network, rate: float) -> dict[str, float]:
    """As a program would say."""
    return {
        "batch": network.batch, "outputs": network.outputs, "features": network.features, "learning_rate": rate,
    }  # fmt: skip


def observe(networks: Sequence[Network], claimed: Sequence[dict[str, Array]]) -> list[Observation]:
    """What was claimed beside the truth."""
    return [
        Observation(claimed=given, true=backward(network), network=network, sizes=sizes(network, rate))
        for network, given, rate in zip(networks, claimed, RATES, strict=False)
    ]


def claim(networks: Sequence[Network], found: Sequence[dict[Key, Deviation]], *keys: Key) -> list[dict[str, Array]]:
    """The gradients with some bugs planted; empty where such code would crash or give no finite number."""
    try:
        with np.errstate(all="ignore"):
            claimed = [
                backward(network, *(each[key] for key in keys)) for network, each in zip(networks, found, strict=True)
            ]
    except (ValueError, KeyError):
        return []
    finite = all(
        np.all(np.isfinite(value)) and np.all(np.abs(value) < 1e8) for each in claimed for value in each.values()
    )
    return claimed if finite else []


def differ(one: Sequence[dict[str, Array]], other: Sequence[dict[str, Array]], tolerance: float = 1e-5) -> bool:
    """Whether any block of any configuration does."""
    pairs = [(a[name], b[name]) for a, b in zip(one, other, strict=True) for name in a]
    return any(a.shape != b.shape or np.linalg.norm(a - b) > tolerance * np.linalg.norm(b) for a, b in pairs)


def names(bug: str, hypothesis: Hypothesis) -> bool:
    """Whether a hypothesis names a bug, or one that is declared equal to it or accepted for it."""
    entry = CATALOGUE[bug]
    accepted = {bug, *entry.same_as, *entry.overlaps}
    return any({each.bug, *each.same_as} & accepted for each in hypothesis.bugs)


def missed(case: Case, start: int, step: int) -> tuple[list[Key], int]:
    """Which of every so many single bugs are not found again, and how many were tried."""
    networks = case.networks()
    found = plants(networks)
    truth = [backward(network) for network in networks]
    lost, count = [], 0
    for key in list(found[0])[start::step]:
        claimed = claim(networks, found, key)
        if not claimed or not differ(claimed, truth, 1e-6):
            continue
        count += 1
        best = next(iter(hypotheses(observe(networks, claimed))), None)
        if best is None or not best.complete or len(best.bugs) != 1 or not names(key[0], best):
            lost.append(key)
    return lost, count
