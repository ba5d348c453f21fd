"""All reachable state is found without running the user's code, and put back."""

# ruff: noqa: ARG005, D102 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import collections
import functools
import importlib.util
import random
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.problem import reachable
from gradcheck.problem.reachable import is_library, is_library_function, own_packages, user_functions, walk
from gradcheck.problem.state import StateGuard, code_objects

COUNT = 0
TABLE = {"W": np.ones(3), "order": [1, 2]}
ABSENT_NAMES = ("MADE_BY_CODE",)


class Touchy:
    """Everything that it can be asked has a side effect."""

    shared: dict[str, Any] = {"calls": 0}  # noqa: RUF012
    level = 1

    def __init__(self) -> None:
        object.__setattr__(self, "w", np.ones(2))
        object.__setattr__(self, "asked", [])

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AssertionError(name)

    def __delattr__(self, name: str) -> None:
        raise AssertionError(name)

    def __eq__(self, other: object) -> Any:
        raise AssertionError

    def __hash__(self) -> int:
        raise AssertionError

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError

    def __repr__(self) -> str:
        raise AssertionError

    def __bool__(self) -> bool:
        raise AssertionError

    @property
    def __class__(self) -> Any:
        raise AssertionError

    @property
    def prop(self) -> Any:
        global COUNT  # noqa: PLW0603
        COUNT += 1
        raise AssertionError


class TouchyDict(dict[Any, Any]):
    """A mapping whose methods are not to be called."""

    def _no(self, *_: Any) -> Any:
        raise AssertionError

    items = keys = values = copy = clear = update = __iter__ = __getitem__ = __setitem__ = __len__ = __eq__ = _no  # type: ignore[assignment]


class TouchyList(list[Any]):
    """A list whose methods are not to be called, with an attribute."""

    def _no(self, *_: Any) -> Any:
        raise AssertionError

    copy = clear = extend = __iter__ = __getitem__ = __setitem__ = __len__ = __eq__ = _no  # type: ignore[assignment]


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


def _spoil_globals() -> None:
    global COUNT, MADE_BY_CODE  # noqa: PLW0603
    COUNT += 1
    MADE_BY_CODE = 1
    TABLE["W"][:] = 7.0
    TABLE["new"] = 3
    TABLE["order"].reverse()
    Touchy.shared["calls"] += 1
    Touchy.level = 2
    Touchy.added = 1  # type: ignore[attr-defined]
    _spoil_globals.calls = 1  # type: ignore[attr-defined]


def test_globals_classes_and_function_attributes() -> None:
    """Rebound, written into, added to; nothing else is touched."""
    guard = StateGuard({"f": _spoil_globals})
    assert not guard.changed()
    table, order = dict(TABLE), TABLE["order"]
    _spoil_globals()
    assert guard.changed()
    guard.restore_all()
    assert not guard.changed()
    assert COUNT == 0
    assert "MADE_BY_CODE" not in globals()
    assert table == TABLE
    assert TABLE["order"] is order
    assert order == [1, 2]
    assert Touchy.shared == {"calls": 0}
    assert Touchy.level == 1
    assert not hasattr(Touchy, "added")
    assert not hasattr(_spoil_globals, "calls")


def test_no_code_of_the_user_runs() -> None:
    """Properties, ``__getattr__``, ``__eq__``, ``__hash__``, ``__repr__``, methods of containers."""
    touchy = Touchy()
    mapping, listed = TouchyDict(), TouchyList()
    dict.__setitem__(mapping, "w", np.ones(2))
    list.append(listed, np.ones(2))
    listed.note = 1  # type: ignore[attr-defined]
    members = {object(), 1}
    ordered = collections.OrderedDict(a=1, b=2)

    def code() -> Any:
        return touchy, mapping, listed, members, ordered

    guard = StateGuard({"code": code})
    w = object.__getattribute__(touchy, "w")
    w[:] = 5.0
    object.__getattribute__(touchy, "__dict__")["extra"] = 1
    dict.__setitem__(mapping, "x", 2)
    dict.__getitem__(mapping, "w")[:] = 5.0
    list.insert(listed, 0, 2)
    listed.note = 2  # type: ignore[attr-defined]
    members.add(7)
    ordered.move_to_end("a")
    assert guard.changed()
    guard.restore_all()
    assert not guard.changed()
    assert w.tolist() == [1.0, 1.0]
    assert "extra" not in object.__getattribute__(touchy, "__dict__")
    assert list(dict.keys(mapping)) == ["w"]
    assert list.__len__(listed) == 1
    assert listed.note == 1  # type: ignore[attr-defined]
    assert 7 not in members
    assert list(ordered) == ["a", "b"]


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


def test_cycles_and_shared_objects_are_walked_once() -> None:
    """Each object comes once, by the shortest path."""
    a: dict[str, Any] = {"w": np.ones(2)}
    a["self"] = a
    a["again"] = [a, a["w"]]
    found = [path for path, value in walk({"a": a}) if value is a["w"]]
    assert found == ["a['w']"]


def test_a_user_s_module_is_state(tmp_path: Any) -> None:
    """``import settings; settings.W = ...``; what is imported into it meanwhile stays."""
    (tmp_path / "settings_of_user.py").write_text("W = [1.0]\nrate = 0.1\n")
    spec = importlib.util.spec_from_file_location("settings_of_user", tmp_path / "settings_of_user.py")
    assert spec is not None
    assert spec.loader is not None
    settings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(settings)
    guard = StateGuard({"f": lambda: settings})
    settings.rate = 0.5  # type: ignore[attr-defined]
    settings.W.append(2.0)
    settings.new = 1  # type: ignore[attr-defined]
    settings.sub = types.ModuleType("sub")  # type: ignore[attr-defined]
    guard.restore_all()
    assert settings.rate == 0.1
    assert settings.W == [1.0]
    assert not hasattr(settings, "new")
    assert hasattr(settings, "sub")


