"""The course of a check as a decision table: what the states of the points looked at, in their order, say together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check
from gradcheck.checks.evaluator import BudgetSpentError, Evaluator, Point
from gradcheck.checks.investigation import Investigation
from gradcheck.checks.places import Examined, Judgement, State
from gradcheck.checks.probing import LADDER, Tolerance
from gradcheck.problem import Hints

STATES = {"A": State.AGREES, "D": State.DISAGREES, "U": State.UNDECIDED, "V": State.VACUOUS}


class _Scripted(Investigation):
    """Looks where the course tells it to, and finds there what the script says."""

    script: Iterator[str]

    def examine(self, point: Point, ladder: tuple[float, ...] = LADDER, *, jointly: bool = False) -> Examined:
        """The next state of the script; a disagreement is a real one."""
        state = STATES[next(self.script)]
        if state is State.DISAGREES:
            point = dataclasses.replace(point, claim=dataclasses.replace(point.claim, values=2.0 * point.claim.values))
        place = dataclasses.replace(super().examine(point, ladder, jointly=jointly), state=state)
        self.examined[-1] = place
        return place


SINES = Problem(lambda w: np.sum(np.sin(w)), np.cos, np.array([0.3, 0.9, -0.4]))


def _course(script: Iterable[str], problem: Problem = SINES) -> _Scripted:
    """The course of a check of a right gradient that finds what the script says."""
    evaluator = Evaluator(problem)
    course = _Scripted(
        evaluator, Tolerance(rtol=1e-6, atol=0.0), np.random.default_rng(0), Hints(), "finite-difference"
    )
    course.script = iter(script)
    return course


def _judged(course: _Scripted, *, better: bool) -> Judgement:
    evaluator = course.evaluator
    return course.run(evaluator.point("as given", evaluator.start()), better=better)


def _run(script: str, *, better: bool = True) -> Judgement:
    """The judgement of a script, all of which must be used."""
    course = _course(script)
    judgement = _judged(course, better=better)
    assert list(course.script) == [], "the course ended before the script did"
    return judgement


# The given point, the better one, then what the course asks for: a neighbour and, where that decides nothing, one
# farther away; another better point; a second direction; fresh points.
COURSES = {
    "AA": "PASS",
    # both disagree: found again next to the better point, or else next to the given one
    "DDD": "FAIL",
    "DDUD": "FAIL",
    "DDAA": "PASS",
    "DDAD": "FAIL",
    "DDAUA": "PASS",
    "DDAUU": "INCONCLUSIVE",
    "DDAV": "INCONCLUSIVE",
    "DDUAA": "PASS",
    "DDUUA": "INCONCLUSIVE",
    "DDUUD": "FAIL",
    # the given point disagrees or is undecided: its neighbours decide
    "DAA": "PASS",
    "DAD": "FAIL",
    "DAUA": "PASS",
    "DAUD": "FAIL",
    "DAUU": "INCONCLUSIVE",
    "DUA": "INCONCLUSIVE",
    "DUD": "FAIL",
    "UAA": "PASS",
    "UAD": "INCONCLUSIVE",
    "UAUA": "PASS",
    "UAUU": "INCONCLUSIVE",
    "UDD": "FAIL",
    "UDUD": "FAIL",
    "UDUU": "INCONCLUSIVE",
    "UDAD": "FAIL",
    "UDAAA": "PASS",
    "UDAAD": "FAIL",
    "UDAAUA": "PASS",
    "UDAAUU": "INCONCLUSIVE",
    "UUUU": "INCONCLUSIVE",
    # the better point disagrees or is undecided: its neighbours, then another one
    "ADD": "FAIL",
    "ADUD": "FAIL",
    "ADAA": "PASS",
    "ADAD": "FAIL",
    "ADAUA": "PASS",
    "ADAUD": "INCONCLUSIVE",
    "AUA": "PASS",
    "AUUA": "PASS",
    "AUUU": "INCONCLUSIVE",
    "VDD": "FAIL",
    "VDAA": "PASS",
    "VDAV": "INCONCLUSIVE",
    "VUU": "INCONCLUSIVE",
    # only one place had something to compare: a second direction there, and its neighbours where that disagrees
    "VAA": "PASS",
    "VAU": "INCONCLUSIVE",
    "VADA": "INCONCLUSIVE",
    "VADD": "FAIL",
    "VADUD": "FAIL",
    "VADUU": "INCONCLUSIVE",
    # nothing to compare: fresh points of four scales
    "VVAA": "PASS",
    "VVVAA": "PASS",
    "VVVAU": "INCONCLUSIVE",
    "VVVADD": "FAIL",
    "VVVDD": "FAIL",
    "VVVDUD": "FAIL",
    "VVVDAVA": "PASS",
    "VVVVVV": "INVALID",
}

COURSES_WITHOUT_BETTER_POINT = {
    "AA": "PASS",
    "ADD": "FAIL",
    "ADAA": "PASS",
    "AUAA": "PASS",
    "DD": "FAIL",
    "DUD": "FAIL",
    "DUU": "INCONCLUSIVE",
    "DAA": "PASS",
    "DAD": "FAIL",
    "DAU": "INCONCLUSIVE",
    "DUAA": "PASS",
    "UAA": "PASS",
    "UD": "INCONCLUSIVE",
    "UUAA": "PASS",
    "UUU": "INCONCLUSIVE",
    "VAA": "PASS",
    "VADD": "FAIL",
    "VVVVV": "INVALID",
}


@pytest.mark.parametrize("script", COURSES)
def test_the_course_with_a_better_point(script: str) -> None:
    """A FAIL rests on two places that disagree, a PASS on two that agree."""
    judgement = _run(script)
    assert judgement.verdict.name == COURSES[script]
    assert script.count("D") >= 2 or judgement.verdict.name != "FAIL"
    assert script.count("A") >= 2 or judgement.verdict.name != "PASS"


@pytest.mark.parametrize("script", COURSES_WITHOUT_BETTER_POINT)
def test_the_course_without_a_better_point(script: str) -> None:
    """The same rule."""
    judgement = _run(script, better=False)
    assert judgement.verdict.name == COURSES_WITHOUT_BETTER_POINT[script]
    assert script.count("D") >= 2 or judgement.verdict.name != "FAIL"
    assert script.count("A") >= 2 or judgement.verdict.name != "PASS"


def test_a_disagreement_without_a_neighbour_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing next to it can be evaluated, one place that disagrees decides nothing."""
    monkeypatch.setattr(_Scripted, "_neighbour", lambda *_: None)
    assert _run("AUD").verdict.name == "INCONCLUSIVE"


