"""Everything that a piece of code can change, remembered and put back: arrays, containers, attributes, generators.

The walk starts at the callables and follows closures, defaults, bound objects, containers, attributes and the globals
that functions of the user's own modules name. Installed packages and the standard library are not entered.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import random
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from gradcheck.problem.structure import same_bits

__all__ = ["StateGuard", "code_objects", "user_functions", "walk"]

# A submission with more reachable objects than this is a data structure, not a network: the rest is left unguarded.
MAX_OBJECTS = 200_000

_ATOMS = (str, bytes, int, float, complex, bool, type(None), type(Ellipsis), range, slice)
_LIBRARY = tuple(
    {
        path
        for key in ("stdlib", "platstdlib", "purelib", "platlib")
        if (path := sysconfig.get_paths().get(key)) is not None
    }
)

Restorer = Callable[[], None]


class StateGuard:
    """Snapshot of all state reachable from some callables.

    Parameters
    ----------
    roots : mapping of label to object
        Usually the loss and the gradient callables.
    """

    def __init__(self, roots: dict[str, Any]) -> None:
        self._cells = [snapshot for path, value in walk(roots) for snapshot in _snapshots(path, value)]
        self._cells += [_GlobalNumpyState(), _GlobalPythonState()]
        self._volatile: list[_Snapshot] | None = None

    def changed(self) -> bool:
        """Whether anything differs from the snapshot."""
        return any(cell.changed() for cell in self._cells)

    def settle(self) -> None:
        """Note which parts have changed since the snapshot; ``restore`` then touches only those."""
        self._volatile = [cell for cell in self._cells if cell.changed()]

    def restore(self) -> None:
        """Put back the parts known to change (all parts before ``settle``)."""
        for cell in self._cells if self._volatile is None else self._volatile:
            cell.restore()

    def restore_all(self) -> None:
        """Put back everything, known to change or not."""
        for cell in reversed(self._cells):
            cell.restore()

    def written_arrays(self) -> list[tuple[str, np.ndarray[Any, Any]]]:
        """Arrays (path, array) whose content differs from the snapshot."""
        changed = self._cells if self._volatile is None else self._volatile
        return [(cell.path, cell.array) for cell in changed if isinstance(cell, _ArrayState) and cell.changed()]


def walk(roots: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every mutable object (and function cell) reachable from the roots, with a readable path, each once."""
    seen: set[int] = set()
    stack = list(roots.items())
    keep = []  # bound methods and views are made on access: kept alive, so that an id is never used twice
    while stack and len(seen) < MAX_OBJECTS:
        path, value = stack.pop()
        if isinstance(value, _ATOMS) or id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        yield path, value
        with contextlib.suppress(Exception):  # an object whose attributes raise is simply not entered
            stack.extend(_children(path, value))


def user_functions(root: Any) -> list[types.FunctionType]:
    """Functions of the user's own modules that a callable can reach through names and attributes."""
    found = [value for _, value in walk({"": root}) if isinstance(value, types.FunctionType)]
    return [function for function in found if not _is_library(sys.modules.get(function.__module__ or ""))]


def code_objects(root: Any) -> list[types.CodeType]:
    """Code of those functions and of what is defined inside them."""
    codes = [function.__code__ for function in user_functions(root)]
    for code in codes:
        codes.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return codes


