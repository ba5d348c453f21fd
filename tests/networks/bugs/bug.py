"""A bug: one step of the right backward pass replaced, on a network where it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from networks.network import ColumnNetwork, Network, Parts, build_network, parts_of
from networks.specification import Specification

__all__ = ["BASE", "DEEP", "SQUARE", "Bug", "bug", "leaves"]

# All layer sizes different, three outputs, seven samples, biases not zero.
BASE = Specification(
    sizes=(5, 6, 4, 3), activation="tanh", loss="mse-entries", output="sigmoid", batch=7, initialisation="unit"
)
# Layers of one size, so that a wrong matrix fits.
SQUARE = replace(BASE, sizes=(5, 5, 5, 5))
DEEP = replace(BASE, sizes=(6, 5, 4, 3, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One way to be wrong.

    Attributes
    ----------
    id : str
        Of the catalogue, or a plain description for errors that have no name there.
    variant : str
        Tells two forms of one bug apart.
    spec : Specification
        A network on which it shows.
    steps : mapping of method name to function
        What replaces the steps of ``Network``'s backward pass; each takes the network first.
    base : type
        The network whose steps are replaced.
    """

    id: str
    spec: Specification
    steps: Mapping[str, Callable[..., Any]]
    variant: str = ""
    base: type[Network] = Network

    @property
    def name(self) -> str:
        """For a test's id."""
        return f"{self.id} ({self.variant})" if self.variant else self.id

    def right(self) -> Parts:
        """The network without the bug."""
        return parts_of(*build_network(self.spec, self._base()))

    def wrong(self) -> Parts:
        """The network with the bug."""
        return parts_of(*build_network(self.spec, self.kind()))

    def kind(self) -> type[Network]:
        """The network's class with the steps replaced."""
        return type("Buggy", (self._base(),), dict(self.steps))

    def _base(self) -> type[Network]:
        return ColumnNetwork if self.spec.layout == "columns" and self.base is Network else self.base

    def relative_errors(self) -> dict[str, float]:
        """How far each block of the wrong gradient is off, norm over norm; infinite where its shape is another."""
        right, wrong = self.right(), self.wrong()
        true = leaves(right.gradient(right.params))
        try:
            claimed = leaves(wrong.gradient(wrong.params))
        except ValueError:  # shapes that do not fit: nothing is right
            return dict.fromkeys(true, float("inf"))
        return {name: _distance(true[name], claimed[name]) for name in true}


def bug(identifier: str, spec: Specification = BASE, variant: str = "", **steps: Callable[..., Any]) -> Bug:
    """A row of the table: the steps are named as keyword arguments."""
    return Bug(id=identifier, spec=spec, variant=variant, steps=steps)


def leaves(params: Any) -> dict[str, Any]:
    """The blocks of a gradient in ``dict`` form; a single block otherwise."""
    return dict(params) if isinstance(params, dict) else {"params": params}


def _distance(true: Any, claimed: Any) -> float:
    if claimed is None or np.shape(claimed) != np.shape(true):
        return float("inf")
    scale = max(float(np.linalg.norm(true)), float(np.linalg.norm(claimed))) or 1.0
    return float(np.linalg.norm(np.subtract(claimed, true))) / scale
