"""Points for a network of an assignment, drawn from a seed: at other sizes too, in the form that the code has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck.submissions.declared.forms import Array, Form

__all__ = ["Shape", "draw", "encoded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What must be known of a network to draw a point for it.

    Attributes
    ----------
    sizes : tuple of int
        Features, hidden layers, outputs.
    targets : str
        ``real``, ``binary`` or ``classes`` (one-hot rows).
    """

    sizes: tuple[int, ...]
    targets: str = "real"

    @property
    def names(self) -> tuple[str, ...]:
        """``W1, b1, W2, ...``."""
        return tuple(f"{kind}{layer}" for layer in range(1, len(self.sizes)) for kind in "Wb")

    def resized(self, features: int | None, hidden: int | None) -> Shape:
        """With other sizes and as many outputs; all hidden layers keep their differences."""
        first, *inner, outputs = self.sizes
        if hidden is not None and inner:
            inner = [max(1, size + hidden - inner[0]) for size in inner]
        return Shape(sizes=(features or first, *inner, outputs), targets=self.targets)

    def shape(self, role: str, batch: int) -> tuple[int, ...]:
        """Of a canonical array.

        Parameters
        ----------
        role : str
            ``X``, ``Y``, ``output``, ``W1``, ``db2``, ``dZ1``, ...
        batch : int
        """
        if role == "X":
            return batch, self.sizes[0]
        if role in ("Y", "output"):
            return batch, self.sizes[-1]
        kind, layer = role.lstrip("d")[0], int(role.lstrip("d")[1:])
        inputs, outputs = self.sizes[layer - 1 : layer + 1]
        return {"W": (inputs, outputs), "b": (outputs,), "Z": (batch, outputs), "A": (batch, outputs)}[kind]


def draw(
    shape: Shape,
    *,
    batch: int,
    seed: int,
    weight_scale: float = 1.0,
    input_scale: float = 1.0,
) -> dict[str, Array]:
    """Inputs, targets and parameters, canonical.

    Parameters
    ----------
    shape : Shape
    batch, seed : int
    weight_scale, input_scale : float
        Dimensionless.

    Notes
    -----
    Weights have the variance ``1 / inputs``, biases half of that scale, so that no unit saturates; no bias is zero.
    Targets of classes hold every class once before any comes twice.
    """
    rng = np.random.default_rng(seed)
    found = {"X": input_scale * rng.standard_normal(shape.shape("X", batch)), "Y": _targets(shape, batch, rng)}
    for name in shape.names:
        size = shape.shape(name, batch)
        spread = 1.0 / np.sqrt(size[0]) if name[0] == "W" else 0.5
        found[name] = weight_scale * spread * rng.standard_normal(size)
    return found


def encoded(values: dict[str, Array], form: Form) -> dict[str, Array]:
    """A point in the form of the code."""
    return {role: form.encode(role, array) for role, array in values.items()}


def _targets(shape: Shape, batch: int, rng: np.random.Generator) -> Array:
    outputs = shape.sizes[-1]
    if shape.targets == "real":
        return rng.standard_normal((batch, outputs))
    if shape.targets == "classes":
        return np.asarray(np.eye(outputs)[rng.permutation(np.arange(batch) % outputs)])
    drawn = rng.integers(0, 2, (batch, outputs)).astype(np.float64)
    drawn[0], drawn[-1] = 0.0, 1.0  # both answers, however few samples there are
    return drawn
