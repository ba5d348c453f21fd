"""Names bound to objects, remembered and put back: attributes, slots, class attributes, globals, closure cells.

Read and written through the built-in types' own descriptors, and compared by identity: no user code runs.
"""

from __future__ import annotations

import abc
import operator
import types
from dataclasses import dataclass
from typing import Any

from gradcheck.problem.reachable import (
    class_dict,
    dict_descriptor,
    global_names,
    instance_dict,
    is_library,
    is_library_class,
    is_library_function,
    read_slots,
    slot_members,
)

__all__ = ["Layouts", "Snapshot", "bindings"]

_EMPTY = object()


class Snapshot(abc.ABC):
    """One remembered piece of state.

    Attributes
    ----------
    container : list or dict or None
        What it is the content of.
    """

    container: Any = None

    @abc.abstractmethod
    def changed(self) -> bool:
        """Whether it differs now."""

    @abc.abstractmethod
    def restore(self) -> None:
        """Make it what it was; may be called again, also after having been interrupted."""

    def held(self) -> list[tuple[Any, Any]]:
        """Pairs (key, value): the references that were held here."""
        return []

    def get(self, key: Any) -> Any:  # noqa: B027 - asked only where something is held
        """What is held under a key of ``held`` now; raises LookupError if nothing is."""

    def put(self, key: Any, value: Any) -> None:  # noqa: B027
        """Hold a value under a key of ``held``; raises LookupError where there is no such place."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where objects of a class keep their attributes: the descriptor of their dictionary, and their slots."""

    kind: type
    descriptor: Any
    members: dict[str, types.MemberDescriptorType]


class Layouts:
    """The layout of each class, looked up once: hundreds of objects have few classes.

    Parameters
    ----------
    own : frozenset of str
        As in ``reachable.is_library``.
    """

    def __init__(self, own: frozenset[str]) -> None:
        self.own = own
        self._known: dict[int, _Layout] = {}  # by the class's id: a metaclass may say anything of its hash

    def of(self, kind: type) -> _Layout:
        """The layout of a class's objects; slots of library classes are not looked at."""
        layout = self._known.get(id(kind))
        if layout is None:
            members = {} if is_library_class(kind, self.own) else slot_members(kind)
            layout = self._known[id(kind)] = _Layout(kind, dict_descriptor(kind), members)
        return layout


def bindings(value: Any, layouts: Layouts) -> list[Snapshot]:
    """The snapshots of the names that an object binds."""
    kind, own = type(value), layouts.own
    if kind is types.FunctionType:
        if is_library_function(value, own):
            return []
        return [_GlobalsState(value), _AttributesState(value, layouts.of(kind))]
    if issubclass(kind, type):
        return [] if is_library_class(value, own) else [_ClassState(value)]
    if issubclass(kind, types.ModuleType):
        return [] if is_library(value, own) else [_ModuleState(value)]
    if kind is types.CellType:
        return [_CellState(value)]
    layout = layouts.of(kind)
    slots: list[Snapshot] = [_SlotsState(value, layout.members)] if layout.members else []
    return slots if layout.descriptor is None else [_AttributesState(value, layout), *slots]


class _Names(Snapshot):
    """Named references: what was bound, and that nothing else was. Subclasses say where they live."""

    def __init__(self) -> None:
        self._saved = dict(self._now())

    @abc.abstractmethod
    def _now(self) -> Any:
        """The mapping of names to what they are bound to now."""

    @abc.abstractmethod
    def _remove(self, name: str) -> None:
        """Unbind a name."""

    def changed(self) -> bool:
        now, saved = self._now(), self._saved
        if len(now) != len(saved):
            return True
        # Asked after each step, nearly always of names in the order in which they were.
        if all(map(operator.is_, now, saved)) and all(map(operator.is_, now.values(), saved.values())):
            return False
        return any(now.get(name, _EMPTY) is not value for name, value in saved.items())

    def restore(self) -> None:
        if not self.changed():
            return
        now = self._now()
        for name in [name for name in now if name not in self._saved]:
            self._remove(name)
        for name, value in self._saved.items():
            if now.get(name, _EMPTY) is not value:
                self.put(name, value)

    def held(self) -> list[tuple[Any, Any]]:
        return list(self._saved.items())

    def get(self, key: Any) -> Any:
        return self._now()[key]


