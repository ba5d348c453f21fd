"""What a drawn network is made of: its architecture, a batch, and tables of activations and losses as NumPy text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError

__all__ = ["ACTIVATIONS", "DTYPES", "LOSSES", "Activation", "Architecture", "Array", "Batch", "Loss"]

Array = npt.NDArray[Any]
DTYPES = ("float64", "float32")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """``a = f(z)`` and ``f'(z)`` as NumPy text over ``{z}`` and ``{a}``; no slope where it mixes entries."""

    value: str
    slope: str | None
    kinked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A sum over the batch as NumPy text, of the output's pre-activation ``{z}``, the output ``{a}`` and targets ``Y``.

    Attributes
    ----------
    value : str
    slope : str
        Derivative by the output, entry by entry.
    outputs : tuple of str
        Activations that the output layer may have.
    targets : {"real", "binary", "one-hot"}
    kind : {"mse", "bce", "ce"}
        What a diagnosis calls it.
    scale : float
        Of the sum of squares or of cross-entropies.
    delta : str or None
        Derivative by the output's pre-activation, where it is not the slope times that of the activation.
    """

    value: str
    slope: str
    outputs: tuple[str, ...]
    targets: str
    kind: str
    scale: float = 1.0
    delta: str | None = None


# The simplest first: a failing example is shrunk towards it.
ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "linear": Activation(value="{z}", slope="np.ones_like({z})"),
        "relu": Activation(value="np.maximum({z}, 0)", slope="({z} > 0).astype({z}.dtype)", kinked=True),
        "leaky-relu": Activation(
            value="np.where({z} > 0, {z}, 0.125 * {z})",
            slope="np.where({z} > 0, 1, 0.125).astype({z}.dtype)",
            kinked=True,
        ),
        "tanh": Activation(value="np.tanh({z})", slope="1 - {a}**2"),
        "sigmoid": Activation(value="1 / (1 + np.exp(-{z}))", slope="{a} * (1 - {a})"),
        "softplus": Activation(value="np.log1p(np.exp({z}))", slope="1 / (1 + np.exp(-{z}))"),
        "softmax": Activation(value="np.exp({z}) / np.exp({z}).sum(axis=1, keepdims=True)", slope=None),
    }
)
LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "squares": Loss(
            value="np.sum(({a} - Y) ** 2)",
            slope="2 * ({a} - Y)",
            outputs=("linear", "sigmoid", "tanh"),
            targets="real",
            kind="mse",
        ),
        "half-squares": Loss(
            value="np.sum(({a} - Y) ** 2) / 2",
            slope="({a} - Y)",
            outputs=("linear", "sigmoid", "tanh"),
            targets="real",
            kind="mse",
            scale=0.5,
        ),
        "binary-cross-entropy": Loss(
            value="np.sum(np.log1p(np.exp({z})) - Y * {z})",
            slope="({a} - Y) / ({a} * (1 - {a}))",
            outputs=("sigmoid",),
            targets="binary",
            kind="bce",
            delta="({a} - Y)",
        ),
        "cross-entropy": Loss(
            value="np.sum(np.log(np.exp({z}).sum(axis=1)) - np.sum(Y * {z}, axis=1))",
            slope="-Y / {a}",
            outputs=("softmax",),
            targets="one-hot",
            kind="ce",
            delta="({a} - Y)",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A fully connected network without its numbers.

    Attributes
    ----------
    sizes : tuple of int
        Features, units of the hidden layers, outputs.
    activations : tuple of str
        Of each layer, keys of ``ACTIVATIONS``.
    loss : str
        Key of ``LOSSES``.
    mean : bool
        Whether the loss is divided by the number of samples.
    l2 : float
        What the sum of the squared weights is multiplied by in the loss; 0 for no penalty.
    dtype : {"float64", "float32"}

    Raises
    ------
    InvalidArgumentError
        For a name that is in no table, sizes below 1, or an output that the loss does not go with.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "squares"
    mean: bool = False
    l2: float = 0.0
    dtype: str = "float64"

    def __post_init__(self) -> None:
        for what, name, table in (
            ("loss", self.loss, LOSSES),
            ("dtype", self.dtype, DTYPES),
            *(("activations", name, ACTIVATIONS) for name in self.activations),
        ):
            if name not in table:
                raise InvalidArgumentError(f"{what}={name!r}; expected one of {', '.join(table)}.")
        if len(self.sizes) < 2 or min(self.sizes) < 1 or len(self.activations) != len(self.sizes) - 1:
            raise InvalidArgumentError(
                f"sizes={self.sizes!r} and activations={self.activations!r}; expected at least features and outputs, "
                "all 1 or more, and one activation for each layer between them."
            )
        if self.activations[-1] not in LOSSES[self.loss].outputs or "softmax" in self.activations[:-1]:
            raise InvalidArgumentError(
                f"activations={self.activations!r}; with loss={self.loss!r} the output is one of "
                f"{', '.join(LOSSES[self.loss].outputs)}, and softmax stands at the output alone."
            )

    @property
    def layers(self) -> int:
        """Number of layers with weights."""
        return len(self.activations)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters: ``W1 (features, units)``, ``b1 (units,)``, ..."""
        found: dict[str, tuple[int, ...]] = {}
        for number, (inputs, units) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            found[f"W{number}"], found[f"b{number}"] = (inputs, units), (units,)
        return found

    @property
    def kinked(self) -> bool:
        """Whether an activation has a kink."""
        return any(ACTIVATIONS[name].kinked for name in self.activations)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Samples: ``inputs (m, features)`` and ``targets (m, outputs)``, of the dtype of the network."""

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"Batch(inputs={written(self.inputs)}, targets={written(self.targets)})"


def written(values: Array) -> str:
    """An array as Python that makes it again."""
    return f"np.array({np.asarray(values).tolist()!r}, dtype={str(values.dtype)!r})"
