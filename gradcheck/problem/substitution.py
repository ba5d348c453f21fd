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

from gradcheck.language import tr
from gradcheck.problem.driver import OracleUnavailableError
from gradcheck.problem.reachable import is_library, reached

__all__ = ["kept", "substituted"]

Array = npt.NDArray[Any]


@contextlib.contextmanager
def substituted(root: Any, pairs: Sequence[tuple[Array, Any]]) -> Iterator[None]:
    """Inside, everything that ``root`` reaches holds the replacements; outside, exactly what it held before.

    Parameters
    ----------
    root : object
        Where the walk starts, usually the loss: closures, defaults, bound objects, containers, attributes, slots, and
        the globals that functions of the user's own modules name.
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
    >>> with substituted(net, [(weight, weight + 1j * weight)]):
    ...     print((net.weight - net.transposed)[0, 1])
    (-1-1j)
    >>> net.weight is weight and net.transposed.base is weight
    True
    """
    replace = _Replacer(pairs)
    with kept(*reached([root])) as places:
        for place in places:
            place.substitute(replace)
        yield


@contextlib.contextmanager
def kept(values: Sequence[Any], own: frozenset[str]) -> Iterator[list[_Place]]:
    """All places in some objects (as of ``reached``) that hold references, put back on leaving as on entering."""
    places = [place for value in values if not _is_ours(value) for place in _places(value, own)]
    try:
        yield places
    finally:
        for place in reversed(places):
            place.restore()


class _Replacer:
    """Maps an object to what takes its place: a replacement, a rebuilt view, a rebuilt tuple, or itself."""

    def __init__(self, pairs: Sequence[tuple[Array, Any]]) -> None:
        self._pairs = list(pairs)
        self._layouts: dict[int, _Layout] = {}
        self._done = {id(original): (original, value) for original, value in pairs}
        self._done |= {id(value): (value, value) for _, value in pairs}  # some are in their places already

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
        for original, replacement in self._pairs:
            if np.may_share_memory(original, view):
                entries = self._layout_of(original).entries_of(view)
                if entries is not None:
                    return replacement.reshape(-1)[entries]
        return view

    def _layout_of(self, original: Array) -> _Layout:
        if id(original) not in self._layouts:
            self._layouts[id(original)] = _Layout(original)
        return self._layouts[id(original)]

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
                tr(
                    "the code holds an array of shape {shape} and dtype {dtype} that shares part of its memory "
                    "with a parameter: it cannot be rebuilt from that parameter alone. Name the array that owns the "
                    "memory as the parameter.",
                    shape=view.shape,
                    dtype=view.dtype,
                )
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
    """Something that holds references: what it held on entering, and how to write there."""

    def __init__(self, held: list[tuple[Any, Any]], put: Callable[[Any, Any], None]) -> None:
        self.held, self.put = held, put

    def substitute(self, replace: Callable[[Any], Any]) -> None:
        """Write what takes the place of each reference that has a replacement."""
        for key, value in self.held:
            new = replace(value)
            if new is not value:
                self.put(key, new)

    def restore(self) -> None:
        """Hold what was held on entering."""
        for key, value in self.held:
            self.put(key, value)


class _Container(_Place):
    """A mapping, list or deque: its elements and their order."""

    def __init__(self, container: Any) -> None:
        super().__init__(_items(container), container.__setitem__)
        self._container = container

    def restore(self) -> None:
        now = _items(self._container)
        if len(now) == len(self.held) and all(a == b and x is y for (a, x), (b, y) in zip(now, self.held, strict=True)):
            return
        self._container.clear()
        if isinstance(self._container, dict):
            self._container.update(self.held)
        else:
            self._container.extend(value for _, value in self.held)


class _Named(_Place):
    """Slots, class attributes or global names: those that were not bound on entering are unbound again."""

    def __init__(
        self, now: Callable[[], dict[str, Any]], put: Callable[[str, Any], None], erase: Callable[[str], Any]
    ) -> None:
        super().__init__(list(now().items()), put)
        self._now, self._erase = now, erase

    def restore(self) -> None:
        then, now = dict(self.held), self._now()
        for name in now.keys() - then.keys():
            self._erase(name)
        for name, value in self.held:
            if name not in now or now[name] is not value:
                self.put(name, value)


def _places(value: Any, own: frozenset[str]) -> list[_Place]:
    """The places of one object; what belongs to an installed library is left alone."""
    if isinstance(value, (dict, list, deque)):
        return [_Container(value)]
    if isinstance(value, types.CellType):
        held = [] if value == types.CellType() else [("", value.cell_contents)]  # an empty one is filled later
        return [_Place(held, lambda _, new: setattr(value, "cell_contents", new))]
    if isinstance(value, functools.partial):
        return [_Place([("", value.args)], lambda _, new: _set_arguments(value, new)), _Container(value.keywords)]
    if isinstance(value, (types.FunctionType, type, types.ModuleType)):
        return _definition_places(value, own)
    if isinstance(value, np.ndarray):
        return []
    members = _members(type(value))
    slots: list[_Place] = [_slots(value, members)] if members else []
    attributes = getattr(value, "__dict__", None)  # dict[str, int] shows that of dict
    return slots + ([_Container(attributes)] if isinstance(attributes, dict) else [])


def _is_ours(value: Any) -> bool:
    """Whether a replacement has been reached that stands in its place already: what a tracer records is its own."""
    return str(type(value).__module__).startswith("gradcheck.oracles.")


def _definition_places(value: Any, own: frozenset[str]) -> list[_Place]:
    module = value if isinstance(value, types.ModuleType) else sys.modules.get(value.__module__ or "")
    if is_library(module, own):
        return []
    if isinstance(value, type):
        put, erase = functools.partial(type.__setattr__, value), functools.partial(type.__delattr__, value)
        return [_Named(lambda: dict(vars(value)), put, erase)]
    if isinstance(value, types.ModuleType):
        return [_Container(vars(value))]
    defaults = _Place([("__defaults__", value.__defaults__)], functools.partial(setattr, value))
    return [defaults, _globals(value), *([_Container(value.__kwdefaults__)] if value.__kwdefaults__ else [])]


def _slots(owner: Any, members: dict[str, types.MemberDescriptorType]) -> _Named:
    """Attributes in ``__slots__``, written past any ``__setattr__`` of the class."""

    def now() -> dict[str, Any]:
        found = {}
        for name, member in members.items():
            with contextlib.suppress(AttributeError):
                found[name] = member.__get__(owner)
        return found

    return _Named(
        now, lambda name, value: members[name].__set__(owner, value), lambda name: members[name].__delete__(owner)
    )


def _globals(function: types.FunctionType) -> _Named:
    """The global names that one function mentions."""
    space, names = function.__globals__, _names(function.__code__)
    return _Named(lambda: {n: space[n] for n in names if n in space}, space.__setitem__, space.__delitem__)


def _set_arguments(partial: Any, arguments: tuple[Any, ...]) -> None:
    partial.__setstate__((partial.func, arguments, partial.keywords, vars(partial)))


def _items(container: Any) -> list[tuple[Any, Any]]:
    return list(container.items() if isinstance(container, dict) else enumerate(container))


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
