"""Live parameters: perturbed where the code holds them, and restored bit for bit whatever happens."""

# ruff: noqa: D102 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check, ref
from gradcheck.problem.live import LiveDriver

BASE = np.arange(1.0, 13.0).reshape(3, 4) / 7.0


ODD = np.array([-0.0, 5e-324, 2.2e-308, 1.0])


LAYOUTS: dict[str, Callable[[], Any]] = {
    "plain": BASE.copy,
    "view": lambda: BASE.copy()[1:, ::2],
    "reversed": lambda: BASE.copy()[::-1],
    "transposed": lambda: BASE.copy().T,
    "Fortran": lambda: np.asfortranarray(BASE),
    "0-d": lambda: np.array(1.5),
    "empty": lambda: np.empty((0, 3)),
    "signed zeros and denormals": ODD.copy,
    "float32": lambda: BASE.astype(np.float32),
    "float16": lambda: BASE.astype(np.float16),
    "longdouble": lambda: BASE.astype(np.longdouble) / 3,
    "big-endian": lambda: BASE.astype(">f8"),
}


COMPLAINTS = [KeyboardInterrupt, SystemExit, ValueError, MemoryError]


class Counter:
    """A callable that raises at its k-th call, after having written into everything."""

    def __init__(self, action: Any, clock: Any, at: int, error: type[BaseException], arrays: list[Any]) -> None:
        self.action, self.at, self.error, self.arrays, self.clock = action, at, error, arrays, clock

    def __call__(self) -> Any:
        if next(self.clock) == self.at:
            for array in self.arrays:
                array[...] = np.nan
            raise self.error
        return self.action()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_every_layout_are_restored_bit_for_bit(layout: str) -> None:
    """Also what lies between the entries of a view, and a NaN that is no parameter."""
    w, x = LAYOUTS[layout](), np.array([0.5])
    beside = np.array([np.uint64(0x7FF8DEADBEEF0001)]).view(np.float64)
    owner = w if w.base is None else w.base
    before, payload = owner.tobytes(), beside.tobytes()
    report = check(
        Problem.live(
            lambda: np.sum(w.astype(np.float64) ** 2) + x[0] ** 2 + 0.0 * beside.size,
            lambda: {"w": 2 * w, "x": 2 * x},
            {"w": w, "x": x},
        )
    )
    assert report.verdict.name in ("PASS", "INCONCLUSIVE"), report.reason
    assert owner.tobytes() == before
    assert beside.tobytes() == payload


@pytest.mark.parametrize("error", COMPLAINTS)
def test_everything_is_restored_when_any_call_raises(error: type[BaseException]) -> None:
    """At the k-th call of loss or gradient, for every k until the check gets through."""
    longest = next(at for at in range(1, 200) if not _raised_at(at, error))
    assert longest > 5


def _raised_at(at: int, error: type[BaseException]) -> bool:
    """Check, with the k-th call writing into everything and raising; whether there was such a call."""
    w, held = BASE.copy(), {"b": np.array([0.5, -0.0]), "s": 0.25}
    b, X = held["b"], BASE.copy()
    clock = itertools.count(1)  # the one kind of state that no guard can put back
    loss = Counter(lambda: np.sum((X * w) ** 2) + np.sum(held["b"] ** 2) + held["s"] ** 2, clock, at, error, [w, X])
    gradient = Counter(
        lambda: {"w": 2 * X * X * w, "b": 2 * held["b"], "s": 2 * held["s"]}, clock, at, error, [w, X, held["b"]]
    )
    problem = Problem.live(loss, gradient, {"w": w, "b": ref(held, "b"), "s": ref(held, "s")})
    try:
        check(problem)
    except error:
        assert error in (KeyboardInterrupt, SystemExit)
    assert w.tobytes() == X.tobytes() == BASE.tobytes()
    assert held["b"] is b
    assert b.tobytes() == np.array([0.5, -0.0]).tobytes()
    assert held["s"] == 0.25
    return next(clock) > at


class Slotted:
    """Slots, a property with a check, and an attribute."""

    __slots__ = ("_w", "bias")

    def __init__(self) -> None:
        self._w, self.bias = np.array([1.0, -2.0]), 0.5

    @property
    def w(self) -> Any:
        return self._w

    @w.setter
    def w(self, value: Any) -> None:
        if np.shape(value) != (2,):
            raise ValueError
        self._w = np.array(value)


def test_slots_and_properties() -> None:
    """By name; afterwards the object holds the very objects that it held before."""
    net = Slotted()
    w, bias = net.w, net.bias
    problem = Problem.live(
        lambda: np.sum(net.w**2) * net.bias,
        lambda: {"w": 2 * net.w * net.bias, "bias": np.sum(net.w**2)},
        {"w": ref(net, "w"), "bias": ref(net, "bias")},
    )
    assert check(problem).verdict.name == "PASS"
    assert net._w is w
    assert net.bias is bias


