"""A flat vector of all parameters as the weights and biases that it holds, so that each can be looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = ["split"]

Entries = npt.NDArray[np.intp]


def split(observation: Observation) -> tuple[Observation, Mapping[str, str]]:
    """An observation with every layer's weights and biases as blocks of their own.

    Parameters
    ----------
    observation : Observation
        Of a network whose layers are entries of larger blocks; others are returned as they are.

    Returns
    -------
    observation, owners : Observation, mapping of part to block
        ``owners`` is empty where nothing was split, also where the entries do not make up their blocks exactly.
    """
    network = observation.network
    if network is None or not any(layer.weight_entries is not None for layer in network.layers):
        return observation, {}
    places = [_places(layer, number) for number, layer in enumerate(network.layers, start=1)]
    flat = {name: part for each in places for name, part in each.items()}
    if not _exact(flat, network, observation):
        return observation, {}
    owners = {name: block for name, (block, _) in flat.items()}

    def cut(values: Mapping[str, Array]) -> dict[str, Array]:
        whole = {name: value for name, value in values.items() if name not in owners.values()}
        parts = {
            name: np.asarray(values[block]).ravel()[entries].reshape(entries.shape)
            for name, (block, entries) in flat.items()
            if block in values
        }
        return {**whole, **parts}

    layers = tuple(
        replace(layer, weight=_weight(number), weight_entries=None, bias_entries=None, bias=(
            None if layer.bias is None else _bias(number)
        ))
        for number, layer in enumerate(network.layers, start=1)
    )  # fmt: skip
    shapes = {name: shape for name, shape in network.shapes.items() if name not in owners.values()}
    own = replace(
        network,
        layers=layers,
        shapes={**shapes, **{name: entries.shape for name, (_, entries) in flat.items()}},
        penalty=cut(network.penalty),
        other=cut(network.other),
    )
    return replace(observation, claimed=cut(observation.claimed), true=cut(observation.true), network=own), owners


def _weight(number: int) -> str:
    return tr("the weights of layer {number}", number=number)


def _bias(number: int) -> str:
    return tr("the biases of layer {number}", number=number)


def _places(layer: Layer, number: int) -> dict[str, tuple[str, Entries]]:
    """The parts of a layer: their blocks, and the entries there."""
    found: dict[str, tuple[str, Entries]] = {}
    if layer.weight_entries is not None:
        found[_weight(number)] = (layer.weight, layer.weight_entries)
    if layer.bias is not None and layer.bias_entries is not None:
        found[_bias(number)] = (layer.bias, layer.bias_entries)
    return found


def _exact(flat: Mapping[str, tuple[str, Entries]], network: Network, observation: Observation) -> bool:
    """Whether every layer is split, every entry is in one part, and what is claimed has the blocks' sizes."""
    blocks = {block for block, _ in flat.values()}
    parts = 2 * len(network.layers) - sum(layer.bias is None for layer in network.layers)
    if len(flat) < parts:
        return False
    for block in blocks:
        entries = np.concatenate([places.ravel() for owner, places in flat.values() if owner == block])
        size = int(np.prod(network.shapes[block]))
        if block not in observation.claimed or observation.claimed[block].size != size:
            return False
        if not np.array_equal(np.sort(entries), np.arange(size)):
            return False
    return True