def _children(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, types.FunctionType):
        return _function_children(path, value)
    if isinstance(value, types.MethodType):
        return [(path, value.__func__), (_base(path, "self"), value.__self__)]
    if isinstance(value, functools.partial):
        return [
            (path, value.func),
            *((f"{path}.args[{i}]", item) for i, item in enumerate(value.args)),
            *(value.keywords.items()),
        ]
    if isinstance(value, dict):
        return [(f"{path}[{key!r}]", item) for key, item in value.items()]
    if isinstance(value, (list, tuple, collections.deque)):
        if len(value) > 64 and all(isinstance(item, _ATOMS) for item in value):
            return []
        return [(f"{path}[{i}]", item) for i, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [(path, item) for item in value]
    if isinstance(value, types.CellType):
        return [(path, value.cell_contents)]
    if isinstance(value, np.ndarray):
        return [] if value.base is None else [(path, value.base)]
    if isinstance(value, types.ModuleType):
        return [] if _is_library(value) else [(f"{value.__name__}.{k}", v) for k, v in vars(value).items()]
    if isinstance(value, type):
        return [] if _is_library(sys.modules.get(value.__module__)) else _class_children(path, value)
    return _object_children(path, value)


def _function_children(path: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    if _is_library(sys.modules.get(function.__module__ or "")):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell
    yield from ((f"{path}.default", item) for item in function.__defaults__ or ())
    yield from (function.__kwdefaults__ or {}).items()
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    if vars(function):
        yield path, vars(function)


def _class_children(path: str, kind: type) -> Iterator[tuple[str, Any]]:
    for name, item in vars(kind).items():
        if name in ("__dict__", "__weakref__"):
            continue
        yield _base(path, name), item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
    for parent in kind.__bases__:
        yield path, parent


def _object_children(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    if _is_library(sys.modules.get(kind.__module__)) and not hasattr(value, "__dict__"):
        return
    yield path, kind
    for name, item in getattr(value, "__dict__", {}).items():
        yield _base(path, name), item
    for parent in kind.__mro__:
        for name in _slots(parent):
            if hasattr(value, name):
                yield _base(path, name), getattr(value, name)


def _global_names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


def _base(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _is_library(module: types.ModuleType | None) -> bool:
    if module is None:
        return False
    if module.__name__.split(".")[0] == "gradcheck":
        return True
    file = getattr(module, "__file__", None)
    if file is None:
        return module.__name__ != "__main__" and module.__name__ in sys.builtin_module_names
    return str(file).startswith(_LIBRARY)


def _snapshots(path: str, value: Any) -> Iterator[_Snapshot]:
    """The snapshots that one object needs."""
    if isinstance(value, np.ndarray):
        if value.flags.writeable and value.dtype.kind != "O":
            yield _ArrayState(path, value)
    elif isinstance(value, (dict, list, set, collections.deque, bytearray)):
        yield _ContainerState(value)
    elif isinstance(value, types.CellType):
        yield _CellState(value)
    elif isinstance(value, np.random.Generator):
        yield _BitGeneratorState(value.bit_generator)
    elif isinstance(value, np.random.BitGenerator):
        yield _BitGeneratorState(value)
    elif isinstance(value, np.random.RandomState):
        yield _RandomStateState(value)
    elif isinstance(value, random.Random):
        yield _PythonRandomState(value)
    elif isinstance(value, types.FunctionType):
        if not _is_library(sys.modules.get(value.__module__ or "")):
            yield _GlobalsState(value)
    elif isinstance(value, type):
        if not _is_library(sys.modules.get(value.__module__)):
            yield _AttributesState(value, dict(vars(value)))
    elif not isinstance(value, (types.ModuleType, types.MethodType, tuple, frozenset)):
        own = dict(getattr(value, "__dict__", {}))
        for kind in type(value).__mro__:
            own.update({name: getattr(value, name) for name in _slots(kind) if hasattr(value, name)})
        if own:
            yield _AttributesState(value, own)


class _Snapshot:
    """One remembered piece of state."""

    def changed(self) -> bool:
        raise NotImplementedError

    def restore(self) -> None:
        raise NotImplementedError


class _ArrayState(_Snapshot):
    def __init__(self, path: str, array: np.ndarray[Any, Any]) -> None:
        self.path, self.array, self._saved = path, array, array.copy()

    def changed(self) -> bool:
        return not same_bits(self.array, self._saved)

    def restore(self) -> None:
        if self.array.shape != self._saved.shape:
            with contextlib.suppress(AttributeError, ValueError):
                self.array.shape = self._saved.shape
        if not self.array.flags.writeable:
            with contextlib.suppress(ValueError):
                self.array.flags.writeable = True
        np.copyto(self.array, self._saved)


class _ContainerState(_Snapshot):
    def __init__(self, container: Any) -> None:
        self._container, self._saved = container, container.copy()

    def changed(self) -> bool:
        now, then = self._container, self._saved
        if len(now) != len(then):
            return True
        if isinstance(now, dict):
            return any(a is not b or now[a] is not then[b] for a, b in zip(now, then, strict=True))
        if isinstance(now, (set, bytearray)):
            return bool(now != then)
        return any(a is not b for a, b in zip(now, then, strict=True))

    def restore(self) -> None:
        if self.changed():
            self._container.clear()
            if isinstance(self._container, (dict, set)):
                self._container.update(self._saved)
            else:
                self._container.extend(self._saved)


class _AttributesState(_Snapshot):
    def __init__(self, owner: Any, own: dict[str, Any]) -> None:
        self._owner = owner
        self._saved = {name: value for name, value in own.items() if name not in ("__dict__", "__weakref__")}

    def _now(self) -> dict[str, Any]:
        now = dict(getattr(self._owner, "__dict__", {}))
        if not isinstance(self._owner, type):
            for kind in type(self._owner).__mro__:
                now.update({name: getattr(self._owner, name) for name in _slots(kind) if hasattr(self._owner, name)})
        return {name: value for name, value in now.items() if name not in ("__dict__", "__weakref__")}

    def changed(self) -> bool:
        now = self._now()
        return now.keys() != self._saved.keys() or any(now[name] is not value for name, value in self._saved.items())

    def restore(self) -> None:
        now = self._now()
        for name in now.keys() - self._saved.keys():
            with contextlib.suppress(AttributeError, TypeError):
                delattr(self._owner, name)
        for name, value in self._saved.items():
            if name not in now or now[name] is not value:
                with contextlib.suppress(AttributeError, TypeError):
                    setattr(self._owner, name, value)


class _CellState(_Snapshot):
    def __init__(self, cell: types.CellType) -> None:
        self._cell, self._saved = cell, cell.cell_contents

    def changed(self) -> bool:
        return self._cell.cell_contents is not self._saved

    def restore(self) -> None:
        self._cell.cell_contents = self._saved


class _GlobalsState(_Snapshot):
    """The global names that one function mentions: what a ``global`` statement can rebind."""

    def __init__(self, function: types.FunctionType) -> None:
        self._globals = function.__globals__
        names = _global_names(function.__code__)
        self._saved = {name: self._globals[name] for name in names if name in self._globals}
        self._absent = names - self._saved.keys()

    def changed(self) -> bool:
        return any(self._globals.get(name) is not value for name, value in self._saved.items()) or any(
            name in self._globals for name in self._absent
        )

    def restore(self) -> None:
        self._globals.update(self._saved)
        for name in self._absent:
            self._globals.pop(name, None)


class _BitGeneratorState(_Snapshot):
    def __init__(self, generator: np.random.BitGenerator) -> None:
        self._generator, self._saved = generator, generator.state

    def changed(self) -> bool:
        return repr(self._generator.state) != repr(self._saved)

    def restore(self) -> None:
        self._generator.state = self._saved


class _RandomStateState(_Snapshot):
    def __init__(self, generator: np.random.RandomState) -> None:
        self._generator, self._saved = generator, generator.get_state()

    def changed(self) -> bool:
        now = self._generator.get_state()
        return now[2:] != self._saved[2:] or not np.array_equal(now[1], self._saved[1])

    def restore(self) -> None:
        self._generator.set_state(self._saved)


class _GlobalNumpyState(_RandomStateState):
    def __init__(self) -> None:
        super().__init__(np.random.mtrand._rand)


class _PythonRandomState(_Snapshot):
    def __init__(self, generator: random.Random) -> None:
        self._generator, self._saved = generator, generator.getstate()

    def changed(self) -> bool:
        return self._generator.getstate() != self._saved

    def restore(self) -> None:
        self._generator.setstate(self._saved)


class _GlobalPythonState(_PythonRandomState):
    def __init__(self) -> None:
        super().__init__(random._inst)  # type: ignore[attr-defined]
