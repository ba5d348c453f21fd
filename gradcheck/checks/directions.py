"""Directions to probe along.

A joint direction moves every block at once and gives each about the same weight: a block's part is a random
direction (random signs, sizes uniform in [0.5, 1.5]) divided by the norm of its claimed gradient, or by a floor
where that norm is much smaller than the largest. A single wrong entry then always moves the derivative, and no
block can drown another. Blocks under the floor are probed again as groups of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FLOOR", "Direction", "claimed_direction", "joint_directions", "random_signs", "uniform"]

Vector = npt.NDArray[np.float64]

# A block whose claimed gradient is smaller than this part of the largest is not magnified further in the joint
# direction: right code then agrees to 2e-6 at worst over thousands of networks; it is probed in a group of its own.
FLOOR = 1e-3
# A chain of groups each a thousand times smaller ends here; what is left is covered by the floor of the last one.
MAX_GROUPS = 4

# Entries drawn at a time: what a draw needs on the way then stays in the processor's cache.
_CHUNK = 2**15
_GRID = 4096
_UNIFORM = (2.0 * np.arange(_GRID) + 1.0) / _GRID - 1.0
_SIGNED = _UNIFORM + np.copysign(0.5, _UNIFORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """A direction over all parameters, the blocks it moves, and each block's weight.

    ``weights[b]`` is the norm of the block's claimed gradient over the divisor of its part (dimensionless, 1 unless the
    floor acted): an error of relative norm ``e`` in a random direction moves the derivative by about
    ``1.04 e weights[b]``.
    """

    vector: Vector
    blocks: tuple[int, ...]
    weights: tuple[float, ...]


def uniform(size: int, rng: np.random.Generator, scale: float = 1.0, out: Vector | None = None) -> Vector:
    """Independent entries uniform in (-scale, scale), written into ``out`` if given.

    Full draws, on no grid: two entries of equal size would put a ReLU exactly on its kink where inputs are 0 and 1.
    """
    drawn = rng.random(size) if out is None else rng.random(out=out)
    drawn -= 0.5
    drawn *= 2.0 * scale
    return drawn


def random_signs(size: int, rng: np.random.Generator) -> Vector:
    """Independent entries of random sign and size uniform in [0.5, 1.5], on a grid of 4096 values.

    Twelve bits an entry are plenty for a direction, and cost a small part of a full draw.
    """
    return _draw(_SIGNED, np.empty(size), rng)


def _draw(grid: Vector, out: Vector, rng: np.random.Generator) -> Vector:
    """Independent values of a grid, written into ``out``."""
    for start in range(0, out.size, _CHUNK):
        part = out[start : start + _CHUNK]
        words = rng.integers(0, 2**64, part.size // 4 + 1, dtype=np.uint64)  # four entries a draw
        np.take(grid, words.view(np.uint16)[: part.size] & (_GRID - 1), out=part, mode="clip")
    return out


def joint_directions(gradient: Vector, slices: list[slice], rng: np.random.Generator) -> list[Direction]:
    """One direction over all blocks, and one for each further group of blocks with a much smaller gradient.

    Parameters
    ----------
    gradient : ndarray, shape (parameters,)
        The claimed gradient.
    slices : list of slice
        Where each block lies; empty blocks are left out.
    """
    norms = [float(np.linalg.norm(gradient[where])) for where in slices]
    group = [index for index, where in enumerate(slices) if where.stop > where.start]
    directions: list[Direction] = []
    while group and len(directions) < MAX_GROUPS:
        largest = max(norms[index] for index in group)
        divisors = {index: max(norms[index], FLOOR * largest) or 1.0 for index in group}
        moves_all = sum(slices[index].stop - slices[index].start for index in group) == gradient.size
        vector = np.empty(gradient.size) if moves_all else np.zeros(gradient.size)
        for index in group:
            _draw(_SIGNED / divisors[index], vector[slices[index]], rng)
        directions.append(
            Direction(
                vector=vector,
                blocks=tuple(group),
                weights=tuple(norms[index] / divisors[index] for index in group),
            )
        )
        group = [index for index in group if 0.0 < norms[index] < FLOOR * largest]
    return directions


def claimed_direction(gradient: Vector, slices: list[slice]) -> Direction | None:
    """The direction of the claimed gradient, block by block; None where every block's is zero.

    A block's part is its gradient over the square of its norm, and each weight is the derivative that is claimed along
    the whole: a claim that is wrong by a factor is off by that along this direction, along a random one by chance.
    """
    norms = [float(np.linalg.norm(gradient[where])) for where in slices]
    group = tuple(index for index, norm in enumerate(norms) if norm > FLOOR * max(norms))
    if not group:
        return None
    vector = np.zeros(gradient.size)
    for index in group:
        vector[slices[index]] = gradient[slices[index]] / norms[index] / norms[index]
    return Direction(vector=vector, blocks=group, weights=(float(len(group)),) * len(group))
