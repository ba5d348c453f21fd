"""What objects hold beside their attributes, remembered and put back: arrays, containers, generators.

As in the walk (``reachable``), everything is read and written through the built-in types' own methods, and compared by
identity or bit for bit: no user code runs.
"""

from __future__ import annotations

import collections
import operator
import random
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.problem.bindings import Layouts, Snapshot, bindings
from gradcheck.problem.leaves import same_bits

__all__ = ["ArrayState", "global_generators", "snapshots"]


class ArrayState(Snapshot):
    """The content and layout of one array, bit for bit."""

    def __init__(self, path: str, array: np.ndarray[Any, Any]) -> None:
        self.path, self.array = path, array
        self.view = np.ndarray.view(array, np.ndarray)  # keeps the layout, and stays writable
        self._saved = np.array(self.view, copy=True, order="K")

    def changed(self) -> bool:
        """Whether content, shape, strides or dtype differ."""
        return self._laid_out_differently() or not same_bits(self.view, self._saved)

    def restore(self) -> None:
        """Layout and writability first, then the content."""
        if self._laid_out_differently():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # newer NumPy would rather have a new array
                self.array.dtype = self.view.dtype  # type: ignore[misc]
                self.array.shape = self.view.shape
                self.array.strides = self.view.strides
        if not self.array.flags.writeable:
            self.array.flags.writeable = True
        np.copyto(self.view, self._saved)

    def _laid_out_differently(self) -> bool:
        a, b = self.array, self.view
        return a.shape != b.shape or a.strides != b.strides or a.dtype != b.dtype


class _SequenceState(Snapshot):
    """The elements of a list or deque."""

    def __init__(self, items: Any) -> None:
        self._items = self.container = items
        self._base: Any = list if issubclass(type(items), list) else collections.deque
        self._saved = self._now()

    def _now(self) -> list[Any]:
        return list(self._base.__iter__(self._items))

    def changed(self) -> bool:
        now = self._now()
        return len(now) != len(self._saved) or not all(map(operator.is_, now, self._saved))

    def restore(self) -> None:
        if self._base is list:
            list.__setitem__(self._items, slice(None), self._saved)
        elif self.changed():
            collections.deque.clear(self._items)
            collections.deque.extend(self._items, self._saved)

    def held(self) -> list[tuple[Any, Any]]:
        return list(enumerate(self._saved))

    def get(self, key: Any) -> Any:
        return self._base.__getitem__(self._items, key)

    def put(self, key: Any, value: Any) -> None:
        self._base.__setitem__(self._items, key, value)


class _SetState(Snapshot):
    """The members of a set, by identity."""

    def __init__(self, items: set[Any]) -> None:
        self._items, self._saved = items, set.copy(items)

    def changed(self) -> bool:
        return {id(item) for item in set.__iter__(self._items)} != {id(item) for item in set.__iter__(self._saved)}

    def restore(self) -> None:
        if self.changed():
            set.clear(self._items)
            set.update(self._items, self._saved)


class _BytesState(Snapshot):
    """The content of a bytearray."""

    def __init__(self, content: bytearray) -> None:
        self._content, self._saved = content, bytes(content)

    def changed(self) -> bool:
        return bytes(self._content) != self._saved

    def restore(self) -> None:
        bytearray.__setitem__(self._content, slice(None), self._saved)


class _DictState(Snapshot):
    """The entries of a dictionary and their order."""

    def __init__(self, mapping: dict[Any, Any]) -> None:
        self._mapping = self.container = mapping
        self._base: Any = collections.OrderedDict if issubclass(type(mapping), collections.OrderedDict) else dict
        self._saved = self._now()

    def _now(self) -> list[tuple[Any, Any]]:
        if self._base is dict:
            return list(dict.items(self._mapping))
        return [(key, dict.__getitem__(self._mapping, key)) for key in self._base.__iter__(self._mapping)]

    def changed(self) -> bool:
        now = self._now()
        return len(now) != len(self._saved) or any(
            a is not c or b is not d for (a, b), (c, d) in zip(now, self._saved, strict=True)
        )

    def restore(self) -> None:
        if self.changed():
            self._base.clear(self._mapping)
            for key, value in self._saved:
                self._base.__setitem__(self._mapping, key, value)

    def held(self) -> list[tuple[Any, Any]]:
        return self._saved

    def get(self, key: Any) -> Any:
        return dict.__getitem__(self._mapping, key)

    def put(self, key: Any, value: Any) -> None:
        self._base.__setitem__(self._mapping, key, value)


class _GeneratorState(Snapshot):
    """The state of a random number generator, by the functions that read and write it."""

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self._read, self._write = read, write
        self._saved = read()

    def changed(self) -> bool:
        return not _same(self._read(), self._saved)

    def restore(self) -> None:
        self._write(self._saved)


def global_generators() -> list[Snapshot]:
    """The states of ``np.random`` and ``random``, which any code can reach."""
    legacy = np.random.mtrand._rand  # noqa: SLF001 - the generator behind np.random.seed
    hidden = vars(random)["_inst"]  # the one behind random.seed
    return [*_generator(legacy), *_generator(hidden)]


def snapshots(path: str, value: Any, layouts: Layouts) -> list[Snapshot]:
    """The snapshots that one object needs."""
    kind = type(value)
    # One by one: metaclasses may say otherwise of ==, and this is asked of every object.
    if kind is tuple or kind is types.MethodType or kind is frozenset:
        return []
    return [*_content(path, value), *bindings(value, layouts)]


def _content(path: str, value: Any) -> list[Snapshot]:
    """The snapshot of what an object holds beside its attributes."""
    kind = type(value)
    if issubclass(kind, np.ndarray):
        return [ArrayState(path, value)] if value.flags.writeable else []
    for kinds, state in _STATES:
        if issubclass(kind, kinds):
            return [state(value)]
    return _generator(value)


def _generator(value: Any) -> list[Snapshot]:
    kind = type(value)
    if issubclass(kind, np.random.Generator):
        value = value.bit_generator
    if issubclass(type(value), np.random.BitGenerator):
        return [_GeneratorState(lambda: value.state, lambda state: setattr(value, "state", state))]
    if issubclass(kind, np.random.RandomState):
        return [_GeneratorState(lambda: value.get_state(legacy=False), value.set_state)]
    if issubclass(kind, random.Random) and not issubclass(kind, random.SystemRandom):
        return [_GeneratorState(lambda: random.Random.getstate(value), lambda s: random.Random.setstate(value, s))]
    return []


def _same(a: Any, b: Any) -> bool:
    """Whether two states of a generator (nested dictionaries, tuples, arrays, numbers) are the same."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return same_bits(a, b)
    return bool(a == b)


_STATES: tuple[tuple[Any, Callable[[Any], Snapshot]], ...] = (
    (dict, _DictState),
    ((list, collections.deque), _SequenceState),
    (set, _SetState),
    (bytearray, _BytesState),
)
