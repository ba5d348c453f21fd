"""Lines fitted to many losses along a direction, where a loss in low precision is too coarse for two of them.

A central difference takes its noise from two losses; a line that is fitted to two dozen, over moves that are no longer
small, knows the slope of a smooth loss to a few hundredths even in bfloat16.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError
from gradcheck.checks.probing import ENTRY_FLOOR
from gradcheck.checks.rounding import EPS
from gradcheck.oracles.finite_difference import Difference

__all__ = ["MOVES", "SIDE", "Fit", "Line", "typical_size"]

Vector = npt.NDArray[np.float64]

# Moves of a fit, relative to the entries of a block (root mean square): the smallest that knows the slope well enough
# is the one with the fewest kinks and the least curvature in it. Of 2,000 fits to right kernels in bfloat16 and float16
# those to a sixteenth were off by at most 0.1 where this error was small, those to a half by 0.4. Each is twice the one
# before, so that every second loss of a move is one of the next as well, and is taken once.
MOVES = (1.0 / 32.0, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0 / 2.0)
# No entry moves more than this many times further than that.
FARTHEST = 3.0
# Losses on each side, at equal distances. Two odd and three even terms leave nineteen residuals, which tell the noise.
SIDE = 12
TERMS = 5
# Standard errors in a bound: with nineteen degrees of freedom one estimate in 4,000 is off by more.
SIGMAS = 4.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The slope along a direction, units of the loss per unit of the direction, its error bound, and the last pair."""

    slope: float
    bound: float
    widest: Difference


class Line:
    """Fits along one direction from one point; a loss that two of them need is taken once.

    Parameters
    ----------
    evaluator : Evaluator
    point : Point
    direction : Direction

    Attributes
    ----------
    unit : float
        The move, units of the direction, that changes some block's entries by as much as they are.
    claimed : float
        The claimed derivative along the direction, units of the loss per unit of the direction.
    """

    def __init__(self, evaluator: Evaluator, point: Point, direction: Direction) -> None:
        self.evaluator = evaluator
        self.point = point
        self.direction = direction
        self.unit = _unit(evaluator, point, direction)
        self.claimed = float(point.claim.values @ direction.vector)
        self._losses: dict[float, float] = {}

    def fit(self, move: float, offset: float = 0.0) -> Fit | None:
        """The slope by least squares over moves up to ``move`` (relative, see ``MOVES``), either way.

        The loss at ``t`` is ``a + s x(t) + b t**2 + c t**3 + d t**4``, with ``x`` the length of the move that is left
        after rounding, weighed by what is claimed of its entries: so what rounding takes away is no error of the slope.

        Parameters
        ----------
        move : float
            Dimensionless.
        offset : float
            Distances begin this part of the space between two of them sooner, in [0, 1).

        Returns
        -------
        Fit or None
            ``None`` where the loss cannot be evaluated or is not finite, or rounding leaves nothing of the moves.
        """
        fractions = (np.arange(1, SIDE + 1) - offset) / SIDE
        try:
            pairs = [(self._loss(fraction * move), self._loss(-fraction * move)) for fraction in fractions]
        except UnusableLossError:
            return None
        values = np.array(pairs)
        moved = np.array([self._left(fraction * move) for fraction in fractions])
        if not (np.all(np.isfinite(values)) and moved[-1] > 0.0):
            return None
        return self._fitted(values, moved, fractions, move)

    def _fitted(self, values: Vector, moved: Vector, fractions: Vector, move: float) -> Fit:
        odd, even = (values[:, 0] - values[:, 1]) / 2.0, (values[:, 0] + values[:, 1]) / 2.0
        slopes = np.stack([moved, moved[-1] * fractions**3], axis=1)
        curves = np.stack([np.ones(SIDE), fractions**2, fractions**4], axis=1)
        inverse = np.linalg.pinv(slopes)
        solution = inverse @ odd
        rest = np.concatenate([odd - slopes @ solution, even - curves @ (np.linalg.pinv(curves) @ even)])
        noise = float(np.linalg.norm(rest)) / (2 * SIDE - TERMS) ** 0.5
        noise = max(noise, EPS[self.evaluator.loss_precision] * abs(self.point.loss) / 4.0)
        spread = float(np.linalg.norm(inverse[0]))
        plus, minus = (float(value) for value in values[-1])
        reach = float(fractions[-1]) * move * self.unit
        widest = Difference(
            step=reach, plus=plus, minus=minus, value=(plus - minus) / (2.0 * reach), round_off_error=noise / reach
        )
        return Fit(slope=float(solution[0]), bound=SIGMAS * noise * spread, widest=widest)

    def _at(self, move: float) -> Vector:
        return self.point.theta + move * self.unit * self.direction.vector

    def _loss(self, move: float) -> float:
        if move not in self._losses:
            self._losses[move] = self.evaluator.loss(self._at(move))
        return self._losses[move]

    def _left(self, move: float) -> float:
        """How far along the direction a rounded move leads, units of the direction."""
        moved = (self.evaluator.realised(self._at(move)) - self.evaluator.realised(self._at(-move))) / 2.0
        vector = self.direction.vector
        weights = self.point.claim.values if len(self.direction.blocks) == 1 and self.claimed else vector
        return float(weights @ moved) / float(weights @ vector)


def _unit(evaluator: Evaluator, point: Point, direction: Direction) -> float:
    lengths: list[float] = []
    for block in direction.blocks:
        part, theta = direction.vector[evaluator.slices[block]], point.theta[evaluator.slices[block]]
        typical = max(float(np.linalg.norm(part)) / float(np.sqrt(part.size)), float(np.max(np.abs(part))) / FARTHEST)
        lengths.append(typical_size(theta) / typical)
    return min(lengths)


def typical_size(theta: Vector) -> float:
    """Root mean square of a block's entries; parameters near zero still live at unit scale."""
    return max(float(np.linalg.norm(theta)) / float(np.sqrt(max(theta.size, 1))), ENTRY_FLOOR)
