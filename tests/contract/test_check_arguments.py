"""``check`` as its callers rely on it: seeds, arguments, and what is left as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks.dense import PARAMS, gradient, loss, right, wrong

import gradcheck
from gradcheck import InvalidArgumentError, Problem

# ---------------------------------------------------------------------------------------------------- seeds


@pytest.mark.parametrize("make", [right, wrong], ids=["right", "wrong"])
def test_one_seed_gives_one_report(make: Any) -> None:
    """No seed is seed 0; the same seed gives the same record to the last bit."""
    first = gradcheck.check(make()).to_dict()
    assert gradcheck.check(make()).to_dict() == first
    assert gradcheck.check(make(), rng=0).to_dict() == first
    assert gradcheck.check(make(), rng=np.int64(0)).to_dict() == first
    assert first["seed"] == 0


def test_another_seed_looks_along_other_directions() -> None:
    """Seeds are not ignored."""
    first, second = gradcheck.check(right(), rng=1).to_dict(), gradcheck.check(right(), rng=2).to_dict()
    assert first["probes"] != second["probes"]
    assert (first["seed"], second["seed"]) == (1, 2)


def test_a_generator_is_drawn_from_and_gives_what_its_seed_gives() -> None:
    """``rng`` may be a Generator: the caller's own, which moves on; a report of it names no seed."""
    generator = np.random.default_rng(5)
    report = gradcheck.check(right(), rng=generator)
    assert report.seed is None
    assert report.to_dict()["probes"] == gradcheck.check(right(), rng=5).to_dict()["probes"]
    assert generator.bit_generator.state != np.random.default_rng(5).bit_generator.state


@pytest.mark.parametrize("make", [right, wrong], ids=["right", "wrong"])
def test_global_random_state_is_left_alone(make: Any) -> None:
    """The check draws from its own generator only."""
    np.random.seed(3)  # noqa: NPY002 - the legacy state is what is tested
    before = np.random.get_state()  # noqa: NPY002
    gradcheck.check(make())
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_a_generator_of_the_users_code_is_put_back() -> None:
    """A generator that the loss holds is where it was before the check."""
    held = np.random.default_rng(11)
    before = held.bit_generator.state

    def loss(w: Any) -> Any:
        return np.sum(w**2) + held.standard_normal()

    assert gradcheck.check(Problem(loss, lambda w: 2 * w, np.ones(3))).verdict.name == "INVALID"
    assert held.bit_generator.state == before


def test_parameters_are_not_changed() -> None:
    """Read-only parameters are fine, and keep every bit."""
    params = {name: value.copy() for name, value in PARAMS.items()}
    for value in params.values():
        value.flags.writeable = False
    assert gradcheck.check(Problem(loss, gradient, params)).verdict.name == "PASS"
    assert all(params[name].tobytes() == PARAMS[name].tobytes() for name in params)


# ---------------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", [-1e-6, float("nan"), float("inf")])
def test_tolerances_that_mean_nothing_are_refused(name: str, value: float) -> None:
    """The message gives name, value and what was expected."""
    with pytest.raises(InvalidArgumentError, match=rf"{name}=.*expected a finite number, 0 or more"):
        gradcheck.check(right(), **{name: value})


def test_something_else_than_a_problem_is_refused() -> None:
    """The loss in place of the problem is the likely slip."""
    with pytest.raises(InvalidArgumentError, match=r"problem is a function; expected gradcheck\.Problem"):
        gradcheck.check(loss)  # type: ignore[arg-type]


def test_all_options_are_keywords() -> None:
    """Positional options would mean something else in the next version."""
    with pytest.raises(TypeError, match="positional"):
        gradcheck.check(right(), 0)  # type: ignore[misc]


def test_tolerances_are_used_as_given() -> None:
    """An error of 1e-4 passes a tolerance of 1e-2 and fails one of 1e-6; so does an absolute one."""

    def slightly_off(p: Any) -> Any:
        g = gradient(p)
        return {"W": (1.0 + 1e-4) * g["W"], "b": g["b"]}

    problem = Problem(loss, slightly_off, PARAMS)
    assert gradcheck.check(problem).verdict.name == "FAIL"
    assert gradcheck.check(problem, rtol=1e-2).verdict.name == "PASS"
    assert gradcheck.check(problem, rtol=0.0, atol=1e-2).verdict.name == "PASS"
    assert gradcheck.check(problem, rtol=0.0, atol=1e-6).verdict.name == "FAIL"


def test_zero_tolerance_never_passes() -> None:
    """No numeric derivative is known to the last bit: nothing can be shown, and a right gradient does not fail."""
    report = gradcheck.check(right(), rtol=0.0, atol=0.0)
    assert report.verdict.name == "INCONCLUSIVE"
