"""Bugs of the output delta."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from networks.bugs.bug import BASE, Bug, bug
from networks.losses import LOSSES
from networks.network import Network

__all__ = ["OUTPUT_BUGS"]

BCE = replace(BASE, loss="bce-epsilon")
CE = replace(BASE, loss="ce-logits")
SOFTMAX_MSE = replace(BASE, loss="softmax-mse")


def _without_derivative(net: Any, trace: Any) -> Any:
    return net.loss_row.derivative(trace.output, net.targets)


def _with_sigmoid_derivative(net: Any, trace: Any) -> Any:
    a = trace.output
    return Network.output_delta(net, trace) * a * (1.0 - a)


def _with_softmax_derivative(net: Any, trace: Any) -> Any:
    p = _softmax(trace.output)
    return Network.output_delta(net, trace) * p * (1.0 - p)


def _delta_of(name: str) -> Any:
    """The derivative of another loss than the one computed."""
    return lambda net, trace: LOSSES[name].derivative(trace.output, net.targets)


def _softmax(z: Any, axis: int | None = 1) -> Any:
    e = np.exp(z - np.max(z))
    return e / np.sum(e, axis=axis, keepdims=True)


def _softmax_elementwise(net: Any, trace: Any) -> Any:
    p = _softmax(trace.output)
    return 2.0 * (p - net.targets) / net.targets.size * p * (1.0 - p)


def _softmax_over(axis: int | None) -> Any:
    return lambda net, trace: (_softmax(trace.output, axis) - net.targets) / net.batch


def _broadcast_targets(net: Any, trace: Any) -> Any:
    """``(m, 1) - (m,)`` is ``(m, m)``; summed back so that the shapes fit."""
    difference = trace.output - net.targets.ravel()
    return 2.0 * np.sum(difference, axis=1, keepdims=True) / net.batch


def _broadcast_delta(net: Any, trace: Any) -> Any:
    return 2.0 * (trace.output - net.targets.ravel()) / net.batch


ONE_OUTPUT = replace(BASE, sizes=(5, 4, 1), output="identity")

OUTPUT_BUGS: tuple[Bug, ...] = (
    bug("missing-output-derivative", output_delta=_without_derivative),
    bug("extra-output-derivative", BCE, output_delta=_with_sigmoid_derivative),
    bug("extra-output-derivative", CE, "softmax", output_delta=_with_softmax_derivative),
    bug("loss-gradient-mismatch", BCE, "MSE for BCE", output_delta=_delta_of("mse-batch")),
    bug("loss-gradient-mismatch", CE, "MSE for CE", output_delta=_delta_of("mse-batch")),
    bug("loss-gradient-mismatch", replace(BASE, output="identity"), "CE for MSE", output_delta=_delta_of("ce-logits")),
    bug("softmax-elementwise", SOFTMAX_MSE, output_delta=_softmax_elementwise),
    bug("softmax-axis", CE, "batch", output_delta=_softmax_over(0)),
    bug("softmax-axis", CE, "whole array", output_delta=_softmax_over(None)),
    bug("target-broadcast", ONE_OUTPUT, "silent", output_delta=_broadcast_targets),
    bug("target-broadcast", ONE_OUTPUT, "shape", output_delta=_broadcast_delta),
)
