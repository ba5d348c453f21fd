"""What code can change is remembered and put back: every kind of state, and a whole check of it."""

# ruff: noqa: ARG005, D102 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import collections
import functools
import random
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.problem.state import StateGuard


class Slotted:
    """Slots, one of them private, one unset."""

    __slots__ = ("__hidden", "unset", "w")

    def __init__(self) -> None:
        self.w, self.__hidden = np.ones(2), [1]

    def spoil(self) -> None:
        self.w[0] = 9.0
        self.__hidden.append(2)
        self.__hidden = []
        self.w = np.zeros(2)
        self.unset = 5

    def state(self) -> Any:
        return self.w.tolist(), self.__hidden, hasattr(self, "unset")


class OneSlot:
    """Slots given as one name."""

    __slots__ = "w"  # noqa: PLC0205

    def __init__(self) -> None:
        self.w = 1


class Borrowed:
    """Its dictionary is replaced."""

    def __init__(self) -> None:
        self.value = 1


def test_slots() -> None:
    """Private names, unset ones, one name as a string."""
    net, one = Slotted(), OneSlot()
    before = net.state()
    w = net.w
    guard = StateGuard({"f": net.spoil, "one": lambda: one})
    net.spoil()
    one.w = 2
    guard.restore_all()
    assert net.state() == before
    assert net.w is w
    assert one.w == 1


@dataclass
class Case:
    """Something that code holds, how it is changed, and what tells whether it is as before."""

    make: Callable[[], Any]
    change: Callable[[Any], Any]
    look: Callable[[Any], Any]


def _no_cell() -> Any:
    def unset() -> Any:
        return later

    if unset is None:
        later = 1
    return unset


def _bind_cell(function: Any) -> None:
    function.__closure__[0].cell_contents = 5


def _cell_is_empty(function: Any) -> bool:
    try:
        _ = function.__closure__[0].cell_contents
    except ValueError:
        return True
    return False


def _reshape(a: Any) -> None:
    a[...] = 0.0
    a.shape = (6,)
    a.dtype = np.int64
    a.flags.writeable = False


def _relayout(a: Any) -> tuple[Any, ...]:
    return a.shape, a.strides, a.dtype, a.flags.writeable, a.tobytes()


def _borrow(b: Borrowed) -> None:
    b.__dict__ = {"value": 2}


