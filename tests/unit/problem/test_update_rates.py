"""Learning rates of update steps: handed over, chosen, and replaced where the code refuses them."""

# ruff: noqa: ARG001, ARG005 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem.step_study import Change, _decay_after_step


def _problem(net: Any, name: str, rate: float | None = None, **options: Any) -> Problem:
    return Problem.from_update(net.loss, getattr(net, name), net.params(), rate, **options)


def _recover(problem: Problem) -> tuple[list[Any], tuple[float, ...]]:
    driver = problem.driver
    driver.begin()
    try:
        return driver.gradient(driver.values()), driver.gradient_error()
    finally:
        driver.end()


def test_code_that_runs_at_its_own_point_only_is_judged_there() -> None:
    """Trial steps elsewhere raise: then nothing is known of state, and plain descent is assumed."""
    w = np.ones(5)

    def step(rate: float) -> None:
        if not np.allclose(w, 1.0):
            raise ValueError
        w[...] -= rate * 3.0

    driver = Problem.from_update(lambda: 3.0 * np.sum(w), step, {"w": w}).driver
    driver.begin()
    found = driver.gradient(driver.values())
    driver.end()
    np.testing.assert_allclose(found[0], 3.0)
    assert driver.findings() == ()


@pytest.mark.parametrize("refused", ["tiny", "large"])
def test_rates_that_the_code_refuses_are_not_held_against_it(net: Any, refused: str) -> None:
    """The plan falls back to rates that it takes."""
    limits = {"tiny": (1e-5, np.inf), "large": (0.0, 0.01)}[refused]

    def step(rate: float) -> None:
        if not limits[0] < rate < limits[1] and rate != 0.1:
            raise ValueError
        net.plain(rate)

    assert check(Problem.from_update(net.loss, step, net.params())).verdict.name == "PASS"


def test_a_rate_of_ours_that_fails_at_a_later_point_is_replaced_by_the_code_s_own(net: Any) -> None:
    """The large rate is fine at first, and refused from then on."""
    problem = _problem(net, "plain")
    driver: Any = problem.driver
    driver.begin()
    first = driver.gradient(driver.values())
    plain = driver._callables["step"]

    def picky(lr: float) -> None:
        if lr > 1.0:
            raise OverflowError
        plain(lr)

    driver._callables["step"] = picky
    second = driver.gradient(driver.values())
    driver.end()
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_diverging_steps_are_tried_at_smaller_rates() -> None:
    """Overflow at the code's rate says nothing about its gradient."""
    w = np.array([1.0, 2.0])

    def step(rate: float) -> None:
        for _ in range(4):
            w[...] -= rate * 4.0 * w**3 / 4.0

    with np.errstate(all="ignore"):
        report = check(Problem.from_update(lambda: np.sum(w**4), step, {"w": w}, 1e30))
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("seed", [2, 39])
def test_a_loop_over_samples_that_hardly_depends_on_the_rate(seed: int) -> None:
    """One block 30 times less than the other, or both by 1e-6: no updated weights, and not plain either."""
    rng = np.random.default_rng(seed)
    X, y, W, v = (rng.standard_normal(shape) for shape in [(2, 3), 2, (3, 3), 3])

    def step(lr: float) -> None:
        for x, target in zip(X, y, strict=True):
            a = np.tanh(x @ W)
            d = 2.0 * (a @ v - target)
            hidden = d * v * (1.0 - a**2)
            v[...] -= lr * d * a
            W[...] -= lr * np.outer(x, hidden)

    report = check(Problem.from_update(lambda: np.sum((np.tanh(X @ W) @ v - y) ** 2), step, {"W": W, "v": v}))
    assert report.verdict.name == "PASS", report.reason
    assert report.finding("rate-dependent-step") is not None


def test_steps_that_rounding_swallows_are_tried_at_larger_rates() -> None:
    """A gradient of 1e-12 at a rate of 1e-6 moves nothing."""
    A, w = 1e-6 * np.arange(1.0, 13.0).reshape(3, 4), np.array([1.0, -0.5, 2.0, 0.25])

    def step(lr: float) -> None:
        w[...] -= lr * (A.T @ (A @ w))

    found, _ = _recover(Problem.from_update(lambda: 0.5 * np.sum((A @ w) ** 2), step, {"w": w}, 1e-6))
    np.testing.assert_allclose(found[0], A.T @ (A @ w), rtol=1e-9)


