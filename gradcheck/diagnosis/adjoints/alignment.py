"""Rows of a network brought into the order in which a traced run took its samples (code may shuffle them)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.adjoints.tracks import Track
from gradcheck.diagnosis.network import Array, Layer, Network

__all__ = ["aligned"]

ROW_FIELDS = ("inputs", "pre_activation", "output", "output_adjoint", "delta", "slope", "mask")
RTOL = 1e-9


def aligned(network: Network, tracks: Sequence[Track], point: int) -> Network:
    """The network with its samples in the order of the tracks.

    Parameters
    ----------
    network : Network
        Read at that point.
    tracks : sequence of Track
    point : int
        Which of the tracks' values belong to it.

    Returns
    -------
    Network
        The same one where the order is that already, or is not to be told.
    """
    for layer in network.layers:
        for track in tracks:
            if track.size == layer.pre_activation.size and track.samples == network.batch > 1 and not track.summed:
                order = _order(track.values[point].reshape(layer.pre_activation.shape), layer.pre_activation)
                if order is not None:
                    return network if (order == np.arange(order.size)).all() else _reordered(network, order)
    return network


def _order(rows: Array, known: Array) -> npt.NDArray[np.intp] | None:
    """Which known row each row is; None unless each is another one."""
    scale = max(float(np.abs(known).max()), 1e-300)
    distances = np.abs(rows[:, None, :] - known[None, :, :]).max(axis=2)
    order = distances.argmin(axis=1)
    same = distances[np.arange(len(rows)), order] <= RTOL * scale
    return order if same.all() and np.unique(order).size == order.size else None


def _reordered(network: Network, order: npt.NDArray[np.intp]) -> Network:
    layers = tuple(_rows(layer, order) for layer in network.layers)
    targets = None if network.targets is None else network.targets[order]
    return dataclasses.replace(network, layers=layers, targets=targets)


def _rows(layer: Layer, order: npt.NDArray[np.intp]) -> Layer:
    found = {name: getattr(layer, name) for name in ROW_FIELDS}
    return dataclasses.replace(layer, **{name: value[order] for name, value in found.items() if value is not None})
