"""Back-propagation with one or more things done otherwise: what a wrong program would compute."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = ["Deviation", "Rule", "backward", "in_bias_shape", "in_block_shape", "through_activation", "through_weights"]

# (network, index of the layer, what is right so far) -> what is used instead.
Rule = Callable[[Network, int, Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One departure from right back-propagation, as a bug of the catalogue would make it.

    Every rule gets the network, the index of the layer and the array that right code would go on from, and returns the
    array used instead. Rules by layer index; ``scale`` multiplies blocks at the end.

    Attributes
    ----------
    bug : str
        Catalogue id.
    layers : tuple of int
        Layers whose own code it is in.
    block : str
        Whose gradient it changes, where it is told of one block alone.
    what : str
        What is used instead, for the evidence.
    output_delta : Rule or None
        Gets the true ``dL/dz_L``.
    delta : mapping of layer to Rule
        Gets ``dL/da_l`` as computed so far; returns ``d_l`` (right: times ``f'(z_l)``).
    upstream : mapping of layer to Rule
        For layer ``l`` gets ``d_{l+1}`` as computed so far; returns what is taken for ``dL/da_l``.
    weight : mapping of layer to Rule
        Gets ``d_l``; returns the gradient of ``weights`` (n, h), the penalty not included.
    bias : mapping of layer to Rule
        Gets ``d_l``; returns what is broadcast against the bias (h,), or something of another shape, which the block
        then has: nothing but a shape could tell it.
    penalty : callable or None
        ``penalty(network)`` returns the penalty's part a block instead of ``network.penalty``.
    scale : mapping of block name to float
        Constant factors at the end.
    swap : mapping of block name to block name
        Whose gradient is given instead.
    finish : callable or None
        Gets the finished gradients by block, returns them changed.
    alone : bool
        Whether it is one of so many that it is tried by itself only, and not beside another bug of the same layer.
    """

    bug: str
    layers: tuple[int, ...] = ()
    block: str = ""
    what: str = ""
    output_delta: Rule | None = None
    delta: Mapping[int, Rule] = field(default_factory=dict)
    upstream: Mapping[int, Rule] = field(default_factory=dict)
    weight: Mapping[int, Rule] = field(default_factory=dict)
    bias: Mapping[int, Rule] = field(default_factory=dict)
    penalty: Callable[[Network], Mapping[str, Array]] | None = None
    scale: Mapping[str, float] = field(default_factory=dict)
    swap: Mapping[str, str] = field(default_factory=dict)
    finish: Callable[[Network, dict[str, Array]], dict[str, Array]] | None = None
    alone: bool = False


def backward(network: Network, *deviations: Deviation) -> dict[str, Array]:
    """The gradient of every block, with the deviations; the true one without any.

    Where two deviations replace the same thing, both are applied, the first one first: the second gets what the first
    one returned. For ``weight`` and ``bias``, which are made from a delta rather than handed on, the last one counts.

    Returns
    -------
    dict of block name to ndarray
        In the blocks' own shapes.

    Raises
    ------
    ValueError
        If a deviation does not fit the network's shapes.
    """
    gradients: dict[str, Array] = dict(network.other)
    last = len(network.layers) - 1
    delta = network.layers[last].delta
    for deviation in deviations:
        if deviation.output_delta is not None:
            delta = deviation.output_delta(network, last, delta)
    for index in range(last, -1, -1):
        layer = network.layers[index]
        if index < last:
            delta = _delta(network, index, delta, deviations)
        _own_blocks(network, index, layer, delta, deviations, gradients)
    return _finished(network, gradients, deviations)


def _delta(network: Network, index: int, above: Array, deviations: tuple[Deviation, ...]) -> Array:
    """``d_l`` from ``d_{l+1}``."""
    layer, following = network.layers[index], network.layers[index + 1]
    upstream: Array
    replaced = [d.upstream[index] for d in deviations if index in d.upstream]
    if replaced:
        upstream = above
        for rule in replaced:
            upstream = rule(network, index, upstream)
    else:
        upstream = through_weights(layer, following, above)
    rules = [d.delta[index] for d in deviations if index in d.delta]
    if not rules:
        return through_activation(layer, upstream)
    for rule in rules:
        upstream = rule(network, index, upstream)
    return upstream


