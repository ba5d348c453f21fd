"""What a piece of code can reach: closures, defaults, bound objects, containers, attributes, and the globals it names.

The walk reads instance dictionaries, slots and containers through the built-in types' own descriptors. It never asks an
object for an attribute, compares it, hashes it or prints it: properties, ``__getattr__``, ``__eq__``, ``__iter__`` and
``__repr__`` belong to the user's code and may do anything. Installed packages and the standard library are not entered,
except for what their objects and closures hold, and for the package that the code to be checked itself comes from.
"""

from __future__ import annotations

import collections
import functools
import gc
import site
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "class_dict",
    "dict_descriptor",
    "functions_among",
    "global_names",
    "instance_dict",
    "is_atom",
    "is_library",
    "is_library_class",
    "is_library_function",
    "linked",
    "own_packages",
    "reached",
    "read_slots",
    "slot_members",
    "user_functions",
    "walk",
]

# Code that reaches more objects than this holds a data structure, not a network: the rest is not looked at.
MAX_OBJECTS = 200_000


def _identities(kinds: Iterable[type]) -> frozenset[int]:
    """Which types those are, whatever the metaclass of another says of being equal."""
    return frozenset(map(id, kinds))


_ATOMS = _identities(
    {str, bytes, int, float, complex, bool, type(None), type(Ellipsis), type(NotImplemented), range, slice}
    | {types.BuiltinFunctionType, types.CodeType, types.GetSetDescriptorType, types.MemberDescriptorType}
    | {types.WrapperDescriptorType, types.MethodDescriptorType, np.ufunc}
)
# Exact types without attributes of their own.
_PLAIN = _identities(
    {dict, list, tuple, set, frozenset, collections.deque, np.ndarray, types.CellType, functools.partial}
)
_NUMERIC = frozenset({"autograd", "gradcheck", "jax", "jaxlib", "numpy", "scipy", "tensorflow", "torch"})

Item = tuple[str, Any]
_Children = Callable[[str, Any, frozenset[str]], Iterator[Item]]


def _library_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    found = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(path.rstrip("/\\") for path in found | {*site.getsitepackages(), site.getusersitepackages()})


_LIBRARY = tuple(folder + separator for folder in _library_folders() for separator in ("/", "\\"))
_STDLIB = sys.stdlib_module_names
# A module's attributes through which whoever has loaded it is reached: a test runner's loader holds all of its session.
IMPORT_SYSTEM = frozenset({"__loader__", "__spec__"})


def walk(
    roots: Mapping[str, Any], *, getters: bool = False, links: dict[int, list[Any]] | None = None
) -> Iterator[Item]:
    """Every object but plain values (and every function cell) reachable from the roots, nearest first, each once.

    Parameters
    ----------
    roots : mapping of label to object
        Usually the loss and the gradient callables.
    getters : bool
        Whether to go through the functions behind properties too: they may change state, but say little about what
        the code computes, since every class brings some that it does not use.
    links : dict, optional
        Filled with what each object that was entered leads to but plain values, by its id: for ``linked``.

    Yields
    ------
    path : str
        How a reader would name it (``self.W1``, ``layers[0]['b']``).
    value : object
    """
    own = own_packages(roots.values())
    kinds: dict[int, _Kind] = {}  # by the type's id; `keep` holds an object of each
    seen: set[int] = set()
    queue = collections.deque(root for root in roots.items() if not is_atom(root[1]))
    keep: list[Any] = []  # bound methods are made on access: kept alive, so that an id is never used twice
    while queue and len(keep) < MAX_OBJECTS:
        path, value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        yield path, value
        if getters or type(value) is not property:
            kind = kinds.get(id(type(value)))
            if kind is None:
                kind = kinds[id(type(value))] = _kind(type(value), own)
            children = [child for child in _children(path, value, own, kind) if not is_atom(child[1])]
            queue.extend(children)
            if links is not None:
                links[id(value)] = [child for _, child in children]


def linked(root: Any, links: Mapping[int, list[Any]]) -> Iterator[Any]:
    """What a walk from the root alone would find, property getters left out, from the links of a walk of more."""
    seen: set[int] = set()
    queue = collections.deque([] if is_atom(root) else [root])
    while queue:
        value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if type(value) is not property:
            queue.extend(links.get(id(value), ()))


def reached(roots: Sequence[Any]) -> tuple[list[Any], frozenset[str]]:
    """All that a walk from some roots finds, and the packages that they come from."""
    return [value for _, value in walk({str(number): root for number, root in enumerate(roots)})], own_packages(roots)


