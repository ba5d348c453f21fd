"""Where the code holds a parameter: an array to write into, or a place (attribute, key, index) to put a value in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.driver import OracleUnavailableError
from gradcheck.problem.state import Home, InnerHome
from gradcheck.problem.structure import Array, Block, as_block_array, flatten

__all__ = ["Ref", "Slot", "blocks_of", "ref", "tie"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A place that holds a parameter: ``owner.key`` or ``owner[key]``."""

    owner: Any
    key: Any

    @property
    def is_item(self) -> bool:
        """Whether the place is an item (mappings and sequences) rather than an attribute."""
        return isinstance(self.owner, (dict, list, Mapping)) or not isinstance(self.key, str)

    def get(self) -> Any:
        """What the place holds now."""
        return self.owner[self.key] if self.is_item else getattr(self.owner, self.key)

    def set(self, value: Any) -> None:
        """Put a value there."""
        if self.is_item:
            self.owner[self.key] = value
        else:
            setattr(self.owner, self.key, value)


def ref(owner: Any, attribute_or_key: Any) -> Ref:
    """A parameter by its place, for code that rebinds it (``self.W = self.W - ...``), and for floats and lists.

    Parameters
    ----------
    owner : object, mapping or list
    attribute_or_key : str or key
        An attribute's name, or the key or index when the owner is a mapping or list.

    Returns
    -------
    Ref

    Raises
    ------
    InvalidArgumentError
        If there is nothing at that place.

    Examples
    --------
    >>> class Net: pass
    >>> net = Net(); net.bias = 0.5
    >>> ref(net, "bias").get()
    0.5
    """
    place = Ref(owner, attribute_or_key)
    try:
        place.get()
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise InvalidArgumentError(
            tr(
                "ref({owner}, {key!r}) holds nothing: {error!r}. Name an attribute or key that exists.",
                owner=type(owner).__name__,
                key=attribute_or_key,
                error=error,
            )
        ) from None
    return place


class Slot:
    """One live parameter: how to set it, read it and put it back.

    Parameters
    ----------
    name : str
    target : ndarray or Ref

    Attributes
    ----------
    original : object
        What the code held when ``remember`` was last called: the very object.
    saved : ndarray
        Its content then.
    in_place : bool
        Whether the original is written into; otherwise its place gets other objects.
    homes : tuple of Home
        Other places that hold the original, or the container that it is in: the code may rebind either.

    Raises
    ------
    InvalidArgumentError
        For values that cannot be changed in place, read-only arrays, and places that cannot be assigned.
    """

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        self.place = target if isinstance(target, Ref) else None
        self.homes: tuple[Home | InnerHome, ...] = ()
        if self.place is None:
            _require_writable_array(name, target)
        self._target = target
        self.remember()
        if self.place is not None and not self.in_place:
            _require_assignable(name, self.place)

    def remember(self) -> None:
        """Take what the code holds now as what is to be put back."""
        self.original = self._target if self.place is None else self.place.get()
        array = as_block_array(self.original, self.name)
        self.in_place = isinstance(self.original, np.ndarray) and self.original.flags.writeable
        self.saved = np.array(array, copy=True, order="K")
        self.structure = flatten(self.original)[0]
        self._lists = [(inner, tuple(inner)) for inner in _nested(self.original)]

    def set(self, value: Any) -> Any:
        """Make the code see this value; returns what it will see."""
        if self.in_place and value.dtype == self.saved.dtype:
            np.copyto(self.original, value)
            self._rebind()
            return self.original
        if self.place is None:
            raise OracleUnavailableError(
                tr(
                    "{name} is held in place as {held}: it cannot take {given} values",
                    name=self.name,
                    held=self.saved.dtype,
                    given=value.dtype,
                )
            )
        if self._lists:  # the code may hold the list, or a row of it, elsewhere too
            self.restore()
            _pour(value.tolist(), self.original)
            return self.original
        seen = self.structure.build([value])
        self.place.set(seen)
        return seen

    def now(self) -> Any:
        """The object that the code holds now."""
        held = [home.get() for home in self.homes]
        rebound = [value for value in held if value is not None and value is not self.original]
        if rebound:
            return rebound[0]
        return self.original if self.place is None else self.place.get()

    def get(self) -> Array:
        """A copy of what the code holds now."""
        return np.array(as_block_array(self.now(), self.name), copy=True)

    def restore(self) -> None:
        """Put the original back where it was, bit for bit."""
        if self.in_place:
            np.copyto(self.original, self.saved)
        for inner, items in self._lists:
            inner[:] = items
        self._rebind()

    def _rebind(self) -> None:
        for home in self.homes:
            home.put(self.original)
        if self.place is not None and self.place.get() is not self.original:
            self.place.set(self.original)


