"""Where a running submission keeps its numbers: variables, attributes, items; found, read and written by path."""

from __future__ import annotations

import contextlib
import dataclasses
import dis
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.text.updates import RUNTIME_NAME

__all__ = ["Place", "name_places", "places_of", "roots_of", "variables_of", "whole_numbers", "zeros_of"]

MAX_DEPTH = 6
# Longer lists are data sets or records of the training, not layers.
MAX_ELEMENTS = 64

Key = tuple[str, Any]  # ("item", key), ("attribute", name), ("cell", name) of what a function shares with its maker


class Place:
    """A variable of the submission, or something inside it, by its path: it stays the same place when rebound.

    ``value`` reads and writes it; writing into a tuple rebuilds the tuple. ``aliases`` are other places that hold the
    same array: while they do, or hold what was last written through this one, they are written with it. ``shared`` is
    that array, as it was when they were found.
    """

    __slots__ = ("_get_root", "_given", "_set_root", "aliases", "container", "path", "root", "shared")

    def __init__(
        self,
        root: str,
        get_root: Callable[[], Any],
        set_root: Callable[[Any], None],
        path: tuple[Key, ...],
        container: Any,
    ) -> None:
        self.root, self._get_root, self._set_root, self.path, self.container = root, get_root, set_root, path, container
        self.aliases: list[Place] = []
        self.shared: Any = None
        self._given: Any = None

    @property
    def variable(self) -> int:
        """Tells variables apart that have the same name in different scopes."""
        return id(self._get_root)

    @property
    def value(self) -> Any:
        """What the place holds now."""
        found = self._get_root()
        for key in self.path:
            found = _read(found, key)
        return found

    @value.setter
    def value(self, new: Any) -> None:
        held = self.value if self.aliases else None
        shared = [alias for alias in self.aliases if alias.holds(held) or self._left_behind(alias)]
        self._put(new)
        for alias in shared:
            alias._put(new)  # noqa: SLF001 (of its own kind)
        self._given = new if shared else None

    def _left_behind(self, alias: Place) -> bool:
        """Whether a step's state was put back, and not what it does not name: that holds what was last written."""
        return self._given is not None and alias.holds(self._given)

    def rejoin(self) -> None:
        """Let this one and its aliases hold one array, where some were put back and others, unnamed by a step, not."""
        if not self.aliases:
            return
        if self.holds(self.shared):
            for alias in filter(self._left_behind, self.aliases):
                alias._put(self.shared)  # noqa: SLF001 (of its own kind)
        elif all(alias.holds(self.shared) for alias in self.aliases):
            self._put(self.shared)

    def holds(self, value: Any) -> bool:
        """Whether this very object is in this place now."""
        try:
            return self.value is value
        except (LookupError, AttributeError, TypeError):
            return False

    def _put(self, new: Any) -> None:
        if not self.path:
            self._set_root(new)
            return
        chain = [self._get_root()]
        for key in self.path[:-1]:
            chain.append(_read(chain[-1], key))
        for holder, key in zip(reversed(chain), reversed(self.path), strict=True):
            if not isinstance(holder, tuple):
                _write(holder, key, new)
                return
            rebuilt = [new if position == key[1] else item for position, item in enumerate(holder)]
            new = type(holder)(*rebuilt) if hasattr(holder, "_fields") else tuple(rebuilt)
        self._set_root(new)

    @property
    def parts(self) -> tuple[str, ...]:
        """The path as it is written: ``("params", "W1")``, ``("net", "weights", "[0]")``."""
        return (
            self.root,
            *(str(key) if kind == "attribute" or isinstance(key, str) else f"[{key}]" for kind, key in self.path),
        )


def _read(holder: Any, key: Key) -> Any:
    if key[0] == "cell":
        return _cells(holder)[key[1]].cell_contents
    return getattr(holder, key[1]) if key[0] == "attribute" else holder[key[1]]


