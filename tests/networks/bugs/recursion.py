"""Bugs of the recursion: the last block is right, earlier ones are wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from networks.bugs.bug import BASE, DEEP, SQUARE, Bug, bug
from networks.network import Network

__all__ = ["RECURSION_BUGS"]

SIGMOID = replace(BASE, activation="sigmoid")
RELU = replace(BASE, activation="relu-0")
LEAKY = replace(BASE, activation="leaky")
SQUARE_RELU = replace(SQUARE, activation="relu-0")
SQUARE_SIGMOID = replace(SQUARE, activation="sigmoid")


def _of_pre_activation(function: Any) -> Any:
    """A factor made of ``z`` in place of ``f'(z)``."""
    return lambda net, trace, number, delta: function(trace.pre_activations[number])  # noqa: ARG005 - a step's signature


def _of_activation(function: Any) -> Any:
    return lambda net, trace, number, delta: function(trace.activations[number + 1])  # noqa: ARG005


def _at_activation(net: Any, trace: Any, number: int, _: Any) -> Any:
    return net.hidden.derivative(trace.activations[number + 1])


def _at_inputs(net: Any, trace: Any, *_: Any) -> Any:
    return net.hidden.derivative(trace.activations[0])


def _of_gradient(net: Any, trace: Any, number: int, delta: Any) -> Any:
    error = net.error_below(trace, number, delta)
    return error * (1.0 - error)


def _squared(net: Any, trace: Any, number: int, _: Any) -> Any:
    return net.hidden.derivative(trace.pre_activations[number]) ** 2


def _mask_of_other_layer(net: Any, trace: Any, number: int, _: Any) -> Any:
    return net.hidden.derivative(trace.pre_activations[number + 1])


def _one(*_: Any) -> float:
    return 1.0


def _relu_on_gradient(net: Any, trace: Any, number: int, delta: Any) -> Any:
    return np.maximum(0.0, Network.error_below(net, trace, number, delta))


def _raw_error(net: Any, trace: Any, number: int, delta: Any) -> Any:
    """The output error without the output's derivative is sent down."""
    if number == len(trace.layers) - 2:
        delta = net.loss_row.derivative(trace.output, net.targets)
    return Network.error_below(net, trace, number, delta)


def _nothing_from_above(_: Any, trace: Any, number: int, __: Any) -> Any:
    return np.ones_like(trace.activations[number + 1])


def _only_the_delta(_: Any, trace: Any, number: int, delta: Any) -> Any:
    return delta.sum(axis=1, keepdims=True) * np.ones_like(trace.activations[number + 1])


def _updated_weights(rate: float) -> Any:
    """``W`` was updated before the error passed it."""

    def error_below(net: Any, trace: Any, number: int, delta: Any) -> Any:
        updated = trace.layers[number + 1][0] - rate * net.weight_gradient(trace, number + 1, delta)
        return delta @ updated.T

    return error_below


def _stale_weights(_: Any, trace: Any, number: int, delta: Any) -> Any:
    stale = np.random.default_rng(5).standard_normal(trace.layers[number + 1][0].shape)
    return delta @ stale.T


def _own_layer_weights(_: Any, trace: Any, number: int, delta: Any) -> Any:
    return delta @ trace.layers[number][0].T


def _untransposed(_: Any, trace: Any, number: int, delta: Any) -> Any:
    return delta @ trace.layers[number + 1][0]


def _summed_weights(_: Any, trace: Any, number: int, delta: Any) -> Any:
    weight = trace.layers[number + 1][0]
    return delta @ np.repeat(weight.sum(axis=0)[:, None], len(weight), axis=1)


def _bias_column_kept(_: Any, trace: Any, number: int, delta: Any) -> Any:
    """The bias is row 0 of the joined matrix; the last row is dropped instead."""
    weight, bias = trace.layers[number + 1]
    return (delta @ np.vstack([bias, weight]).T)[:, :-1]


def _stopped(net: Any, trace: Any, number: int, delta: Any) -> Any:
    return 0.0 * Network.error_below(net, trace, number, delta)


RECURSION_BUGS: tuple[Bug, ...] = (
    bug("missing-hidden-derivative", local_derivative=_one),
    bug("missing-hidden-derivative", replace(RELU, layout="columns"), "columns", local_derivative=_one),
    bug("relu-mask-always-on", RELU, local_derivative=_of_activation(lambda a: a >= 0)),
    bug("derivative-at-activation", SIGMOID, "sigmoid", local_derivative=_at_activation),
    bug("derivative-at-activation", variant="tanh", local_derivative=_at_activation),
    bug(
        "output-form-given-preactivation",
        SIGMOID,
        "sigmoid",
        local_derivative=_of_pre_activation(lambda z: z * (1 - z)),
    ),
    bug("output-form-given-preactivation", variant="tanh", local_derivative=_of_pre_activation(lambda z: 1 - z**2)),
    bug("derivative-of-wrong-argument", SQUARE_SIGMOID, local_derivative=_at_inputs),
    bug("derivative-of-gradient", SIGMOID, local_derivative=_of_gradient),
    bug("activation-instead-of-derivative", SIGMOID, "f(z)", local_derivative=_of_activation(lambda a: a)),
    bug("activation-instead-of-derivative", variant="f(a)", local_derivative=_of_activation(np.tanh)),
    bug("wrong-derivative-formula", variant="1 + a^2", local_derivative=_of_activation(lambda a: 1 + a**2)),
    bug("wrong-derivative-formula", variant="1 - a", local_derivative=_of_activation(lambda a: 1 - a)),
    bug("wrong-derivative-formula", RELU, "relu' = x", local_derivative=_of_pre_activation(lambda z: z * (z > 0))),
    bug("leaky-slope-sign", LEAKY, local_derivative=_of_pre_activation(lambda z: np.where(z > 0, 1.0, -0.01))),
    bug("derivative-twice", local_derivative=_squared),
    bug("relu-mask-wrong-layer", SQUARE_RELU, local_derivative=_mask_of_other_layer),
    bug("relu-on-gradient", RELU, local_derivative=_one, error_below=_relu_on_gradient),
    bug("raw-error-backpropagated", error_below=_raw_error),
    bug("upstream-lost", variant="only f'", error_below=_nothing_from_above),
    bug("upstream-lost", variant="without W", error_below=_only_the_delta),
    bug("updated-weights-used", variant="rate 0.5", error_below=_updated_weights(0.5)),
    bug("updated-weights-used", DEEP, "rate 0.01", error_below=_updated_weights(0.01)),
    bug("stale-weights", error_below=_stale_weights),
    bug("wrong-layer-weights", SQUARE, error_below=_own_layer_weights),
    bug("transposed-weights", SQUARE, error_below=_untransposed),
    bug("summed-weights", error_below=_summed_weights),
    bug("bias-in-backprop", error_below=_bias_column_kept),
    bug("gradient-stopped", error_below=_stopped),
)
