"""Errors of few entries, units and sizes, for any network: how small and how local an error is still found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from networks.bugs.bug import BASE, Bug, bug
from networks.network import Network
from networks.specification import Specification

__all__ = ["ENTRY_BUGS", "TABLE", "entries_changed", "table_bugs", "wrong_positions"]


def wrong_positions(shape: tuple[int, ...], count: int, seed: int, values: Any = None) -> list[tuple[int, ...]]:
    """``count`` different places in a block, among those where ``values`` is not zero if given."""
    rng = np.random.default_rng(seed)
    possible = np.arange(int(np.prod(shape))) if values is None else np.flatnonzero(values)
    return [tuple(int(i) for i in np.unravel_index(p, shape)) for p in rng.choice(possible, count, replace=False)]


def entries_changed(change: Callable[[Any], Any], *, layer: int = 0, count: int = 1, seed: int = 0) -> Any:
    """Changes entries of one weight gradient that are not zero."""

    def finished(_: Any, __: Any, gradients: Any) -> Any:
        weight, bias = gradients[layer]
        weight = weight.copy()
        for position in wrong_positions(weight.shape, count, seed, weight):
            weight[position] = change(weight[position])
        return [*gradients[:layer], (weight, bias), *gradients[layer + 1 :]]

    return finished


def _tensor_off(amount: float, layer: int = 0) -> Any:
    """One block off by a relative amount in a random direction."""

    def finished(_: Any, __: Any, gradients: Any) -> Any:
        weight, bias = gradients[layer]
        noise = np.random.default_rng(3).standard_normal(weight.shape)
        noise *= amount * np.linalg.norm(weight) / np.linalg.norm(noise)
        return [*gradients[:layer], (weight + noise, bias), *gradients[layer + 1 :]]

    return finished


def _unit_zeroed(number_of_unit: int) -> Any:
    """One hidden unit is left out of the backward pass."""

    def error_below(net: Any, trace: Any, number: int, delta: Any) -> Any:
        error = Network.error_below(net, trace, number, delta)
        if number == 0:
            error[:, number_of_unit % error.shape[1]] = 0.0
        return error

    return error_below


def _column_scaled(net: Any, trace: Any, number: int, delta: Any) -> Any:
    gradient = Network.weight_gradient(net, trace, number, delta)
    if number == 1:
        gradient[:, 2] *= 1.5
    return gradient


def _row_scaled(net: Any, trace: Any, number: int, delta: Any) -> Any:
    gradient = Network.weight_gradient(net, trace, number, delta)
    if number == 1:
        gradient[3] *= 1.5
    return gradient


ENTRY_BUGS: tuple[Bug, ...] = (
    bug("one entry zero", finished=entries_changed(lambda g: 0.0 * g)),
    bug("one entry x 2", finished=entries_changed(lambda g: 2.0 * g)),
    bug("one entry + 1 %", finished=entries_changed(lambda g: 1.01 * g)),
    bug("one entry flipped", finished=entries_changed(lambda g: -g, layer=1)),
    bug("five entries", replace(BASE, sizes=(30, 20, 3)), finished=entries_changed(lambda g: 3.0 * g, count=5)),
    bug("one tensor off by 1e-4", finished=_tensor_off(1e-4)),
    bug("one unit zeroed", error_below=_unit_zeroed(2)),
    bug("one column x 1.5", weight_gradient=_column_scaled),
    bug("one row x 1.5", weight_gradient=_row_scaled),
)


def _delta_times(factor: Any) -> Any:
    return lambda net, trace: Network.output_delta(net, trace) * factor(net)


def _penalty_times(factor: float) -> Any:
    return lambda net, trace, number: factor * Network.penalty(net, trace, number)


# The rows of the published comparison of checkers at 79,510 parameters: name, steps replaced for a seed.
TABLE: dict[str, Callable[[int], dict[str, Any]]] = {
    "right code": lambda _: {},
    "sign": lambda _: {"output_delta": _delta_times(lambda _: -1.0)},
    "1/m": lambda _: {"output_delta": _delta_times(lambda net: 1.0 / net.batch)},
    "no mask": lambda _: {"local_derivative": lambda *_: 1.0},
    "half": lambda _: {"output_delta": _delta_times(lambda _: 0.5)},
    "regularisation missing": lambda _: {"penalty": _penalty_times(0.0)},
    "regularisation doubled": lambda _: {"penalty": _penalty_times(2.0)},
    "one hidden unit zeroed": lambda seed: {"error_below": _unit_zeroed(seed)},
    "one entry x 2": lambda seed: {"finished": entries_changed(lambda g: 2.0 * g, seed=seed)},
    "one entry + 1 %": lambda seed: {"finished": entries_changed(lambda g: 1.01 * g, seed=seed)},
    "one tensor off by 1e-4": lambda _: {"finished": _tensor_off(1e-4)},
}


def table_bugs(spec: Specification, seed: int) -> dict[str, Bug]:
    """Every row of ``TABLE`` on one network, with its own data, point and place of the error."""
    spec = replace(spec, seed=seed)
    return {name: bug(name, spec, **steps(seed)) for name, steps in TABLE.items()}