def test_constants_equal_to_the_rate_are_not_taken_for_it() -> None:
    """A slope, and a number that makes the code fail when it is changed."""
    held = {"slope": 0.1, "picky": 0.1, "rate": 0.1}
    w = np.array([1.0, -2.0, 0.5])

    def loss() -> float:
        return float(np.sum(np.where(w > 0, w, held["slope"] * w) ** 2))

    def step() -> None:
        if held["picky"] != 0.1:
            raise ValueError
        a = np.where(w > 0, w, held["slope"] * w)
        w[...] -= held["rate"] * 2.0 * a * np.where(w > 0, 1.0, held["slope"])

    problem = Problem.from_update(loss, step, {"w": w}, 0.1)
    report = check(problem)
    assert report.verdict.name == "PASS", report.reason
    assert max(problem.driver.gradient_error()) < 1e-15
    assert held == {"slope": 0.1, "picky": 0.1, "rate": 0.1}


def _update(p: Any, rate: float) -> None:
    p -= rate * 2.0 * p


W = np.array([1.0, 2.0])


SIGNATURES: list[tuple[str, Callable[..., Any], float | None]] = [
    ("rate", lambda rate: _update(W, rate), None),
    ("keyword", lambda *, rate: _update(W, rate), None),
    ("default named like a rate", lambda batch=3, lr=7.0: _update(W, lr), 0.5),
    ("default of another name", lambda batch=3: _update(W, 0.5), 0.5),
    ("default of another name, rate unknown", lambda r=3.0: _update(W, r), None),
    ("anything", lambda *args: _update(W, *args), None),
    ("anything, rate known", lambda *_: _update(W, 0.5), 0.5),
    ("partial", functools.partial(_update, W), None),
    ("partial with a rate", functools.partial(_update, W, rate=9.0), 9.0),
    ("rate and options", lambda rate, **_: _update(W, rate), None),
]


@pytest.mark.parametrize(("name", "step", "rate"), SIGNATURES, ids=[name for name, _, _ in SIGNATURES])
def test_the_rate_goes_where_the_signature_says(name: str, step: Any, rate: float | None) -> None:
    """However the step takes it."""
    found, _ = _recover(Problem.from_update(lambda: np.sum(W**2), step, {"W": W}, rate))
    np.testing.assert_allclose(found[0], 2.0 * W, rtol=1e-12)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf, "0.1", "yes"])
def test_unusable_rates_are_refused(rate: Any) -> None:
    """With the value and what was expected."""
    with pytest.raises(InvalidArgumentError, match=r"learning_rate=.*; expected a positive finite number"):
        Problem.from_update(lambda: 0.0, lambda r: None, {"W": W}, rate)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda: None, "step\\(\\) takes no rate and learning_rate=None"),
        (lambda x, y: None, "step needs x, y; expected step\\(rate\\) or step\\(\\). Wrap it"),
        (max, "takes no rate"),
        (type("Odd", (), {"__call__": print, "__signature__": 3})(), "takes no rate"),
    ],
    ids=["no rate", "two arguments", "built-in", "no signature"],
)
def test_unusable_steps_are_refused(step: Any, message: str) -> None:
    """With the cure."""
    with pytest.raises(InvalidArgumentError, match=message):
        Problem.from_update(lambda: 0.0, step, {"W": W})


def test_no_decay_is_fitted_to_numbers_that_are_not_finite() -> None:
    """LAPACK would write to the output, and find nothing; the same weights without the infinite one show the decay."""
    rng = np.random.default_rng(0)
    theta, gradient, rate, decay = rng.standard_normal(8), rng.standard_normal(8), 0.1, 0.01

    def finding(weights: Any) -> Any:
        def moved(by: float) -> Change:
            stepped = weights - by * gradient
            return Change(delta=stepped - by * decay * stepped - weights, error=0.0, dtype=np.dtype(np.float64))

        return _decay_after_step([weights], [moved(rate)], [moved(rate / 2.0)], [True], rate)

    found = finding(theta)
    assert found is not None
    assert found.id == "weight-decay"
    theta[3] = np.inf
    with np.errstate(invalid="ignore"):
        assert finding(theta) is None
