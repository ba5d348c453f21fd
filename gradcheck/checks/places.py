"""Places that were looked at, and what they say."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.evaluator import Point
from gradcheck.checks.probing import Outcome
from gradcheck.records import Finding, Verdict

__all__ = ["Examined", "Judgement", "State", "state_of", "verdict_of_block"]


# A jump of the slope explains a disagreement up to about its own size; curvature over a first step shows as a far
# smaller one (jump over disagreement, dimensionless).
KINK_PART = 0.1


class State(enum.Enum):
    """What the probes of one place say together."""

    AGREES = "every probe passed"
    DISAGREES = "a probe failed"
    UNDECIDED = "a probe could not be decided, and none failed"
    VACUOUS = "every gradient is zero, claimed and numeric"


@dataclass(frozen=True, slots=True)
class Examined:
    """One point with the outcomes of its probes."""

    point: Point
    outcomes: tuple[Outcome, ...]
    state: State

    @property
    def disagrees(self) -> bool:
        """Whether a probe failed here."""
        return self.state is State.DISAGREES

    @property
    def uncertainty(self) -> float:
        """Largest error bound of a probe relative to its scale (dimensionless)."""
        return max((o.probe.error_bound / o.scale for o in self.outcomes), default=float("inf"))

    @property
    def gap(self) -> float:
        """Largest disagreement of a probe relative to its scale (dimensionless)."""
        return max((abs(o.probe.analytic - o.probe.numeric) / o.scale for o in self.outcomes), default=0.0)

    @property
    def kinked(self) -> bool:
        """Whether a jump of the slope at the point itself may be what disagrees with the claim there."""
        return any(abs(o.kink) > KINK_PART * abs(o.probe.analytic - o.probe.numeric) for o in self.outcomes if o.kink)

    @property
    def at_own_scale(self) -> bool:
        """Whether steps were measured by parameters that are tiny, not by unit scale."""
        return any(outcome.own_scale for outcome in self.outcomes)

    @property
    def single(self) -> list[Outcome]:
        """Outcomes of the blocks that were looked at by themselves."""
        return [outcome for outcome in self.outcomes if outcome.alone]

    def joined_by(self, outcome: Outcome) -> Examined:
        """The place with one more outcome."""
        outcomes = [*self.outcomes, outcome]
        return Examined(self.point, tuple(outcomes), state_of(self.point, outcomes))

    def moves(self, slices: Sequence[slice]) -> npt.NDArray[np.float64]:
        """How far an entry of each block was moved by the first and the believed difference (root mean square)."""
        moves = np.zeros(len(slices))
        for outcome in self.outcomes:
            step = max([outcome.probe.step, *(difference.step for difference in outcome.differences[:1])])
            for block in outcome.direction.blocks:
                part = outcome.direction.vector[slices[block]]
                size = step * float(np.linalg.norm(part)) / max(part.size, 1) ** 0.5
                moves[block] = max(moves[block], size)
        return moves

    @property
    def agrees(self) -> bool:
        """Whether every probe passed here."""
        return self.state is State.AGREES


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason, the reason without numbers (where it has any), and the findings that led to it.

    ``failing`` is where the disagreement was seen, ``oracle`` what settled the verdict where that was not differences.
    """

    verdict: Verdict
    reason: str
    summary: str | None = None
    findings: tuple[Finding, ...] = ()
    failing: Examined | None = None
    oracle: str | None = None


def state_of(point: Point, outcomes: list[Outcome]) -> State:
    """What the probes of a point say together."""
    verdicts = [outcome.verdict for outcome in outcomes]
    differences = [difference for outcome in outcomes for difference in outcome.differences]
    still = bool(differences) and all(abs(d.value) <= d.round_off_error for d in differences)
    if still and (not np.any(point.claim.values) or not outcomes[0].resolvable):
        return State.VACUOUS
    if Verdict.FAIL in verdicts:
        return State.DISAGREES
    return State.AGREES if all(verdict is Verdict.PASS for verdict in verdicts) else State.UNDECIDED


def verdict_of_block(verdict: Verdict, seen: Sequence[Outcome]) -> Verdict:
    """The check's, unless what was seen of one block says better, or nothing that was seen of it says as much."""
    if verdict is Verdict.INCONCLUSIVE and {outcome.verdict for outcome in seen if outcome.alone} == {Verdict.PASS}:
        return Verdict.PASS
    agrees = not seen or any(outcome.verdict is Verdict.PASS for outcome in seen)
    return Verdict.INCONCLUSIVE if verdict is Verdict.PASS and not agrees else verdict
