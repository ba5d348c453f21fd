"""Parameters in any shape, arrays, mappings, sequences or nested, as a flat list of named blocks and back.

A *leaf* is one block: a NumPy array, a number, or a (nested) list of nothing but numbers. Everything else that holds
leaves is a *container* and is rebuilt as it was. Kinds that would be guessed at (sparse, masked, complex, objects) are
refused here, with the cure in the message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError

__all__ = ["Block", "Structure", "StructureMismatchError", "as_block_array", "flatten", "same_bits"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One named parameter array: its path name, shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))


class StructureMismatchError(Exception):
    """A gradient whose structure is not that of the parameters; the message names the path."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    rebuild: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Mapping:
    name: str
    children: dict[Any, Any]
    rebuild: Callable[[dict[Any, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Sequence:
    name: str
    children: list[Any]
    rebuild: Callable[[list[Any]], Any]


@dataclass(frozen=True, slots=True)
class Structure:
    """How the parameters are put together: turns a list of arrays, one a block, into what the user's code expects."""

    root: _Leaf | _Mapping | _Sequence
    names: tuple[str, ...]

    def build(self, arrays: Sequence[Any]) -> Any:
        """The user's structure holding these arrays (or traced values) in the order of ``names``."""
        values = iter(arrays)
        return _build(self.root, values)

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
        For leaves that are not real dense arrays or numbers.

    Examples
    --------
    >>> import numpy as np
    >>> structure, arrays = flatten({"W": np.ones((2, 3)), "layers": [{"b": np.zeros(3)}]})
    >>> structure.names
    ('W', 'layers[0].b')
    >>> structure.build(arrays)["layers"][0]["b"]
    array([0., 0., 0.])
    """
    names: list[str] = []
    arrays: list[Array] = []
    root = _describe(params, "", names, arrays, set())
    return Structure(root, tuple(names)), arrays


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays hold the same bits in the same shape and dtype (NaN equals itself; -0.0 is not 0.0)."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.itemsize == 8 and a.flags.c_contiguous and b.flags.c_contiguous:  # one pass, no temporaries for NaN
        return bool(np.array_equal(a.view(np.int64), b.view(np.int64)))
    return a.tobytes() == b.tobytes()


def as_block_array(value: Any, name: str) -> Array:
    """A leaf as a NumPy array, or a clear refusal.

    Raises
    ------
    InvalidArgumentError
        If the value is sparse, masked, complex, of objects, or not an array at all.
    """
    label = name or "params"
    if isinstance(value, np.ma.MaskedArray):
        raise InvalidArgumentError(
            f"{label} is a masked array: which entries count is not for gradcheck to guess. "
            f"Pass {label}.filled(...) or only the unmasked entries."
        )
    if type(value).__module__.startswith("scipy.sparse"):
        raise InvalidArgumentError(f"{label} is a SciPy sparse array: pass its stored values ({label}.data) or .toarray().")
    if type(value).__module__.split(".")[0] in ("torch", "jax", "jaxlib", "tensorflow", "cupy"):
        raise InvalidArgumentError(
            f"{label} is a {type(value).__module__.split('.')[0]} array; expected NumPy. "
            "Wrap the functions so that they take and return NumPy arrays."
        )
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged nested lists
        raise InvalidArgumentError(f"{label} is not a regular array of numbers: {error}") from None
    if array.dtype.kind == "c":
        raise InvalidArgumentError(
            f"{label} is complex (dtype={array.dtype}): split it into real and imaginary parts, "
            "since the derivative of a real loss with respect to a complex array depends on the convention."
        )
    if array.dtype.kind not in "fiub":
        raise InvalidArgumentError(
            f"{label} has dtype={array.dtype} ({type(value).__name__}); expected real numbers in an array, "
            "a mapping or sequence of arrays, or a number."
        )
    return array


def _describe(
    value: Any, name: str, names: list[str], arrays: list[Array], above: set[int]
) -> _Leaf | _Mapping | _Sequence:
    if isinstance(value, (Mapping, list, tuple)):
        if id(value) in above:
            raise InvalidArgumentError(f"{name or 'params'} contains itself: pass a structure without cycles.")
        above = above | {id(value)}
    if isinstance(value, Mapping):
        described = {
            key: _describe(child, _join(name, key), names, arrays, above) for key, child in value.items()
        }
        return _Mapping(name, described, _mapping_builder(value))
    if isinstance(value, (list, tuple)) and not (isinstance(value, list) and _only_numbers(value)):
        children = [
            _describe(child, f"{name}[{position}]", names, arrays, above) for position, child in enumerate(value)
        ]
        return _Sequence(name, children, _sequence_builder(value))
    label = name or "params"
    arrays.append(np.array(as_block_array(value, label), copy=True, order="K"))
    names.append(label)
    return _Leaf(label, _leaf_builder(value))


def _join(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)


def _only_numbers(value: list[Any]) -> bool:
    """A non-empty, regular, nested list of plain numbers: one block, as learners write vectors and matrices."""
    return bool(value) and all(
        (isinstance(item, Number) and not isinstance(item, np.generic)) or (isinstance(item, list) and _only_numbers(item))
        for item in value
    )


def _mapping_builder(value: Mapping[Any, Any]) -> Callable[[dict[Any, Any]], Any]:
    kind = type(value)
    if kind is dict:
        return dict

    def rebuild(children: dict[Any, Any]) -> Any:
        try:
            return kind(children)  # type: ignore[call-arg]
        except TypeError:  # a mapping type with another constructor: a plain dict reads the same
            return children

    return rebuild


def _sequence_builder(value: Sequence[Any]) -> Callable[[list[Any]], Any]:
    kind = type(value)
    if hasattr(kind, "_make"):  # named tuples
        return kind._make  # type: ignore[no-any-return]
    return kind  # type: ignore[return-value]


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


def _build(node: Any, values: Any) -> Any:
    if isinstance(node, _Leaf):
        return node.rebuild(next(values))
    if isinstance(node, _Mapping):
        return node.rebuild({key: _build(child, values) for key, child in node.children.items()})
    return node.rebuild([_build(child, values) for child in node.children])


def _extract(node: Any, tree: Any, leaves: list[Any]) -> None:
    where = node.name or "the gradient"
    if isinstance(node, _Leaf):
        leaves.append(tree)
    elif isinstance(node, _Mapping):
        if not isinstance(tree, Mapping):
            raise StructureMismatchError(f"{where} is a {type(tree).__name__}, expected a mapping as in the parameters")
        missing = [str(key) for key in node.children if key not in tree]
        surplus = [str(key) for key in tree if key not in node.children]
        if missing or surplus:
            raise StructureMismatchError(
                f"{where} has keys {sorted(map(str, tree))}, expected those of the parameters: "
                f"missing {missing or 'none'}, surplus {surplus or 'none'}"
            )
        for key, child in node.children.items():
            _extract(child, tree[key], leaves)
    else:
        if not isinstance(tree, (list, tuple)):
            raise StructureMismatchError(f"{where} is a {type(tree).__name__}, expected a sequence as in the parameters")
        if len(tree) != len(node.children):
            raise StructureMismatchError(f"{where} has {len(tree)} elements, expected {len(node.children)}")
        for child, item in zip(node.children, tree, strict=True):
            _extract(child, item, leaves)
