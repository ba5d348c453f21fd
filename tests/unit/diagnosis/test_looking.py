"""Where texts are compared: other points, other sizes, and what they settle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_programs import (
    DERIVATIVE,
    MEAN,
    TWO,
    Change,
    bugs_of,
    by_numbers,
    diagnosed,
    module,
    only,
    spoilt,
)

import gradcheck
from gradcheck import Problem, check
from gradcheck.diagnosis import course
from gradcheck.diagnosis.observing import Observer
from gradcheck.diagnosis.programs.local import LocalProgram


def test_a_bug_that_shows_at_few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the points that are drawn show nothing, the code's own point is looked at, and found to show it."""
    problem = by_numbers(("np.tanh(Z1)", "np.maximum(Z1, 0)"), DERIVATIVE)
    start = problem.values()
    always_on = [tuple(array + (50.0 if index == 1 else 0.0) for index, array in enumerate(start))] * 10
    monkeypatch.setattr(Observer, "points", lambda _, count: always_on[:count])
    bug = only(gradcheck.diagnose(problem))
    assert {bug.bug, *bug.same_as} >= {"missing-hidden-derivative", "relu-mask-always-on"}
    assert bug.blocks == ("W1", "b1")


def test_no_time_for_experiments(tmp_path: Path) -> None:
    """Without time left nothing is built otherwise, and the report says so."""
    build = module(tmp_path, spoilt(TWO)).build
    problem = build()
    report = check(problem)
    left = iter([0.5] * 1000)
    found = course.diagnose_program(
        LocalProgram(problem, build), report, rng=np.random.default_rng(0), deadline=lambda: next(left)
    )
    assert "There was no time left to build the problem otherwise." in found.tried
    assert "missing-factor-2" in {name for bug in found.diagnoses for name in (bug.bug, *bug.same_as)}


# At two samples a factor of two may be the batch's, and a half one over it.
SMALL: Change = ("batch=5, outputs=3", "batch=2, outputs=1")
AMBIGUOUS = {
    "sum-instead-of-mean": (MEAN, "extra-factor-2"),
    "missing-factor-2": (TWO, "mean-instead-of-sum"),
    "mean-instead-of-sum": (("dZ2 = 2 * (output - Y) / m", "dZ2 = 2 * (output - Y) / m / m"), "missing-factor-2"),
}


def classes(bug: str) -> set[str]:
    """A bug, and what is accepted for it."""
    return {bug} | ({"double-mean"} if bug == "mean-instead-of-sum" else set())


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_a_family_settles_a_constant(bug: str, tmp_path: Path) -> None:
    """Built at other sizes, a constant has one explanation."""
    change, other = AMBIGUOUS[bug]
    found = only(diagnosed(tmp_path, SMALL, change, family=True))
    assert {found.bug, *found.same_as} & classes(bug)
    assert other not in (found.bug, *found.same_as)


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_one_size_settles_no_constant(bug: str) -> None:
    """At one size, without a text, both explanations are given, neither surely, and what would decide."""
    change, other = AMBIGUOUS[bug]
    found = only(gradcheck.diagnose(by_numbers(SMALL, change)))
    named = {found.bug, *found.same_as}
    assert named & classes(bug)
    assert other in named
    assert found.confidence <= 0.8
    assert any("other sizes would decide" in sentence for sentence in found.evidence)


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_an_edit_settles_no_constant_of_one_size(bug: str, tmp_path: Path) -> None:
    """An edit that takes a factor of two away cures just as one that divides by two samples: no name is sure."""
    change, other = AMBIGUOUS[bug]
    found = only(diagnosed(tmp_path, SMALL, change))
    named = {found.bug, *found.same_as}
    assert named & classes(bug)
    assert other in named
    assert found.confidence <= 0.8


def test_a_family_that_cannot_be_built_otherwise(tmp_path: Path) -> None:
    """Sizes that the family refuses are left out; what one size shows is named."""
    real = module(tmp_path, spoilt(DERIVATIVE)).build
    asked: list[dict[str, Any]] = []

    def build(*, batch: int = 5, outputs: int = 3) -> Problem:
        asked.append({"batch": batch, "outputs": outputs})
        if (batch, outputs) != (5, 3):
            raise ValueError("only this size")
        problem: Problem = real()
        return problem

    assert bugs_of(gradcheck.diagnose(build)) == ["missing-hidden-derivative"]
    assert {"batch": 3, "outputs": 3} in asked


@pytest.mark.parametrize("written", ["/ 5", "* 0.2"])
def test_a_number_of_samples_that_is_written_out_is_not_varied(written: str, tmp_path: Path) -> None:
    """The gradient of three samples divided by five is wrong, and nobody's mistake: the file has five."""
    change = ("dZ2 = 2 * (output - Y) / m", f"dZ2 = 2 * (output - Y) {written}")
    found = only(diagnosed(tmp_path, DERIVATIVE, change, family=True))
    assert "missing-hidden-derivative" in {found.bug, *found.same_as}
    assert found.patch is not None
