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
    drawn_inputs = rng.standard_normal((batch, features))
    shown = _targets(rng, loss, batch, outputs) if targets is None else targets
    drawn_values = _values(rng, (features, *hidden, outputs), weights, biases=biases)
    values = drawn_values if values is None else dict(values)
    setting = _Setting(
        inputs=drawn_inputs if inputs is None else inputs,
        targets=shown,
        activations=(*[activation] * len(hidden), output),
        mask=None if keep is None else _mask(rng, (batch, hidden[0]), keep),
        loss=loss,
        scale=1 / batch if scale is None else scale,
        strength=strength,
        norm=norm,
        penalised=tuple(name for name in values if name.startswith("W") or regularised_biases),
    )
    network = Network(
        layers=setting.layers(values), shapes={name: value.shape for name, value in values.items()},
        penalty=setting.penalty_gradient(values), targets=shown, loss=loss, scale=setting.scale,
    )  # fmt: skip
    sizes: dict[str, Any] = {"batch": batch, "outputs": outputs, "features": features}
    return Made(network=network, values=values, loss=setting.total, sizes=sizes, options=options)


def _targets(rng: np.random.Generator, loss: str, batch: int, outputs: int) -> Array:
    labels = rng.integers(0, max(outputs, 2), size=batch)
    drawn = rng.standard_normal((batch, outputs))
    kinds = {"mse": drawn, "bce": (drawn > 0).astype(float), "ce": np.eye(max(outputs, 2))[labels][:, :outputs]}
    return kinds[loss]


def _values(rng: np.random.Generator, widths: tuple[int, ...], weights: float, *, biases: bool) -> dict[str, Array]:
    drawn: dict[str, Array] = {}
    for number, (wide, high) in enumerate(pairwise(widths), start=1):
        drawn[f"W{number}"] = weights * rng.standard_normal((wide, high))
        if biases:
            drawn[f"b{number}"] = rng.uniform(0.3, 0.9, size=high) * rng.choice([-1.0, 1.0], size=high)
    return drawn


def _mask(rng: np.random.Generator, shape: tuple[int, int], keep: float) -> Array:
    """One unit at least is dropped, and one kept."""
    drawn = (rng.random(shape) < keep).astype(float)
    drawn[0, 0], drawn[0, 1] = 0.0, 1.0
    return drawn / keep


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What a network's loss is made from, but for its parameters."""

    inputs: Array
    targets: Array
    activations: tuple[str, ...]
    mask: Array | None
    loss: str
    scale: float
    strength: float
    norm: str
    penalised: tuple[str, ...]

    def forward(self, values: Mapping[str, Array]) -> list[tuple[Array, Array, Array]]:
        """Of each layer its inputs, pre-activation and output."""
        rows, inputs = [], self.inputs
        for number, name in enumerate(self.activations, start=1):
            z = inputs @ values[f"W{number}"] + values.get(f"b{number}", 0.0)
            a = _softmax(z) if name == "softmax" else ACTIVATIONS[name][0](z)
            rows.append((inputs, z, a))
            inputs = a * self.mask if number == 1 and self.mask is not None else a
        return rows

    def total(self, values: Mapping[str, Array]) -> float:
        """The loss, with its penalty."""
        penalties = {
            "l2": lambda v: np.sum(v**2), "l1": lambda v: np.sum(np.abs(v)), "norm": np.linalg.norm,
        }  # fmt: skip
        penalty = self.strength * sum(float(penalties[self.norm](values[name])) for name in self.penalised)
        return self.scale * LOSSES[self.loss](self.forward(values)[-1][2], self.targets) + penalty

    def penalty_gradient(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Of the blocks that have a penalty."""
        gradients = {"l2": lambda v: 2 * v, "l1": np.sign, "norm": lambda v: v / np.linalg.norm(v)}
        penalised = self.penalised if self.strength else ()
        return {name: self.strength * gradients[self.norm](values[name]) for name in penalised}

    def layers(self, values: Mapping[str, Array]) -> tuple[Layer, ...]:
        """With their true deltas, from the output back."""
        rows = self.forward(values)
        layers: list[Layer] = []
        adjoint = self.scale * ADJOINTS[self.loss](rows[-1][2], self.targets)
        for number, name in reversed(list(enumerate(self.activations, start=1))):
            inputs, z, a = rows[number - 1]
            weight, bias = f"W{number}", f"b{number}"
            slope = None if name == "softmax" else ACTIVATIONS[name][1](z)
            delta = a * (adjoint - np.sum(adjoint * a, axis=1, keepdims=True)) if slope is None else adjoint * slope
            layer = Layer(
                weight=weight, bias=bias if bias in values else None, inputs=inputs, weights=values[weight],
                bias_values=values.get(bias), pre_activation=z, output=a, output_adjoint=adjoint, delta=delta,
                slope=slope, activation=name, mask=self.mask if number == 1 else None,
            )  # fmt: skip
            layers.insert(0, layer)
            adjoint = delta @ values[weight].T
            if number == 2 and self.mask is not None:
                adjoint = adjoint * self.mask
        return tuple(layers)


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
