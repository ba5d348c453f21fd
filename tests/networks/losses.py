"""Losses with hand-written derivatives, one table row each.

``fused`` rows state the derivative with respect to the output *pre-activation*, as learners write it for a sigmoid or
softmax output (``p - y``); the others state it with respect to the output. Rows with ``smoothing`` have an epsilon or a
clip in the loss that the derivative leaves out: the usual convention, right to about epsilon over probability.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LOSSES", "Loss"]

Array = npt.NDArray[Any]

# A literal, a default argument and a global, as learners write it: all three mean the same.
LOG_EPSILON = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """``value(outputs, targets)``, both ``(batch, outputs)``, and its derivative in the same shape.

    Attributes
    ----------
    name : str
    value, derivative : callable
    targets : {"real", "binary", "one-hot"}
    output : str or None
        The output activation that the row is written for; ``None`` for any.
    fused, smoothing : bool
    """

    name: str
    value: Callable[[Array, Array], Any]
    derivative: Callable[[Array, Array], Array]
    targets: str = "real"
    output: str | None = None
    fused: bool = False
    smoothing: bool = False


def _squares(scale: Callable[[Array], float]) -> tuple[Callable[[Array, Array], Any], Callable[[Array, Array], Array]]:
    """``scale * sum of squares`` and its derivative."""
    return (
        lambda a, y: np.sum((a - y) ** 2) * scale(y),
        lambda a, y: 2.0 * (a - y) * scale(y),
    )


def _bce_epsilon(p: Array, y: Array) -> Any:
    return -np.sum(y * np.log(p + 1e-8) + (1.0 - y) * np.log(1.0 - p + 1e-8)) / len(y)


def _smoothed_derivative(p: Array, y: Array) -> Array:
    """The derivative of the smoothed loss itself, epsilon included, by ``p``."""
    return (-y / (p + LOG_EPSILON) + (1.0 - y) / (1.0 - p + LOG_EPSILON)) / len(y)


def _bce_clip(p: Array, y: Array, epsilon: float = 1e-15) -> Any:
    p = np.clip(p, epsilon, 1.0 - epsilon)
    return -np.sum(y * np.log(p) + (1.0 - y) * np.log(1.0 - p)) / len(y)


def _bce_logits(z: Array, y: Array) -> Any:
    return np.sum(np.logaddexp(0.0 * z, z) - y * z) / len(y)


def _bce_logits_derivative(z: Array, y: Array) -> Array:
    with np.errstate(over="ignore"):
        return (1.0 / (1.0 + np.exp(-z)) - y) / len(y)


def _ce_logits(z: Array, y: Array) -> Any:
    shifted = z - np.max(z, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(shifted), axis=1)) - np.sum(y * shifted, axis=1)) / len(y)


def _softmax(z: Array) -> Array:
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def _softmax_squares(z: Array, y: Array) -> Array:
    """Mean square of softmax outputs: the derivative needs the whole Jacobian."""
    p = _softmax(z)
    d = 2.0 * (p - y) / y.size
    return p * (d - np.sum(d * p, axis=1, keepdims=True))


def _ce_labels(z: Array, y: Array) -> Any:
    """Cross-entropy by integer labels and an epsilon, the course-notes form."""
    labels = np.argmax(y, axis=1)
    return -np.mean(np.log(_softmax(z)[np.arange(len(y)), labels] + LOG_EPSILON))


def _row(name: str, pair: tuple[Callable[..., Any], Callable[..., Array]], **options: Any) -> Loss:
    return Loss(name=name, value=pair[0], derivative=pair[1], **options)


def _fused(p: Array, y: Array) -> Array:
    return (p - y) / len(y)


_BINARY = {"targets": "binary", "output": "sigmoid"}

_ROWS = (
    _row("mse-entries", _squares(lambda y: 1.0 / y.size)),
    _row("mse-batch", _squares(lambda y: 1.0 / len(y))),
    _row("half-mse", _squares(lambda y: 0.5 / len(y))),
    _row("half-sse", _squares(lambda _: 0.5)),
    _row("sse", _squares(lambda _: 1.0)),
    _row("bce-epsilon", (_bce_epsilon, _fused), **_BINARY, fused=True, smoothing=True),
    _row("bce-smoothed", (_bce_epsilon, _smoothed_derivative), **_BINARY),
    _row("bce-clip", (_bce_clip, _fused), **_BINARY, fused=True, smoothing=True),
    _row("bce-logits", (_bce_logits, _bce_logits_derivative), targets="binary", output="identity"),
    _row("ce-logits", (_ce_logits, lambda z, y: (_softmax(z) - y) / len(y)), targets="one-hot", output="identity"),
    _row(
        "softmax-mse",
        (lambda z, y: np.mean((_softmax(z) - y) ** 2), _softmax_squares),
        targets="one-hot",
        output="identity",
    ),
    _row(
        "ce-epsilon",
        (_ce_labels, lambda z, y: (_softmax(z) - y) / len(y)),
        targets="one-hot",
        output="identity",
        smoothing=True,
    ),
)

LOSSES = {row.name: row for row in _ROWS}
