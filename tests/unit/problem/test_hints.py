"""What the code's text suggests, and what it overwrites."""

# ruff: noqa: ARG005, D102, PLW0108 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import types
from math import log as natural
from typing import Any

import numpy as np
import pytest
from numpy import log as ln

from gradcheck import Problem, check
from gradcheck.problem.hints import find_hints

EPS = 1e-12
SINGLE = np.float32(1e-7)
log: list[Any] = []
HISTORY = types.SimpleNamespace(log=[])
SETTINGS = types.SimpleNamespace(tiny=1e-9, other=1e-6)


class Model:
    """Constants as attributes of object, class and slot."""

    floor = 1e-11
    unused = 2e-11

    def __init__(self) -> None:
        self.eps = 1e-10

    def loss(self, p: Any) -> Any:
        return -np.log(p + self.eps + self.floor)


class SlottedModel:
    """A slot."""

    __slots__ = ("eps",)

    def __init__(self) -> None:
        self.eps = 1e-13

    def loss(self, p: Any) -> Any:
        return -np.log(p + self.eps)


def _default(p: Any, eps: float = 1e-15, *, more: float = 1e-14) -> Any:
    return -np.log(p + eps + more)


def _closure(eps: float) -> Any:
    return lambda p: -np.log(p + eps)


def _open_closure() -> Any:
    def loss(p: Any) -> Any:
        return -np.log(p + later)

    if loss is None:
        later = 1e-9
    return loss


def _nested(p: Any) -> Any:
    return sum(map(lambda q: -np.log(q + 1e-8), p))  # noqa: C417


def _safe_log(p: Any) -> Any:
    return ln(p + 1e-8)


LOSSES: dict[str, tuple[Any, bool, tuple[float, ...]]] = {
    "code": (lambda p: -np.log(p + 1e-8), True, (1e-8,)),
    "inside": (_nested, True, (1e-8,)),
    "default": (_default, True, (1e-15, 1e-14)),
    "closure": (_closure(1e-9), True, (1e-9,)),
    "unset closure": (_open_closure(), True, ()),
    "global": (lambda p: -np.log(p + EPS), True, (1e-12,)),
    "global float32": (lambda p: -np.log(p + SINGLE), True, (float(SINGLE),)),
    "attribute of a global": (lambda p: -np.log(p + SETTINGS.tiny), True, (1e-9,)),
    "attributes": (Model().loss, True, (1e-11, 1e-10)),
    "slot": (SlottedModel().loss, True, (1e-13,)),
    "renamed": (lambda p: ln(p), True, ()),
    "math": (lambda p: natural(p), True, ()),
    "helper": (lambda p: _safe_log(p), True, (1e-8,)),
    "clipped": (lambda p: -np.log(np.clip(p, 1e-7, 1 - 1e-7)), True, (1e-7,)),
    "log1p": (lambda p: np.log1p(p), True, ()),
    "logaddexp": (lambda p: np.logaddexp(0, p), True, ()),
    "none": (lambda p: p + 1e-8, False, ()),
    "a list of that name": (lambda p: HISTORY.log.append(p) or log.append(p) or p + 1e-6, False, ()),
    "a method of a value": (lambda p: -(p + 1e-8).log(), True, (1e-8,)),
    "a function that is handed on": (lambda p: sum(map(np.log, p + 1e-8)), True, (1e-8,)),
    "logits are none": (lambda p: SETTINGS.logits + SETTINGS.logger + SETTINGS.logistic + 1e-8, False, ()),
    "too large": (lambda p: -np.log(p + 0.01), True, ()),
    "too small": (lambda p: -np.log(p + 1e-30), True, ()),
}


@pytest.mark.parametrize("name", LOSSES)
def test_logarithms_and_their_constants(name: str) -> None:
    """Wherever the constant is kept."""
    loss, logarithm, smoothing = LOSSES[name]
    hints = find_hints({"loss": loss, "gradient": lambda p: p})
    assert hints.logarithm is logarithm
    np.testing.assert_allclose(hints.smoothing, smoothing, rtol=1e-12)
    driver = Problem(loss, lambda p: p, np.ones(2)).driver
    driver.begin()
    assert driver.hints() == hints
    driver.end()