def tie(slots: list[Slot]) -> list[list[Slot]]:
    """Group slots that are the same memory.

    Raises
    ------
    InvalidArgumentError
        If two share memory in part, or in another order.
    """
    groups: list[list[Slot]] = []
    for slot in slots:
        home = next((group for group in groups if _is_same(group[0], slot)), None)
        if home is not None:
            home.append(slot)
            continue
        for other in (member for group in groups for member in group):
            if _overlap(other.original, slot.original):
                raise InvalidArgumentError(
                    tr(
                        "params[{one!r}] and params[{other!r}] share memory in part, or in another order; "
                        "expected arrays that are the same or apart. List the whole array or its parts, not both.",
                        one=other.name,
                        other=slot.name,
                    )
                )
        groups.append([slot])
    return groups


def blocks_of(groups: list[list[Slot]]) -> tuple[Block, ...]:
    """One block a group; tied parameters are one, named ``A=B``."""
    return tuple(
        Block(name="=".join(slot.name for slot in group), shape=group[0].saved.shape, dtype=group[0].saved.dtype)
        for group in groups
    )


def _require_writable_array(name: str, target: Any) -> None:
    array = as_block_array(target, f"params[{name!r}]")
    if not isinstance(target, np.ndarray):
        raise InvalidArgumentError(
            tr(
                "params[{name!r}] is a {type}, which cannot be changed in place; "
                "expected an array. Pass ref(owner, attribute_or_key) for the place that holds it.",
                name=name,
                type=type(target).__name__,
            )
        )
    if not array.flags.writeable:
        raise InvalidArgumentError(
            tr(
                "params[{name!r}] is a read-only array; expected a writable one: gradcheck perturbs it and puts it "
                "back. Pass a writable array, or ref(owner, attribute_or_key) for code that rebinds it.",
                name=name,
            )
        )


def _require_assignable(name: str, place: Ref) -> None:
    """Assign what is there already; frozen classes, tuples and read-only properties refuse that."""
    try:
        place.set(place.get())
    except Exception as error:
        raise InvalidArgumentError(
            tr(
                "params[{name!r}]: ref({owner}, {key!r}) cannot be assigned ({error}); expected a place that can. "
                "Name the attribute or key behind it.",
                name=name,
                owner=type(place.owner).__name__,
                key=place.key,
                error=f"{type(error).__name__}: {error}",
            )
        ) from error


def _nested(value: Any) -> list[list[Any]]:
    """A list and the lists inside it."""
    if not isinstance(value, list):
        return []
    return [value, *(found for item in value for found in _nested(item))]


def _pour(values: list[Any], into: list[Any]) -> None:
    """Nested numbers into nested lists of the same shape; the lists stay the same objects."""
    for position, value in enumerate(values):
        if isinstance(value, list):
            _pour(value, into[position])
        else:
            into[position] = value


def _is_same(a: Slot, b: Slot) -> bool:
    """The same memory, or the same place."""
    if a.original is b.original and isinstance(a.original, (np.ndarray, list)):
        return True
    if a.place is not None and b.place is not None and not a.in_place:
        return a.place.owner is b.place.owner and bool(a.place.key == b.place.key)
    x, y = a.original, b.original
    return (
        isinstance(x, np.ndarray)
        and isinstance(y, np.ndarray)
        and x.size > 0
        and x.__array_interface__["data"][0] == y.__array_interface__["data"][0]
        and (x.shape, x.strides, x.dtype) == (y.shape, y.strides, y.dtype)
    )


def _overlap(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and bool(np.shares_memory(a, b))
