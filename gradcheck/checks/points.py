"""Where to look: the point as given, a better one, and jittered ones away from kinks.

Many bugs cannot show at a point with weights near zero, zero biases or symmetric units. The better point moves every
block by a fixed part of its own size, gives weights that are much smaller than unit scale that scale, and makes zero
biases non-zero. Blocks whose entries all have one sign keep it (scales and variances must stay positive).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import uniform
from gradcheck.problem import Block

__all__ = ["better_point", "fresh_point", "jittered", "natural_scale", "output_matrix"]

Vector = npt.NDArray[np.float64]

# Weights this much smaller than the scale that keeps activations of unit size hide what depends on the non-linearity.
TINY = 0.2
BIAS_SCALE = 0.3
SPREAD = 3.0**0.5  # a uniform draw on (-1, 1) times this has unit variance


def natural_scale(block: Block, blocks: tuple[Block, ...] = ()) -> float:
    """The size of an entry that keeps activations of unit scale: ``1/sqrt(fan)`` for weights, 0.3 for biases.

    The fan is the mean of the two sides (Glorot and Bengio, 2010); which side is the input is a convention. A vector
    is a bias, but where no block is a matrix it is the weights of one unit.
    """
    if block.size > 1 and len(block.shape) == 1 and blocks and all(len(other.shape) < 2 for other in blocks):
        return max(BIAS_SCALE, float(np.sqrt(1.0 / block.size)))
    if len(block.shape) < 2 or 1 in block.shape:
        return BIAS_SCALE if block.size > 1 or len(block.shape) != 2 else 1.0
    receptive = int(np.prod(block.shape[2:], dtype=np.int64))
    return float(np.sqrt(2.0 / ((block.shape[0] + block.shape[1]) * receptive)))


def better_point(
    theta: Vector,
    blocks: tuple[Block, ...],
    slices: list[slice],
    rng: np.random.Generator,
    radius: float = 0.3,
    *,
    own_scale: bool = False,
) -> Vector:
    """A point near the given one where more bugs can show.

    Parameters
    ----------
    theta : ndarray, shape (parameters,)
    radius : float
        Relative size of the move of blocks that are of ordinary size (dimensionless).
    own_scale : bool
        Whether any size of a block is an ordinary one, also one far below unit scale.
    """
    moved = np.empty_like(theta)
    for block, where in zip(blocks, slices, strict=True):
        part, given = moved[where], theta[where]
        if part.size == 0:
            continue
        size = float(np.linalg.norm(given)) / part.size**0.5
        scale = natural_scale(block, blocks)
        if size < TINY * scale and not (own_scale and size > 0.0):
            uniform(part.size, rng, SPREAD * scale, part)
        elif part.size > 1 and _one_sign(given):
            uniform(part.size, rng, radius, part)
            part *= given
        else:
            uniform(part.size, rng, SPREAD * radius * size, part)
        part += given
    return moved


def _one_sign(values: Vector) -> bool:
    few = values[:64]  # two signs show at once where there are two
    if few.min() < 0.0 < few.max():
        return False
    return bool(values.min() > 0.0 if values[0] > 0.0 else values.max() < 0.0)


def jittered(
    theta: Vector,
    blocks: tuple[Block, ...],
    slices: list[slice],
    rng: np.random.Generator,
    radius: float,
    least: npt.NDArray[np.float64],
) -> Vector:
    """A point whose every entry differs from the given one by about ``radius`` times its block's size.

    No entry moves by less than half of that: one that stayed would stay at its kink. ``least[b]`` is the
    smallest such distance in block ``b`` (units of the parameters).
    """
    moved = theta.copy()
    for block, where, distance in zip(blocks, slices, least, strict=True):
        part = moved[where]
        size = float(np.linalg.norm(part)) / max(part.size, 1) ** 0.5 or natural_scale(block, blocks)
        away = uniform(part.size, rng)
        away += np.copysign(0.5, away)
        part += away * max(radius * size, float(distance))
    return moved


def fresh_point(blocks: tuple[Block, ...], slices: list[slice], rng: np.random.Generator, scale: float) -> Vector:
    """A point that owes nothing to the given one: every block at ``scale`` times its natural scale."""
    theta = np.empty(slices[-1].stop if slices else 0)
    for block, where in zip(blocks, slices, strict=True):
        uniform(where.stop - where.start, rng, SPREAD * scale * natural_scale(block, blocks), theta[where])
    return theta


def weight_matrices(blocks: tuple[Block, ...]) -> list[int]:
    """Blocks that look like weight matrices: two-dimensional, and not the one row or column of a bias.

    A block of one row (or column) is a bias when a larger matrix has as many columns (rows).
    """
    matrices = [index for index, block in enumerate(blocks) if len(block.shape) == 2 and block.size > 1]
    full = [index for index in matrices if min(blocks[index].shape) > 1]

    def is_bias(index: int) -> bool:
        rows, columns = blocks[index].shape
        return any(
            (rows == 1 and blocks[other].shape[1] == columns) or (columns == 1 and blocks[other].shape[0] == rows)
            for other in full
        )

    return [index for index in matrices if index in full or not is_bias(index)]


def output_matrix(blocks: tuple[Block, ...]) -> int | None:
    """The weight matrix of the output layer, by how the shapes chain.

    One side of it belongs to no other matrix and is the length of a bias (the input layer's free side has none). Where
    shapes do not tell (square matrices, no biases) it is the last matrix.
    """
    matrices = weight_matrices(blocks)
    lengths = {block.size for index, block in enumerate(blocks) if index not in matrices}
    ends = []
    for index in matrices:
        others = {side for other in matrices if other != index for side in blocks[other].shape}
        if any(side not in others and side in lengths for side in blocks[index].shape):
            ends.append(index)
    if len(ends) == 1:
        return ends[0]
    return matrices[-1] if matrices else None
