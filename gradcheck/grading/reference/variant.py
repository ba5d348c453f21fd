"""An installed reference implementation, found by its entry point: what ``[network]`` says is held against it.

Where loss and gradient of the two are the same at points of the implementation's own, they are one function, and what
is right at other points can be asked of the network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.errors import GradingError
from gradcheck.grading.items.comparing import agree
from gradcheck.grading.reference.installed import installed_variants
from gradcheck.grading.reference.network import OwnNetwork
from gradcheck.grading.reference.points import Array, Point

__all__ = ["require_variant"]

SEEDS = (3, 5, 11)


def require_variant(identifier: str, own: OwnNetwork) -> None:
    """See that a variant computes what the network says.

    Parameters
    ----------
    identifier : str
        Such as ``002-corrected``.
    own : OwnNetwork

    Raises
    ------
    GradingError
        If there is no such variant, or it computes something else: which, and by how much.
    """
    variant = _variant(identifier)
    for seed in SEEDS:
        built = variant.build(seed=seed)
        params = dict(zip(_names(len(built.params)), built.params.values(), strict=True))
        params = {name: np.asarray(array).reshape(-1) if name[0] == "b" else np.asarray(array)
                  for name, array in params.items()}  # fmt: skip
        sizes = (*(array.shape[0] for name, array in params.items() if name[0] == "W"), built.targets.shape[1])
        if len(sizes) != len(own.network.sizes):
            raise GradingError(
                f"the reference {identifier} has {len(sizes) - 1} layers ({variant.network}), and [network] has "
                f"{len(own.network.sizes) - 1}: correct sizes."
            )
        alike = OwnNetwork(dataclasses.replace(own.network, sizes=sizes))
        expected = alike.expected(Point(X=built.inputs, Y=built.targets, params=params))
        loss = float(built.loss(built.params))
        if not agree(np.asarray(loss), np.asarray(expected.loss)):
            raise GradingError(
                f"the reference {identifier} ({variant.network}) has the loss {loss:.6g} where [network] has "
                f"{expected.loss:.6g}: correct activations, loss or l2 ({loss / expected.loss:.6g} x)."
            )
        _require_same_gradient(identifier, built.gradient(built.params), expected.gradient)


def _require_same_gradient(identifier: str, found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    for array, (name, right) in zip(found.values(), expected.items(), strict=True):
        if not agree(np.asarray(array).reshape(right.shape), right):
            raise GradingError(
                f"the reference {identifier} has another gradient of {name} than [network]: take one that is right."
            )


def _variant(identifier: str) -> Any:
    known = installed_variants()
    if identifier not in known:
        there = ", ".join(known) or "none is installed"
        raise GradingError(f"there is no reference '{identifier}'. There are: {there}.")
    return known[identifier]


def _names(count: int) -> list[str]:
    return [f"{kind}{layer}" for layer in range(1, count // 2 + 1) for kind in "Wb"]
