"""Values that record what is done to them, and otherwise pass for NumPy's own.

A box holds a float64 value and, if that depends on a parameter, the node that computed it. It answers NumPy's
protocols, so that unmodified code can compute with it. Boxes behave like arrays under assignment as well: a write
(``out[i] = x``, ``a += b``) replaces the box's value by a new one, every name that holds the box sees it, and views
(slices, transposes, reshapes) follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcheck.language import mark, tr
from gradcheck.oracles.autodiff.tape import Node

__all__ = ["Box"]

CONVERSION = mark("conversion to a plain array (np.array, np.asarray, a[i] = value)")
STORING = mark("float(), math.* or storing into a plain array")

Select = Callable[[Any], Any]


class Box(NDArrayOperatorsMixin):
    """A value, constant or traced.

    Parameters
    ----------
    value : ndarray or float
        float64; never changed in place.
    node : Node, optional
        What computed it; None for a constant.
    owner : Box, optional
        The box whose entries this one shows, if it is a view.
    select : callable, optional
        Turns an array shaped as ``owner`` into one shaped as this view, taking the entries that the view shows.
    """

    __slots__ = ("_node", "_owner", "_select", "_value", "_version")

    def __init__(
        self, value: Any, node: Node | None = None, owner: Box | None = None, select: Select | None = None
    ) -> None:
        self._value, self._node, self._owner, self._select = value, node, owner, select
        self._version: int = owner._version if owner is not None else 0

    # ---- state

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What ``isinstance`` sees: the code under test asks for arrays and floats."""
        return type(self._value)

    def current(self) -> tuple[Any, Node | None]:
        """Value and node as they are now, for a view after what its owner has been written."""
        owner = self._owner
        if owner is not None and self._version != owner._version:
            fresh: Any = np.ravel(owner)[self.entries()]
            self._value, self._node = fresh.current()
            self._version = owner._version
        return self._value, self._node

    def entries(self) -> Any:
        """The (C-order) numbers of the owner's entries that this box shows."""
        whole = self if self._owner is None else self._owner
        numbers = np.arange(np.size(whole._value)).reshape(np.shape(whole._value))
        return numbers if self._select is None else self._select(numbers)

    def showing(self, value: Any, node: Node | None, select: Select) -> Box:
        """A box for ``value``, which shows those entries of this one that ``select`` takes."""
        owner, outer = (self if self._owner is None else self._owner), self._select
        return Box(value, node, owner, select if outer is None else lambda numbers: select(outer(numbers)))

    def assign(self, new: Box) -> None:
        """Hold another value of the same shape from now on, under every name and in every view."""
        if self._owner is not None:
            from gradcheck.oracles.autodiff.protocol import written

            flat: Any = np.ravel(self._owner)
            self._owner.assign(written(flat, self.entries(), new).reshape(self._owner.shape))
            self._version = self._owner._version
        else:
            self._version += 1
        self._value, self._node = new.current()

    def plain(self, operation: str, **named: str) -> Any:
        """The value, for operations that would lose the derivative: constants only.

        ``operation`` is a message that names what it is given.

        Raises
        ------
        OracleUnavailableError
            If the box is traced, and the tape may lose nothing.
        """
        value, node = self.current()
        if node is not None:
            node.tape.lose(tr("{operation} is not supported on a traced value", operation=tr(operation, **named)))
        return value

    # ---- NumPy's protocols

    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from gradcheck.oracles.autodiff.protocol import call_ufunc

        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from gradcheck.oracles.autodiff.protocol import call_function

        return call_function(func, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.plain(CONVERSION), dtype=dtype)

    # ---- Python's protocols

    def __getitem__(self, index: Any) -> Any:
        from gradcheck.oracles.autodiff.protocol import read

        return read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from gradcheck.oracles.autodiff.protocol import written

        self.assign(written(self, index, value))

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.current()[0])

    def __float__(self) -> float:
        return float(self.plain(STORING))

    def __int__(self) -> int:
        return int(self.plain("int()"))

    def __complex__(self) -> complex:
        return complex(self.plain("complex()"))

    def __round__(self, digits: int | None = None) -> Any:
        rounded = np.round(self.current()[0], digits or 0)
        return int(rounded) if digits is None else rounded

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def __copy__(self) -> Any:
        return np.copy(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return np.copy(self)

    def __format__(self, specification: str) -> str:
        return format(self.current()[0], specification)

    def __repr__(self) -> str:
        return repr(self.current()[0])

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and hasattr(np.ndarray, name):
            return getattr(self.plain(f"ndarray.{name}"), name)
        raise AttributeError(f"{type(self._value).__name__!r} object has no attribute {name!r}")

    # ---- an array's attributes and methods

    shape = property(lambda self: np.shape(self._value))
    ndim = property(lambda self: np.ndim(self._value))
    size = property(lambda self: np.size(self._value))
    dtype = property(lambda self: np.asarray(self._value).dtype)
    T = property(np.transpose)
    real = property(lambda self: self)
    base = property(lambda _: None)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """As ``ndarray.reshape``."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)

    def transpose(self, *axes: Any) -> Any:
        """As ``ndarray.transpose``."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def flatten(self, order: Any = "C") -> Any:
        """As ``ndarray.flatten``."""
        return np.copy(np.ravel(self, order=order))

    def astype(self, dtype: Any, **_: Any) -> Any:
        """As ``ndarray.astype``; every floating type is kept as float64, so that the derivative stays exact."""
        kind = np.dtype(dtype).kind
        if kind == "f":
            return np.copy(self)
        # To integers it is a step function: its derivative is zero wherever it has one.
        value = self.current()[0] if kind in "biu" else self.plain(f"astype({dtype!r})")
        return np.asarray(value).astype(dtype)

    def item(self, *index: Any) -> Any:
        """As ``ndarray.item``."""
        place = index[0] if len(index) == 1 else index
        if isinstance(place, tuple) and place:
            return self[place]
        if not index and self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return np.ravel(self)[place if index else 0]

    def tolist(self) -> Any:
        """As ``ndarray.tolist``: nested lists of scalar boxes."""
        return [row.tolist() for row in self] if self.ndim else self.item()

    def fill(self, value: Any) -> None:
        """As ``ndarray.fill``."""
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        """As ``ndarray.sort``."""
        self[...] = np.sort(self, axis=axis)


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Box, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As ``ndarray.{name}``."
    return method


for _name in (
    "all", "any", "argmax", "argmin", "argsort", "clip", "copy", "cumsum", "diagonal", "dot", "max", "mean", "min",
    "nonzero", "prod", "ravel", "repeat", "round", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var",
):  # fmt: skip
    setattr(Box, _name, _method(_name))