def _every_course(longest: int, *, better: bool) -> Iterator[tuple[str, _Scripted, Judgement]]:
    """All scripts of up to that many states that the course uses up."""
    scripts = [""]
    while scripts:
        script = scripts.pop()
        course = _course(script)
        try:
            yield script, course, _judged(course, better=better)
        except StopIteration:
            if len(script) < longest:
                scripts += [script + state for state in STATES]


@pytest.mark.parametrize("better", [True, False])
def test_no_course_rests_on_one_place(better: bool) -> None:
    """Whatever is found where: two places that disagree make a FAIL, two directions that agree a PASS."""
    verdicts = set()
    for script, course, judgement in _every_course(6, better=better):
        verdicts.add(judgement.verdict.name)
        against = {place.point.theta.tobytes() for place in course.examined if place.disagrees}
        assert len(against) >= 2 or judgement.verdict.name != "FAIL", script
        assert script.count("A") >= 2 or judgement.verdict.name != "PASS", script
    assert verdicts >= {"PASS", "FAIL", "INCONCLUSIVE"}


@pytest.mark.parametrize(
    ("script", "finding"), [("DAA", "kink"), ("UAA", "kink"), ("VAA", "vacuous-point"), ("VVVAA", "vacuous-point")]
)
def test_why_the_given_point_did_not_decide_is_a_finding(script: str, finding: str) -> None:
    """A reader learns what the verdict rests on."""
    assert [found.id for found in _run(script).findings] == [finding]


