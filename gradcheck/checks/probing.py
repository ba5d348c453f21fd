"""One probe: the claimed derivative along a direction, judged against differences of the loss.

Agreement is its own certificate: along a random direction a wrong gradient agrees with the loss only by a coincidence
whose probability is about tolerance over error, so the first step that agrees ends the probe. Only disagreement climbs
the ladder of steps, until the estimate stands clear of its own error or the steps are used up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import Direction
from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError
from gradcheck.checks.rounding import EPS
from gradcheck.oracles.finite_difference import (
    ROUND_OFF_FACTOR,
    Difference,
    Estimate,
    central_difference,
    estimate,
    slope_jump,
)
from gradcheck.records import Probe, Verdict

__all__ = ["LADDER", "Outcome", "Tolerance", "probe", "resolvable", "vanishes"]

Vector = npt.NDArray[np.float64]

# The smallest first step, relative to the norm of the parameters (dimensionless). 6e-7 still crossed a kink in one of
# three ReLU networks of 480,000 parameters at batch 256; this leaves a tenth of the tolerance as round-off error there.
SMALLEST_STEP = 1.5e-7
LARGEST_STEP = 1e-2
NEARBY_STEP = 1e-4
# Parameters near zero still live at unit scale: their norm is taken as at least this much a root-mean-square entry.
ENTRY_FLOOR = 0.1
# ... unless they are this much smaller, and the loss resolves what is claimed over steps that are small beside them:
# then it may live at their own scale (weights of inputs that are large, physical constants).
OWN_SCALE = 1e-3
# Blocks may live at scales that are far apart (1e-9 beside 1e9). Where a step over all of them moves one by this many
# times more of itself than it moves the whole, the first step (1.5e-7 of the whole) is no small part of that block.
FAR_APART = 1e4
# The first step leaves a round-off error of this part of the tolerance where that needs a larger step; the next
# smaller one then still stays below the tolerance.
ROUND_OFF_SHARE = 0.2
# Multiples of the first step, in the order in which disagreement asks for them: smaller ones first (kinks, truncation).
LADDER = (1.0, 1.0 / 4.0, 4.0, 32.0, 256.0, 2048.0)
# An estimate stands clear when its error is below this part of the disagreement; three steps that agree so by chance,
# at two independent points, have probability below 1e-4.
CLEAR = 0.1
# A disagreement is looked at again with a step so small that round-off is this part of it, if that is at least so many
# times smaller than the believed one; it has vanished if less than this part of it is left, which is several times the
# round-off. The step is at least the last, relative to the parameters: a loss that is rounded on purpose is still seen.
FINEST, FINER, LEFT, LEAST_STEP = 1.0 / 40.0, 8.0, 1.0 / 8.0, 1e-11
# Where the loss shows less than this part of what is claimed, steps may be far too large for it (entries of 1e-6 beside
# some of 1e6): then the step may be as small as the parameters' rounding allows, which is a sixty-fourth of it.
NOTHING_SEEN, LEAST_REALISED_STEP = 1e-2, 64.0 * EPS["float64"]
# Rounding of the parameters may leave this part of what a step is to move in a block (dimensionless), not less: what it
# takes away is compared with nothing.
REALISED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """``rtol * scale + atol``, with the scale left to the probe (the largest block's weight in the direction)."""

    rtol: float
    atol: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A judged probe and what its steps showed.

    ``scale`` is the weight of the largest block in the direction (units of the derivative), ``reach`` the believed step
    relative to the parameters (dimensionless), ``kink`` the jump of the slope at the point where it stands clear of
    noise; ``own_scale`` says that steps were measured by parameters that are tiny, not by unit scale; ``fitted`` that
    the slope is that of a line through many losses, not of one difference; ``alone`` that one block was looked at by
    itself, along its own claim where it has one.
    """

    probe: Probe
    direction: Direction
    differences: tuple[Difference, ...]
    scale: float
    resolvable: bool
    reach: float
    kink: float
    settled: bool
    own_scale: bool = False
    fitted: bool = False
    alone: bool = False

    @property
    def verdict(self) -> Verdict:
        """The probe's verdict."""
        return self.probe.verdict


def probe(
    evaluator: Evaluator,
    point: Point,
    direction: Direction,
    tolerance: Tolerance,
    *,
    ladder: tuple[float, ...] = LADDER,
) -> Outcome:
    """Judge the claimed gradient at a point along one direction.

    Parameters
    ----------
    evaluator : Evaluator
    point : Point
    direction : Direction
    tolerance : Tolerance
    ladder : tuple of float
        Multiples of the first step to try.

    Returns
    -------
    Outcome
        ``PASS`` when some step agrees within the tolerance and its round-off error is below it; ``FAIL`` when the best
        estimate differs by more than tolerance and error bound and stands clear of its own error; else
        ``INCONCLUSIVE``.
    """
    line = _Line(evaluator, point, direction, tolerance)
    differences: list[Difference] = []
    remaining = list(ladder)
    while remaining:
        difference = line.difference(remaining.pop(0))
        if difference is None:
            continue
        if not differences and line.outgrown_by(difference):
            remaining.insert(0, ladder[0])
            continue
        differences.append(difference)
        agreed = line.agreement(differences)
        if agreed is not None:
            return line.outcome(differences, agreed, Verdict.PASS, settled=True)
        if len(differences) == 1 and line.narrowed():
            differences.clear()
            remaining = list(ladder)
            continue
        if not any(taken.informative for taken in differences):
            if line.is_still(differences):
                break
            if len(differences) == 2 and line.scale > 0.0:
                remaining.sort(reverse=True)  # see at once whether the loss moves over the largest step
        best = estimate(differences) if len(differences) >= 3 else None
        if best is not None and line.stands_clear(best):
            return line.outcome(differences, best, line.judge(best), settled=True)
    return line.undecided(differences)


def resolvable(evaluator: Evaluator, point: Point, direction: Direction, tolerance: Tolerance) -> bool:
    """Whether the loss resolves what is claimed along a direction by steps so small that they hardly cross a kink."""
    return _Line(evaluator, point, direction, tolerance).resolves_by(NEARBY_STEP)


def vanishes(evaluator: Evaluator, point: Point, outcome: Outcome, tolerance: Tolerance) -> bool:
    """Whether a disagreement goes away as the step shrinks: then it was that of kinks, which larger steps cross.

    Costs a difference (two losses), or nothing where round-off leaves no smaller step to take. Two steps that cross
    many kinks (those of a sort, of thousands of ReLUs) can agree by chance on a slope that is nobody's.
    """
    return _Line(evaluator, point, outcome.direction, tolerance).vanishes(outcome)


class _Line:
    """The loss along one direction from one point, and the claimed derivative there."""

    def __init__(self, evaluator: Evaluator, point: Point, direction: Direction, tolerance: Tolerance) -> None:
        self._evaluator, self._point, self._direction = evaluator, point, direction
        vector, slices = direction.vector, evaluator.slices
        parts = [slices[block] for block in direction.blocks]
        self._length = float(np.linalg.norm(vector)) or 1.0
        norm = float(np.linalg.norm([np.linalg.norm(point.theta[where]) for where in parts]))
        count = sum(where.stop - where.start for where in parts)
        floor = ENTRY_FLOOR * float(np.sqrt(count or 1))
        self.analytic = float(point.claim.values @ vector)
        self.scale = max(direction.weights, default=0.0)
        rounding = 4.0 * EPS["float64"] * float(np.linalg.norm(direction.weights))
        self._claim_error = point.claim.error_along(vector, slices) + rounding
        self._tolerance = tolerance
        self._eps = EPS[evaluator.loss_precision]
        self._loss_size = abs(point.loss)
        self._reach = norm
        self.own_scale = 0.0 < norm < OWN_SCALE * floor and self.resolves_by(NEARBY_STEP)
        if not self.own_scale:
            self._reach = max(norm, floor)

    @property
    def tolerance(self) -> float:
        return self._tolerance.rtol * self.scale + self._tolerance.atol

    def difference(self, multiple: float) -> Difference | None:
        """One central difference; ``None`` where the loss cannot be evaluated there."""
        step = self._first_step() * multiple
        if not step > 0.0:  # a claimed gradient so large, or so small, that the direction has no usable length
            return None
        if not SMALLEST_STEP / 64.0 <= step * self._length / self._reach <= 64.0 * LARGEST_STEP:
            return None
        return self._taken(step)

    def _taken(self, step: float) -> Difference | None:
        theta, vector = self._point.theta, self._direction.vector
        try:
            taken = central_difference(
                lambda t: self._evaluator.loss(self._evaluator.shifted(theta, t, vector)),
                step,
                EPS[self._evaluator.loss_precision],
            )
        except UnusableLossError:
            return None
        if not np.isfinite(taken.value):
            return None
        return self._corrected(taken) if self._evaluator.rounds else taken

    def vanishes(self, outcome: Outcome) -> bool:
        gap = abs(outcome.probe.numeric - outcome.probe.analytic)
        finest = min(outcome.differences, key=lambda difference: difference.step, default=None)
        if finest is None or not gap > 0.0:
            return False
        clear = finest.step * finest.round_off_error / (FINEST * gap)
        unseen = abs(outcome.probe.numeric) < NOTHING_SEEN * abs(outcome.probe.analytic)
        least = LEAST_REALISED_STEP if unseen else LEAST_STEP
        step = max(clear, least * self._reach / self._length)
        if step > outcome.probe.step / FINER:
            return False
        taken = self._taken(step)
        return taken is not None and abs(taken.value - self.analytic) <= LEFT * gap

    def narrowed(self) -> bool:
        """Whether steps are measured anew: by the block that they move farthest, if the loss resolves its scale."""
        vector, slices = self._direction.vector, self._evaluator.slices
        parts = [slices[block] for block in self._direction.blocks]
        lengths = [float(np.linalg.norm(vector[where])) for where in parts]
        sizes = [float(np.linalg.norm(self._point.theta[where])) for where in parts]
        units = [size / length for size, length in zip(sizes, lengths, strict=True) if size > 0.0 and length > 0.0]
        reach, narrow = self._reach, min(units, default=np.inf) * self._length
        if not narrow * FAR_APART < reach:
            return False
        self._reach = narrow
        if not self.resolves_by(NEARBY_STEP):
            self._reach = reach
            return False
        self.own_scale = True
        return True

    def resolves_by(self, step: float) -> bool:
        """Whether round-off falls below the tolerance at a step (relative to the parameters)."""
        return self.tolerance > 0.0 and self._noise <= self.tolerance * step * self._reach / self._length

    @property
    def _noise(self) -> float:
        """Round-off error of a difference times its step, units of the loss."""
        return ROUND_OFF_FACTOR * self._eps * max(self._loss_size, 1e-300)

    def _first_step(self) -> float:
        unit = self._reach / self._length
        if self.scale == 0.0:  # nothing is claimed: a tenth of the step that balances both errors of a smooth loss
            return float(0.1 * self._eps ** (1.0 / 3.0) * unit)
        needed = self._noise / (ROUND_OFF_SHARE * max(self.tolerance, 1e-300))
        return float(min(max(SMALLEST_STEP * unit, needed), LARGEST_STEP * unit))

    def is_still(self, differences: list[Difference]) -> bool:
        """Whether differences that all vanish say that the loss does not move here.

        Two are enough where so little is claimed that no step could show it; otherwise the third was over the largest
        step (or, where nothing is claimed at all, a larger one than the first).
        """
        hopeless = self.scale > 0.0 and not self.resolves_by(LARGEST_STEP)
        return len(differences) >= (2 if hopeless else 3)

    def outgrown_by(self, taken: Difference) -> bool:
        """Whether the loss is so much larger than that of the point nearby that the first step must be chosen again."""
        size = max(abs(taken.plus), abs(taken.minus))
        if self._point.measured or size <= 4.0 * self._loss_size:
            return False
        self._loss_size = size
        return True

    def _corrected(self, taken: Difference) -> Difference | None:
        """Low precision rounds the parameters: add what the direction really taken would have claimed differently.

        ``None`` where that has left out most of a block: the claim would stand in for the difference there.
        """
        theta, vector = self._point.theta, self._direction.vector
        high = self._evaluator.realised(theta + taken.step * vector)
        low = self._evaluator.realised(theta - taken.step * vector)
        moved = (high - low) / (2.0 * taken.step)
        if not all(self._moves(self._evaluator.slices[block], moved) for block in self._direction.blocks):
            return None
        claimed = float(self._point.claim.values @ moved)
        return Difference(
            step=taken.step,
            plus=taken.plus,
            minus=taken.minus,
            value=taken.value + self.analytic - claimed,
            round_off_error=taken.round_off_error,
        )

    def _moves(self, where: slice, moved: Vector) -> bool:
        """Whether a block moves by most of what was meant, weighed by what is claimed of its entries."""
        meant = self._direction.vector[where]
        weights = np.abs(self._point.claim.values[where])
        if not np.any(weights):
            weights = np.ones_like(meant)
        return bool(weights @ np.abs(moved[where]) >= REALISED * (weights @ np.abs(meant)))

    def agreement(self, differences: list[Difference]) -> Estimate | None:
        """The newest difference, if it agrees with the claim and could have disagreed."""
        newest = differences[-1]
        gap = abs(newest.value - self.analytic)
        bound = newest.round_off_error + self._claim_error
        if bound <= self._limit(newest.value) and gap <= self._limit(newest.value):
            return Estimate(
                value=newest.value, truncation_error=0.0, round_off_error=newest.round_off_error, step=newest.step
            )
        return None

    def _limit(self, numeric: float) -> float:
        """The tolerance; where nothing is claimed (scale 0) it is relative to the numeric derivative."""
        return self.tolerance if self.scale > 0.0 else self._tolerance.rtol * abs(numeric) + self._tolerance.atol

    def stands_clear(self, best: Estimate) -> bool:
        gap = abs(best.value - self.analytic)
        return best.error_bound + self._claim_error <= max(CLEAR * gap, 0.0) or (
            best.error_bound + self._claim_error <= self._limit(best.value)
        )

    def judge(self, best: Estimate) -> Verdict:
        gap = abs(best.value - self.analytic)
        bound = best.error_bound + self._claim_error
        limit = self._limit(best.value)
        if gap > limit + bound:
            return Verdict.FAIL
        return Verdict.PASS if bound <= limit else Verdict.INCONCLUSIVE

    def undecided(self, differences: list[Difference]) -> Outcome:
        """The steps are used up: judge what they support, which stands clear of nothing."""
        best = estimate(differences)
        if best is None:
            return self._flat(differences)
        verdict = self.judge(best)
        if verdict is Verdict.FAIL and not self.stands_clear(best):
            verdict = Verdict.INCONCLUSIVE
        return self.outcome(differences, best, verdict, settled=False)

    def _flat(self, differences: list[Difference]) -> Outcome:
        """The loss did not move at all: it is constant along the line, or no step was usable."""
        if not differences:
            nothing = Estimate(value=float("nan"), truncation_error=np.inf, round_off_error=np.inf, step=0.0)
            return self.outcome(differences, nothing, Verdict.INCONCLUSIVE, settled=False)
        widest = max(differences, key=lambda d: d.step)
        flat = Estimate(
            value=widest.value, truncation_error=0.0, round_off_error=widest.round_off_error, step=widest.step
        )
        if widest.informative or len(differences) < 3 or not self.resolves_by(LARGEST_STEP):
            return self.outcome(differences, flat, Verdict.INCONCLUSIVE, settled=False)
        return self.outcome(differences, flat, self.judge(flat), settled=True)

    def outcome(self, differences: list[Difference], best: Estimate, verdict: Verdict, *, settled: bool) -> Outcome:
        finest = min(differences, key=lambda d: d.step, default=None)
        jump = 0.0 if finest is None or not self._point.measured else slope_jump(finest, self._point.loss)
        noise = 0.0 if finest is None else 4.0 * finest.round_off_error
        return Outcome(
            probe=Probe(
                point=self._point.name,
                blocks=tuple(self._evaluator.blocks[b].name for b in self._direction.blocks),
                analytic=self.analytic,
                numeric=best.value,
                truncation_error=best.truncation_error,
                round_off_error=best.round_off_error + self._claim_error,
                tolerance=self._limit(best.value),
                step=best.step,
                oracle="finite-difference",
                verdict=verdict,
            ),
            direction=self._direction,
            differences=tuple(differences),
            scale=self.scale or abs(best.value) or 1.0,
            resolvable=self.resolves_by(LARGEST_STEP),
            reach=best.step * self._length / self._reach,
            kink=jump if abs(jump) > noise else 0.0,
            settled=settled,
            own_scale=self.own_scale,
        )
