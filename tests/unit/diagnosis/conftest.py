"""Small networks made by hand: their layers with true deltas, and their loss as a function of the parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.network import Array, Layer, Network

# Lets the tests of this folder import the programs beside them; the checkout itself stays off the path.
_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


ACTIVATIONS: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "linear": (lambda z: z, np.ones_like),
}
# Derivatives of the unscaled losses with respect to the output.
ADJOINTS: Mapping[str, Callable[[Array, Array], Array]] = {
    "mse": lambda a, y: 2 * (a - y),
    "bce": lambda a, y: (a - y) / (a * (1 - a)),
    "ce": lambda a, y: -y / a,
}
LOSSES: Mapping[str, Callable[[Array, Array], float]] = {
    "mse": lambda a, y: float(np.sum((a - y) ** 2)),
    "bce": lambda a, y: float(-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))),
    "ce": lambda a, y: float(-np.sum(y * np.log(a))),
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A network at one point, and everything that it was made from."""

    network: Network
    values: dict[str, Array]
    loss: Callable[[Mapping[str, Array]], float]
    sizes: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def gradient(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """The true gradient at other values of the parameters."""
        return backward(build(**self.options, values=values).network)


@pytest.fixture
def make() -> Callable[..., Made]:
    """Build a network.

    ``batch``, ``features``, ``hidden`` (widths), ``outputs``, ``activation``, ``output``, ``loss``, ``scale``,
    ``strength`` of a penalty on the weights (``norm``: l2, l1 or norm), ``keep`` of a fixed dropout mask behind the
    first layer, ``biases``, and ``weights`` to multiply them all.
    """
    return build


def build(
    *,
    batch: int = 7,
    features: int = 4,
    hidden: tuple[int, ...] = (6, 5),
    outputs: int = 3,
    activation: str = "tanh",
    output: str = "linear",
    loss: str = "mse",
    scale: float | None = None,
    strength: float = 0.0,
    norm: str = "l2",
    regularised_biases: bool = False,
    keep: float | None = None,
    biases: bool = True,
    weights: float = 1.0,
    inputs: Array | None = None,
    targets: Array | None = None,
    seed: int = 0,
    values: Mapping[str, Array] | None = None,
) -> Made:
    """Build a network; see ``make``. ``values`` replaces the parameters that are drawn."""
    options = {name: value for name, value in locals().items() if name != "values"}
    rng = np.random.default_rng(seed)
    widths = (features, *hidden, outputs)
    scale = 1 / batch if scale is None else scale
    drawn_inputs = rng.standard_normal((batch, features))
    x = drawn_inputs if inputs is None else inputs
    if targets is None:
        labels = rng.integers(0, max(outputs, 2), size=batch)
        drawn = rng.standard_normal((batch, outputs))
        kinds = {"mse": drawn, "bce": (drawn > 0).astype(float), "ce": np.eye(max(outputs, 2))[labels][:, :outputs]}
        targets = kinds[loss]
    drawn_values: dict[str, Array] = {}
    for number, (wide, high) in enumerate(pairwise(widths), start=1):
        drawn_values[f"W{number}"] = weights * rng.standard_normal((wide, high))
        if biases:
            drawn_values[f"b{number}"] = rng.uniform(0.3, 0.9, size=high) * rng.choice([-1.0, 1.0], size=high)
    values = drawn_values if values is None else dict(values)
    masks: list[Array | None] = [None] * len(widths)
    if keep is not None:
        drawn = (rng.random((batch, hidden[0])) < keep).astype(float)
        drawn[0, 0], drawn[0, 1] = 0.0, 1.0
        masks[0] = drawn / keep
    count = len(widths) - 1
    names = [activation] * (count - 1) + [output]
    penalised = [name for name in values if name.startswith("W") or regularised_biases]

    def forward(values: Mapping[str, Array]) -> list[tuple[Array, Array, Array]]:
        rows, inputs = [], x
        for number in range(count):
            z = inputs @ values[f"W{number + 1}"] + values.get(f"b{number + 1}", 0.0)
            a = _softmax(z) if names[number] == "softmax" else ACTIVATIONS[names[number]][0](z)
            rows.append((inputs, z, a))
            mask = masks[number]
            inputs = a if mask is None else a * mask
        return rows

    def total(values: Mapping[str, Array]) -> float:
        penalties = {
            "l2": lambda v: np.sum(v**2), "l1": lambda v: np.sum(np.abs(v)), "norm": np.linalg.norm,
        }  # fmt: skip
        penalty = strength * sum(float(penalties[norm](values[name])) for name in penalised)
        return scale * LOSSES[loss](forward(values)[-1][2], targets) + penalty

    rows = forward(values)
    layers: list[Layer] = []
    adjoint = scale * ADJOINTS[loss](rows[-1][2], targets)
    for number in range(count - 1, -1, -1):
        inputs, z, a = rows[number]
        slope = None if names[number] == "softmax" else ACTIVATIONS[names[number]][1](z)
        delta = a * (adjoint - np.sum(adjoint * a, axis=1, keepdims=True)) if slope is None else adjoint * slope
        layers.insert(
            0,
            Layer(
                weight=f"W{number + 1}", bias=f"b{number + 1}" if biases else None, inputs=inputs,
                weights=values[f"W{number + 1}"], bias_values=values.get(f"b{number + 1}"), pre_activation=z,
                output=a, output_adjoint=adjoint, delta=delta, slope=slope, activation=names[number],
                mask=masks[number],
            ),
        )  # fmt: skip
        adjoint = delta @ values[f"W{number + 1}"].T
        if number and masks[number - 1] is not None:
            adjoint = adjoint * masks[number - 1]
    gradients = {"l2": lambda v: 2 * v, "l1": np.sign, "norm": lambda v: v / np.linalg.norm(v)}
    penalty = {name: strength * gradients[norm](values[name]) for name in penalised} if strength else {}
    network = Network(
        layers=tuple(layers), shapes={name: value.shape for name, value in values.items()}, penalty=penalty,
        targets=targets, loss=loss, scale=scale,
    )  # fmt: skip
    sizes: dict[str, Any] = {"batch": batch, "outputs": outputs, "features": features}
    return Made(network=network, values=values, loss=total, sizes=sizes, options=options)


@pytest.fixture
def numeric() -> Callable[[Made], dict[str, Array]]:
    """The gradient of a made network by central differences, entry by entry."""

    def gradient(made: Made) -> dict[str, Array]:
        result = {}
        for name, value in made.values.items():
            slopes = np.zeros(value.shape)
            for index in np.ndindex(value.shape):
                sides = []
                for step in (1e-6, -1e-6):
                    moved = value.copy()
                    moved[index] += step
                    sides.append(made.loss({**made.values, name: moved}))
                slopes[index] = (sides[0] - sides[1]) / 2e-6
            result[name] = slopes
        return result

    return gradient