def user_functions(root: Any) -> list[types.FunctionType]:
    """Functions of the user's own modules that a callable can reach through names and attributes."""
    return functions_among((value for _, value in walk({"": root})), own_packages([root]))


def functions_among(values: Iterable[Any], own: frozenset[str]) -> list[types.FunctionType]:
    """The functions among some objects that belong to the user's own modules."""
    functions = (value for value in values if type(value) is types.FunctionType)
    return [function for function in functions if not is_library_function(function, own)]


def own_packages(roots: Iterable[Any]) -> frozenset[str]:
    """Top-level packages of the code to be checked: walked through even where they are installed."""
    names = set()
    for root in roots:
        kept = root
        while type(kept) in (types.MethodType, functools.partial):
            kept = kept.__func__ if type(kept) is types.MethodType else kept.func
        function = type(kept) is types.FunctionType
        name = kept.__globals__.get("__name__") if function else class_dict(type(kept)).get("__module__")
        names.add(str(name).split(".")[0])
    return frozenset(names) - _NUMERIC - _STDLIB - {"None"}


def is_library(module: types.ModuleType | None, own: frozenset[str] = frozenset()) -> bool:
    """Whether a module belongs to an installed package or the standard library (``own`` packages apart)."""
    if module is None:
        return False
    package = module.__name__.split(".")[0]
    if package in _NUMERIC or package in own:
        return package not in own
    file = module.__dict__.get("__file__")
    if file is None:
        return package != "__main__" and package in _STDLIB
    return str(file).startswith(_LIBRARY)


def is_library_function(function: types.FunctionType, own: frozenset[str] = frozenset()) -> bool:
    """The same of a function, by the module whose globals it uses (``functools.wraps`` changes ``__module__``)."""
    return is_library(sys.modules.get(str(function.__globals__.get("__name__"))), own)


def is_library_class(kind: type, own: frozenset[str] = frozenset()) -> bool:
    """The same of a class."""
    return is_library(sys.modules.get(str(class_dict(kind).get("__module__"))), own)


def is_atom(value: Any) -> bool:
    """Whether a value holds nothing that could change."""
    kind = type(value)
    return id(kind) in _ATOMS or issubclass(kind, np.generic)


def class_dict(kind: type) -> types.MappingProxyType[str, Any]:
    """The attributes that a class itself defines, whatever its metaclass says."""
    space: types.MappingProxyType[str, Any] = type.__dict__["__dict__"].__get__(kind)
    return space


def instance_dict(value: Any) -> dict[str, Any] | None:
    """The attributes that an object itself holds, read past its properties; None if it has no dictionary."""
    descriptor = dict_descriptor(type(value))
    return None if descriptor is None else descriptor.__get__(value)


def dict_descriptor(kind: type) -> Any:
    """The built-in descriptor behind ``__dict__``; None for objects without one."""
    for parent in kind.__mro__:
        descriptor = class_dict(parent).get("__dict__")
        if type(descriptor) in (types.GetSetDescriptorType, types.MemberDescriptorType):
            return descriptor
    return None


def slot_members(kind: type) -> dict[str, types.MemberDescriptorType]:
    """The slots that Python classes among the ancestors declare, by their mangled names."""
    return {
        name: member
        for parent in kind.__mro__
        if "__slots__" in class_dict(parent)
        for name, member in class_dict(parent).items()
        if type(member) is types.MemberDescriptorType
    }


def read_slots(value: Any, members: dict[str, types.MemberDescriptorType]) -> dict[str, Any]:
    """What the slots hold; those that hold nothing are left out."""
    found = {}
    for name, member in members.items():
        try:
            found[name] = member.__get__(value)
        except AttributeError:
            continue
    return found