def _module(name: str, file: str | None = None) -> types.ModuleType:
    module = types.ModuleType(name)
    if file is not None:
        module.__file__ = file
    return module


@pytest.mark.parametrize(
    ("module", "own", "expected"),
    [
        (np, (), True),
        (sys, (), True),
        (random, (), True),
        (sys.modules["gradcheck"], (), True),
        (sys.modules[__name__], (), False),
        (None, (), False),
        (_module("plain"), (), False),
        (_module("__main__"), (), False),
        (_module("installed", pytest.__file__), (), True),
        (_module("installed", pytest.__file__), ("installed",), False),
        (_module("beside", random.__file__.replace("random.py", "").rstrip("/") + "-projects/x.py"), (), False),
        (_module("sys"), (), True),
    ],
    ids=[
        "numpy",
        "sys",
        "random",
        "gradcheck",
        "tests",
        "none",
        "plain",
        "main",
        "installed",
        "own",
        "beside",
        "built-in",
    ],
)
def test_what_counts_as_a_library(module: Any, own: tuple[str, ...], expected: bool) -> None:
    """NumPy, the standard library and what is installed, but not the package that is being checked."""
    assert is_library(module, frozenset(own)) is expected


def test_the_package_of_the_roots_is_the_user_s_own() -> None:
    """Also where it is installed; NumPy never is."""
    installed = types.FunctionType((lambda: None).__code__, {"__name__": "mypackage.nets"})

    class Net:
        def loss(self) -> None:
            """Nothing."""

        def __call__(self) -> None:
            """Nothing."""

    Net.__module__ = "other.nets"
    assert own_packages([functools.partial(installed), np.sum]) == {"mypackage"}
    assert own_packages([Net()]) == {"other"}
    assert own_packages([Net().loss]) == {__name__.split(".")[0]}
    assert not is_library_function(installed)


def test_library_functions_are_entered_for_what_they_close_over() -> None:
    """A decorator of an installed package does not hide the user's function."""
    space = {"__name__": "numpy.linalg", "hidden": [1]}
    exec("def wrap(f):\n    def inner():\n        hidden\n        return f()\n    return inner", space)
    wrapped = space["wrap"](_spoil_globals)  # type: ignore[operator]
    values = [value for _, value in walk({"f": wrapped})]
    assert _spoil_globals in [v for v in values if isinstance(v, types.FunctionType)]
    assert not any(value is space["hidden"] for value in values)
    assert _spoil_globals in user_functions(wrapped)


def test_code_inside_code() -> None:
    """Functions, what they define, and what that defines."""

    def outer() -> Any:
        def middle() -> Any:
            return lambda: None

        return middle

    assert [code.co_name for code in code_objects(outer)] == ["outer", "middle", "<lambda>"]


def test_more_than_the_walk_looks_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding, and the rest is not put back."""
    monkeypatch.setattr(reachable, "MAX_OBJECTS", 50)
    held = [[float(i)] for i in range(100)]
    report = check(Problem(lambda w: float(w @ w) + 0.0 * len(held), lambda w: 2 * w, np.ones(3)))
    assert report.verdict.name == "PASS"
    assert "neither seen nor put back" in report.finding("state-not-guarded").message  # type: ignore[union-attr]
    monkeypatch.undo()
    report = check(Problem(lambda w: float(w @ w) + 0.0 * len(held), lambda w: 2 * w, np.ones(3)))
    assert report.finding("state-not-guarded") is None


def _best(action: Callable[[], Any], runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def test_a_guard_costs_less_than_a_loss() -> None:
    """480,000 parameters and 256 x 784 data: snapshot, comparison and restoration, each as a ratio."""
    rng = np.random.default_rng(0)
    net = types.SimpleNamespace(W=[rng.standard_normal((784, 500)), rng.standard_normal((500, 176))])
    X, y = rng.standard_normal((256, 784)), rng.standard_normal((256, 176))

    def loss() -> Any:
        return np.mean((np.tanh(X @ net.W[0]) @ net.W[1] - y) ** 2)

    usual, guard = _best(loss), StateGuard({"loss": loss})
    assert _best(lambda: StateGuard({"loss": loss})) < 2.0 * usual
    assert _best(guard.changed) < 2.0 * usual
    assert _best(guard.restore_all) < 2.0 * usual


class Compared:
    """A search for it in a list would call this, once an object passed over."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


def _calls(action: Callable[[], Any]) -> int:
    """How many functions and methods an action enters, resumed generators and built-in ones included."""
    count, before = 0, sys.getprofile()

    def note(_frame: types.FrameType, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def test_the_walk_is_linear() -> None:
    """Four times the objects take four times the calls, not sixteen."""

    def calls(count: int) -> int:
        held = [{"w": [1.0], "n": {"c": i}, "o": Compared()} for i in range(count)]
        return _calls(lambda: StateGuard({"f": lambda: held}))

    few = calls(250)
    assert few > 250
    assert calls(1000) < 5 * few


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


def test_attributes_of_functions_are_walked() -> None:
    """A cache kept on the function."""

    def code() -> None:
        """Nothing."""

    code.cache = [1]  # type: ignore[attr-defined]
    guard = StateGuard({"f": code})
    code.cache.append(2)  # type: ignore[attr-defined]
    guard.restore_all()
    assert code.cache == [1]  # type: ignore[attr-defined]