CASES: dict[str, Case] = {
    "array": Case(lambda: np.array([1.0, -0.0]), lambda a: a.__setitem__(1, 0.0), lambda a: a.tobytes()),
    "array laid out anew": Case(lambda: np.ones((2, 3)), _reshape, _relayout),
    "object array": Case(
        lambda: np.array([np.ones(2), [1]], dtype=object),
        lambda a: (a[0].fill(3.0), a.__setitem__(1, None)),
        lambda a: (a[0].tolist(), a[1]),
    ),
    "records": Case(lambda: np.zeros(2, dtype=[("a", float)]), lambda a: a["a"].fill(1), lambda a: a.tobytes()),
    "masked": Case(
        lambda: np.ma.masked_array([1.0, 2.0], [0, 1]), lambda a: a.__setitem__(1, 5.0), lambda a: a.tolist()
    ),
    "deque": Case(
        lambda: collections.deque([1, 2], maxlen=3), lambda d: (d.append(3), d.rotate(1)), lambda d: (list(d), d.maxlen)
    ),
    "defaultdict": Case(lambda: collections.defaultdict(list), lambda d: d["x"].append(1), dict),
    "reordered dict": Case(lambda: {"a": 1, "b": 2}, lambda d: d.update(a=d.pop("a")), list),
    "counter": Case(lambda: collections.Counter("aab"), lambda c: c.update("c"), dict),
    "set": Case(lambda: {1, 2}, lambda s: s.remove(1), sorted),
    "bytearray": Case(lambda: bytearray(b"abc"), lambda b: b.extend(b"d"), bytes),
    "namespace": Case(lambda: types.SimpleNamespace(a=1), lambda n: setattr(n, "a", 2), lambda n: n.a),
    "another dictionary": Case(Borrowed, _borrow, lambda b: b.value),
    "Generator": Case(lambda: np.random.default_rng(1), lambda r: r.random(), lambda r: str(r.bit_generator.state)),
    "BitGenerator": Case(lambda: np.random.MT19937(1), lambda r: r.random_raw(), lambda r: str(r.state)),
    "RandomState": Case(
        lambda: np.random.RandomState(1), lambda r: r.normal(), lambda r: str(r.get_state(legacy=False))
    ),
    "random.Random": Case(lambda: random.Random(1), lambda r: r.gauss(0, 1), lambda r: r.getstate()),
    "partial": Case(
        lambda: functools.partial(len, [1], key={"a": 1}),
        lambda p: (p.args[0].append(2), p.keywords["key"].clear()),
        lambda p: (p.args, p.keywords),
    ),
    "mapping proxy": Case(lambda: types.MappingProxyType({"a": [1]}), lambda m: m["a"].append(2), lambda m: m["a"]),
    "key that is an object": Case(
        lambda: {functools.partial(len, []): 1}, lambda d: next(iter(d)).args[0].append(1), lambda d: next(iter(d)).args
    ),
    "value under it": Case(lambda: {object: [1], (1, 2): [2]}, lambda d: d[object].append(1), lambda d: [*d.values()]),
    "frozen set": Case(lambda: frozenset({Borrowed()}), lambda s: _borrow(*s), lambda s: [b.value for b in s]),
    "unset variable": Case(_no_cell, _bind_cell, _cell_is_empty),
    "list in a tuple": Case(lambda: ([1],), lambda t: t[0].append(2), lambda t: t[0]),
    "long list of numbers": Case(lambda: [0.0] * 1000, lambda v: v.__setitem__(500, 1.0), sum),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:Setting the (dtype|shape|strides):DeprecationWarning")
def test_state_of_every_kind(name: str) -> None:
    """Unchanged, changed, put back; and again after ``settle``, which narrows down what is put back."""
    case = CASES[name]
    held = case.make()
    guard = StateGuard({"code": lambda: held})
    before = case.look(held)
    assert not guard.changed()
    case.change(held)
    assert guard.changed()
    guard.restore()
    assert case.look(held) == before
    assert not guard.changed()
    case.change(held)
    guard.settle()
    guard.restore()
    assert case.look(held) == before
    assert not guard.changed()
    guard.restore_all()
    assert case.look(held) == before


def test_closure_variables_and_bound_objects() -> None:
    """Rebound by ``nonlocal``; attributes set by a method."""
    count, box = 0, Borrowed()

    def code() -> None:
        nonlocal count
        count += 1
        box.cache = count  # type: ignore[attr-defined]

    guard = StateGuard({"code": functools.partial(types.MethodType(lambda self: code(), box))})
    code()
    guard.restore_all()
    assert count == 0
    assert vars(box) == {"value": 1}


def test_defaults_keywords_and_getters() -> None:
    """What functions carry, and what a property's function writes into."""
    log: list[int] = []

    class Net:
        @property
        def p(self) -> int:
            log.append(1)
            return 1

        @staticmethod
        def s(items: list[int] = [1]) -> None:  # noqa: B006
            items.append(2)

        @classmethod
        def c(cls, *, items: dict[str, int] = {}) -> None:  # noqa: B006
            items["x"] = 1

    net = Net()
    guard = StateGuard({"net": lambda: net})
    _ = net.p
    Net.s()
    Net.c()
    guard.restore_all()
    assert log == []
    assert Net.s.__defaults__ == ([1],)
    assert Net.c.__func__.__kwdefaults__ == {"items": {}}


def test_global_generators() -> None:
    """``np.random.seed`` and ``random.seed`` of the user's own."""
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    guard = StateGuard({})
    first = np.random.normal(size=3).tolist(), random.gauss(0, 1)  # noqa: NPY002
    assert guard.changed()
    guard.restore_all()
    assert (np.random.normal(size=3).tolist(), random.gauss(0, 1)) == first  # noqa: NPY002


def test_print_options_do_not_hide_a_change() -> None:
    """Generators are compared by their states, not by how those print."""
    generator = np.random.Generator(np.random.MT19937(0))
    guard = StateGuard({"f": lambda: generator})
    with np.printoptions(threshold=1, edgeitems=0):
        generator.random(5)
        assert guard.changed()
    guard.restore_all()


def test_what_cannot_be_remembered_is_left_alone() -> None:
    """Generators in the middle of their work, locks, read-only arrays, the system's randomness."""
    steps = (i for i in range(3))
    locked = np.ones(2)
    locked.flags.writeable = False
    held = [steps, random.SystemRandom(), locked, sys, np, iter([1]), memoryview(b"a"), np.float64(1.0), print]
    guard = StateGuard({"f": lambda: held})
    assert not guard.changed()
    guard.restore_all()
    assert next(steps) == 0


def test_a_whole_check_leaves_everything_as_it_was() -> None:
    """Caches, counters, containers, generators in closures, the global random state."""
    rng, log, X = np.random.default_rng(0), [], np.arange(6.0).reshape(3, 2)
    net = types.SimpleNamespace(calls=0, history=collections.deque(maxlen=5))

    def loss(p: Any) -> Any:
        net.calls += 1
        net.cache = X @ p["w"]
        net.history.append(net.cache)
        log.append(rng.normal())
        np.random.normal()  # noqa: NPY002
        random.random()
        return np.sum(net.cache**2)

    before = str(rng.bit_generator.state), str(np.random.get_state()), random.getstate()  # noqa: NPY002
    params = {"w": np.array([0.5, -1.0])}
    report = check(Problem(loss, lambda p: {"w": 2 * X.T @ (net.cache)}, params))
    assert report.verdict.name == "PASS", report.reason
    assert vars(net).keys() == {"calls", "history"}
    assert net.calls == 0
    assert not net.history
    assert log == []
    assert (str(rng.bit_generator.state), str(np.random.get_state()), random.getstate()) == before  # noqa: NPY002
    assert list(params) == ["w"]


def test_arrays_that_were_written_are_remembered_across_restorations() -> None:
    """What only the backward pass overwrites shows although state is put back before each loss."""
    a, b = np.ones(2), np.ones(2)
    guard = StateGuard({"f": lambda: (a, b)})
    assert guard.written_arrays() == []
    a[0] = 2.0
    guard.restore()
    assert [path for path, _ in guard.written_arrays()] == ["a"]
    b[0] = 2.0
    guard.settle()
    assert {path for path, _ in guard.written_arrays()} == {"a", "b"}
