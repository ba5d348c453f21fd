"""Parameters in any shape, arrays, mappings, sequences or nested, as a flat list of named blocks and back.

A *leaf* is one block: a NumPy array, a number, or a (nested) list of nothing but numbers. Everything else that holds
leaves is a *container* and is rebuilt as it was.
"""

from __future__ import annotations

import collections
import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.leaves import Array, as_block_array, same_bits

__all__ = [
    "Array",
    "Block",
    "Structure",
    "StructureMismatchError",
    "as_block_array",
    "flatten",
    "missing_and_surplus",
    "same_bits",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One named parameter array: its path name, shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)


class StructureMismatchError(Exception):
    """A gradient whose structure is not that of the parameters; the message names the path."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    rebuild: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Mapping:
    name: str
    children: dict[Any, _Node]
    rebuild: Callable[[dict[Any, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Sequence:
    name: str
    children: list[_Node]
    rebuild: Callable[[list[Any]], Any]


_Node = _Leaf | _Mapping | _Sequence


@dataclass(frozen=True, slots=True)
class Structure:
    """How the parameters are put together: turns a list of arrays, one a block, into what the user's code expects."""

    root: _Node
    names: tuple[str, ...]

    def build(self, arrays: Sequence[Any]) -> Any:
        """The user's structure holding these arrays (or traced values) in the order of ``names``."""
        return _build(self.root, iter(arrays))

    def extract(self, tree: Any) -> list[Any]:
        """The leaves of a structure of the same form, ``None`` for a leaf that is ``None``.

        Raises
        ------
        StructureMismatchError
            If a key or element is missing or surplus, or a container is of another kind.
        """
        leaves: list[Any] = []
        _extract(self.root, tree, leaves)
        return leaves


def flatten(params: Any) -> tuple[Structure, list[Array]]:
    """Take parameters apart into named arrays.

    Parameters
    ----------
    params : array, number, mapping, sequence, or nested
        Real floating-point (or integer: refused later by the check, with the cure) leaves.

    Returns
    -------
    structure : Structure
    arrays : list of ndarray
        Copies, one a block, in the order of ``structure.names``.

    Raises
    ------
    InvalidArgumentError
        For leaves that are not real dense arrays or numbers, and for a structure that contains itself.

    Examples
    --------
    >>> import numpy as np
    >>> structure, arrays = flatten({"W": np.ones((2, 3)), "layers": [{"b": np.zeros(3)}]})
    >>> structure.names
    ('W', 'layers[0].b')
    >>> structure.build(arrays)["layers"][0]["b"]
    array([0., 0., 0.])
    """
    leaves: dict[str, Array] = {}
    root = _describe(params, "", leaves, frozenset())
    return Structure(root, tuple(leaves)), list(leaves.values())


def _describe(value: Any, name: str, leaves: dict[str, Array], above: frozenset[int]) -> _Node:
    if isinstance(value, (Mapping, list, tuple)):
        if id(value) in above:
            raise InvalidArgumentError(
                tr("{name} contains itself: pass a structure without cycles.", name=name or "params")
            )
        above = above | {id(value)}
    if isinstance(value, Mapping):
        described = {key: _describe(child, _join(name, key), leaves, above) for key, child in value.items()}
        return _Mapping(name, described, _mapping_builder(value))
    if isinstance(value, (list, tuple)) and not (isinstance(value, list) and _only_numbers(value, above)):
        children = [_describe(child, f"{name}[{position}]", leaves, above) for position, child in enumerate(value)]
        return _Sequence(name, children, _sequence_builder(value))
    label = _unused(name or "params", leaves)
    leaves[label] = np.array(as_block_array(value, label), copy=True, order="K")
    return _Leaf(label, _leaf_builder(value))


def _join(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)


def _unused(label: str, leaves: Mapping[str, Array]) -> str:
    """The label, or one with a number behind it: ``{1: a, "1": b}`` has two blocks of one path name."""
    count, unique = 1, label
    while unique in leaves:
        count += 1
        unique = f"{label} ({count})"
    return unique


