"""The course of a check: which points are probed, and what their outcomes together say.

The parameters as given come first, then a better point (``points.better_point``). Two points that agree are a PASS.
A disagreement counts only when it is found again at an independent point or in the neighbourhood: at a kink, a right
gradient disagrees with every difference quotient, and agrees next to it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcheck.checks import reasons
from gradcheck.checks.corroboration import LOCAL, corroborated
from gradcheck.checks.directions import FLOOR, joint_directions
from gradcheck.checks.evaluator import BudgetSpentError, Evaluator, Point, UnusableLossError
from gradcheck.checks.explanations import clipping_finding, smoothing_finding
from gradcheck.checks.low_precision import GROSS, looked_at_closely
from gradcheck.checks.places import Examined, Judgement, State, state_of
from gradcheck.checks.points import better_point, fresh_point, jittered
from gradcheck.checks.probing import LADDER, Outcome, Tolerance, probe, resolvable, vanishes
from gradcheck.checks.rescue import decide_by_other_oracles
from gradcheck.checks.saturation import CANCELLATION, agrees_unsaturated
from gradcheck.checks.sources import FiniteDifference, exact_at, find_exact
from gradcheck.problem import Hints, OracleUnavailableError
from gradcheck.records import Finding, Verdict

__all__ = ["Investigation"]

Vector = npt.NDArray[np.float64]

# Radius of the neighbourhood that tells a kink (isolated) from a wrong gradient, relative to the parameters, and in
# moves of the differences at the place itself, so that none reaches back to the kink; the second where the first
# decides nothing.
FAR = ((1e-4, 1e2), (1e-2, 1e4))
# In low precision moves are so long that a function may be saturated where a hundred of them end: then one that keeps
# every entry at least two moves away, which a difference there does not reach across.
LOW_PRECISION = (FAR[0], (1e-4, 4.0), FAR[1])
# Where slopes were fitted, over moves that hardly mind a kink, a neighbour is to be rounded otherwise in most entries.
FITTED = ((0.1, 0.0), (0.3, 0.0))
# Loss evaluations up to the end of the course, other oracles included: a check of right code is to cost forty at worst,
# and one more shows whether the loss repeats. An oracle that was asked for may cost more.
COURSE = 39
# Loss evaluations after which no farther neighbour is looked at, and ladders end with the steps that a disagreement
# needs at least.
PATIENCE = 24
SHORT = 3
# What a mistake of a back-propagation is off by is hardly ever less (relative).
SLIGHT = 1e-4
# Moves of the better point that are tried, relative to the parameters, until the loss can be evaluated there.
RADII = (0.3, 0.03)
# Weights that are tried where a layer is saturated at the others, as parts of unit scale.
UNSATURATED_SCALES = (1.0, 0.1, 0.01, 0.001)


@dataclass
class Investigation:
    """Examines points one after the other, as the outcomes ask for them."""

    evaluator: Evaluator
    tolerance: Tolerance
    rng: np.random.Generator
    hints: Hints
    oracle: str = "auto"
    examined: list[Examined] = field(default_factory=list)

    @property
    def budget(self) -> int | None:
        """Loss evaluations up to a verdict, if they are limited."""
        return COURSE if self.oracle == "auto" else None

    @property
    def outcomes(self) -> list[Outcome]:
        """All probes so far."""
        return [outcome for place in self.examined for outcome in place.outcomes]

    @property
    def points(self) -> list[Point]:
        """All points so far."""
        return [place.point for place in self.examined]

    def examine(self, point: Point, ladder: tuple[float, ...] = LADDER, *, jointly: bool = False) -> Examined:
        """Probe one point until a direction disagrees: all blocks jointly, then (unless ``jointly``) faint groups."""
        outcomes: list[Outcome] = []
        ladder = ladder if self.evaluator.counted <= PATIENCE else ladder[:SHORT]
        directions = joint_directions(point.claim.values, self.evaluator.slices, self.rng)
        for direction in directions[:1] if jointly else directions:
            if outcomes and not resolvable(self.evaluator, point, direction, self.tolerance):
                break  # gradients below what the loss can resolve: left to points where they are larger
            outcomes.append(probe(self.evaluator, point, direction, self.tolerance, ladder=ladder))
            if outcomes[-1].verdict is not Verdict.PASS:
                break
        examined = Examined(point, tuple(outcomes), state_of(point, outcomes))
        if not jointly:
            examined = looked_at_closely(self.evaluator, examined, self.tolerance, ladder, self.rng, self.examined)
        self.examined.append(examined)
        return examined

    def run(self, given: Point, *, better: bool) -> Judgement:
        """The whole course, from the parameters as given; undecided where the losses that it may cost are spent."""
        try:
            with self.evaluator.within(self.budget):
                return self._course(given, better=better)
        except BudgetSpentError:
            return reasons.spent(self.examined)

    def _course(self, given: Point, *, better: bool) -> Judgement:
        base = self.examine(given)
        place = self._better(given, RADII) if better else None
        supported = self._by_other_oracles(base, {examined.state for examined in (base, place) if examined is not None})
        if supported is not None:
            return supported
        if place is None:
            if base.agrees:  # the second of the two independent directions
                base = self.examine(given)
            return self._without_better_point(base)
        if base.state in (State.AGREES, State.VACUOUS) and place.agrees:
            return self._passed(base)
        if base.disagrees and place.disagrees:
            near = None if self._certain(place) else self._neighbour(place)
            if near is None or near.disagrees:
                return self._failed(base, place)
            place = near
        if base.disagrees or base.state is State.UNDECIDED:
            return self._doubtful_base(base, place)
        return self._doubtful_better(base, place)

    def _corroborated(self, base: Examined) -> Judgement | None:
        """A pass where automatic differentiation confirms the claim and differences are too rough."""
        supported = corroborated(self)
        return None if supported is None else dataclasses.replace(supported, findings=reasons.vacuous(base))

    def _by_other_oracles(self, base: Examined, states: set[State]) -> Judgement | None:
        """A pass by sources that cost no loss, before a doubt about differences is followed by more of them."""
        if State.UNDECIDED in states and State.DISAGREES not in states:
            decided = decide_by_other_oracles(self)
            if decided is not None and decided.verdict is Verdict.PASS:
                return decided
        return self._corroborated(base) if states & {State.UNDECIDED, State.DISAGREES} else None

    def _without_better_point(self, base: Examined) -> Judgement:
        if base.agrees:
            return self._passed(base)
        if base.state is State.VACUOUS:
            return self._vacuous(base)
        return self._doubtful_base(base, None)

    def _certain(self, place: Examined) -> bool:
        """Whether automatic differentiation agrees with the differences at a place, and so not with the claim."""
        return self.oracle in ("auto", "autodiff") and find_exact(self.evaluator, place) is not None

    def _contradicted(self, place: Examined) -> bool:
        """Whether automatic differentiation runs at a place and does not agree with the differences there."""
        try:
            exact_at(self.evaluator, place.point)
        except OracleUnavailableError:
            return False
        return find_exact(self.evaluator, place) is None

    def _passed(self, base: Examined, *findings: Finding) -> Judgement:
        """Everything agrees so far: look once more where blocks not seen yet have a gradient to compare."""
        contrary = self._confirmed() or self._show_hidden_blocks()
        if contrary is not None:
            return contrary
        return reasons.agreement(self.outcomes, findings + reasons.vacuous(base))

    def _confirmed(self) -> Judgement | None:
        """A pass needs two directions: where only one had something to compare, a second is taken at its point."""
        agreeing = [place for place in self.examined if place.agrees]
        if len(agreeing) != 1:
            return None
        again = self.examine(agreeing[0].point)
        if again.agrees:
            return None
        near = self._neighbour(again) if again.disagrees else None
        return self._failed(again, near) if near is not None and near.disagrees else self._open(again)

    def _hidden_blocks(self) -> list[int]:
        """Blocks that no passing probe has moved with a weight that shows an error of their own size."""
        seen = {
            block
            for outcome in self.outcomes
            if outcome.verdict is Verdict.PASS
            for block, weight in zip(outcome.direction.blocks, outcome.direction.weights, strict=True)
            if weight >= FLOOR
        }
        return [index for index, block in enumerate(self.evaluator.blocks) if block.size and index not in seen]

    def _show_hidden_blocks(self) -> Judgement | None:
        """Saturated or dead layers have no gradient to speak of: try smaller weights, where they have one."""
        hidden = self._hidden_blocks()
        for scale in UNSATURATED_SCALES if hidden else ():
            point = self._fresh(scale, f"fresh at scale {scale:g}")
            if point is None or not self._shows(point, hidden):
                continue
            place = self.examine(point)
            if place.agrees:
                return None
            near = self._neighbour(place) if place.disagrees else None
            return self._failed(place, near) if near is not None and near.disagrees else None
        return None

    def _shows(self, point: Point, blocks: list[int]) -> bool:
        norms = [float(np.linalg.norm(point.claim.values[where])) for where in self.evaluator.slices]
        return min(norms[block] for block in blocks) > FLOOR**2 * max(norms)

    def _doubtful_base(self, base: Examined, place: Examined | None) -> Judgement:
        """The point as given disagrees or cannot be decided, and the better one (if any) has not confirmed it."""
        if base.state is State.UNDECIDED and place is not None and place.disagrees and self._smoothed(place):
            return self._smooth_pass(place)
        near = self._neighbour(base)
        if near is not None and near.agrees and place is None:
            near = self.examine(near.point)  # one agreement alone may be a coincidence: two acquit
        if near is not None and near.agrees:
            if place is None or place.agrees:
                return self._passed(base, reasons.kink(base))
            if place.disagrees:
                return self._doubtful_better(near, place)
        if near is not None and near.disagrees and base.disagrees:
            return self._failed(base, near)
        if base.state is State.UNDECIDED and near is not None and near.disagrees and place and place.disagrees:
            return self._failed(place, near)
        return self._open(base)

    def _doubtful_better(self, base: Examined, place: Examined) -> Judgement:
        """The point as given says nothing against the gradient; the better one disagrees or cannot be decided."""
        if place.disagrees:
            near = self._neighbour(place)
            if near is not None and near.disagrees:
                return self._failed(place, near)
        if base.state is State.VACUOUS and place.state is State.VACUOUS:
            return self._vacuous(base)
        other = self._better(base.point, (0.1, 0.01))
        if other is not None and other.disagrees:
            near = place if place.disagrees else self._neighbour(other)
            if near is None or not near.agrees:
                return self._failed(near, other) if near is not None and near.disagrees else self._open(other)
            other = near
        if base.agrees:
            if other is None or not other.agrees:
                other = self.examine(base.point)
            if other.agrees:
                return self._passed(base)
        elif base.state is State.VACUOUS and other is not None and other.agrees:
            return self._passed(base)
        return self._open(place)

    def _vacuous(self, base: Examined) -> Judgement:
        """Nothing to compare so far: try weights of other sizes, where something may be."""
        doubtful = None
        for scale in UNSATURATED_SCALES:
            point = self._fresh(scale, f"fresh at scale {scale:g}")
            if point is None or not np.any(point.claim.values):
                continue
            place = self.examine(point)
            if place.agrees:
                return self._passed(base)
            supported = self._corroborated(base)
            if supported is not None:
                return supported
            near = self._neighbour(place) if place.disagrees else None
            if near is not None and near.disagrees:
                return self._failed(place, near)
            if place.state is not State.VACUOUS:
                doubtful = place
        if doubtful is not None:
            return self._open(doubtful)
        return reasons.still()

    def _smoothed(self, place: Examined) -> bool | None:
        """Whether the disagreement is that of a constant beside a logarithm of the loss."""
        return agrees_unsaturated(self, place) if self.hints.may_smooth else False

    def _open(self, place: Examined) -> Judgement:
        """Differences decide nothing at a place."""
        if self._smoothed(place):
            return self._smooth_pass(place)
        return reasons.undecided(place)

    def _failed(self, first: Examined, second: Examined) -> Judgement:
        """Two places disagree: a wrong gradient, unless it is clipped, or the loss smoothed and both saturated.

        What is said of the disagreement is looked for away from kinks: there a right gradient disagrees as well, also
        with automatic differentiation, which like a central difference takes the mean of both slopes.
        """
        confirmed = [place for place in (first, second) if not place.kinked and self._certain(place)]
        clear = min(confirmed or (first, second), key=lambda place: (place.kinked, place.uncertainty))
        exact = find_exact(self.evaluator, clear) if confirmed else None
        other = second if clear is first else first
        truth = None if exact is None else (lambda point: exact_at(self.evaluator, point).gradient)
        clipping = clipping_finding(clear.point, other.point, self.evaluator.slices, self.hints, truth)
        if clipping is not None and (exact is not None or self._is_shrunk(clear)):
            return reasons.clipped(clipping, clear)
        smoothed = self._smoothed(clear)
        if smoothed:
            return self._smooth_pass(clear)
        if smoothed is None:
            return reasons.saturated()
        if self._doubts_differences(first, second, confirmed=exact is not None):
            return reasons.rough()
        doubt = None if exact is not None else self._doubtful_alone(first, second)
        if doubt is not None:
            return doubt
        explained = first if exact is None or find_exact(self.evaluator, first) is not None else clear
        return reasons.disagreement(first, explained)

    def _doubtful_alone(self, first: Examined, second: Examined) -> Judgement | None:
        """What differences that nothing confirms may be wrong about: too slight for a mistake, or a matter of kinks."""
        most = min(CANCELLATION * max(self.hints.smoothing, default=0.0), SLIGHT)
        if self.hints.may_smooth and max(first.gap, second.gap) <= most:
            return reasons.slight()
        return reasons.many_kinks() if self._vanish(first) and self._vanish(second) else None

    def _vanish(self, place: Examined) -> bool:
        """Whether what disagrees at a place does so less and less as the step shrinks."""
        wrong = [outcome for outcome in place.outcomes if outcome.verdict is Verdict.FAIL]
        with contextlib.suppress(BudgetSpentError):  # what was seen so far stands
            return all(vanishes(self.evaluator, place.point, outcome, self.tolerance) for outcome in wrong)
        return False

    def _is_shrunk(self, place: Examined) -> bool:
        """Whether the loss changes faster along the claimed gradient than claimed, as it does where that is cut off."""
        claim = place.point.claim.values
        norm = float(np.linalg.norm(claim)) or 1.0
        slope, bound = FiniteDifference(self.evaluator, place)(claim / norm)
        return slope - bound > norm

    def _doubts_differences(self, first: Examined, second: Examined, *, confirmed: bool) -> bool:
        """Whether a disagreement may be that of the differences: steps are not local, or precision is low.

        Or automatic differentiation, which they confirm elsewhere, contradicts them at both places: a gradient of 1e-30
        is lost in the rounding of the loss and of the claim alike. ``confirmed`` says that it agrees with the clearer
        of the two.
        """
        doubtful = [place for place in (first, second) if any(outcome.reach > LOCAL for outcome in place.outcomes)]
        if any(self._contradicted(place) for place in doubtful):
            return True
        if not confirmed and self._confirmed_elsewhere() and all(map(self._contradicted, (first, second))):
            return True
        if self.evaluator.loss_precision == "float64":
            return False
        return not confirmed and (self.hints.may_saturate or min(first.gap, second.gap) < GROSS)

    def _confirmed_elsewhere(self) -> bool:
        """Whether differences agree with automatic differentiation at a point where they agree with the claim."""
        return any(place.agrees and self._certain(place) for place in self.examined)

    def _smooth_pass(self, place: Examined) -> Judgement:
        return reasons.smoothed(smoothing_finding(self.hints, place.outcomes))

    def _fresh(self, scale: float, name: str) -> Point | None:
        theta = fresh_point(self.evaluator.blocks, self.evaluator.slices, self.rng, scale)
        try:
            return self.evaluator.point(name, theta, self.points[0])
        except UnusableLossError:
            return None

    def _better(self, given: Point, radii: tuple[float, ...]) -> Examined | None:
        blocks, slices, own = self.evaluator.blocks, self.evaluator.slices, self.examined[0].at_own_scale
        for radius in radii:
            theta = better_point(given.theta, blocks, slices, self.rng, radius, own_scale=own)
            if (place := self._look("better point", theta, given)) is not None:
                return place
        return None

    def _neighbour(self, place: Examined) -> Examined | None:
        """A point close by, but many steps of the differences away; elsewhere where that decides nothing."""
        examined = None
        low = self.evaluator.loss_precision != "float64"
        silent = {State.UNDECIDED, State.VACUOUS} if low else {State.UNDECIDED}
        nearby = LOW_PRECISION if low else FAR
        for radius, steps in FITTED if place.single else nearby:
            least = steps * place.moves(self.evaluator.slices)
            theta = jittered(place.point.theta, self.evaluator.blocks, self.evaluator.slices, self.rng, radius, least)
            examined = self._look(f"next to {place.point.name}", theta, place.point) or examined
            if examined is not None and (examined.state not in silent or self.evaluator.counted > PATIENCE):
                break
        return examined

    def _look(self, name: str, theta: Vector, like: Point) -> Examined | None:
        """What is found at one point; ``None``, and no trace of it, where the loss cannot be evaluated."""
        with contextlib.suppress(UnusableLossError):
            place = self.examine(self.evaluator.point(name, theta, like))
            if place.outcomes[0].differences:
                return place
            self.examined.pop()
        return None
