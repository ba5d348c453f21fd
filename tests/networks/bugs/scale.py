"""Bugs of scale and sign: a constant ratio in every entry, or in those below one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from networks.bugs.bug import BASE, Bug, bug
from networks.network import Network

__all__ = ["SCALE_BUGS"]

SUM = replace(BASE, loss="sse")


def _delta_times(factor: Any) -> Any:
    """The output delta times a factor, a number or a function of the network."""

    def output_delta(net: Any, trace: Any) -> Any:
        return Network.output_delta(net, trace) * (factor(net) if callable(factor) else factor)

    return output_delta


def _all_times(factor: Any) -> Any:
    def finished(net: Any, _: Any, gradients: Any) -> Any:
        c = factor(net) if callable(factor) else factor
        return [(c * weight, c * bias) for weight, bias in gradients]

    return finished


def _below_times(factor: float) -> Any:
    return lambda net, trace, number, delta: factor * type(net).__mro__[1].local_derivative(net, trace, number, delta)


def _one_weight_times(factor: float) -> Any:
    def weight_gradient(net: Any, trace: Any, number: int, delta: Any) -> Any:
        return (factor if number == 1 else 1.0) * type(net).__mro__[1].weight_gradient(net, trace, number, delta)

    return weight_gradient


def _norm_clipped(_: Any, __: Any, gradients: Any) -> Any:
    norm = np.sqrt(sum(np.sum(weight**2) + np.sum(bias**2) for weight, bias in gradients))
    clip_factor = min(1.0, 0.01 / norm)
    return [(clip_factor * weight, clip_factor * bias) for weight, bias in gradients]


def _entries_clipped(_: Any, __: Any, gradients: Any) -> Any:
    return [(np.clip(weight, -0.01, 0.01), np.clip(bias, -0.01, 0.01)) for weight, bias in gradients]


def _features(net: Any) -> float:
    return float(net.batch / net.inputs.shape[1])


SCALE_BUGS: tuple[Bug, ...] = (
    bug("sign-flip", finished=_all_times(-1.0)),
    bug("sign-flip", replace(BASE, layout="columns"), "columns", finished=_all_times(-1.0)),
    bug("sign-flip-below", replace(BASE, activation="sigmoid"), local_derivative=_below_times(-1.0)),
    bug("missing-factor-2", output_delta=_delta_times(0.5)),
    bug("missing-factor-2", replace(BASE, activation="relu-0"), "relu", output_delta=_delta_times(0.5)),
    bug("extra-factor-2", replace(BASE, loss="half-mse"), output_delta=_delta_times(2.0)),
    bug("sum-instead-of-mean", output_delta=_delta_times(lambda net: net.batch)),
    bug("mean-instead-of-sum", SUM, output_delta=_delta_times(lambda net: 1.0 / net.batch)),
    bug("double-mean", finished=_all_times(lambda net: 1.0 / net.batch)),
    bug("output-count-factor", output_delta=_delta_times(lambda net: net.targets.shape[1])),
    bug("stale-batch-size", output_delta=_delta_times(lambda net: net.batch / 100.0)),
    bug("features-for-batch-size", output_delta=_delta_times(_features)),
    bug("learning-rate-baked-in", output_delta=_delta_times(0.05)),
    bug("learning-rate-baked-in", variant="below one layer", local_derivative=_below_times(0.05)),
    bug("local-constant", weight_gradient=_one_weight_times(3.0)),
    bug("gradient-clipping", variant="norm", finished=_norm_clipped),
    bug("gradient-clipping", variant="entries", finished=_entries_clipped),
)
