"""Parameters replaced, wherever a callable can reach them, by values of another kind.

An array that the code holds is recognised by identity. An array that is not a parameter but shares its memory (a
transpose kept as an attribute, the matrices of a flat vector) is rebuilt from the replacement, entry by entry: were it
left alone, the code would compute with the old numbers there, and every derivative through it would be lost.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.problem.driver import OracleUnavailableError
from gradcheck.problem.state import _is_library as is_library
from gradcheck.problem.state import walk

__all__ = ["kept", "substituted"]

Array = npt.NDArray[Any]


@contextlib.contextmanager
def substituted(root: Any, pairs: Sequence[tuple[Array, Any]]) -> Iterator[None]:
    """Inside, everything that ``root`` reaches holds the replacements; outside, exactly what it held before.

    Parameters
    ----------
    root : callable
        Where the walk starts: closures, defaults, bound objects, containers, attributes, slots, and the globals that
        functions of the user's own modules name.
    pairs : sequence of (ndarray, object)
        Each array, recognised by identity, with what takes its place. A replacement has the array's shape, and
        ``reshape`` and indexing (complex or wider arrays, traced boxes).

    Raises
    ------
    OracleUnavailableError
        If something reachable shares only part of a parameter's memory, or reads it as another dtype: it cannot be
        rebuilt from one replacement.

    Notes
    -----
    What the code itself rebinds meanwhile (attributes, keys, list elements, closure cells) is put back too, also after
    an exception. The content of arrays is not looked at: that is ``StateGuard``'s.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> weight = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> net = SimpleNamespace(weight=weight, transposed=weight.T)
    >>> loss = lambda: (net.weight - net.transposed)[0, 1]
    >>> with substituted(loss, [(weight, weight + 1j * weight)]):
    ...     print(loss())
    (-1-1j)
    >>> net.weight is weight and net.transposed.base is weight
    True
    """
    replace = _Replacer(pairs)
    with kept(root) as places:
        for place in places:
            place.substitute(replace)
        yield


@contextlib.contextmanager
def kept(root: Any) -> Iterator[list[_Place]]:
    """All places reachable from ``root`` that hold references, put back on leaving as they were on entering."""
    places = [place for _, value in walk({"": root}) for place in _places(value)]
    try:
        yield places
    finally:
        for place in reversed(places):
            place.restore()


class _Replacer:
    """Maps an object to what takes its place: a replacement, a rebuilt view, a rebuilt tuple, or itself."""

    def __init__(self, pairs: Sequence[tuple[Array, Any]]) -> None:
        self._pairs = [(original, replacement, _Layout(original)) for original, replacement in pairs]
        self._done: dict[int, tuple[Any, Any]] = {id(original): (original, value) for original, value in pairs}

    def __call__(self, value: Any) -> Any:
        known = self._done.get(id(value))
        if known is not None:
            return known[1]
        if isinstance(value, np.ndarray):
            new = self._view(value)
        elif isinstance(value, tuple):
            new = self._tuple(value)
        else:
            return value
        self._done[id(value)] = (value, new)
        return new

    def _view(self, view: Array) -> Any:
        for original, replacement, layout in self._pairs:
            if view.size == 0 or not np.may_share_memory(original, view):
                continue
            entries = layout.entries_of(view)
            if entries is not None:
                return replacement.reshape(-1)[entries]
        return view

    def _tuple(self, value: tuple[Any, ...]) -> Any:
        items = [self(item) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return value._make(items) if hasattr(value, "_make") else tuple(items)


class _Layout:
    """Where in memory each entry of an array lies."""

    def __init__(self, array: Array) -> None:
        addresses = _addresses(array).reshape(-1)
        self._dtype = array.dtype
        self._order = np.argsort(addresses, kind="stable")
        self._sorted = addresses[self._order]

    def entries_of(self, view: Array) -> npt.NDArray[np.intp] | None:
        """Per entry of ``view`` the (C-order) number of the entry here that is the same memory; None if none is."""
        wanted = _addresses(view)
        place = np.minimum(np.searchsorted(self._sorted, wanted), self._sorted.size - 1)
        found = self._sorted[place] == wanted
        if not found.any() and view.dtype == self._dtype:
            return None
        if not found.all() or view.dtype != self._dtype:
            raise OracleUnavailableError(
                f"the code holds an array of shape {view.shape} and dtype {view.dtype} that shares part of its memory "
                "with a parameter: it cannot be rebuilt from that parameter alone. Name the array that owns the memory "
                "as the parameter."
            )
        return self._order[place]


def _addresses(array: Array) -> npt.NDArray[np.int64]:
    """Address of each entry, in the array's shape."""
    addresses = np.full(array.shape, array.__array_interface__["data"][0], dtype=np.int64)
    for axis, (length, stride) in enumerate(zip(array.shape, array.strides, strict=True)):
        steps = np.arange(length, dtype=np.int64) * stride
        addresses += steps.reshape((-1,) + (1,) * (array.ndim - axis - 1))
    return addresses


class _Place:
    """Something that holds references: what it held on entering, and how to write."""

    def __init__(self, held: dict[Any, Any]) -> None:
        self.held = held

    def substitute(self, replace: Callable[[Any], Any]) -> None:
        """Write what takes the place of each reference that has a replacement."""
        for key, value in self.held.items():
            new = replace(value)
            if new is not value:
                self.put(key, new)

    def restore(self) -> None:
        """Hold what was held on entering, under the same keys in the same order."""
        for key, value in self.held.items():
            self.put(key, value)

    def put(self, key: Any, value: Any) -> None:
        """Hold ``value`` under ``key``."""
        raise NotImplementedError


