"""Bugs of one kind of block: weight gradients, bias gradients, penalties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from networks.bugs.bug import BASE, SQUARE, Bug, bug
from networks.network import Network

__all__ = ["BLOCK_BUGS"]

L2 = replace(BASE, l2=0.1)
L1 = replace(BASE, l1=0.05)


def _own_activation(_: Any, trace: Any, number: int, delta: Any) -> Any:
    return trace.activations[number + 1].T @ delta


def _pre_activation_as_input(net: Any, trace: Any, number: int, delta: Any) -> Any:
    if number == 0:
        return Network.weight_gradient(net, trace, number, delta)
    return trace.pre_activations[number - 1].T @ delta


def _squashed_input(net: Any, trace: Any, number: int, delta: Any) -> Any:
    if number == 0:
        return np.tanh(trace.activations[0]).T @ delta
    return Network.weight_gradient(net, trace, number, delta)


def _weight_for_input(_: Any, trace: Any, number: int, delta: Any) -> Any:
    return trace.layers[number][0] * delta.sum(axis=0)


def _inner_product(_: Any, trace: Any, number: int, delta: Any) -> Any:
    """One-dimensional ``.T`` does nothing and ``np.dot`` gives a number, which broadcasts."""
    weight = trace.layers[number][0]
    width = min(weight.shape)
    return np.full(weight.shape, np.sum(trace.activations[number][:, :width] * delta[:, :width]))


def _swapped(_: Any, __: Any, gradients: Any) -> Any:
    (first, first_bias), (second, second_bias), *rest = gradients
    return [(second, first_bias), (first, second_bias), *rest]


def _transposed(_: Any, __: Any, gradients: Any) -> Any:
    return [(gradients[0][0].T, gradients[0][1]), *gradients[1:]]


def _total(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return np.sum(delta)


def _total_broadcast(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return np.full(delta.shape[1], np.sum(delta))


def _not_summed(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return delta


def _mean(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return np.mean(delta, axis=0)


def _column_mean(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return np.mean(delta, axis=1, keepdims=True)


def _from_weights(net: Any, trace: Any, number: int, delta: Any) -> Any:
    return np.sum(net.weight_gradient(trace, number, delta), axis=0)


def _zero(_: Any, __: Any, ___: Any, delta: Any) -> Any:
    return np.zeros(delta.shape[1])


def _missing(*_: Any) -> None:
    return None


def _bias_itself(_: Any, trace: Any, number: int, __: Any) -> Any:
    return 0.1 * trace.layers[number][1]


def _penalty(function: Any) -> Any:
    return lambda net, trace, number: function(net.spec, trace.layers[number][0])


def _bias_penalised(net: Any, trace: Any, number: int, delta: Any) -> Any:
    return Network.bias_gradient(net, trace, number, delta) + net.spec.l2 * trace.layers[number][1]


BLOCK_BUGS: tuple[Bug, ...] = (
    bug("wrong-layer-activation", SQUARE, "a_l", weight_gradient=_own_activation),
    bug("wrong-layer-activation", variant="z", weight_gradient=_pre_activation_as_input),
    bug("squashed-input", weight_gradient=_squashed_input),
    bug("weight-instead-of-input", weight_gradient=_weight_for_input),
    bug("inner-instead-of-outer", weight_gradient=_inner_product),
    bug("swapped-blocks", SQUARE, finished=_swapped),
    bug("transposed-block", SQUARE, finished=_transposed),
    bug("transposed-block", variant="shape", finished=_transposed),
    bug("bias-sum-without-axis", variant="number", bias_gradient=_total),
    bug("bias-sum-without-axis", variant="broadcast", bias_gradient=_total_broadcast),
    bug("bias-not-summed", bias_gradient=_not_summed),
    bug("bias-mean-instead-of-sum", bias_gradient=_mean),
    bug("bias-mean-instead-of-sum", replace(BASE, layout="columns"), "columns", bias_gradient=_column_mean),
    bug("bias-from-weight-gradient", bias_gradient=_from_weights),
    bug("bias-gradient-missing", variant="zero", bias_gradient=_zero),
    bug("bias-gradient-missing", variant="None", bias_gradient=_missing),
    bug("bias-gradient-is-bias", bias_gradient=_bias_itself),
    bug("regularisation-missing", L2, penalty=_penalty(lambda spec, w: 0.0 * w)),  # noqa: ARG005 - a step's signature
    bug("regularisation-missing", replace(L2, l2=1e-4), "lam 1e-4", penalty=_penalty(lambda spec, w: 0.0 * w)),  # noqa: ARG005
    bug("regularisation-factor", L2, penalty=_penalty(lambda spec, w: 2.0 * spec.l2 * w)),
    bug("regularisation-sign", L2, penalty=_penalty(lambda spec, w: -spec.l2 * w)),
    bug("regularisation-on-bias", L2, bias_gradient=_bias_penalised),
    bug("regularisation-wrong-norm", L2, "sign for W", penalty=_penalty(lambda spec, w: spec.l2 * np.sign(w))),
    bug("regularisation-wrong-norm", L2, "norm", penalty=_penalty(lambda spec, w: spec.l2 * w / np.linalg.norm(w))),
    bug("regularisation-wrong-norm", L1, "W for sign", penalty=_penalty(lambda spec, w: spec.l1 * w)),
)