def global_names(code: types.CodeType) -> set[str]:
    """The names that a function, and what is defined inside it, looks up among globals and attributes."""
    nested = [global_names(constant) for constant in code.co_consts if type(constant) is types.CodeType]
    return set(code.co_names).union(*nested)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one class are entered: the row that fits, and what their own attributes are kept in."""

    children: _Children | None
    attributes: bool
    descriptor: Any
    library: bool
    members: dict[str, types.MemberDescriptorType]


def _kind(kind: type, own: frozenset[str]) -> _Kind:
    row = next(((kinds, children) for kinds, children in _CHILDREN if issubclass(kind, kinds)), None)
    attributes = id(kind) not in _PLAIN and (row is None or row[0] not in _WHOLE)
    library = is_library_class(kind, own)
    return _Kind(
        children=None if row is None else row[1],
        attributes=attributes,
        descriptor=dict_descriptor(kind) if attributes else None,
        library=library,
        members=slot_members(kind) if attributes and not library else {},
    )


def _children(path: str, value: Any, own: frozenset[str], kind: _Kind) -> list[Item]:
    children = [] if kind.children is None else list(kind.children(path, value, own))
    if kind.attributes:
        children.extend(_object_children(path, value, kind))
    return children


def _function_children(path: str, function: types.FunctionType, own: frozenset[str]) -> Iterator[Item]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell
    for default in function.__defaults__ or ():
        yield _join(path, "default"), default
    yield from (function.__kwdefaults__ or {}).items()
    if is_library_function(function, own):
        return
    space = function.__globals__
    for name in sorted(global_names(function.__code__) & space.keys()):
        yield name, space[name]
    for name, item in function.__dict__.items():
        yield _join(path, name), item


def _method_children(path: str, method: types.MethodType, _: frozenset[str]) -> Iterator[Item]:
    yield path, method.__func__
    yield "self", method.__self__


def _partial_children(path: str, partial: functools.partial[Any], _: frozenset[str]) -> Iterator[Item]:
    yield path, partial.func
    for position, item in enumerate(partial.args):
        yield f"{_join(path, 'args')}[{position}]", item
    yield from partial.keywords.items()


def _dict_children(path: str, mapping: dict[Any, Any], _: frozenset[str]) -> Iterator[Item]:
    for key, item in dict.items(mapping):
        if not is_atom(key):
            yield path, key
        if not is_atom(item):
            yield f"{path}[{repr(key) if is_atom(key) else '...'}]", item


def _sequence_children(path: str, items: Any, _: frozenset[str]) -> Iterator[Item]:
    base = next(kind for kind in (list, tuple, collections.deque) if issubclass(type(items), kind))
    for position, item in enumerate(base.__iter__(items)):
        if not is_atom(item):
            yield f"{path}[{position}]", item


def _set_children(path: str, items: Any, _: frozenset[str]) -> Iterator[Item]:
    base = set if issubclass(type(items), set) else frozenset
    for item in base.__iter__(items):
        yield path, item


def _cell_children(path: str, cell: types.CellType, _: frozenset[str]) -> Iterator[Item]:
    try:
        yield path, cell.cell_contents
    except ValueError:  # a name that is assigned later
        return


def _array_children(path: str, array: np.ndarray[Any, Any], _: frozenset[str]) -> Iterator[Item]:
    # The array behind a view counts where it is reached by itself: the code cannot write to it otherwise.
    if array.dtype.kind == "O":
        for position, item in enumerate(np.ndarray.view(array, np.ndarray).flat):
            yield f"{path}[{position}]", item


def _module_children(_: str, module: types.ModuleType, own: frozenset[str]) -> Iterator[Item]:
    if not is_library(module, own):
        for name, item in module.__dict__.items():
            if name not in IMPORT_SYSTEM:
                yield f"{module.__name__}.{name}", item


def _class_children(path: str, kind: type, own: frozenset[str]) -> Iterator[Item]:
    if is_library_class(kind, own):
        return
    for name, item in class_dict(kind).items():
        if name not in ("__dict__", "__weakref__"):
            yield _join(path, name), item
    for parent in kind.__bases__:
        yield path, parent


def _wrapped_children(path: str, wrapper: Any, _: frozenset[str]) -> Iterator[Item]:
    """What a built-in wrapper (property, staticmethod, mapping proxy) refers to."""
    for item in gc.get_referents(wrapper):
        yield path, item


def _object_children(path: str, value: Any, kind: _Kind) -> Iterator[Item]:
    space = None if kind.descriptor is None else kind.descriptor.__get__(value)
    for name, item in (space or {}).items():
        if not is_atom(item):
            yield _join(path, name), item
    if not kind.library:
        yield path, type(value)
        for name, item in read_slots(value, kind.members).items():
            yield _join(path, name), item


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# The first row that fits; rows in _WHOLE say everything, the others are followed by the object's own attributes.
_CHILDREN: tuple[tuple[Any, _Children], ...] = (
    (types.FunctionType, _function_children),
    (types.MethodType, _method_children),
    (types.ModuleType, _module_children),
    (type, _class_children),
    (functools.partial, _partial_children),
    (dict, _dict_children),
    ((list, tuple, collections.deque), _sequence_children),
    ((set, frozenset), _set_children),
    (types.CellType, _cell_children),
    (np.ndarray, _array_children),
    ((property, staticmethod, classmethod, types.MappingProxyType), _wrapped_children),
)
_WHOLE = (types.FunctionType, types.MethodType, types.ModuleType, type)