class _Mapping(_Place):
    def __init__(self, mapping: Any) -> None:
        super().__init__(dict(mapping))
        self._mapping = mapping

    def put(self, key: Any, value: Any) -> None:
        self._mapping[key] = value

    def restore(self) -> None:
        if not _same(self.held, dict(self._mapping)):
            self._mapping.clear()
            self._mapping.update(self.held)


class _Elements(_Place):
    def __init__(self, sequence: list[Any] | deque[Any]) -> None:
        super().__init__(dict(enumerate(sequence)))
        self._sequence = sequence

    def put(self, key: Any, value: Any) -> None:
        self._sequence[key] = value

    def restore(self) -> None:
        if not _same(self.held, dict(enumerate(self._sequence))):
            self._sequence.clear()
            self._sequence.extend(self.held.values())


class _Cell(_Place):
    def __init__(self, cell: types.CellType) -> None:
        try:
            super().__init__({"contents": cell.cell_contents})
        except ValueError:  # a name that is not bound yet
            super().__init__({})
        self._cell = cell

    def put(self, key: Any, value: Any) -> None:  # noqa: ARG002 - a cell has one place
        self._cell.cell_contents = value


class _Slots(_Place):
    """Attributes in ``__slots__``, written past any ``__setattr__`` of the class."""

    def __init__(self, owner: Any, members: dict[str, types.MemberDescriptorType]) -> None:
        super().__init__({})
        self._owner, self._members = owner, members
        for name, member in members.items():
            with contextlib.suppress(AttributeError):
                self.held[name] = member.__get__(owner)

    def put(self, key: Any, value: Any) -> None:
        self._members[key].__set__(self._owner, value)

    def restore(self) -> None:
        for name in self._members.keys() - self.held.keys():
            with contextlib.suppress(AttributeError):
                self._members[name].__delete__(self._owner)
        super().restore()


class _ClassAttributes(_Place):
    def __init__(self, kind: type) -> None:
        super().__init__(dict(vars(kind)))
        self._kind = kind

    def put(self, key: Any, value: Any) -> None:
        type.__setattr__(self._kind, key, value)

    def restore(self) -> None:
        now = vars(self._kind)
        for name in [name for name in now if name not in self.held]:
            type.__delattr__(self._kind, name)
        for name, value in self.held.items():
            if now.get(name, self) is not value:
                self.put(name, value)


class _Globals(_Place):
    """The global names that one function mentions, bound or not."""

    def __init__(self, function: types.FunctionType) -> None:
        self._globals = function.__globals__
        names = _names(function.__code__)
        super().__init__({name: self._globals[name] for name in names if name in self._globals})
        self._unbound = [name for name in names if name not in self._globals]

    def put(self, key: Any, value: Any) -> None:
        self._globals[key] = value

    def restore(self) -> None:
        super().restore()
        for name in self._unbound:
            self._globals.pop(name, None)


class _Defaults(_Place):
    def __init__(self, function: types.FunctionType) -> None:
        super().__init__({"__defaults__": function.__defaults__})
        self._function = function

    def put(self, key: Any, value: Any) -> None:
        setattr(self._function, key, value)


class _PartialArguments(_Place):
    def __init__(self, partial: functools.partial[Any]) -> None:
        super().__init__({"args": partial.args})
        self._partial = partial

    def put(self, key: Any, value: Any) -> None:  # noqa: ARG002 - the rest is a mapping of its own
        self._partial.__setstate__((self._partial.func, value, self._partial.keywords, vars(self._partial)))


def _places(value: Any) -> list[_Place]:
    """The places of one object."""
    if isinstance(value, dict):
        return [_Mapping(value)]
    if isinstance(value, (list, deque)):
        return [_Elements(value)]
    if isinstance(value, types.CellType):
        return [_Cell(value)]
    if isinstance(value, types.FunctionType):
        if is_library(sys.modules.get(value.__module__ or "")):
            return []
        keywords = [_Mapping(value.__kwdefaults__)] if value.__kwdefaults__ else []
        return [_Defaults(value), _Globals(value), *keywords]
    if isinstance(value, functools.partial):
        return [_PartialArguments(value), _Mapping(value.keywords)]
    if isinstance(value, type):
        return [] if is_library(sys.modules.get(value.__module__)) else [_ClassAttributes(value)]
    if isinstance(value, types.ModuleType):
        return [] if is_library(value) else [_Mapping(vars(value))]
    members = _members(type(value))
    slots: list[_Place] = [_Slots(value, members)] if members else []
    return slots + ([_Mapping(vars(value))] if hasattr(value, "__dict__") else [])


def _members(kind: type) -> dict[str, types.MemberDescriptorType]:
    """The slots that Python classes among the ancestors declare."""
    return {
        name: member
        for parent in kind.__mro__
        if "__slots__" in vars(parent)
        for name, member in vars(parent).items()
        if isinstance(member, types.MemberDescriptorType)
    }


def _names(code: types.CodeType) -> set[str]:
    nested = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*nested)


def _same(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    """Whether two mappings hold the same objects under the same keys in the same order."""
    return list(a) == list(b) and all(b[key] is value for key, value in a.items())
