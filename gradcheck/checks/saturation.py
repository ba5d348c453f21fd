"""Losses smoothed by a small constant, ``log(p + eps)``, are never judged where outputs saturate.

The exact cross-entropy gradient leaves the constant out; the two differ by ``eps / p``: 1e-8 at the start of a
training, without bound where ``p`` is near 0. Where a gradient disagrees and the loss's code has such a constant,
it is judged again with weights that keep outputs away from saturation. A constant so large that it shows there too
must show its own factor where all outputs are equal.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gradcheck.checks.corroboration import LOCAL
from gradcheck.checks.directions import joint_directions, random_signs
from gradcheck.checks.evaluator import Point, UnusableLossError
from gradcheck.checks.places import Examined
from gradcheck.checks.points import fresh_point, output_matrix
from gradcheck.checks.probing import Outcome, probe
from gradcheck.checks.sources import Exact, FiniteDifference, exact_at, find_exact, smallest_logarithm
from gradcheck.problem import OracleUnavailableError
from gradcheck.records import Verdict

if TYPE_CHECKING:
    from gradcheck.checks.investigation import Investigation

__all__ = ["agrees_unsaturated"]

Vector = npt.NDArray[np.float64]

# Halvings of unit weights that are tried first: inputs some tens of times too large, or some thousands.
STARTS = (6, 12)
# The mismatch must fall at least twice as steeply as the error of a wrong derivative that goes with the fourth power of
# the weights (tanh'(tanh(z)) for tanh'(z)), which falls by this factor a halving.
POWER_LAW = 2.0**4
# Gaps below this are the error of a difference whose first step was chosen for a tenth of the tolerance (relative).
UNSEEN = 1e-8
# Fresh points that must agree, with every block there, and how many are looked at for that: what is wrong for one sign
# alone (a ReLU taken of the gradient) is right at half of all points in a network of one unit.
AGREEING, TRIES = 3, 8
# Output weights of the points of unit scale: logits of about a quarter keep every probability of up to ten classes
# above 0.05, where a constant of 1e-8 makes a difference of 2e-7.
OUTPUT_SCALE = 0.25
ONE_STEP = (1.0,)
# The second step where the first is too long to say much alone, and the error of the first over the difference of the
# two: a kink's share falls with the step (here by a quarter), a bend's faster.
SHORTER = (0.25,)
FAR = 0.1  # a move of this part of a block's own size
BEND = 4.0 / 3.0
# Parts of unit scale at which outputs are as good as equal: for ordinary inputs, and for some that are far too large.
EQUAL_SCALES = (2.0**-8, 2.0**-16)
# How well a factor of ``1 + k eps`` must be met (relative to ``k eps``).
SAME_FACTOR = 0.05
# The output layer has its share of the disagreement when its residual is above this part of that of the others: along
# all of three random directions it is below the second once in ten thousand, by chance.
PART = 1e-4
SMALL_PART = 0.05
DIRECTIONS = 3
# Away from saturation a constant of 1e-8 over ten probabilities near 0.1 still makes a few millionths of a small bias
# gradient: so far from the tolerance a gap that the true gradient shows is the constant's.
ABOUT = 5.0
# One step shows no truncation error: it is taken as this many times the square of the step (relative to parameters),
# which noise may have made large.
TRUNCATION = 10.0
# ``log(p + eps)`` changes what each sample sends back by ``eps / p`` of it. Samples may cancel to a small part of their
# sum; more than this is another error (dimensionless).
CANCELLATION = 1000.0
# Where every sample is right for sure to this probability, what it sends back is lost in the rounding of ``p - y``.
CERTAIN = 0.999
# A part of fewer entries may be right by chance: the errors of saturated samples, each +-1/m, cancel in a bias.
FEW = 8


@dataclass(frozen=True, slots=True)
class _Gap:
    """Disagreement beyond round-off relative to the weight of the largest block, and whether it is surely tolerable."""

    size: float
    agrees: bool

    @property
    def decides(self) -> bool:
        """False for noise: no disagreement beyond round-off, and no agreement either."""
        return self.agrees or self.size > 0.0


def agrees_unsaturated(investigation: Investigation, place: Examined) -> bool | None:
    """Whether the disagreement seen at a place vanishes where outputs are far from saturation.

    ``None`` where differences are too noisy there to say.

    Parameters
    ----------
    investigation : Investigation
    place : Examined
        Where the gradient disagrees. Automatic differentiation is used along the way if it agrees with the differences
        taken here.
    """
    ray = _Ray(investigation, place)
    blocks, slices = investigation.evaluator.blocks, investigation.evaluator.slices
    output = output_matrix(blocks)
    if place.disagrees and not ray.reaches_the_output(place, output):
        return False
    theta = np.zeros(0)
    for _ in range(TRIES):
        theta = fresh_point(blocks, slices, investigation.rng, 1.0)
        if output is not None:
            theta[slices[output]] *= OUTPUT_SCALE
        gap = ray.gap(theta)
        if not gap.agrees:
            break
        if ray.whole_points() == AGREEING:
            return True
    else:
        return None  # some block that may be wrong was hardly ever there to be compared
    if ray.leaves_out_the_constant(theta, output, gap):
        return True
    if not gap.decides:
        return None
    return ray.vanishes(theta, slice(0, theta.size) if output is None else slices[output])


class _Ray:
    """Disagreement with part of the weights halved again and again."""

    def __init__(self, investigation: Investigation, place: Examined) -> None:
        self._investigation = investigation
        self._usable = investigation.oracle in ("auto", "autodiff")
        self._exact = find_exact(investigation.evaluator, place) if self._usable else None
        self._traced = self._exact is not None
        self._known: dict[tuple[int, int], _Gap] = {}
        self._claimed = [self._blocks_claimed(place.point)]
        self._refuted = False  # set when a disagreement was seen that no constant of the code can make

    def whole_points(self) -> int:
        """Fresh points at which every block has a gradient that has one anywhere: dead units show no error below."""
        alive = np.any(self._claimed, axis=0)
        return sum(np.array_equal(claimed, alive) for claimed in self._claimed[1:])

    def _blocks_claimed(self, point: Point) -> npt.NDArray[np.bool_]:
        claim = point.claim.values
        return np.array([bool(np.any(claim[where])) for where in self._investigation.evaluator.slices])

    def reaches_the_output(self, place: Examined, output: int | None) -> bool:
        """Whether the disagreement is in the output layer, as far as can be told.

        What a smoothed loss changes is the derivative at the output, so the output layer's matrix has its share of it.
        An error of the other layers alone is not that. The reverse says nothing: where hidden units are saturated
        little of the constant's disagreement comes through to the layers below. Nor does a matrix of few entries.
        Along one direction a share may be small by chance, so differences look along several before they miss it; with
        steps that are not local they cannot tell.
        """
        evaluator = self._investigation.evaluator
        claim = place.point.claim.values
        rough = self._exact is None and any(outcome.reach > LOCAL for outcome in place.outcomes)
        if output is None or rough:
            return True
        where = evaluator.slices[output]
        if min(where.stop - where.start, claim.size - (where.stop - where.start)) < FEW:
            return True
        chosen = np.zeros(claim.size, dtype=bool)
        chosen[where] = True
        outside, _ = self._residual(place, ~chosen)
        tries, least = (1, PART) if self._exact is not None else (DIRECTIONS, SMALL_PART)
        for _ in range(tries):
            inside, bound = self._residual(place, chosen)
            if inside + 3.0 * bound > least * outside:
                return True
        return False

    def _residual(self, place: Examined, chosen: npt.NDArray[np.bool_]) -> tuple[float, float]:
        """The disagreement of part of the parameters relative to the larger of claim and truth, and its error bound."""
        evaluator, claim = self._investigation.evaluator, place.point.claim.values
        if self._exact is not None:
            exact = self._exact.gradient
            size = max(float(np.linalg.norm(part[chosen])) for part in (claim, exact)) or 1.0
            return float(np.linalg.norm((claim - exact)[chosen])) / size, self._exact.error
        vector = joint_directions(claim, evaluator.slices, self._investigation.rng)[0].vector
        along = np.where(chosen, vector, 0.0)
        numeric, bound = FiniteDifference(evaluator, place)(along)
        size = max(abs(numeric), 1.0)
        return abs(float(claim @ along) - numeric) / size, bound / size

    def leaves_out_the_constant(self, theta: Vector, output: int | None, gap: _Gap) -> bool:
        """Whether claimed and true gradient differ by just what a constant of the code makes of equal probabilities.

        Where all ``k`` probabilities are ``1/k``, ``log(p + eps)`` divides the gradient of ``log(p)`` by ``1 + k eps``
        (two of them for a sigmoid), whatever the targets. So outputs are made equal, and the matrix that makes them
        must show that factor; the layers before it may owe part of their gradient to a penalty, which has no factor.
        ``gap`` is what was seen where outputs are ordinary: far too large, and no constant is the reason.
        """
        blocks, slices = self._investigation.evaluator.blocks, self._investigation.evaluator.slices
        shape = () if output is None else blocks[output].shape
        where = slice(0, theta.size) if output is None else slices[output]
        constants = self._investigation.hints.smoothing
        if gap.size > CANCELLATION * max(constants, default=0.0):
            return False
        parts = {count * constant for count in {2, *shape} for constant in constants}
        visible = sorted(part for part in parts if part > self._investigation.tolerance.rtol)
        for scale in EQUAL_SCALES if visible else ():
            scaled = theta.copy()
            for block, part in zip(blocks, slices, strict=True):
                if output is None or part == where or block.size in shape:
                    scaled[part] *= scale
            with contextlib.suppress(UnusableLossError, OracleUnavailableError):
                if self._has_factor(scaled, where, visible):
                    return True
        return False

    def _has_factor(self, theta: Vector, where: slice, parts: list[float]) -> bool:
        """Whether part of the claim is ``1 + part`` times the true gradient, and the rest at most so far off."""
        investigation = self._investigation
        evaluator, rtol = investigation.evaluator, investigation.tolerance.rtol
        point = evaluator.point("fresh, outputs equal", theta, investigation.points[0])
        claim = point.claim.values
        numeric: Callable[[Vector], tuple[float, float]]
        if self._traced:
            exact = exact_at(evaluator, point)
            numeric = lambda vector: (float(exact.gradient @ vector), exact.error)  # noqa: E731
        else:
            numeric = FiniteDifference(evaluator, investigation.examine(point, ladder=ONE_STEP, jointly=True))
        inside = []
        for _ in range(2):
            along = np.zeros(claim.size)
            along[where] = random_signs(where.stop - where.start, investigation.rng)
            along /= float(np.linalg.norm(claim[where])) or 1.0
            inside.append((float(claim @ along), *numeric(along)))
        everywhere = []
        for direction in joint_directions(claim, evaluator.slices, investigation.rng):
            shares = [abs(float(claim[part] @ direction.vector[part])) for part in evaluator.slices]
            everywhere.append((sum(shares), float(claim @ direction.vector), *numeric(direction.vector)))
        return any(
            all(abs(own - (1.0 + part) * true) + bound <= SAME_FACTOR * part + rtol for own, true, bound in inside)
            and all(abs(own - true) - bound <= part * share + rtol for share, own, true, bound in everywhere)
            for part in parts
        )

    def vanishes(self, theta: Vector, part: slice) -> bool | None:
        """Halve part of the weights until the disagreement is gone, and see whether it went as saturation goes.

        ``None`` where it did not, but noise hid some of the way.

        The mismatch of ``log(p + eps)`` is exponential in the weights of the output layer. The error of a wrong
        derivative is a power of the weights, and falls less steeply. Only the output layer is made smaller (all weights
        where it cannot be told), so that bugs in the other layers keep showing.
        """
        gone = self._goes_as_saturation(theta, part)
        if self._refuted:
            return False
        return gone if gone or all(gap.decides for gap in self._known.values()) else None

    def _goes_as_saturation(self, theta: Vector, part: slice) -> bool:
        low, high = 0, STARTS[0]  # exponents: ``low`` is known to disagree, ``high`` to agree
        if not self._gap_at(theta, part, high).agrees:
            low, high = STARTS
            if not self._gap_at(theta, part, high).agrees:
                return False
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._gap_at(theta, part, middle).agrees else (middle, high)
        small = max(self._gap_at(theta, part, high).size, UNSEEN)
        steep = any(self._gap_at(theta, part, high - back).size >= 2.0 * POWER_LAW**back * small for back in (1, 2, 3))
        return steep and any(self._gap_at(theta, part, high + more).agrees for more in (1, 2))  # not by chance at one

    def _gap_at(self, theta: Vector, part: slice, halvings: int) -> _Gap:
        """The gap on the way of one search, each measured once."""
        key = (part.start, halvings)
        if key not in self._known:
            scaled = theta.copy()
            scaled[part] *= 2.0**-halvings
            self._known[key] = self.gap(scaled, f"fresh, outputs halved {halvings} times")
        return self._known[key]

    def gap(self, theta: Vector, name: str = "fresh") -> _Gap:
        """The disagreement at one point; infinite where it cannot be evaluated."""
        try:
            point = self._investigation.evaluator.point(name, theta, self._investigation.points[0])
            if not np.any(point.claim.values):
                return _Gap(np.inf, agrees=False)  # nothing is claimed here: nothing agrees
            self._claimed.append(self._blocks_claimed(point))
            return self._exact_gap(point) if self._traced else self._difference_gap(point)
        except (UnusableLossError, OracleUnavailableError):
            return _Gap(np.inf, agrees=False)

    def _bend(self, point: Point, first: Outcome) -> float:
        """How much of a slope taken over many kinks and bends is theirs, by a shorter step along the same line."""
        investigation, step = self._investigation, first.differences[0].step
        output = output_matrix(investigation.evaluator.blocks)
        for block, where in enumerate(investigation.evaluator.slices):
            if block == output:  # outputs are linear in it
                continue
            if step * np.linalg.norm(first.direction.vector[where]) > FAR * np.linalg.norm(point.theta[where]) > 0.0:
                return np.inf  # so far that a shorter step would leave the same bends behind
        again = probe(investigation.evaluator, point, first.direction, investigation.tolerance, ladder=SHORTER)
        if not again.differences:
            return np.inf
        shorter = again.differences[0]
        return BEND * abs(shorter.value - first.differences[0].value) + shorter.round_off_error

    def _exact_gap(self, point: Point) -> _Gap:
        investigation = self._investigation
        exact: Exact = exact_at(investigation.evaluator, point)
        claim = point.claim.values
        direction = joint_directions(claim, investigation.evaluator.slices, investigation.rng)[0]
        share = claim * direction.vector
        scale = max(float(np.linalg.norm(share[where])) for where in investigation.evaluator.slices) or 1.0
        gap = abs(float((claim - exact.gradient) @ direction.vector)) / scale
        agrees = gap <= ABOUT * investigation.tolerance.rtol
        self._refuted = self._refuted or (not agrees and gap > self._explicable(point))
        return _Gap(gap, agrees=agrees)

    def _explicable(self, point: Point) -> float:
        """The largest disagreement that a constant beside the loss's logarithms may make at a point (relative)."""
        probability = smallest_logarithm(self._investigation.evaluator, point)
        constants = self._investigation.hints.smoothing
        if not probability or probability > CERTAIN or not constants:
            return np.inf
        return CANCELLATION * max(constants) / probability

    def _difference_gap(self, point: Point) -> _Gap:
        place = self._investigation.examine(point, ladder=ONE_STEP, jointly=True)
        first = place.outcomes[0]
        if not first.differences:
            return _Gap(np.inf, agrees=False)
        # Where the loss is saturated differences may be too coarse to trust a trace by; here they need not be.
        self._traced = self._usable and find_exact(self._investigation.evaluator, place) is not None
        only = first.differences[0]
        gap = abs(first.probe.analytic - only.value)
        near = gap + only.round_off_error <= ABOUT * self._investigation.tolerance.rtol * first.scale
        agrees = first.verdict is Verdict.PASS or near
        error = only.round_off_error + TRUNCATION * first.reach**2 * first.scale
        if not agrees and first.reach > LOCAL:
            error += self._bend(point, first)
        return _Gap((gap if agrees else max(gap - error, 0.0)) / first.scale, agrees=agrees)
