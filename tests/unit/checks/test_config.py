"""The options: their defaults, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, InvalidArgumentError, Problem, check


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"oracle": "magic"}, "oracle='magic'; expected one of auto, finite-difference, complex-step, autodiff"),
        ({"worst": 0}, "worst=0; expected at least 1"),
        ({"worst": "all"}, "worst='all'; expected at least 1"),
        ({"max_losses": -1}, "max_losses=-1; expected 0 or more"),
        ({"max_losses": None}, "max_losses=None; expected 0 or more"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    """Name, value and what was expected."""
    with pytest.raises(InvalidArgumentError, match=message):
        CheckConfig(**options)


def test_options_cannot_be_changed() -> None:
    """One record may be shared by many checks."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        CheckConfig().worst = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rtol": -1.0}, "rtol=-1.0; expected a finite number, 0 or more"),
        ({"rtol": "1e-6"}, "rtol='1e-6'; expected a finite number, 0 or more"),
        ({"atol": np.nan}, "atol=nan; expected a finite number, 0 or more"),
        ({"rng": "seed"}, "rng='seed'; expected a numpy.random.Generator or a seed"),
        ({"rng": 1.5}, "rng=1.5; expected a numpy.random.Generator or a seed"),
        ({"rng": -1}, "rng=-1; expected a numpy.random.Generator or a seed"),
        ({"config": {}}, "config is a dict; expected gradcheck.CheckConfig"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_arguments_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    """Before anything runs, and none is taken for its default."""
    with pytest.raises(InvalidArgumentError, match=message):
        check(_wrong(), **options)


def _wrong() -> Problem:
    w = np.random.default_rng(0).standard_normal((9, 12))

    def gradient(w: Any) -> Any:
        g = 3 * w**2
        g[4, 7] += 1.0
        return g

    return Problem(lambda w: np.sum(w**3), gradient, w)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_without_localisation_no_pattern_is_looked_for(oracle: Any) -> None:
    """The verdict is the same."""
    with_it = check(_wrong(), config=CheckConfig(oracle=oracle))
    without = check(_wrong(), config=CheckConfig(oracle=oracle, localise=False))
    assert without.verdict is with_it.verdict
    assert with_it.blocks[0].pattern is not None
    assert without.blocks[0].pattern is None


def test_max_losses_bounds_the_search() -> None:
    """With nothing to spend the entry is not found, and the verdict stands."""
    broad = check(_wrong(), config=CheckConfig(oracle="finite-difference"))
    narrow = check(_wrong(), config=CheckConfig(oracle="finite-difference", max_losses=0))
    assert broad.blocks[0].worst[0].index == (4, 7)
    assert narrow.verdict.name == "FAIL"
    assert narrow.blocks[0].worst == ()
    assert narrow.evaluations.loss < broad.evaluations.loss


def test_without_a_better_point_only_the_given_one_is_looked_at() -> None:
    """Twice, along independent directions."""
    problem = Problem(lambda w: np.sum(w**3), lambda w: 3 * w**2, np.array([1.0, 2.0]))
    report = check(problem, config=CheckConfig(better_point=False))
    assert report.details["points"] == ["as given", "as given"]
    assert report.verdict.name == "PASS"
    assert check(problem).details["points"] == ["as given", "better point"]
