"""Biases moved so that pre-activations are near the kinks of the network, or away from all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradcheck.integrations.strategies.architecture import ACTIVATIONS, Architecture, Array, Batch
from gradcheck.integrations.strategies.example import NetworkExample

__all__ = ["MARGIN", "away_from_kinks", "near_kink"]

# Least distance of a pre-activation from a kink: a check steps by 1e-6 of the parameters, and looks at points beside.
MARGIN = 0.03
GRID = 0.125


def away_from_kinks(architecture: Architecture, batch: Batch, params: Mapping[str, Array]) -> dict[str, Array]:
    """The parameters with the nearest biases that keep every kinked unit at least ``MARGIN`` from its kink."""
    moved = {name: np.array(value) for name, value in params.items()}
    for index, name in enumerate(architecture.activations):
        if ACTIVATIONS[name].kinked:
            z = _pre_activations(architecture, batch, moved)[index]
            bias = moved[f"b{index + 1}"]
            for unit in range(z.shape[1]):
                bias[unit] += _shift(z[:, unit])
    return moved


def near_kink(
    architecture: Architecture, batch: Batch, params: Mapping[str, Array], *, unit: int, sample: int, distance: float
) -> dict[str, Array]:
    """The parameters with one unit of the first kinked layer so far from its kink, for one sample.

    Parameters
    ----------
    architecture, batch, params
    unit, sample : int
        Counted from 0, and from 0 again after the last.
    distance : float
        Of the pre-activation from 0, in its own units; below its rounding it comes to 0.
    """
    moved = {name: np.array(value) for name, value in params.items()}
    layer = next((i for i, name in enumerate(architecture.activations) if ACTIVATIONS[name].kinked), None)
    if layer is not None:
        z = _pre_activations(architecture, batch, moved)[layer]
        unit, sample = unit % z.shape[1], sample % z.shape[0]
        moved[f"b{layer + 1}"][unit] -= z[sample, unit] - distance
    return moved


def _pre_activations(architecture: Architecture, batch: Batch, params: Mapping[str, Array]) -> list[Array]:
    found = NetworkExample(architecture=architecture, batch=batch, params=params).namespace()
    z: list[Array] = found["forward"](params)[0]
    return z


def _shift(z: Array) -> float:
    """The smallest move on the grid that leaves no entry within the margin; each entry rules out one at most."""
    steps = sorted(range(-len(z) - 1, len(z) + 2), key=abs)
    return next((GRID * step for step in steps if np.min(np.abs(z + GRID * step)) >= MARGIN), GRID * (len(z) + 1))