def _write(holder: Any, key: Key, value: Any) -> None:
    if key[0] == "cell":
        _cells(holder)[key[1]].cell_contents = value
    elif key[0] == "attribute":
        try:
            setattr(holder, key[1], value)
        except dataclasses.FrozenInstanceError:  # the program makes new ones; here the same one is given other numbers
            object.__setattr__(holder, key[1], value)
    else:
        holder[key[1]] = value


def _cells(function: types.FunctionType) -> dict[str, types.CellType]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def roots_of(step: types.FunctionType) -> Iterator[tuple[str, Callable[[], Any], Callable[[Any], None]]]:
    """The variables that a step can reach: its own cells, and the module's globals.

    Those that the step binds come last: what they lead to may be another object after it (``for layer in layers``).
    """
    bound = {i.argval for i in dis.get_instructions(step.__code__) if i.opname in ("STORE_DEREF", "STORE_GLOBAL")}
    cells = list(zip(step.__code__.co_freevars, step.__closure__ or (), strict=True))
    space = step.__globals__
    for last in (False, True):
        for name, cell in cells:
            if not name.startswith("__") and (name in bound) is last:
                yield name, _cell_getter(cell), _cell_setter(cell)
        for name, value in list(space.items()):
            if name.startswith("__") or isinstance(value, (types.ModuleType, types.FunctionType)):
                continue
            if name != RUNTIME_NAME and (name in bound) is last:
                yield name, _item_getter(space, name), _item_setter(space, name)
    yield from _elsewhere(space)


def _elsewhere(space: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any], Callable[[Any], None]]]:
    """What the program's functions share with the function that made them, and the variables of its own modules."""
    for function in list(space.values()):
        if isinstance(function, types.FunctionType) and RUNTIME_NAME in function.__globals__:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                yield name, _cell_getter(cell), _cell_setter(cell)
    for module in list(sys.modules.values()):
        other = getattr(module, "__dict__", {})
        if RUNTIME_NAME not in other or other is space:
            continue
        for name, value in list(other.items()):
            if not name.startswith("__") and not isinstance(value, (types.ModuleType, types.FunctionType)):
                yield name, _item_getter(other, name), _item_setter(other, name)


def variables_of(step: Any) -> Iterator[tuple[Callable[[], Any], Callable[[Any], None]]]:
    """The variables outside of it that a step binds: how each is read, and how it is bound."""
    bound = {i.argval for i in dis.get_instructions(step.__code__) if i.opname in ("STORE_DEREF", "STORE_GLOBAL")}
    for name, get, put in roots_of(step):
        if name in bound:
            yield get, put


def places_of(roots: Iterator[tuple[str, Callable[[], Any], Callable[[Any], None]]]) -> list[Place]:
    """Every place that holds a real array, number, or list of numbers, each object once."""
    found: list[Place] = []
    seen: dict[int, Place | None] = {}
    for name, get_root, set_root in roots:
        try:
            value = get_root()
        except (ValueError, KeyError):  # not bound yet
            continue
        _enter(
            value,
            (),
            None,
            seen,
            found,
            lambda path, owner, g=get_root, s=set_root, n=name: Place(n, g, s, path, owner),
        )
    return found


def whole_numbers(roots: Iterator[tuple[str, Callable[[], Any], Callable[[Any], None]]]) -> list[Place]:
    """Variables and attributes that hold a whole number, as a bias does that begins as ``0``."""
    found = []
    for name, get_root, set_root in roots:
        with contextlib.suppress(ValueError, KeyError):  # not bound yet
            value = get_root()
            if type(value) is int:
                found.append(Place(name, get_root, set_root, (), None))
            found += [
                Place(name, get_root, set_root, (key,), value) for key, child in _children(value) if type(child) is int
            ]
    return found


def zeros_of(roots: Iterator[tuple[str, Callable[[], Any], Callable[[Any], None]]]) -> list[Place]:
    """Variables that hold a whole zero, as a velocity or a sum does before it becomes an array."""
    found = []
    for name, get_root, set_root in roots:
        with contextlib.suppress(ValueError, KeyError):  # not bound yet
            if type(get_root()) is int and get_root() == 0:
                found.append(Place(name, get_root, set_root, (), None))
    return found


