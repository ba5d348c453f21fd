"""What a test network is, as data: sizes, activation, loss, start, inputs, precision, form of its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from networks.losses import LOSSES

__all__ = ["INITIALISATIONS", "STRUCTURES", "Specification", "draw_data", "draw_parameters"]

Array = npt.NDArray[Any]

STRUCTURES = ("dict", "list", "nested", "flat")
INITIALISATIONS = ("he", "xavier", "tiny", "saturated-3", "saturated-10", "zeros", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One fully connected network at one point.

    Attributes
    ----------
    sizes : tuple of int
        Features, hidden units, outputs.
    activation, loss, output : str
        Rows of ``ACTIVATIONS`` and ``LOSSES``; ``output`` is the output activation where the loss leaves it open.
    batch : int
    initialisation : str
        One of ``INITIALISATIONS``.
    biases : {"random", "zero"}
    data : {"random", "xor", "padded"}
        ``padded``: the last half of the features is zero throughout.
    input_scale, loss_scale, loss_offset : float
        The last two act on the loss: ``loss_scale * loss + loss_offset``.
    l2, l1 : float
        ``l2 * sum(W**2) / 2`` and ``l1 * sum(|W|)`` beside the loss.
    dtype : str
        Of parameters and data.
    cast : str or None
        The dtype that the code casts everything to inside.
    layout : {"rows", "columns"}
        ``(batch, features)`` with ``X W + b``, or ``(features, batch)`` with ``W X + b``.
    structure : str
        How the parameters are handed over: one of ``STRUCTURES``.
    seed : int
    """

    sizes: tuple[int, ...]
    activation: str = "tanh"
    loss: str = "mse-entries"
    output: str = "identity"
    batch: int = 7
    initialisation: str = "xavier"
    biases: str = "random"
    data: str = "random"
    input_scale: float = 1.0
    loss_scale: float = 1.0
    loss_offset: float = 0.0
    l2: float = 0.0
    l1: float = 0.0
    dtype: str = "float64"
    cast: str | None = None
    layout: str = "rows"
    structure: str = "dict"
    seed: int = 0

    @property
    def depth(self) -> int:
        """Number of weight matrices."""
        return len(self.sizes) - 1

    @property
    def output_activation(self) -> str:
        """The output activation: the loss's own, if it has one."""
        return LOSSES[self.loss].output or self.output

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))

    @property
    def id(self) -> str:
        """What tells it from the default, for a test's name."""
        parts = ["-".join(map(str, self.sizes)), self.activation, self.loss]
        default = Specification(sizes=self.sizes)
        words = ("output", "batch", "initialisation", "biases", "data", "dtype", "layout", "structure")
        numbers = ("input_scale", "loss_scale", "loss_offset", "l2", "l1")
        parts += [str(getattr(self, name)) for name in words if getattr(self, name) != getattr(default, name)]
        parts += [f"{n}={getattr(self, n):g}" for n in numbers if getattr(self, n) != getattr(default, n)]
        parts += [f"cast={self.cast}"] if self.cast else []
        return " ".join([*parts, f"seed{self.seed}"])


def draw_parameters(spec: Specification, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Weights ``(inputs, outputs)`` and biases ``(outputs,)`` of each layer, row layout, in the network's dtype."""
    layers = []
    for fan_in, fan_out in zip(spec.sizes, spec.sizes[1:], strict=False):
        weight = _scale(spec.initialisation, fan_in, fan_out) * rng.standard_normal((fan_in, fan_out))
        bias = 0.1 * rng.standard_normal(fan_out) if spec.biases == "random" else np.zeros(fan_out)
        layers.append((weight.astype(spec.dtype), bias.astype(spec.dtype)))
    return layers


def _scale(name: str, fan_in: int, fan_out: int) -> float:
    xavier = math.sqrt(2.0 / (fan_in + fan_out))
    return {
        "he": math.sqrt(2.0 / fan_in),
        "xavier": xavier,
        "tiny": 0.01,
        "saturated-3": 3.0 * xavier,
        "saturated-10": 10.0 * xavier,
        "zeros": 0.0,
        "unit": 1.0,
    }[name]


def draw_data(spec: Specification, rng: np.random.Generator) -> tuple[Array, Array]:
    """Inputs ``(batch, features)`` and targets ``(batch, outputs)`` in the network's dtype."""
    features, outputs = spec.sizes[0], spec.sizes[-1]
    if spec.data == "xor":
        inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
        classes = np.array([0, 1, 1, 0])
    else:
        inputs = rng.standard_normal((spec.batch, features))
        classes = rng.integers(max(outputs, 2), size=spec.batch)
    if spec.data == "padded":
        inputs[:, features - features // 2 :] = 0.0
    kind = LOSSES[spec.loss].targets
    if kind == "one-hot":
        targets = np.eye(outputs)[classes % outputs]
    elif spec.data == "xor":
        targets = np.repeat(classes[:, None], outputs, axis=1).astype(float)
    elif kind == "binary":
        targets = rng.integers(2, size=(spec.batch, outputs)).astype(float)
    else:
        targets = rng.standard_normal((spec.batch, outputs))
    return (spec.input_scale * inputs).astype(spec.dtype), targets.astype(spec.dtype)
