"""Losses smoothed by a small constant, ``log(p + eps)``, are never judged where outputs saturate.

The exact cross-entropy gradient leaves the constant out; the two differ by ``eps / p``: 1e-8 at the start of a
training, without bound where ``p`` is near 0. Where a gradient disagrees and the loss's code has such a constant,
it is judged again with weights that keep outputs away from saturation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Point, UnusableLossError
from gradcheck.checks.places import Examined
from gradcheck.checks.points import fresh_point, weight_matrices
from gradcheck.checks.sources import Exact, exact_at, find_exact
from gradcheck.problem import OracleUnavailableError
from gradcheck.records import Verdict

if TYPE_CHECKING:
    from gradcheck.checks.investigation import Investigation

__all__ = ["agrees_unsaturated"]

Vector = npt.NDArray[np.float64]

# A smoothed loss is looked for down to this many halvings of unit weights: inputs some thousand times too large.
HALVINGS = 12
# The mismatch of a saturated smoothed loss (relative); a wrong derivative that has fallen to 1e-6 with the fourth power
# of the weights (tanh'(tanh(z)) for tanh'(z)) was at most 8**4 * 1e-6 = 4.1e-3 three halvings before.
GROSS = 5e-3
MAX_RAYS = 3  # which matrix makes the outputs is a guess from their order
ONE_STEP = (1.0,)


def agrees_unsaturated(investigation: Investigation, place: Examined) -> bool:
    """Whether the disagreement seen at a place vanishes where outputs are far from saturation.

    Parameters
    ----------
    investigation : Investigation
    place : Examined
        Where the gradient disagrees. Automatic differentiation is used along the way if it agrees with the differences
        taken here.
    """
    ray = _Ray(investigation, place)
    blocks, slices = investigation.evaluator.blocks, investigation.evaluator.slices
    theta = fresh_point(blocks, slices, investigation.rng, 1.0)
    if ray.gap(theta) == 0.0:
        return ray.gap(fresh_point(blocks, slices, investigation.rng, 1.0)) == 0.0
    candidates = weight_matrices(blocks)[::-1][:MAX_RAYS]
    return any(ray.vanishes(theta, slices[matrix]) for matrix in candidates)


class _Ray:
    """Disagreement with part of the weights halved again and again."""

    def __init__(self, investigation: Investigation, place: Examined) -> None:
        self._investigation = investigation
        usable = investigation.oracle in ("auto", "autodiff")
        self._exact = usable and find_exact(investigation.evaluator, place) is not None
        self._known: dict[tuple[int, int], float] = {}

    def vanishes(self, theta: Vector, part: slice) -> bool:
        """Halve part of the weights until the disagreement is gone, and see whether it went as saturation goes.

        The mismatch of ``log(p + eps)`` is exponential in the weights of the output layer: gross three halvings before
        it vanishes. The error of a wrong derivative is a power of the weights, and is not. One matrix at a time is made
        smaller (the last first), so that bugs in the other layers keep showing.
        """
        if self._gap_at(theta, part, HALVINGS) != 0.0:
            return False
        low, high = 0, HALVINGS  # exponents: known to disagree, known to agree
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._gap_at(theta, part, middle) == 0.0 else (middle, high)
        return self._was_gross(theta, part, high - 3) and self.gap(theta, part, high + 1) == 0.0

    def _was_gross(self, theta: Vector, part: slice, latest: int) -> bool:
        """Whether the gap was gross at ``latest`` halvings, by what was measured before it if that decides."""
        earlier = [key for key in self._known if key[0] == part.start and key[1] <= latest]
        if earlier and self._known[max(earlier)] >= GROSS and max(earlier)[1] >= latest - 1:
            return True
        return self._gap_at(theta, part, latest) >= GROSS

    def _gap_at(self, theta: Vector, part: slice, halvings: int) -> float:
        """The gap on the way of one search, each measured once."""
        key = (part.start, halvings)
        if key not in self._known:
            self._known[key] = self.gap(theta, part, halvings)
        return self._known[key]

    def gap(self, theta: Vector, part: slice | None = None, halvings: int = 0) -> float:
        """Disagreement relative to the share of the largest block; 0 within the tolerance, infinite if unusable."""
        theta = theta.copy()
        name = "fresh"
        if part is not None:
            theta[part] *= 2.0**-halvings
            name = f"fresh, one matrix halved {halvings} times"
        try:
            point = self._investigation.evaluator.point(name, theta)
            return self._exact_gap(point) if self._exact else self._difference_gap(point)
        except (UnusableLossError, OracleUnavailableError):
            return np.inf

    def _exact_gap(self, point: Point) -> float:
        investigation = self._investigation
        exact: Exact = exact_at(investigation.evaluator, point)
        claim = point.claim.values
        direction = joint_directions(claim, investigation.evaluator.slices, investigation.rng)[0]
        share = claim * direction.vector
        scale = max(float(np.linalg.norm(share[where])) for where in investigation.evaluator.slices) or 1.0
        gap = abs(float((claim - exact.gradient) @ direction.vector)) / scale
        return 0.0 if gap <= investigation.tolerance.rtol else gap

    def _difference_gap(self, point: Point) -> float:
        first = self._investigation.examine(point, ladder=ONE_STEP, jointly=True).outcomes[0]
        if first.verdict is Verdict.PASS:
            return 0.0
        if not first.differences:
            return np.inf
        only = first.differences[0]
        beyond_noise = max(abs(first.probe.analytic - only.value) - only.round_off_error, 0.0) / first.scale
        return max(beyond_noise, 2.0 * self._investigation.tolerance.rtol)  # not decided is not agreed