def test_places_of_every_kind() -> None:
    """Attributes, keys, indices; arrays, read-only arrays, floats, NumPy numbers, lists."""
    locked = np.array([1.0, 2.0])
    locked.flags.writeable = False
    rows = [[1.0, 2.0], [3.0, -1.0]]
    held: dict[Any, Any] = {"locked": locked, 7: 0.5, "list": [1.5, np.float64(2.5)], "rows": rows}
    first = rows[0]

    def loss() -> Any:
        return (
            np.sum(held["locked"] ** 2) + held[7] ** 2 + held["list"][1] ** 2 + first[1] ** 2 + held["rows"][1][0] ** 2
        )

    def gradient() -> Any:
        return {
            "a": 2 * held["locked"],
            "b": 2 * held[7],
            "c": 2 * held["list"][1],
            "d": [[0.0, 2 * first[1]], [2 * held["rows"][1][0], 0.0]],
        }

    before = {**held, "list": list(held["list"])}
    params = {"a": ref(held, "locked"), "b": ref(held, 7), "c": ref(held["list"], 1), "d": ref(held, "rows")}
    assert check(Problem.live(loss, gradient, params)).verdict.name == "PASS"
    assert held == before
    assert held["locked"] is locked
    assert held["rows"] is rows
    assert rows[0] is first
    assert type(held["list"][1]) is np.float64


def test_code_that_rebinds(net: Any) -> None:
    """An array that was given by itself is followed to where the code holds it now."""

    def gradient() -> Any:
        found = net.gradient()
        net.W = [2.0 * w for w in net.W]
        net.b[0] = net.b[0] + 1.0
        return found

    held = (net.W, net.W[0], net.b[0])
    for params in (net.params(), net.refs()):
        report = check(Problem.live(net.loss, gradient, params))
        assert report.verdict.name == "PASS", report.reason
        assert (net.W, net.W[0], net.b[0]) == held or net.W[0] is held[1]
        assert net.W is held[0]
        assert net.b[0] is held[2]


def test_a_container_that_is_emptied_or_replaced_is_put_back(net: Any) -> None:
    """By something without keys even."""

    def gradient() -> Any:
        found = net.gradient()
        net.b.clear()
        net.W = 3.0
        return found

    weights, biases = net.W, list(net.b)
    driver = Problem.live(net.loss, gradient, net.params()).driver
    driver.begin()
    driver.gradient(driver.values())
    driver.end()
    assert net.W is weights
    assert all(a is b for a, b in zip(net.b, biases, strict=True))


def test_training_between_construction_and_check_is_kept() -> None:
    """The point to look at is where the code is when the check begins."""
    held = {"w": np.array([1.0, 2.0]), "s": 0.5}
    w = held["w"]
    params = {"w": w, "s": ref(held, "s")}
    problem = Problem.live(
        lambda: np.sum(held["w"] ** 3) * held["s"],
        lambda: {"w": 3 * held["w"] ** 2 * held["s"], "s": np.sum(held["w"] ** 3)},
        params,
    )
    w *= 3.0
    held["s"] = 2.5
    np.testing.assert_array_equal(problem.values()[0], [3.0, 6.0])
    assert check(problem).verdict.name == "PASS"
    np.testing.assert_array_equal(w, [3.0, 6.0])
    assert held["s"] == 2.5
    problem.driver.loss([np.zeros(2), np.array(0.0)])
    np.testing.assert_array_equal(w, [3.0, 6.0])


def test_values_between_begin_and_end_are_the_given_ones() -> None:
    """Whatever the code does meanwhile."""
    w = np.array([1.0, 2.0])
    driver = Problem.live(lambda: np.sum(w), lambda: [np.ones(2)], {"w": w}).driver
    driver.begin()
    w[...] = 9.0
    np.testing.assert_array_equal(driver.values()[0], [1.0, 2.0])
    driver.end()
    np.testing.assert_array_equal(w, [1.0, 2.0])


def test_runs_within_a_context_are_the_code_alone() -> None:
    """What surrounds each run of the code is entered then, and not for what the driver does besides."""
    w, inside, seen = np.array([1.0, 2.0]), [False], []

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        inside[0] = True
        yield
        inside[0] = False

    def loss() -> float:
        seen.append(inside[0])
        return float(np.sum(w**2))

    def gradient() -> list[Any]:
        seen.append(inside[0])
        return [2 * w]

    driver = LiveDriver(loss, gradient, {"w": w})
    with driver.within(around):
        driver.loss([w])
        assert not inside[0]
        driver.gradient([w])
    driver.loss([w])
    assert seen == [True, True, False]
