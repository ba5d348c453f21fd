"""What the probes of one place say together: whether a jump of the slope may be what disagrees there."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gradcheck import Problem, Verdict
from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.places import KINK_PART, Examined, State, verdict_of_block
from gradcheck.checks.probing import Outcome, Tolerance, probe


@pytest.fixture(scope="module")
def wrong() -> Examined:
    """A point of a smooth loss, whose claimed gradient is a tenth too large."""
    evaluator = Evaluator(Problem(lambda w: np.sum(np.sin(w)), lambda w: 1.1 * np.cos(w), np.linspace(0.1, 1.0, 6)))
    point = evaluator.point("as given", evaluator.start())
    direction = joint_directions(point.claim.values, evaluator.slices, np.random.default_rng(0))[0]
    outcome = probe(evaluator, point, direction, Tolerance(rtol=1e-6, atol=0.0))
    return Examined(point, (outcome,), State.DISAGREES)


@pytest.mark.parametrize(
    ("part", "kinked"),
    [(0.0, False), (KINK_PART / 2, False), (KINK_PART * 2, True), (-KINK_PART * 2, True), (1.0, True)],
)
def test_a_jump_is_held_against_the_disagreement(wrong: Examined, part: float, kinked: bool) -> None:
    """One that is far smaller than the disagreement is curvature, whatever its sign."""
    (outcome,) = wrong.outcomes
    gap = outcome.probe.analytic - outcome.probe.numeric
    assert gap != 0.0
    place = dataclasses.replace(wrong, outcomes=(dataclasses.replace(outcome, kink=part * gap),))
    assert place.kinked is kinked


def test_nothing_looked_at_has_no_kink(wrong: Examined) -> None:
    """Nor has it a gap."""
    place = dataclasses.replace(wrong, outcomes=())
    assert not place.kinked
    assert place.gap == 0.0


def test_moves_are_those_of_an_entry(wrong: Examined) -> None:
    """Root mean square over the block, by the larger of the first and the believed step."""
    (outcome,) = wrong.outcomes
    step = max(outcome.probe.step, outcome.differences[0].step)
    expected = step * np.linalg.norm(outcome.direction.vector) / np.sqrt(6)
    assert wrong.moves([slice(0, 6)]) == pytest.approx([expected])


def test_one_more_outcome_may_change_what_a_place_says(wrong: Examined) -> None:
    """A failing one beside those that pass."""
    (outcome,) = wrong.outcomes
    passed = dataclasses.replace(outcome, probe=dataclasses.replace(outcome.probe, verdict=Verdict.PASS))
    agreeing = Examined(wrong.point, (passed,), State.AGREES)
    assert agreeing.joined_by(passed).agrees
    assert agreeing.joined_by(outcome).disagrees
    assert agreeing.joined_by(outcome).outcomes == (passed, outcome)


P, F, O = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE  # noqa: E741 - open


@pytest.mark.parametrize(
    ("check", "seen", "alone", "expected"),
    [
        (P, (P, O), False, P),
        (P, (), False, P),  # an empty block, or one that nobody moves: the report has a finding for that
        (P, (O,), True, O),  # the others agree, and this one was too coarse to be told
        (P, (O, F), True, O),
        (O, (P, P), True, P),  # another one is what is open
        (O, (P, O), True, O),
        (O, (P,), False, O),  # together with others, which may be what agrees
        (F, (P,), True, F),
    ],
)
def test_a_block_is_called_what_was_seen_of_it(
    wrong: Examined, check: Verdict, seen: tuple[Verdict, ...], alone: bool, expected: Verdict
) -> None:
    """Not what the whole check is called, where that was decided without it."""

    def outcome(verdict: Verdict) -> Outcome:
        (first,) = wrong.outcomes
        return dataclasses.replace(first, probe=dataclasses.replace(first.probe, verdict=verdict), alone=alone)

    assert verdict_of_block(check, [outcome(verdict) for verdict in seen]) is expected
