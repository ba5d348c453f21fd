"""What was read of a forward pass, held against what was recorded: right back-propagation through it must give that."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.network import Layer, Network
from gradcheck.diagnosis.programs.program import Array, UnavailableError
from gradcheck.language import mark, tr

__all__ = ["agrees", "asserted"]

RTOL = 1e-9
# Of the delta behind a saturated output, where the adjoint of a logarithm is large and cancels.
OUTPUT_RTOL = 1e-6


def agrees(layer: Layer) -> bool:
    """Whether the delta is the output's adjoint through the activation."""
    if layer.slope is not None:
        through = layer.output_adjoint * layer.slope
    elif layer.activation == "softmax":
        inner = np.sum(layer.output_adjoint * layer.output, axis=1, keepdims=True)
        through = layer.output * (layer.output_adjoint - inner)
    else:
        return False
    return _close(through, layer.delta, OUTPUT_RTOL)


def _close(left: Array, right: Array, rtol: float = RTOL) -> bool:
    scale = max(float(np.abs(right).max(initial=0.0)), 1e-300)
    return bool(np.isfinite(left).all() and np.abs(left - right).max(initial=0.0) <= rtol * scale)


def asserted(network: Network, gradients: Mapping[str, Array]) -> Network:
    """The network, if it is right.

    Raises
    ------
    UnavailableError
        If a layer is not what was computed, or a block's gradient is not reproduced.
    """
    for layer in network.layers:
        z = layer.inputs @ layer.weights
        if layer.bias_values is not None:
            z = z + layer.bias_sign * layer.bias_values
        if not _close(z, layer.pre_activation):
            told = tr("the pre-activation of {weights}'s layer is not its affine map", weights=layer.weight)
            raise UnavailableError(told)
    for upper, layer in zip(network.layers[:0:-1], network.layers[-2::-1], strict=True):
        _assert_step(layer, upper)
    found = backward(network)
    for name, gradient in gradients.items():
        if name not in found or not _close(found[name], gradient):
            told = tr("back-propagation through the network that was read does not give {block}'s gradient", block=name)
            raise UnavailableError(told)
    return network


def _assert_step(layer: Layer, upper: Layer) -> None:
    """The error that one layer sends to the one below, entry by entry: no other path may lead to the loss."""
    upstream = upper.delta @ upper.weights.T
    if upper.bias_in_weights is not None:
        upstream = np.delete(upstream, upper.bias_in_weights, axis=1)
    if layer.mask is not None:
        upstream = upstream * layer.mask
    if not _close(upstream, layer.output_adjoint):
        told = tr("the output of {weights}'s layer reaches the loss by another path as well", weights=layer.weight)
        raise UnavailableError(told)
    if layer.slope is not None and not _close(upstream * layer.slope, layer.delta):
        told = mark("the pre-activation of {weights}'s layer reaches the loss by another path as well")
        raise UnavailableError(tr(told, weights=layer.weight))
