"""Activations and losses told by their numbers: which function has these values at these points."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.catalogue.elementwise import recognised
from gradcheck.diagnosis.programs.program import Array

__all__ = ["LossFit", "activation_name", "loss_of", "loss_of_logits", "sigmoid", "softmax"]

# Relative agreement of values with a formula: a clipped argument or a shifted exponent changes less.
RTOL = 1e-9
# Of an adjoint with a loss's derivative: smoothing constants (log(p + 1e-8)) change more than round-off.
LOSS_RTOL = 1e-6
# What is added inside logarithms.
SMOOTHING = (0.0, *(10.0**-power for power in range(5, 17)), np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossFit:
    """A loss that explains the adjoint of the output.

    Attributes
    ----------
    name : str
        ``mse``, ``bce`` or ``ce``.
    scale : float
        What the sum of squares, or of cross-entropies, is multiplied by.
    targets : ndarray (m, k)
    """

    name: str
    scale: float
    targets: Array


def sigmoid(z: Array) -> Array:
    """``1 / (1 + e^-z)``."""
    with np.errstate(over="ignore"):
        result: Array = 1.0 / (1.0 + np.exp(-z))
    return result


def softmax(z: Array) -> Array:
    """Of each row (m, k)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    result: Array = e / e.sum(axis=1, keepdims=True)
    return result


def activation_name(z: Array, a: Array) -> str | None:
    """The activation that takes ``z`` (m, h) to ``a`` (m, h); None if it is none of those known.

    Where all ``z`` are positive, ReLU and leaky ReLU are ``linear``.
    """
    if z.shape != a.shape or not (np.isfinite(z).all() and np.isfinite(a).all()):
        return None
    with np.errstate(all="ignore"):
        named = {
            "linear": z,
            "relu": np.maximum(z, 0.0),
            "sigmoid": sigmoid(z),
            "tanh": np.tanh(z),
            "softplus": np.logaddexp(0.0, z),
        }
    for name, values in named.items():
        if _same(a, values):
            return name
    if z.shape[1] > 1 and _same(a, softmax(z)):
        return "softmax"
    if _is_leaky(z, a):
        return "leaky-relu"
    found = recognised(z, a)
    return None if found is None else found[0]


def _same(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=RTOL, atol=1e-14))


def _is_leaky(z: Array, a: Array) -> bool:
    below = z < 0
    if not below.any() or not _same(a[~below], z[~below]):
        return False
    slopes = a[below] / z[below]
    return bool(np.ptp(slopes) <= RTOL and 0.0 < slopes[0] < 1.0)


def loss_of(output: Array, adjoint: Array, candidates: list[Array]) -> LossFit | None:
    """The loss with that derivative ``adjoint`` with respect to ``output``, both (m, k).

    Parameters
    ----------
    candidates : list of ndarray (m, k)
        What the code compares the output with.
    """
    hot = (adjoint != 0).astype(np.float64)
    if output.shape[1] > 1 and (hot.sum(axis=1) == 1).all():
        candidates = [*candidates, hot]  # -log(p[label]) and nothing else
    for targets in candidates:
        scale = _factor(adjoint, output - targets)
        if scale is not None:
            return LossFit(name="mse", scale=scale / 2.0, targets=targets)
    probable = [targets for targets in candidates if ((targets >= 0) & (targets <= 1)).all()]
    with np.errstate(all="ignore"):
        for epsilon, targets in itertools.product(SMOOTHING, probable):
            upper, lower = targets / (output + epsilon), (1.0 - targets) / (1.0 - output + epsilon)
            for name, slope in (("bce", lower - upper), ("ce", -upper)):
                scale = _factor(adjoint, slope)
                if scale is not None and scale > 0:
                    return LossFit(name=name, scale=scale, targets=targets)
    return None


def loss_of_logits(logits: Array, delta: Array, candidates: list[Array]) -> LossFit | None:
    """The cross-entropy whose derivative with respect to the logits (m, k) is ``delta``: ``scale * (p - y)``."""
    chances = [("bce", sigmoid(logits))]
    if logits.shape[1] > 1:
        chances.insert(0, ("ce", softmax(logits)))
    for name, p in chances:
        for targets in [*candidates, *_hot_targets(p, delta)]:
            scale = _factor(delta, p - targets)
            if scale is not None and scale > 0 and _are_targets(name, targets):
                return LossFit(name=name, scale=scale, targets=targets)
    return None


def _are_targets(loss: str, targets: Array) -> bool:
    if loss == "ce":
        return bool(np.allclose(targets.sum(axis=1), 1.0))
    return bool(((targets == 0) | (targets == 1)).all())


def _hot_targets(p: Array, delta: Array) -> list[Array]:
    """Targets of 0 and 1 that would make the sign of ``p - y`` that of ``delta``."""
    targets = (delta < 0).astype(np.float64)
    return [targets] if targets.shape == p.shape else []


def _factor(left: Array, right: Array) -> float | None:
    """The number c with ``left = c * right``, if there is one."""
    if left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return None
    square = float(np.sum(right * right))
    if square == 0.0:
        return None
    factor = float(np.sum(left * right)) / square
    scale = float(np.abs(left).max())
    return factor if factor != 0.0 and np.abs(left - factor * right).max() <= LOSS_RTOL * scale else None