def _enter(
    value: Any,
    path: tuple[Key, ...],
    owner: Any,
    seen: dict[int, Place | None],
    found: list[Place],
    make: Callable[..., Place],
) -> None:
    if isinstance(value, (bool, str, bytes, type(None))) or len(path) > MAX_DEPTH:
        return
    if isinstance(value, np.ndarray):
        _enter_array(value, make(path, owner), seen, found)
        return
    if isinstance(value, (int, float, np.floating)):
        if not isinstance(value, int):
            found.append(make(path, owner))
        return
    if id(value) in seen:
        return
    seen[id(value)] = None
    if isinstance(value, list) and _only_numbers(value):
        found.append(make(path, owner))
        return
    for key, child in _children(value):
        _enter(child, (*path, key), value, seen, found, make)


def _enter_array(value: Any, place: Place, seen: dict[int, Place | None], found: list[Place]) -> None:
    """A place of an array; one more of an array that is known already."""
    if value.dtype.kind not in "fiu" or not value.size:
        return
    first = seen.get(id(value))
    if first is not None:
        first.aliases.append(place)
        first.shared = value
        return
    seen[id(value)] = place
    found.append(place)


def _children(value: Any) -> list[tuple[Key, Any]]:
    if isinstance(value, Mapping):
        return [(("item", key), child) for key, child in list(value.items())[:MAX_ELEMENTS]]
    if isinstance(value, (list, tuple)):
        return [(("item", i), child) for i, child in enumerate(value)] if len(value) <= MAX_ELEMENTS else []
    if isinstance(value, type):
        kept = vars(value).items() if is_own(value) else ()
        return [(("attribute", name), child) for name, child in kept if not name.startswith("__")]
    if isinstance(value, types.FunctionType):  # a layer may be a function that was made with its weights
        return [(("cell", name), child) for name, child in _shared(value)]
    plain = callable(value) and not hasattr(value, "__dict__")
    if not plain and (is_own(type(value)) or isinstance(value, types.SimpleNamespace)):
        return [(("attribute", name), child) for name, child in _attributes(value)]
    return []


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Of an object, those with slots included."""
    yield from vars(value).items() if hasattr(value, "__dict__") else ()
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(value, name):
                yield name, getattr(value, name)


def _shared(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function of the program shares with the function that made it."""
    if RUNTIME_NAME in function.__globals__ and not function.__name__.startswith("__gradcheck"):
        for name, cell in _cells(function).items():
            with contextlib.suppress(ValueError):  # not bound yet
                yield name, cell.cell_contents


def _only_numbers(value: list[Any]) -> bool:
    """Whether a list is a table of numbers; rows of different lengths are places of their own."""
    if len({len(item) if isinstance(item, list) else -1 for item in value}) > 1:
        return False
    return bool(value) and all(
        (isinstance(item, (int, float)) and not isinstance(item, bool))
        or (isinstance(item, list) and _only_numbers(item))
        for item in value
    )


def name_places(places: Sequence[Place]) -> dict[str, Place]:
    """The shortest readable names: what all paths begin with is left out, unless only an index would remain."""
    paths = [place.parts for place in places]
    shared = 0
    while all(len(path) > shared + 1 for path in paths) and len({path[shared] for path in paths}) == 1:
        shared += 1
    names: dict[str, Place] = {}
    for path, place in zip(paths, places, strict=True):
        start = shared
        while start and path[start].startswith("["):
            start -= 1
        name = _join(path[start:])
        names[name if name not in names else f"{name}#{len(names)}"] = place
    return names


def _join(parts: Sequence[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += part if part.startswith("[") else f".{part}"
    return text


def _cell_getter(cell: types.CellType) -> Callable[[], Any]:
    return lambda: cell.cell_contents


def _cell_setter(cell: types.CellType) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        cell.cell_contents = value

    return put


def _item_getter(space: dict[str, Any], name: str) -> Callable[[], Any]:
    return lambda: space[name]


def _item_setter(space: dict[str, Any], name: str) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        space[name] = value

    return put
