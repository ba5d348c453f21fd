"""Code that keeps state: randomness, accumulation, overwritten inputs; what ``reset=`` and restoring state cure."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckReport, Problem, check


def _message(report: CheckReport, identifier: str) -> str:
    finding = report.finding(identifier)
    assert finding is not None, f"findings = {[f.id for f in report.findings]}, but should contain {identifier}"
    return finding.message


# ------------------------------------------------------------------------------------------- non-deterministic losses

_held = np.random.default_rng(0)

NOISE: dict[str, Callable[[], float]] = {
    "np.random": lambda: float(np.random.rand()),  # noqa: NPY002 - what learners write
    "generator in a closure": lambda: float(_held.random()),
    "random": random.random,
    "default_rng() inside": lambda: float(np.random.default_rng().random()),
    "os.urandom": lambda: int.from_bytes(os.urandom(6), "big") / 2.0**48,
    "time": lambda: time.perf_counter() % 1.0,
}
RESTORABLE = ("np.random", "generator in a closure", "random")


@pytest.mark.parametrize("name", NOISE)
def test_a_noisy_loss_is_invalid(name: str) -> None:
    """Whatever it draws from: nothing can be compared, and the message names the cure."""
    noise = NOISE[name]
    report = check(Problem(lambda w: np.sum(w**2) + noise(), lambda w: 2 * w, np.ones(3)))
    message = _message(report, "nondeterministic")
    assert report.verdict.name == "INVALID"
    assert report.reason == message
    assert "reset=" in message


@pytest.mark.parametrize("name", RESTORABLE)
def test_noise_from_a_generator_within_reach_is_called_that(name: str) -> None:
    """It comes back when generators are put back, which tells the reader where to look."""
    noise = NOISE[name]
    report = check(Problem(lambda w: np.sum(w**2) + noise(), lambda w: 2 * w, np.ones(3)))
    assert "it comes back when random generators and other state are put back" in report.reason


@pytest.mark.parametrize("name", [name for name in NOISE if name not in RESTORABLE])
def test_noise_from_outside_is_called_that(name: str) -> None:
    """Putting state back does not help, and the message does not say that it would."""
    noise = NOISE[name]
    report = check(Problem(lambda w: np.sum(w**2) + noise(), lambda w: 2 * w, np.ones(3)))
    assert "does not make it repeat" in report.reason


@pytest.mark.parametrize("name", ["np.random", "os.urandom"])
def test_a_noisy_gradient_is_invalid(name: str) -> None:
    """A gradient that differs between two calls cannot be held against a loss that does not."""
    noise = NOISE[name]
    report = check(Problem(lambda w: np.sum(w**2), lambda w: 2 * w + noise(), np.ones(3)))
    assert report.verdict.name == "INVALID"
    assert "Two calls of the gradient at the same parameters differ" in _message(report, "nondeterministic")


def test_a_loss_that_counts_its_calls_is_invalid() -> None:
    """State of its own is non-determinism too."""
    calls = [0]

    def loss(w: Any) -> Any:
        calls[0] += 1
        return np.sum(w**2) * calls[0]

    report = check(Problem(loss, lambda w: 2 * w, np.ones(3)))
    assert report.verdict.name == "INVALID"
    assert report.finding("nondeterministic") is not None
    assert calls == [0]


# ------------------------------------------------------------------------------------------- state that is fine


def test_a_cache_between_loss_and_gradient_is_fine() -> None:
    """A backward pass that reads what the forward pass stored gets it."""
    cache: dict[str, Any] = {}

    def loss(w: Any) -> Any:
        cache["a"] = np.tanh(w)
        return np.sum(cache["a"] ** 2)

    report = check(Problem(loss, lambda _: 2 * cache["a"] * (1 - cache["a"] ** 2), np.array([0.3, -1.0])))
    assert report.verdict.name == "PASS"
    assert report.findings == ()


def _dropout(*, backward_uses_mask: bool) -> Problem:
    """One hidden layer with inverted dropout; the mask is drawn in each forward pass."""
    data = np.random.default_rng(2)
    X, y = data.standard_normal((8, 3)), data.standard_normal((8, 1))
    state: dict[str, Any] = {"rng": np.random.default_rng(1)}

    def loss(p: Any) -> Any:
        state["mask"] = (state["rng"].random((8, 5)) < 0.6) / 0.6
        state["a"] = np.tanh(X @ p["W1"])
        return np.mean((state["a"] * state["mask"] @ p["W2"] - y) ** 2)

    def gradient(p: Any) -> Any:
        mask, a = state["mask"], state["a"]
        d = 2.0 * (a * mask @ p["W2"] - y) / y.size
        below = d @ p["W2"].T * (mask if backward_uses_mask else 1.0)
        return {"W1": X.T @ (below * (1.0 - a**2)), "W2": (a * mask).T @ d}

    def reset() -> None:
        state["rng"] = np.random.default_rng(1)

    params = {"W1": data.standard_normal((3, 5)), "W2": data.standard_normal((5, 1))}
    return Problem(loss, gradient, params, reset=reset)


def test_reset_makes_dropout_checkable() -> None:
    """The same mask before every evaluation."""
    assert check(_dropout(backward_uses_mask=True)).verdict.name == "PASS"


def test_reset_hides_no_wrong_dropout() -> None:
    """A backward pass without the mask is still wrong below it, and right above."""
    report = check(_dropout(backward_uses_mask=False))
    assert report.verdict.name == "FAIL"
    assert [block.verdict.name for block in report.blocks] == ["FAIL", "PASS"]


def test_dropout_without_reset_is_invalid() -> None:
    """Without it the two calls draw two masks."""
    problem = _dropout(backward_uses_mask=True)
    problem.reset = None
    report = check(problem)
    assert report.verdict.name == "INVALID"
    assert report.finding("nondeterministic") is not None


# ------------------------------------------------------------------------------------------- accumulation


def _accumulating(start: Any) -> Problem:
    total = {"g": start}

    def gradient(w: Any) -> Any:
        total["g"] = total["g"] + 3 * w**2
        return total["g"]

    return Problem(lambda w: np.sum(w**3), gradient, np.array([1.0, 2.0]))


def test_an_accumulating_gradient_fails() -> None:
    """``+=`` across calls: right in the first call, and only there."""
    report = check(_accumulating(0.0))
    assert report.verdict.name == "FAIL"
    assert "accumulated across calls" in _message(report, "gradient-accumulated")
    assert report.reason == _message(report, "gradient-accumulated")


def test_an_accumulating_gradient_with_reset_passes() -> None:
    """The cure that the message names works."""
    total = {"g": np.zeros(2)}

    def gradient(w: Any) -> Any:
        total["g"] += 3 * w**2
        return total["g"]

    problem = Problem(lambda w: np.sum(w**3), gradient, np.array([1.0, 2.0]), reset=lambda: total.update(g=np.zeros(2)))
    assert check(problem).verdict.name == "PASS"


# ------------------------------------------------------------------------------------------- overwritten inputs


def test_overwritten_data_are_a_finding() -> None:
    """``r = x; r[x < 0] = 0`` changes the caller's data; the gradient may be right all the same."""
    data = np.random.default_rng(2).standard_normal((6, 3))
    target = np.ones(6)
    before = data.copy()

    def relu(x: Any) -> Any:
        r = x
        r[x < 0] = 0.0
        return r

    problem = Problem(
        lambda w: np.mean((relu(data) @ w - target) ** 2),
        lambda w: relu(data).T @ (2.0 * (data @ w - target) / 6),
        np.array([0.5, -0.4, 1.0]),
    )
    report = check(problem)
    assert report.verdict.name == "PASS"
    assert "data" in _message(report, "input-mutated")
    assert "copy" in _message(report, "input-mutated")
    np.testing.assert_array_equal(data, before)