# ------------------------------------------------------------------------------------------- losses of narrow domain


def _narrow(factor: float, radius: float, *, better_point: bool = True) -> CheckReport:
    """A loss that can be evaluated only near the given point."""
    centre = np.array([0.3, 0.9, 1.4])

    def loss(w: Any) -> Any:
        if np.max(np.abs(w - centre)) > radius:
            raise ValueError("outside")
        return np.sum(np.sin(w))

    config = CheckConfig(better_point=better_point, oracle="finite-difference")
    return check(Problem(loss, lambda w: factor * np.cos(w), centre), config=config)


@pytest.mark.parametrize("better_point", [True, False])
def test_a_wrong_gradient_that_no_second_place_confirms_is_left_open(better_point: bool) -> None:
    """One place alone might be a kink."""
    report = _narrow(0.5, 3e-5, better_point=better_point)
    assert report.verdict.name == "INCONCLUSIVE"
    assert "only known to" in report.reason


def test_a_wrong_gradient_with_a_neighbour_fails() -> None:
    """No better point is needed."""
    assert _narrow(0.5, 1e-2).verdict.name == "FAIL"


# ------------------------------------------------------------------------------------------- blocks that do not show


def _dead_layer(factor: float) -> Problem:
    """A ReLU layer with biases of -100: no gradient reaches its weights at the given point or near it."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    params = {
        "W1": rng.standard_normal((3, 5)),
        "b1": np.full(5, -100.0),
        "W2": rng.standard_normal((5, 2)),
        "b2": rng.standard_normal(2),
    }

    def gradient(p: Any) -> Any:
        z = X @ p["W1"] + p["b1"]
        a = np.maximum(z, 0.0)
        d = 2.0 * (a @ p["W2"] + p["b2"] - y) / y.size
        below = factor * (d @ p["W2"].T) * (z > 0)
        return {"W1": X.T @ below, "b1": below.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}

    def loss(p: Any) -> Any:
        return np.mean((np.maximum(X @ p["W1"] + p["b1"], 0.0) @ p["W2"] + p["b2"] - y) ** 2)

    return Problem(loss, gradient, params)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.5, "FAIL")])
@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_dead_layers_are_looked_at_where_they_live(oracle: Any, factor: float, verdict: str) -> None:
    """A wrong gradient of a dead layer agrees with zero; at a fresh point it shows."""
    report = check(_dead_layer(factor), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == verdict
    assert any(name.startswith("fresh at scale") for name in report.details["points"])


@pytest.mark.parametrize(("script", "verdict"), [("AAA", "PASS"), ("AADA", "PASS"), ("AAU", "PASS"), ("AADD", "FAIL")])
def test_what_a_fresh_point_says_of_hidden_blocks(script: str, verdict: str) -> None:
    """Only a disagreement that its neighbour confirms overturns what the other points say."""
    course = _course(script, _dead_layer(1.0))
    assert _judged(course, better=True).verdict.name == verdict
    assert list(course.script) == []


@pytest.mark.parametrize("counts", [False, True], ids=["pure", "counting its calls"])
def test_fresh_points_that_cannot_be_evaluated_are_left_out(counts: bool) -> None:
    """A loss that only takes the given numbers: the hidden block stays hidden, and the report says so."""
    params = {"seen": np.array([0.4, 1.1]), "hidden": np.array([1.0, 1.0])}
    calls: list[int] = []

    def loss(p: Any) -> Any:
        if counts:
            calls.append(1)
        if np.min(p["hidden"]) < 0.5:
            raise ValueError("out of range")
        return np.sum(np.sin(p["seen"]))

    report = check(Problem(loss, lambda p: {"seen": np.cos(p["seen"]), "hidden": np.zeros(2)}, params))
    assert report.verdict.name == "PASS"
    assert report.finding("zero-gradient-block") is not None


# ------------------------------------------------------------------------------------------- smoothed and noisy losses


def _run_with_logarithm(script: str) -> Judgement:
    """The judgement of a script on a loss whose code takes a logarithm beside a constant."""
    problem = Problem(lambda w: np.sum(np.log(1.0 + w**2)), lambda w: 2 * w / (1.0 + w**2), np.ones(3))
    course = _course(itertools.chain(script, itertools.repeat("D")), problem)
    course.hints = Hints(logarithm=True, smoothing=(1e-8,))
    return _judged(course, better=True)


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        # the given point stays undecided: no neighbour decides it, and fresh points agree or do not
        ("UAUUAAA", "PASS"),
        ("UAUU", "INCONCLUSIVE"),
        # the better point disagrees beside it: fresh points are asked before any neighbour
        ("UDAAA", "PASS"),
        ("UD", "FAIL"),
    ],
)
def test_a_doubt_about_a_loss_with_a_logarithm_is_settled_away_from_saturation(script: str, verdict: str) -> None:
    """Three fresh points that agree make it a pass with the finding; nothing else does."""
    judgement = _run_with_logarithm(script)
    assert judgement.verdict.name == verdict
    assert [finding.id for finding in judgement.findings] == (["loss-epsilon"] if verdict == "PASS" else [])


def test_differences_of_a_noisy_loss_are_not_believed_against_claim_and_trace_together() -> None:
    """Large steps may cross kinks: an honest answer is that this cannot be told, and it is no pass."""

    def loss(w: Any) -> Any:
        factor = np.round(np.sum(w), 12)  # constant to a trace, as the branch of a kink far away is
        return 1e7 + np.sum(w**2) * factor

    report = check(Problem(loss, lambda w: 2 * w * np.sum(w), np.array([0.4, -0.7, 1.3, 0.2])))
    assert report.verdict.name == "INCONCLUSIVE"
    assert "so noisy that steps must cross kinks" in report.reason


@pytest.mark.parametrize("size", [1e-158, 1e-320])
def test_a_gradient_too_small_for_a_direction_is_left_open(size: float) -> None:
    """A direction that would give it norm 1 has no finite length."""
    report = check(Problem(lambda w: size * np.sum(w), lambda w: np.full_like(w, size), np.ones(3)))
    assert report.verdict.name in {"INCONCLUSIVE", "INVALID"}


def test_a_spent_budget_leaves_it_open() -> None:
    """One loss too many ends the course; what agreed so far is said."""
    course = _course("")
    course.oracle = "auto"
    course.script = itertools.cycle("ADUUA")
    course.evaluator.losses = 30
    judgement = _judged(course, better=True)
    assert judgement.verdict.name == "INCONCLUSIVE"
    assert "the loss evaluations that a check may cost" in judgement.reason
    assert course.evaluator.losses <= 40


def test_what_was_asked_for_may_cost_more() -> None:
    """A forced oracle is followed to its end."""
    course = _course("")
    assert course.budget is None
    with course.evaluator.within(course.budget):
        course.evaluator.losses = 1000
        course.evaluator.spend()
    assert course.evaluator.losses == 1001


def test_a_disagreement_stands_where_no_loss_is_left_to_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A smaller step is one loss too many: what was seen so far is the verdict."""

    def spent(*_: Any) -> bool:
        raise BudgetSpentError

    for asked, verdict in ((spent, "FAIL"), (lambda *_: True, "INCONCLUSIVE"), (lambda *_: False, "FAIL")):
        monkeypatch.setattr("gradcheck.checks.investigation.vanishes", asked)
        report = check(
            Problem(lambda w: np.sum(np.sin(w)), lambda w: 1.1 * np.cos(w), np.array([0.3, 0.9, -0.4])),
            config=CheckConfig(oracle="finite-difference"),
        )
        assert report.verdict.name == verdict
