"""Parameters are replaced wherever the code can reach them, and everything is put back."""
# ruff: noqa: D103 - each holder is named by what it does

from __future__ import annotations

import functools
import sys
import types
from collections import deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcheck.problem import OracleUnavailableError
from gradcheck.problem.reachable import reached
from gradcheck.problem.substitution import kept, substituted

GLOBAL = np.array([1.0, 2.0, 3.0])
Pair = namedtuple("Pair", "weight bias")  # noqa: PYI024 - untyped, as learners use them


class WithAttribute:
    """Holds an array as an attribute."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def read(self) -> Any:
        """The array."""
        return self.array


class WithSlots:
    """Holds an array in a slot whose name is private, and refuses assignment."""

    __slots__ = ("__array", "unset")

    def __init__(self, array: Any) -> None:
        object.__setattr__(self, "_WithSlots__array", array)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(name)

    def read(self) -> Any:
        """The array."""
        return self.__array


@dataclass(frozen=True)
class Frozen:
    """Holds an array that cannot be assigned."""

    array: Any

    def read(self) -> Any:
        """The array."""
        return self.array


class OnClass:
    """Holds an array as a class attribute."""

    array: Any = None

    @classmethod
    def read(cls) -> Any:
        """The array."""
        return cls.array


def by_closure(array: Any) -> Callable[[], Any]:
    return lambda: array


def by_default(array: Any) -> Callable[[], Any]:
    def read(given: Any = array) -> Any:
        return given

    return read


def by_keyword_default(array: Any) -> Callable[[], Any]:
    def read(*, given: Any = array) -> Any:
        return given

    return read


def by_class(array: Any) -> Callable[[], Any]:
    OnClass.array = array
    return OnClass.read


def by_partial(array: Any) -> Callable[[], Any]:
    return functools.partial(lambda first, *, second: first + 0 * second, array, second=array)


def by_named_tuple(array: Any) -> Callable[[], Any]:
    pair = Pair(array, 1.0)
    return lambda: pair.weight


def by_nested_containers(array: Any) -> Callable[[], Any]:
    held = {"layers": [(deque([array]), 1.0), "text"]}
    return lambda: held["layers"][0][0][0]  # type: ignore[index]


def by_module(array: Any) -> Callable[[], Any]:
    module = types.ModuleType("learner")
    module.array = array  # type: ignore[attr-defined]
    return lambda: module.array


HOLDERS = {
    "closure": by_closure,
    "default": by_default,
    "keyword default": by_keyword_default,
    "attribute": lambda array: WithAttribute(array).read,
    "slot": lambda array: WithSlots(array).read,
    "frozen dataclass": lambda array: Frozen(array).read,
    "class attribute": by_class,
    "partial": by_partial,
    "named tuple": by_named_tuple,
    "nested containers": by_nested_containers,
    "module": by_module,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_replaced_inside_and_put_back_outside(holder: str) -> None:
    """The very object comes back."""
    array = np.array([1.0, 2.0])
    read = HOLDERS[holder](array)
    with substituted(read, [(array, array + 1j)]):
        np.testing.assert_array_equal(read(), [1.0 + 1j, 2.0 + 1j])
    assert read() is array or holder == "partial"
    np.testing.assert_array_equal(read(), [1.0, 2.0])


def test_global_of_the_module_is_replaced() -> None:
    """A flat script keeps its parameters in globals."""
    original = GLOBAL
    with substituted(lambda: GLOBAL, [(GLOBAL, "replacement")]):
        assert GLOBAL == "replacement"
    assert GLOBAL is original


def test_put_back_after_an_exception() -> None:
    """Also when the loss fails half-way, having rebound what it holds."""
    net = WithAttribute(np.ones(2))
    array = net.array

    def loss() -> None:
        net.array = None
        net.cache = 1  # type: ignore[attr-defined]
        raise RuntimeError

    with pytest.raises(RuntimeError), substituted(loss, [(array, 1j * array)]):
        loss()
    assert vars(net) == {"array": array}


def test_what_the_code_rebinds_is_put_back() -> None:
    """Attributes, keys, elements, cells, slots, class attributes and globals, with their order."""
    mapping, sequence, slotted = {"a": 1, "b": 2}, [1, 2], WithSlots(0)
    count = 0

    def loss() -> None:
        nonlocal count
        global LATER
        count, LATER = 5, 6
        del mapping["a"]
        mapping["a"] = 1
        sequence.append(3)
        OnClass.array, OnClass.other = 7, 8  # type: ignore[attr-defined]
        WithSlots.unset.__set__(slotted, 9)  # type: ignore[attr-defined]

    OnClass.array = None
    with substituted(loss, []):
        loss()
    assert list(mapping) == ["a", "b"]
    assert sequence == [1, 2]
    assert count == 0
    assert "LATER" not in globals()
    assert OnClass.array is None
    assert not hasattr(OnClass, "other")
    assert not hasattr(slotted, "unset")


def test_unbound_names_and_installed_packages_are_left_alone() -> None:
    """A cell that is filled later, a library's functions and classes, an alias of a type."""
    alias = dict[str, int]

    def loss() -> Any:
        return later if np and alias else functools

    with kept(*reached([loss, np.linalg.norm, np.random.Generator, sys])):
        pass
    later = 1
    assert loss() == later


