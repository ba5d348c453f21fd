"""A block that holds the weights of several layers (a flat vector of all parameters), taken apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = ["Parts", "in_parts", "parts_of", "split"]

# Block -> name of each part -> its entries in the block, in C order; None for the whole.
Parts = Mapping[str, Mapping[str, npt.NDArray[np.intp] | None]]


def parts_of(network: Network) -> Parts:
    """The parts of each block that holds more than one thing."""
    found: dict[str, dict[str, npt.NDArray[np.intp] | None]] = {}
    for index, layer in enumerate(network.layers):
        if layer.weight_entries is not None:
            found.setdefault(layer.weight, {})[_weights(layer.weight, index)] = layer.weight_entries
        if layer.bias is not None and layer.bias_entries is not None:
            found.setdefault(layer.bias, {})[_biases(layer.bias, index)] = layer.bias_entries
    return found


def split(arrays: Mapping[str, Array], parts: Parts) -> dict[str, Array]:
    """Arrays by block as arrays by part; blocks that are not taken apart as they are."""
    found = {}
    for name, array in arrays.items():
        for part, entries in parts.get(name, {name: None}).items():
            found[part] = array if entries is None else np.ravel(array)[entries]
    return found


def in_parts(network: Network) -> Network:
    """The network with a block for each part."""
    parts = parts_of(network)
    shapes = dict(network.shapes)
    for block in parts.values():
        shapes |= {name: entries.shape for name, entries in block.items() if entries is not None}
    layers = tuple(_own(layer, index) for index, layer in enumerate(network.layers))
    penalty = split(network.penalty, parts)
    return dataclasses.replace(network, layers=layers, shapes=shapes, penalty=penalty)


def _own(layer: Layer, index: int) -> Layer:
    if layer.weight_entries is not None:
        layer = dataclasses.replace(layer, weight=_weights(layer.weight, index), weight_entries=None)
    if layer.bias is not None and layer.bias_entries is not None:
        layer = dataclasses.replace(layer, bias=_biases(layer.bias, index), bias_entries=None)
    return layer


def _weights(block: str, index: int) -> str:
    return tr("{block} (weights of layer {number})", block=block, number=index + 1)


def _biases(block: str, index: int) -> str:
    return tr("{block} (biases of layer {number})", block=block, number=index + 1)