class _AttributesState(_Names):
    """The dictionary of an instance or function, and which dictionary it is."""

    def __init__(self, owner: Any, layout: _Layout) -> None:
        self._owner, self._layout = owner, layout
        self._space: dict[str, Any] = layout.descriptor.__get__(owner)
        super().__init__()

    def _now(self) -> Any:
        if type(self._owner) is self._layout.kind:
            return self._layout.descriptor.__get__(self._owner)
        return instance_dict(self._owner)  # the code has given it another class

    def _remove(self, name: str) -> None:
        del self._space[name]

    def put(self, key: Any, value: Any) -> None:
        self._space[key] = value

    def changed(self) -> bool:
        return self._now() is not self._space or super().changed()

    def restore(self) -> None:
        if self._now() is not self._space:
            object.__setattr__(self._owner, "__dict__", self._space)
        super().restore()


class _SlotsState(_Names):
    """The slots of an instance, written past any ``__setattr__``."""

    def __init__(self, owner: Any, members: dict[str, types.MemberDescriptorType]) -> None:
        self._owner, self._members = owner, members
        super().__init__()

    def _now(self) -> Any:
        return read_slots(self._owner, self._members)

    def _remove(self, name: str) -> None:
        self._members[name].__delete__(self._owner)

    def put(self, key: Any, value: Any) -> None:
        self._members[key].__set__(self._owner, value)


class _ClassState(_Names):
    """The attributes of a class."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        super().__init__()

    def _now(self) -> Any:
        return class_dict(self._kind)

    def _remove(self, name: str) -> None:
        type.__delattr__(self._kind, name)

    def put(self, key: Any, value: Any) -> None:
        type.__setattr__(self._kind, key, value)


class _ModuleState(_Names):
    """The globals of one of the user's modules; what is imported into it meanwhile stays."""

    def __init__(self, module: types.ModuleType) -> None:
        self._space = module.__dict__
        super().__init__()

    def _now(self) -> Any:
        return {
            name: value
            for name, value in self._space.items()
            if type(value) is not types.ModuleType and name != "__builtins__"
        }

    def _remove(self, name: str) -> None:
        del self._space[name]

    def put(self, key: Any, value: Any) -> None:
        self._space[key] = value


class _GlobalsState(_ModuleState):
    """The global names that one function mentions: what a ``global`` statement can rebind."""

    def __init__(self, function: types.FunctionType) -> None:
        self._names = global_names(function.__code__)
        self._space = function.__globals__
        _Names.__init__(self)

    def _now(self) -> Any:
        return {name: self._space[name] for name in self._names if name in self._space}


class _CellState(Snapshot):
    """What a closure's variable is bound to, if to anything."""

    def __init__(self, cell: types.CellType) -> None:
        self._cell = cell
        self._saved = self._now()

    def _now(self) -> Any:
        try:
            return self._cell.cell_contents
        except ValueError:
            return _EMPTY

    def changed(self) -> bool:
        return self._now() is not self._saved

    def restore(self) -> None:
        if self._saved is not _EMPTY:
            self._cell.cell_contents = self._saved
        elif self.changed():
            del self._cell.cell_contents

    def held(self) -> list[tuple[Any, Any]]:
        return [("", self._saved)]

    def get(self, key: Any) -> Any:  # noqa: ARG002 - a cell holds one thing
        return self._now()

    def put(self, key: Any, value: Any) -> None:  # noqa: ARG002
        self._cell.cell_contents = value