MATRIX = np.arange(12.0).reshape(3, 4)
VIEWS: dict[str, Callable[[Any], Any]] = {
    "transpose": lambda a: a.T,
    "slice": lambda a: a[1:, ::2],
    "reversed": lambda a: a[::-1, 1:],
    "reshape": lambda a: a.reshape(2, 6),
    "row": lambda a: a[2],
    "broadcast": lambda a: np.broadcast_to(a[0], (2, 4)),
    "whole": lambda a: a.view(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("original", [MATRIX.copy(), np.asfortranarray(MATRIX), MATRIX.repeat(2, axis=1)[:, ::2]])
def test_views_are_rebuilt_from_the_replacement(view: str, original: Any) -> None:
    """Whatever the memory order of the parameter; a copy, which reshaping may have to make, is no view."""
    if not np.shares_memory(VIEWS[view](original), original):
        assert view == "reshape"
        return
    held = WithAttribute(VIEWS[view](original))
    was = held.array
    with substituted(held.read, [(original, original + 1j)]):
        np.testing.assert_array_equal(held.read(), VIEWS[view](original) + 1j)
    assert held.array is was


def test_parameters_that_are_views_of_one_array_are_replaced_alone() -> None:
    """A base that nobody holds is no concern; neighbours in the same memory are not mixed up."""
    whole = np.arange(6.0)
    first, second = whole[:4].reshape(2, 2), whole[4:]
    held = WithAttribute([first, second.reshape(1, 2), np.empty(0)])
    with substituted(held.read, [(first, first + 1j), (second, second + 2j)]):
        np.testing.assert_array_equal(held.read()[0], first + 1j)
        np.testing.assert_array_equal(held.read()[1], [second + 2j])


def test_array_that_lies_between_a_parameters_entries_is_another_one() -> None:
    """The same range of addresses is not the same memory."""
    whole = np.arange(6.0)
    held = WithAttribute(whole[1::2])
    other = held.array
    with substituted(held.read, [(whole[::2], None)]):
        assert held.read() is other


def base_of_the_parameter(array: Any) -> Any:
    return array.base


def other_type(array: Any) -> Any:
    return array.view(np.int64)


@pytest.mark.parametrize("overlapping", [base_of_the_parameter, other_type])
def test_overlap_that_cannot_be_rebuilt_is_refused(overlapping: Callable[[Any], Any]) -> None:
    """Never the old numbers in silence; and what had been replaced already is put back."""
    array = np.arange(6.0)[1:4]
    held = WithAttribute([array, overlapping(array)])
    before = list(held.array)
    with (
        pytest.raises(OracleUnavailableError, match="shares part of its memory"),
        substituted(held.read, [(array, 1j)]),
    ):
        pass
    assert all(now is then for now, then in zip(held.array, before, strict=True))


def test_generators_are_not_consumed() -> None:
    """The walk looks, it does not run anything."""

    def numbers() -> Iterator[int]:
        yield 1

    held = WithAttribute(numbers())
    with substituted(held.read, []):
        pass
    assert list(held.array) == [1]
