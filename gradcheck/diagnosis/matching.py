"""What was seen of a gradient, and whether one array is a constant multiple of another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.diagnosis.network import Array, Layer, Network

if TYPE_CHECKING:
    from gradcheck.diagnosis.graphs.slips import Slips

__all__ = ["ANY", "TOLERANCE", "Observation", "as_weights", "is_wrong", "proportion", "same_factor"]

# Relative to a block's norm: what a claimed gradient may differ by from the one that a bug would cause.
TOLERANCE = 1e-6
# Relative to the largest block's norm: below it a block counts as zero.
FLOOR = 3e-8
# The factor between two arrays that are both zero.
ANY = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The claimed and the true gradient in one configuration: a point, a batch, a rate, a scale.

    Attributes
    ----------
    claimed, true : mapping of block name to ndarray
        Units of the loss over the block's own.
    network : Network or None
        The layers behind them, in this configuration.
    sizes : mapping
        As ``Program.sizes``: ``batch``, ``outputs``, ``features``, ``learning_rate``, ...
    what : str
        How a report calls the configuration.
    precision : float
        How far claimed and true may be off by round-off, relative to the largest block (dimensionless); for gradients
        that were recovered from a step.
    slips : Slips or None
        What single slips on the way back through the recorded forward pass would give, in this configuration.
    values : mapping of block name to ndarray
        The parameters; empty where they are not known.
    """

    claimed: Mapping[str, Array]
    true: Mapping[str, Array]
    network: Network | None = None
    sizes: Mapping[str, float] = field(default_factory=dict)
    what: str = ""
    precision: float = 0.0
    slips: Slips | None = None
    values: Mapping[str, Array] = field(default_factory=dict)

    @property
    def floor(self) -> float:
        """Norm below which a difference is round-off, in the gradient's units."""
        norms = [float(np.linalg.norm(value)) for value in (*self.true.values(), *self.claimed.values())]
        finite = [norm for norm in norms if math.isfinite(norm)]
        return max(FLOOR, 3.0 * self.precision) * max(finite, default=0.0)


def proportion(claimed: Array, candidate: Array, floor: float) -> tuple[float, float] | None:
    """The constant ``c`` with ``claimed = c * candidate``, and the relative error that it leaves.

    Parameters
    ----------
    claimed, candidate : ndarray
    floor : float
        Norm below which either is zero.

    Returns
    -------
    (float, float) or None
        ``ANY`` where both are zero; None where no constant but zero fits, or shapes differ.

    Examples
    --------
    >>> proportion(np.array([1.0, 2.0]), np.array([2.0, 4.0]), 0.0)
    (0.5, 0.0)
    """
    if claimed.shape != candidate.shape:
        return None
    flat, other = claimed.ravel(), candidate.ravel()
    squared = float(other @ other)
    size = math.sqrt(float(flat @ flat))
    if not math.isfinite(squared) or not math.isfinite(size):
        return None
    if size <= floor and math.sqrt(squared) <= floor:
        return ANY, 0.0
    if size <= floor or math.sqrt(squared) <= floor:
        return None
    factor = float(flat @ other) / squared
    rest = flat - factor * other
    error = math.sqrt(float(rest @ rest))
    return (factor, error / size) if factor and error <= TOLERANCE * size + floor else None


def is_wrong(observation: Observation, name: str) -> bool:
    """Whether a claimed block is another one than the true one."""
    fit = proportion(observation.claimed[name], observation.true[name], observation.floor)
    return fit is None or not same_factor((fit[0],), (1.0,))


def same_factor(one: Sequence[float] | Array, other: Sequence[float] | Array) -> bool:
    """Whether two factors, an entry a configuration, agree wherever both are known."""
    return all(
        math.isnan(a) or math.isnan(b) or abs(a - b) <= 3e-6 * max(abs(a), abs(b))
        for a, b in zip(one, other, strict=True)
    )


def as_weights(layer: Layer, block: Array) -> Array | None:
    """A block's gradient in the layout of ``layer.weights``; None for one of another size."""
    rows, columns = layer.weights.shape
    if block.size != rows * columns:
        return None
    return block.reshape(columns, rows).T if layer.weight_transposed else block.reshape(rows, columns)
