"""The course of a check: which points are probed, and what their outcomes together say.

The parameters as given come first, then a better point (``points.better_point``). Two points that agree are a PASS.
A disagreement counts only when it is found again at an independent point or in the neighbourhood: at a kink, a right
gradient disagrees with every difference quotient, and agrees next to it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError
from gradcheck.checks.explanations import clipping_finding, smoothing_finding
from gradcheck.checks.points import better_point, fresh_point, jittered
from gradcheck.checks.probing import Outcome, Tolerance, probe
from gradcheck.problem import Hints
from gradcheck.records import Finding, Severity, Verdict

__all__ = ["Examined", "Investigation", "Judgement"]

Vector = npt.NDArray[np.float64]

# Radius of the neighbourhood that tells a kink (isolated) from a wrong gradient, relative to the parameters: two
# hundred first steps away, so that no difference reaches back to the kink.
NEAR = 1e-4
# Moves of the better point that are tried, relative to the parameters, until the loss can be evaluated there.
RADII = (0.3, 0.03)


class _State(enum.Enum):
    """What one place says."""

    AGREES = enum.auto()
    DISAGREES = enum.auto()
    UNDECIDED = enum.auto()
    VACUOUS = enum.auto()


@dataclass(frozen=True, slots=True)
class Examined:
    """One point with the outcomes of its probes."""

    point: Point
    outcomes: tuple[Outcome, ...]
    state: _State

    @property
    def disagrees(self) -> bool:
        """Whether a probe failed here."""
        return self.state is _State.DISAGREES

    @property
    def agrees(self) -> bool:
        """Whether every probe passed here."""
        return self.state is _State.AGREES


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason, the findings that led to it and, on failure, where the disagreement was seen."""

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    failing: Examined | None = None
    undecided: Examined | None = None


@dataclass
class Investigation:
    """Examines points one after the other, as the outcomes ask for them."""

    evaluator: Evaluator
    tolerance: Tolerance
    rng: np.random.Generator
    hints: Hints
    examined: list[Examined] = field(default_factory=list)

    @property
    def outcomes(self) -> list[Outcome]:
        """All probes so far."""
        return [outcome for place in self.examined for outcome in place.outcomes]

    @property
    def points(self) -> list[Point]:
        """All points so far."""
        return [place.point for place in self.examined]

    def examine(self, point: Point) -> Examined:
        """Probe one point along joint directions until one disagrees."""
        outcomes: list[Outcome] = []
        for direction in joint_directions(point.claim.values, self.evaluator.slices, self.rng):
            outcomes.append(probe(self.evaluator, point, direction, self.tolerance))
            if outcomes[-1].verdict is not Verdict.PASS:
                break
        examined = Examined(point, tuple(outcomes), _state(point, outcomes))
        self.examined.append(examined)
        return examined

    def run(self, given: Point, *, better: bool) -> Judgement:
        """The whole course, from the parameters as given."""
        base = self.examine(given)
        place = self._better(given, RADII) if better else None
        if place is None:
            if base.agrees:  # the second of the two independent directions
                base = self.examine(given)
            return self._without_better_point(base)
        if base.state in (_State.AGREES, _State.VACUOUS) and place.agrees:
            return self._passed(base)
        if base.disagrees and place.disagrees:
            return self._failed(base, place)
        if base.disagrees or base.state is _State.UNDECIDED:
            return self._doubtful_base(base, place)
        return self._doubtful_better(base, place)

    def _without_better_point(self, base: Examined) -> Judgement:
        if base.agrees:
            return self._passed(base)
        if base.state is _State.VACUOUS:
            return _vacuous()
        return self._doubtful_base(base, None)

    def _passed(self, base: Examined, *findings: Finding) -> Judgement:
        notes = list(findings)
        if base.state is _State.VACUOUS:
            message = (
                "At the parameters as given every gradient is zero, claimed and numeric: nothing could be compared "
                "there. The verdict rests on a point with weights of unit scale."
            )
            notes.append(Finding(id="vacuous-point", severity=Severity.WARNING, message=message))
        return Judgement(verdict=Verdict.PASS, reason=_agreement(self.outcomes), findings=tuple(notes))

    def _doubtful_base(self, base: Examined, place: Examined | None) -> Judgement:
        """The point as given disagrees or cannot be decided; the better one (if any) does not disagree with it twice."""
        near = self._neighbour(base.point)
        if near is not None and near.agrees:
            if place is None or place.agrees:
                return self._passed(base, _kink(base))
            if place.disagrees:
                return self._doubtful_better(near, place)
        if near is not None and near.disagrees and base.disagrees:
            return self._failed(base, near)
        if base.state is _State.UNDECIDED and near is not None and near.disagrees and place is not None and place.disagrees:
            return self._failed(place, near)
        return _undecided(base)

    def _doubtful_better(self, base: Examined, place: Examined) -> Judgement:
        """The point as given says nothing against the gradient; the better one disagrees or cannot be decided."""
        if place.disagrees:
            near = self._neighbour(place.point)
            if near is not None and near.disagrees:
                return self._failed(place, near)
        other = self._better(base.point, (0.1, 0.01))
        if other is not None and other.disagrees and place.disagrees:
            return self._failed(place, other)
        if base.agrees:
            if other is None or not other.agrees:
                other = self.examine(base.point)
            if other.agrees:
                return self._passed(base)
        elif base.state is _State.VACUOUS and other is not None and other.agrees:
            return self._passed(base)
        elif base.state is _State.VACUOUS and place.state is _State.VACUOUS:
            return _vacuous()
        return _undecided(place)

    def _failed(self, first: Examined, second: Examined) -> Judgement:
        """Two places disagree: a wrong gradient, unless the loss is smoothed and both are saturated."""
        if self.hints.smoothing and self._agrees_unsaturated():
            return self._passed(first, smoothing_finding(self.hints, first.outcomes))
        clipping = clipping_finding(first.point, second.point, self.evaluator, self.hints)
        reason = _disagreement(first)
        if clipping is not None:
            return Judgement(verdict=Verdict.FAIL, reason=clipping.message, findings=(clipping,), failing=first)
        return Judgement(verdict=Verdict.FAIL, reason=reason, failing=first)

    def _agrees_unsaturated(self) -> bool:
        """Whether two points that owe nothing to the given one, with outputs far from saturation, agree."""
        for number, scale in enumerate((1.0, 0.5)):
            theta = fresh_point(self.evaluator.blocks, self.evaluator.slices, self.rng, scale)
            try:
                point = self.evaluator.point(f"fresh {number + 1}", theta)
            except UnusableLossError:
                return False
            if not self.examine(point).agrees:
                return False
        return True

    def _better(self, given: Point, radii: tuple[float, ...]) -> Examined | None:
        for radius in radii:
            theta = better_point(given.theta, self.evaluator.blocks, self.evaluator.slices, self.rng, radius)
            try:
                return self.examine(self.evaluator.point("better point", theta))
            except UnusableLossError:
                continue
        return None

    def _neighbour(self, point: Point) -> Examined | None:
        theta = jittered(point.theta, self.evaluator.blocks, self.evaluator.slices, self.rng, NEAR)
        try:
            return self.examine(self.evaluator.point(f"next to {point.name}", theta))
        except UnusableLossError:
            return None


