"""Ways in which a backward pass goes wrong, as changes of the gradients that it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["MUTATIONS"]

# Each takes the right gradients, arrays of any library, and returns wrong ones, or None where it does not apply.
Mutation = Callable[[Sequence[Any]], list[Any] | None]


def _sign(grads: Sequence[Any]) -> list[Any]:
    return [-grads[0], *grads[1:]]


def _factor(grads: Sequence[Any]) -> list[Any]:
    return [*grads[:-1], 2 * grads[-1]]


def _mean(grads: Sequence[Any]) -> list[Any] | None:
    size = grads[0].shape[0] if grads[0].shape else 1
    return None if size == 1 else [grad / size for grad in grads]


def _missing(grads: Sequence[Any]) -> list[Any]:
    return [*grads[:-1], 0 * grads[-1]]


def _transposed(grads: Sequence[Any]) -> list[Any] | None:
    shape = grads[0].shape
    return [grads[0].T, *grads[1:]] if len(shape) == 2 and shape[0] == shape[1] else None


def _row(grads: Sequence[Any]) -> list[Any] | None:
    """The gradient of one row everywhere, as where the sum over a broadcast axis is forgotten."""
    first = grads[-1]
    return [*grads[:-1], first[:1] + 0 * first] if first.shape and first.shape[0] > 1 else None


def _shifted(grads: Sequence[Any]) -> list[Any] | None:
    """That of the neighbour, as where the wrong tensor is saved."""
    first = grads[0]
    if not first.shape or first.shape[0] < 2:
        return None
    places = [*range(1, first.shape[0]), 0]
    return [first[places] if hasattr(first, "new_zeros") else first.take(_indices(places), axis=0), *grads[1:]]


def _indices(places: list[int]) -> Any:
    import numpy as np

    return np.array(places)


def _percent(grads: Sequence[Any]) -> list[Any]:
    return [grads[0] * 1.01, *grads[1:]]


MUTATIONS: dict[str, Mutation] = {
    "sign": _sign,
    "factor 2": _factor,
    "divided by the batch": _mean,
    "missing term": _missing,
    "transposed": _transposed,
    "sum forgotten": _row,
    "wrong tensor saved": _shifted,
    "one per cent": _percent,
}
