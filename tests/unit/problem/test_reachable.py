"""What a piece of code reaches: the walk through closures, modules and classes, where it ends, and what it costs."""

from __future__ import annotations

import functools
import importlib.util
import random
import sys
import time
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.problem import reachable
from gradcheck.problem.reachable import (
    is_library,
    is_library_function,
    linked,
    own_packages,
    user_functions,
    walk,
)
from gradcheck.problem.state import StateGuard, code_objects


def _user_code() -> None:
    """A function of a user's module."""


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
    wrapped = space["wrap"](_user_code)  # type: ignore[operator]
    values = [value for _, value in walk({"f": wrapped})]
    assert _user_code in [v for v in values if isinstance(v, types.FunctionType)]
    assert not any(value is space["hidden"] for value in values)
    assert _user_code in user_functions(wrapped)


def test_code_inside_code() -> None:
    """Functions, what they define, and what that defines."""

    def outer() -> Any:
        def middle() -> Any:
            return lambda: None

        return middle

    assert [code.co_name for code in code_objects([outer])] == ["outer", "middle", "<lambda>"]


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


def test_attributes_of_functions_are_walked() -> None:
    """A cache kept on the function."""

    def code() -> None:
        """Nothing."""

    code.cache = [1]  # type: ignore[attr-defined]
    guard = StateGuard({"f": code})
    code.cache.append(2)  # type: ignore[attr-defined]
    guard.restore_all()
    assert code.cache == [1]  # type: ignore[attr-defined]


class _Getter:
    """A property that another function is behind."""

    def __init__(self, held: Any) -> None:
        self.held = held

    @property
    def value(self) -> Any:
        """Calls what is in the module."""
        return _user_code()


def test_links_of_one_walk_give_the_walk_of_each_root() -> None:
    """What each of several roots reaches, from one walk of all; what only a getter reaches is left out."""
    shared = [np.ones(2)]
    box = _Getter([shared, {"own": np.zeros(1)}])
    roots: dict[str, Any] = {"loss": lambda: box.held, "gradient": lambda: shared}
    links: dict[int, list[Any]] = {}
    together = [value for _, value in walk(roots, getters=True, links=links)]
    for root in roots.values():
        alone = {id(value) for _, value in walk({"": root})}
        assert {id(value) for value in linked(root, links)} == alone
    assert any(value is _user_code for value in together)
    assert not any(value is _user_code for value in linked(roots["loss"], links))


def test_a_module_does_not_lead_to_who_loaded_it() -> None:
    """A test runner's loader holds its whole session, which is no state of the code."""
    module = types.ModuleType("mine")
    module.__loader__ = held = types.SimpleNamespace(session=types.SimpleNamespace())  # type: ignore[assignment]
    module.__dict__.update(weights=np.ones(2), __spec__=types.SimpleNamespace(loader=held))
    reached = [value for _, value in walk({"loss": lambda: module.weights})]
    assert any(value is module.weights for value in reached)
    assert not any(value is held or value is held.session for value in reached)


def test_a_class_of_classes_is_not_asked() -> None:
    """What its comparisons do is somebody's code, which a walk does not run."""

    class Meta(type):
        def __ne__(cls, other: object) -> bool:
            raise AssertionError("compared")

    class Layer(metaclass=Meta):
        def __init__(self) -> None:
            self.weight = np.ones(2)

    assert "layer.weight" in [path for path, _ in walk({"layer": Layer()})]


def test_classes_that_say_what_is_equal_to_them() -> None:
    """A metaclass with ``__eq__`` alone has classes without a hash, and one may claim to be equal to anything."""

    class Unhashable(type):
        def __eq__(cls, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    class Settings(metaclass=Unhashable):
        def __init__(self) -> None:
            self.scale = 3.0

    settings = Settings()
    problem = Problem(lambda w: settings.scale * np.sum(w**2), lambda w: 2.0 * settings.scale * w, np.arange(3.0))
    assert check(problem).verdict.name == "PASS"