def test_overwritten_parameters_are_a_finding() -> None:
    """The parameter is named; the numbers are judged as if it had not been overwritten."""

    def gradient(p: Any) -> Any:
        p["W"] *= 2.0
        return {"W": p["W"]}

    params = {"W": np.array([0.5, -1.5])}
    report = check(Problem(lambda p: np.sum(p["W"] ** 2), gradient, params))
    assert report.verdict.name == "PASS"
    assert "overwrites W," in _message(report, "input-mutated")
    np.testing.assert_array_equal(params["W"], [0.5, -1.5])


def test_a_work_buffer_is_no_finding() -> None:
    """An array that is filled before it is read is nobody's input."""
    buffer = np.zeros(3)

    def loss(w: Any) -> Any:
        np.multiply(w, w, out=buffer)
        return buffer.sum()

    report = check(Problem(loss, lambda w: 2 * w, np.ones(3)))
    assert report.verdict.name == "PASS"
    assert report.finding("input-mutated") is None


@pytest.mark.parametrize("overwritten", ["targets", "data"])
def test_a_loss_that_drifts_names_what_was_overwritten(overwritten: str) -> None:
    """``err = targets; err -= out`` in the backward pass: a reader learns the cause, once, by its nearest name."""
    rng = np.random.default_rng(3)
    data, targets = rng.standard_normal((6, 3)), rng.standard_normal(6)
    keep = {"view": targets[::2]}  # another way to the same memory

    def gradient(w: Any) -> Any:
        out = data @ w
        if overwritten == "data":
            scaled = data
            scaled *= 1.01
            return 2.0 * scaled.T @ (out - targets) / 6
        err = targets
        err -= out
        return -2.0 * data.T @ err / 6

    def loss(w: Any) -> Any:
        return np.mean((data @ w - targets) ** 2) + 0.0 * keep["view"].size

    report = check(Problem(loss, gradient, rng.standard_normal(3)))
    assert report.verdict.name == "INVALID"
    assert report.finding("nondeterministic") is not None
    assert f"overwrites {overwritten}, which" in _message(report, "input-mutated")
    assert report.reason.endswith(f"What changes from call to call is {overwritten}, which the code overwrites.")


def test_a_loss_that_never_repeats_accuses_no_array() -> None:
    """Entropy is the cause: whatever is spoiled, the loss comes out otherwise, and so does it where nothing is."""
    counts = np.zeros(1)

    def loss(w: Any) -> Any:
        counts[0] += 1.0
        return np.sum(w**2) * (1.0 + 1e-3 * np.random.default_rng().random())

    report = check(Problem(loss, lambda w: 2.0 * w, np.ones(3)))
    assert report.verdict.name == "INVALID"
    assert report.finding("nondeterministic") is not None
    assert report.finding("input-mutated") is None


@pytest.mark.parametrize("writes", ["loss", "gradient"])
def test_what_one_call_writes_the_next_does_not_see(writes: str) -> None:
    """Loss and gradient at the same parameters each get them as they are: otherwise they would not fit together."""

    def loss(p: np.ndarray) -> float:
        value = float(np.sum(p**2))
        p *= 0.5 if writes == "loss" else 1.0
        return value

    def gradient(p: np.ndarray) -> np.ndarray:
        value = 2.0 * p
        p *= 0.5 if writes == "gradient" else 1.0
        return value

    report = check(Problem(loss, gradient, np.array([1.0, -2.0, 3.0])))
    assert report.finding("input-mutated") is not None
    assert report.verdict.name == "PASS"