def _kept_away(p: Any) -> Any:
    return p + 1e-9


def _of_the_type(p: Any) -> Any:
    return -np.log(p + np.finfo(p.dtype).eps)


UNSMOOTHED: dict[str, tuple[Any, bool]] = {
    "a logarithm alone": (lambda p: -np.log(p), True),
    "of one and an exponential": (lambda p: np.log1p(np.exp(p)) + np.logaddexp(0, p), True),
    "beside a rectifier": (lambda p: np.log(np.maximum(p, 0) + 1), True),
    "no logarithm": (lambda p: p, False),
    "constant": (lambda p: -np.log(p + 1e-8), False),
    "smaller than any that is told": (lambda p: -np.log(p + 1e-30), False),
    "in a helper without a logarithm": (lambda p: -np.log(_kept_away(p)), False),
    "of the type": (_of_the_type, False),
    "a library's": (lambda p: SETTINGS.log_loss(p), False),
    "an attribute that no logarithm names": (Model().loss, False),
}


@pytest.mark.parametrize("name", UNSMOOTHED)
def test_only_what_was_read_whole_is_unsmoothed(name: str) -> None:
    """Where a constant may hide, nothing is said."""
    loss, unsmoothed = UNSMOOTHED[name]
    hints = find_hints({"loss": loss, "gradient": lambda p: p})
    assert hints.unsmoothed is unsmoothed
    assert hints.may_smooth is (hints.logarithm and not unsmoothed)


def _squashed(p: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(p, -100, 100)))


def _clip_by_norm(g: Any) -> Any:
    return g


@pytest.mark.parametrize(
    ("loss", "gradient", "clips"),
    [
        (lambda p: p, lambda p: np.clip(p, -1, 1), True),
        (lambda p: p, lambda p: p.clip(-1, 1), True),
        (lambda p: p, lambda p: _clip_by_norm(p), True),
        (lambda p: p, lambda p: SETTINGS.clamp_(p), True),
        (lambda p: np.clip(p, 0, 1), lambda p: np.clip(p, 0, 1), False),
        (lambda p: np.clip(p, 0, 1), lambda p: np.clip(np.clip(p, 0, 1), -5, 5), True),
        (_squashed, lambda p: _squashed(p) * np.clip(p, -5, 5), True),
        (_squashed, lambda p: _squashed(p) * (1 - _squashed(p)), False),
        (lambda p: p, lambda p: p, False),
    ],
    ids=[
        "np.clip",
        "method",
        "own function",
        "clamp",
        "the loss clips too",
        "other bounds",
        "behind a helper",
        "in a helper",
        "none",
    ],
)
def test_clipping_is_looked_for_in_the_backward_pass(loss: Any, gradient: Any, clips: bool) -> None:
    """By name, unless the loss does the same."""
    assert find_hints({"loss": loss, "gradient": gradient}).clips_gradient is clips
    driver = Problem(loss, gradient, np.ones(2)).driver
    assert driver.hints().clips_gradient is clips
    driver.begin()
    assert driver.hints().clips_gradient is clips
    driver.end()


def _overwritten(loss: Any, gradient: Any, params: Any) -> str:
    report = check(Problem(loss, gradient, params))
    finding = report.finding("input-mutated")
    return "" if finding is None else finding.message


def test_inputs_that_the_code_overwrites_are_named() -> None:
    """Floats, integers, flags, although the numbers of this check come out the same."""
    X, rows, keep = np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([0, 1, 1]), np.array([True, True])

    def loss(w: Any) -> Any:
        Z = np.maximum(X, 0.0)
        return sum((Z[r] @ w) ** 2 for r in set(rows.tolist())) * np.any(keep)

    def gradient(w: Any) -> Any:
        Z = np.maximum(X, 0.0)
        X[X < 0], rows[2], keep[0] = 0.0, 0, False
        return 2 * Z.T @ (Z @ w)

    message = _overwritten(loss, gradient, np.array([1.0, 0.5]))
    for name in ("X", "rows", "keep"):
        assert f" {name}," in message
    assert X[0, 1] == -2.0
    assert rows.tolist() == [0, 1, 1]
    assert keep.tolist() == [True, True]