def _state(point: Point, outcomes: list[Outcome]) -> _State:
    verdicts = [outcome.verdict for outcome in outcomes]
    if not np.any(point.claim.values) and not any(d.informative for o in outcomes for d in o.differences):
        return _State.VACUOUS
    if Verdict.FAIL in verdicts:
        return _State.DISAGREES
    return _State.AGREES if all(verdict is Verdict.PASS for verdict in verdicts) else _State.UNDECIDED


def _agreement(outcomes: list[Outcome]) -> str:
    passed = [outcome.probe for outcome in outcomes if outcome.verdict is Verdict.PASS]
    largest = max((probe.relative_error for probe in passed), default=0.0)
    count = len(passed)
    return (
        f"claimed and numeric derivatives agree along {count} random direction{'s' if count != 1 else ''} over all blocks "
        f"(largest relative difference {largest:.1e})"
    )


def _disagreement(place: Examined) -> str:
    worst = next(outcome.probe for outcome in place.outcomes if outcome.verdict is Verdict.FAIL)
    return (
        f"along a random direction the claimed derivative is {worst.analytic:.6g}, the loss's own is {worst.numeric:.6g} "
        f"+- {worst.error_bound:.1e} (tolerance {worst.tolerance:.1e})"
    )


def _kink(base: Examined) -> Finding:
    jump = max((abs(outcome.kink) for outcome in base.outcomes), default=0.0)
    seen = f" (the slope jumps by {jump:.3g} there)" if jump else ""
    return Finding(
        id="kink",
        severity=Severity.INFO,
        message=f"The parameters as given lie at a kink of the loss{seen}, where no gradient can agree with differences. "
        "Next to it the gradient agrees, so the verdict rests on that.",
    )


def _vacuous() -> Judgement:
    return Judgement(
        verdict=Verdict.INVALID,
        reason="every gradient is zero, claimed and numeric, at every point looked at: the loss does not depend on the "
        "parameters, or everything is saturated, so nothing could be compared",
    )


def _undecided(place: Examined) -> Judgement:
    worst = next((o.probe for o in place.outcomes if o.verdict is not Verdict.PASS), place.outcomes[-1].probe)
    bound = worst.error_bound
    if np.isfinite(bound):
        why = (
            f"the numeric derivative is only known to {bound:.1e} where the tolerance is {worst.tolerance:.1e}: "
            "the loss is too noisy or too sharply bent for differences"
        )
    else:
        why = "no step size gave a usable difference of the loss"
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=why, undecided=place)