def _only_numbers(value: list[Any], above: frozenset[int]) -> bool:
    """A non-empty nested list of plain numbers: one block, as learners write vectors and matrices."""
    return bool(value) and all(
        isinstance(item, Number)
        or (isinstance(item, list) and id(item) not in above and _only_numbers(item, above | {id(item)}))
        for item in value
    )


def _mapping_builder(value: Mapping[Any, Any]) -> Callable[[dict[Any, Any]], Any]:
    kind = type(value)
    if kind is dict:
        return dict
    if isinstance(value, collections.defaultdict):
        return lambda children: collections.defaultdict(value.default_factory, children)
    if not hasattr(kind, "__setitem__"):
        return lambda children: _constructed(kind, children, dict)
    template = copy.copy(value)  # what else the mapping carries: attributes, an order

    def rebuild(children: dict[Any, Any]) -> Any:
        new: Any = copy.copy(template)
        for key, child in children.items():
            new[key] = child
        return new

    return rebuild


def _sequence_builder(value: Sequence[Any]) -> Callable[[list[Any]], Any]:
    kind: Any = type(value)
    make = getattr(kind, "_make", None)  # named tuples
    if make is not None:
        return make  # type: ignore[no-any-return]
    plain = list if isinstance(value, list) else tuple
    return lambda children: _constructed(kind, children, plain)


def _constructed(kind: Callable[[Any], Any], children: Any, plain: Callable[[Any], Any]) -> Any:
    """A container of the user's type, or a plain one, which reads the same, where its constructor is another."""
    try:
        return kind(children)
    except TypeError:
        return plain(children)


def _leaf_builder(value: Any) -> Callable[[Any], Any]:
    if isinstance(value, np.matrix):
        return lambda array: array.view(np.matrix) if isinstance(array, np.ndarray) else array
    if isinstance(value, np.ndarray):
        return lambda array: array
    if isinstance(value, list):
        return lambda array: array.tolist()
    if isinstance(value, np.generic):
        return lambda array: array[()] if isinstance(array, np.ndarray) else array
    return lambda array: array.item() if isinstance(array, np.ndarray) else array


def _build(node: _Node, values: Iterator[Any]) -> Any:
    if isinstance(node, _Leaf):
        return node.rebuild(next(values))
    if isinstance(node, _Mapping):
        return node.rebuild({key: _build(child, values) for key, child in node.children.items()})
    return node.rebuild([_build(child, values) for child in node.children])


def _extract(node: _Node, tree: Any, leaves: list[Any]) -> None:
    if isinstance(node, _Leaf):
        leaves.append(tree)
        return
    where = node.name or tr("the gradient")
    if isinstance(node, _Mapping):
        _require_keys(node, tree, where)
        for key, child in node.children.items():
            _extract(child, tree[key], leaves)
        return
    if not isinstance(tree, (list, tuple)):
        message = tr(
            "{where} is a {type}, expected a sequence as in the parameters", where=where, type=type(tree).__name__
        )
        raise StructureMismatchError(message)
    if len(tree) != len(node.children):
        message = tr(
            "{where} has {found} elements, expected {expected}",
            where=where,
            found=len(tree),
            expected=len(node.children),
        )
        raise StructureMismatchError(message)
    for child, item in zip(node.children, tree, strict=True):
        _extract(child, item, leaves)


def _require_keys(node: _Mapping, tree: Any, where: str) -> None:
    if not isinstance(tree, Mapping):
        message = tr(
            "{where} is a {type}, expected a mapping as in the parameters", where=where, type=type(tree).__name__
        )
        raise StructureMismatchError(message)
    missing = [str(key) for key in node.children if key not in tree]
    surplus = [str(key) for key in tree if key not in node.children]
    if missing or surplus:
        raise StructureMismatchError(
            tr(
                "{where} has keys {found}, expected those of the parameters: {difference}",
                where=where,
                found=sorted(map(str, tree)),
                difference=missing_and_surplus(missing, surplus),
            )
        )


def missing_and_surplus(missing: list[str], surplus: list[str]) -> str:
    """How the names that came differ from those that were expected, in words."""
    none = tr("none")
    return tr("missing {missing}, surplus {surplus}", missing=missing or none, surplus=surplus or none)