def through_weights(layer: Layer, following: Layer, above: Array, weights: Array | None = None) -> Array:
    """``dL/da`` of a layer from ``dL/dz`` of the following one, by its weights or by others of their shape (n, h)."""
    upstream: Array = above @ (following.weights if weights is None else weights).T
    if following.bias_in_weights is not None:
        upstream = np.delete(upstream, following.bias_in_weights, axis=1)
    if layer.mask is not None:
        upstream = upstream * layer.mask
    return upstream


def through_activation(layer: Layer, upstream: Array) -> Array:
    """``dL/dz`` from ``dL/da``, for any upstream where the activation is elementwise.

    Raises
    ------
    ValueError
        For an activation that mixes entries, unless the upstream is the true one.
    """
    if layer.slope is not None:
        return upstream * layer.slope
    if layer.activation == "softmax":
        inner = np.sum(upstream * layer.output, axis=1, keepdims=True)
        through: Array = layer.output * (upstream - inner)
        return through
    if np.allclose(upstream, layer.output_adjoint, rtol=1e-9, atol=0):
        return layer.delta
    raise ValueError(tr("the activation of {weights}'s layer mixes entries", weights=layer.weight))


def _own_blocks(
    network: Network, index: int, layer: Layer, delta: Array, deviations: tuple[Deviation, ...],
    gradients: dict[str, Array],
) -> None:  # fmt: skip
    weight = layer.inputs.T @ delta
    for deviation in deviations:
        if index in deviation.weight:
            weight = deviation.weight[index](network, index, delta)
    total = gradients.get(layer.weight)
    own = in_block_shape(network, layer, weight)
    gradients[layer.weight] = own if total is None else total + own
    if layer.bias is None:
        return
    bias = np.asarray(delta.sum(axis=0))
    for deviation in deviations:
        if index in deviation.bias:
            bias = deviation.bias[index](network, index, delta)
    shift = in_bias_shape(network, layer, bias)
    shared = gradients.get(layer.bias)
    gradients[layer.bias] = shift if shared is None else shared + shift


def in_block_shape(network: Network, layer: Layer, weight: Array) -> Array:
    """A gradient of ``weights`` as the block holds it."""
    if layer.weight_entries is not None:
        return _scattered(network.shapes[layer.weight], layer.weight_entries, np.asarray(weight))
    turned: Array = np.asarray(weight).T if layer.weight_transposed else np.asarray(weight)
    return turned.reshape(network.shapes[layer.weight])


def in_bias_shape(network: Network, layer: Layer, bias: Array) -> Array:
    """A bias gradient (h,), a number, or anything that broadcasts, as the block holds it; else in its own shape."""
    assert layer.bias is not None
    shape = network.shapes[layer.bias]
    signed: Array = layer.bias_sign * np.asarray(bias, dtype=np.float64)
    if layer.bias_entries is not None:
        return _scattered(shape, layer.bias_entries, signed)
    if signed.ndim == 1 and int(np.prod(shape)) == 1:  # one bias for all units
        return np.full(shape, signed.sum())
    if signed.size == math.prod(shape):
        return signed.reshape(shape)
    if signed.ndim > 1:
        return signed.T if layer.weight_transposed else signed
    return np.array(np.broadcast_to(signed, shape))


def _scattered(shape: tuple[int, ...], entries: npt.NDArray[np.intp], values: Array) -> Array:
    """Values at some entries of a block, zero elsewhere; what does not fit there stays as it is."""
    try:
        placed = np.broadcast_to(values, entries.shape)
    except ValueError:
        return values
    block = np.zeros(int(np.prod(shape)))
    np.add.at(block, entries.ravel(), placed.ravel())
    return block.reshape(shape)


def _finished(network: Network, gradients: dict[str, Array], deviations: tuple[Deviation, ...]) -> dict[str, Array]:
    penalty = network.penalty
    for deviation in deviations:
        if deviation.penalty is not None:
            penalty = deviation.penalty(network)
    for name, part in penalty.items():
        gradients[name] = gradients.get(name, np.zeros(network.shapes[name])) + part
    for deviation in deviations:
        if deviation.finish is not None:
            gradients = deviation.finish(network, gradients)
        gradients = {name: gradients[deviation.swap.get(name, name)] for name in gradients}
        for name, factor in deviation.scale.items():
            gradients[name] = gradients[name] * factor
    return gradients
