"""Small networks for the figures of the bugs, from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.network import Layer, Network

__all__ = ["networks"]

WIDTHS = (2, 4, 5, 3)
BATCH = 6


def networks() -> Iterator[Network]:
    """Networks in which bugs can be, the plainest first: a bug is drawn in the first that it changes."""
    yield _network(output="sigmoid", loss="mse")
    yield _network(output="softmax", loss="ce")
    yield _network(output="linear", loss="mse", strength=0.2)
    yield _network(output="linear", loss="mse", dropout=True)
    yield _network(output="linear", loss="mse", hidden="relu")
    yield _network(output="linear", loss="mse", hidden="leaky-relu")
    yield _network(output="linear", loss="mse", widths=(2, 4, 5, 1))
    yield _network(output="linear", loss="mse", widths=(4, 4, 4, 3))


def _activated(name: str, z: Any) -> tuple[Any, Any]:
    """An activation and its derivative."""
    if name == "sigmoid":
        a = 1 / (1 + np.exp(-z))
        return a, a * (1 - a)
    if name == "tanh":
        return np.tanh(z), 1 - np.tanh(z) ** 2
    if name in {"relu", "leaky-relu"}:
        slope = np.where(z > 0, 1.0, 0.1 if name == "leaky-relu" else 0.0)
        return z * slope, slope
    if name == "softmax":
        powers = np.exp(z)
        return powers / powers.sum(axis=1, keepdims=True), None
    return z, np.ones_like(z)


def _network(
    *,
    output: str,
    loss: str,
    hidden: str = "tanh",
    widths: tuple[int, ...] = WIDTHS,
    strength: float = 0.0,
    dropout: bool = False,
) -> Network:
    """A network with its true deltas; the loss is a mean over the batch."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(BATCH, widths[0]))
    targets = np.eye(3)[rng.integers(0, 3, size=BATCH)] if loss == "ce" else rng.normal(size=(BATCH, widths[-1]))
    kinds = [hidden] * (len(widths) - 2) + [output]
    made: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds, start=1):
        weights = rng.normal(size=widths[number - 1 : number + 1])
        bias = rng.uniform(0.3, 0.8, size=widths[number])
        z = x @ weights + bias
        a, slope = _activated(kind, z)
        mask = (rng.random(a.shape) < 0.6) / 0.6 if dropout and number == 1 else None
        made.append(
            {
                "weight": f"W{number}", "bias": f"b{number}", "inputs": x, "weights": weights, "bias_values": bias,
                "pre_activation": z, "output": a, "slope": slope, "activation": kind, "mask": mask,
            }
        )  # fmt: skip
        x = a if mask is None else a * mask
    adjoint = (-targets / x if loss == "ce" else 2 * (x - targets)) / BATCH
    for layer in reversed(made):
        if layer["mask"] is not None:
            adjoint = adjoint * layer["mask"]
        a, slope = layer["output"], layer["slope"]
        inner = np.sum(adjoint * a, axis=1, keepdims=True)
        layer["output_adjoint"] = adjoint
        layer["delta"] = a * (adjoint - inner) if slope is None else adjoint * slope
        adjoint = layer["delta"] @ layer["weights"].T
    shapes = {layer[kind]: layer[held].shape for layer in made for kind, held in _HELD}
    penalty = {layer["weight"]: 2 * strength * layer["weights"] for layer in made} if strength else {}
    layers = tuple(Layer(**layer) for layer in made)
    return Network(layers=layers, shapes=shapes, penalty=penalty, targets=targets, loss=loss, scale=1 / BATCH)


_HELD = (("weight", "weights"), ("bias", "bias_values"))
