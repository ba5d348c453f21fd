"""State in globals, classes and hostile containers is read and put back, and no code of the user runs for it."""

# ruff: noqa: D102 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gradcheck.problem import bindings
from gradcheck.problem.state import StateGuard

COUNT = 0


TABLE = {"W": np.ones(3), "order": [1, 2]}


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


class Phase:
    """A state machine: what it does is its class."""

    def __init__(self) -> None:
        self.w = 1.0


class Later(Phase):
    """What a ``Phase`` becomes."""

    extra = 0


def test_attributes_are_put_back_where_an_object_has_another_class() -> None:
    """Its dictionary is the same one, whatever descriptor the new class has for it."""
    net = Phase()
    guard = StateGuard({"loss": net})
    net.__class__ = Later
    assert not guard.changed()  # of attributes: none
    net.w, net.more = 2.0, True  # type: ignore[attr-defined]
    assert guard.changed()
    guard.restore_all()
    assert vars(net) == {"w": 1.0}


def test_classes_are_looked_through_once_however_many_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of many layers has many objects of few classes: each was asked for its slots and dictionary."""
    asked: list[type] = []
    find = bindings.dict_descriptor

    def counted(kind: type) -> Any:
        asked.append(kind)
        return find(kind)

    monkeypatch.setattr(bindings, "dict_descriptor", counted)
    guard = StateGuard({"loss": [Phase() for _ in range(50)]})
    assert not guard.changed()
    assert asked.count(Phase) == 1
    assert len(asked) == len(set(map(id, asked)))