def test_content_that_the_code_cannot_run_without_counts() -> None:
    """Other indices are out of range."""
    rows, X = np.array([0, 1]), np.array([1.0, 2.0])

    def loss(w: Any) -> Any:
        value = np.sum((X[rows] * w) ** 2)
        rows.sort()
        rows[:] = rows[::-1]
        return value

    assert "rows" in _overwritten(loss, lambda w: 2 * X**2 * w, np.array([1.0, 1.0]))


def test_work_buffers_are_not_named() -> None:
    """Written before they are read; text and records neither."""
    buffer, text, records = np.empty(3), np.array(["a"]), np.zeros(1, dtype=[("a", float)])

    def loss(w: Any) -> Any:
        np.multiply(w, w, out=buffer)
        text[0], records["a"] = "b", 1.0
        return buffer.sum()

    assert _overwritten(loss, lambda w: 2 * w, np.ones(3)) == ""


def test_one_of_several_written_arrays_is_named() -> None:
    """The data, not the buffer."""
    X, buffer = np.array([1.0, -2.0, 3.0]), np.empty(3)

    def loss(w: Any) -> Any:
        X[X < 0] = 0.0
        np.multiply(X, w, out=buffer)
        return np.sum(buffer**2)

    message = _overwritten(loss, lambda w: 2 * X**2 * w, np.ones(3))
    assert "overwrites X," in message


PARAMETERS: dict[str, tuple[Any, Any, Any]] = {
    "in place": ({"W": np.ones(2), "b": np.ones(1)}, lambda p, g: p["W"].__isub__(0.1 * g["W"]), "overwrites W,"),
    "rebound": ({"W": np.ones(2), "b": np.ones(1)}, lambda p, g: p.update(b=p["b"] - 0.1), "overwrites b,"),
    "number": ({"W": np.ones(2), "b": 0.5}, lambda p, g: p.update(b=p["b"] - 0.1), "overwrites b,"),
    "list": ({"W": [1.0, 2.0], "b": 0.5}, lambda p, g: p["W"].reverse(), "overwrites W,"),
    "emptied": ({"W": np.ones(2), "b": 0.5}, lambda p, g: p.clear(), "overwrites W, b,"),
    "set to nothing": ({"W": np.ones(2), "b": 0.5}, lambda p, g: p.update(W="gone"), "overwrites W,"),
    "left alone": ({"W": np.ones(2), "b": 0.5, "c": [1.0, 2.0]}, lambda p, g: None, ""),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_that_a_gradient_updates_are_named(name: str) -> None:
    """Written into or rebound in the structure that was handed over; the caller's own are copies."""
    params, update, message = PARAMETERS[name]

    def loss(p: Any) -> Any:
        return sum(np.sum(np.square(v)) for v in p.values())

    def gradient(p: Any) -> Any:
        found = {k: 2 * np.asarray(v) for k, v in p.items()}
        update(p, found)
        return found

    said = _overwritten(loss, gradient, params)
    assert message in said
    assert (said == "") is (message == "")


def test_mutation_without_begin_is_what_was_seen() -> None:
    """Nothing is guarded, nothing is named."""
    driver = Problem(lambda w: float(w @ w), lambda w: 2 * w, np.ones(2)).driver
    assert driver.mutated() == ()
    assert not driver.changed()
    driver.restore()
    driver.end()


def test_a_gradient_of_nothing_does_not_stop_the_search() -> None:
    """``None`` leaves compare equal."""
    X = np.array([-1.0, 2.0])

    def loss(w: Any) -> Any:
        X[X < 0] = 0.0
        return np.sum(X * w)

    driver = Problem(loss, lambda w: None, np.ones(2)).driver
    driver.begin()
    driver.loss(driver.values())
    assert driver.mutated() == ("X",)
    driver.end()


def test_parameters_that_are_put_where_they_started_are_named() -> None:
    """Written is written, whatever the content: also the parameters as given over those of another point."""
    start = np.array([1.0, 2.0])

    def loss(p: np.ndarray) -> float:
        p[...] = start
        return float(np.sum(p**2))

    driver = Problem(loss, lambda p: 2 * p, start.copy()).driver
    driver.begin()
    driver.loss([start.copy()])
    assert not driver.changed()
    driver.loss([start + 1.0])
    assert driver.changed()
    driver.end()
