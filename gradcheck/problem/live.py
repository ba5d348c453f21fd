"""Parameters that the user's code itself holds: set, looked at, and put back bit for bit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.problem.driver import OracleUnavailableError
from gradcheck.problem.local import LocalDriver
from gradcheck.problem.structure import Array, Block, StructureMismatchError, as_block_array, flatten

__all__ = ["LiveDriver", "Ref", "ref"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A place that holds a parameter: ``owner.key`` or ``owner[key]``."""

    owner: Any
    key: Any

    @property
    def is_item(self) -> bool:
        """Whether the place is an item (mappings and sequences) rather than an attribute."""
        return isinstance(self.owner, (Mapping, list)) or not isinstance(self.key, str)

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
            f"ref({type(owner).__name__}, {attribute_or_key!r}) holds nothing: {error!r}. Name an attribute or key that exists."
        ) from None
    return place


class _Slot:
    """One live parameter: how to set it, read it and put it back."""

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        self.place = target if isinstance(target, Ref) else None
        self.original = target.get() if isinstance(target, Ref) else target
        array = as_block_array(self.original, name)
        if self.place is None and not isinstance(target, np.ndarray):
            raise InvalidArgumentError(
                f"params[{name!r}] is a {type(target).__name__}, which cannot be changed in place; "
                f"expected an array or ref(owner, attribute_or_key)."
            )
        self.in_place = isinstance(self.original, np.ndarray) and self.original.flags.writeable
        if self.place is None and not self.in_place:
            raise InvalidArgumentError(
                f"params[{name!r}] is a read-only array: gradcheck perturbs it and puts it back. "
                f"Pass a writable array, or ref(owner, attribute_or_key) for code that rebinds it."
            )
        self.saved = np.array(array, copy=True, order="K")
        self.structure = flatten(self.original)[0]

    def set(self, value: Any) -> Any:
        """Make the code see this value; returns what it will see."""
        if self.in_place and isinstance(value, np.ndarray) and value.dtype == self.original.dtype:
            np.copyto(self.original, value)
            if self.place is not None:
                self.place.set(self.original)
            return self.original
        if self.place is None:
            raise OracleUnavailableError(
                f"{self.name} is held in place as {self.original.dtype}: it cannot take {np.asarray(value).dtype} values"
            )
        seen = self.structure.build([value])
        self.place.set(seen)
        return seen

    def get(self) -> Array:
        """A copy of what the code holds now."""
        now = self.original if self.place is None else self.place.get()
        return np.array(as_block_array(now, self.name), copy=True)

    def restore(self) -> None:
        if self.in_place:
            np.copyto(self.original, self.saved)
        if self.place is not None:
            self.place.set(self.original)


class LiveDriver(LocalDriver):
    """Drives zero-argument ``loss()`` and ``gradient()`` over arrays that the code holds.

    Parameters
    ----------
    loss, gradient : callable
        ``gradient()`` returns a mapping by the names of ``params``, or a sequence in their order, or one array if
        there is one parameter.
    params : mapping of name to array or Ref
        The very arrays that the code uses. Arrays that are the same memory (tied weights) become one block named
        ``"A=B"``; arrays that overlap in part are refused.
    """

    def __init__(
        self, loss: Callable[[], Any], gradient: Callable[..., Any], params: Mapping[str, Any], label: str = "gradient"
    ) -> None:
        if not isinstance(params, Mapping):
            raise InvalidArgumentError(
                f"params is a {type(params).__name__}; expected a mapping of names to the arrays that the code holds."
            )
        self._slots = [_Slot(str(name), target) for name, target in params.items()]
        self._groups = _tie(self._slots)
        blocks = []
        for group in self._groups:
            first = group[0]
            name = "=".join(slot.name for slot in group)
            blocks.append(Block(name=name, shape=first.saved.shape, dtype=first.saved.dtype))
        super().__init__({"loss": loss, label: gradient}, blocks, [group[0].saved for group in self._groups])
        self._label = label

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it, with these parameters in place."""
        with self._placed(arrays):
            return self._callables["loss"]()

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block; tied parameters' parts are put together."""
        with self._placed(arrays):
            claimed = self._callables[self._label]()
            return self._by_block(claimed)

    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss with the parameters replaced, wherever the code holds them, by values of another kind."""
        from gradcheck.problem.substitution import substituted

        slots = [slot for group in self._groups for slot in group]
        replacements = [value for group, value in zip(self._groups, values, strict=True) for _ in group]
        with contextlib.ExitStack() as stack:
            for slot, value in zip(slots, replacements, strict=True):
                if slot.place is not None:
                    stack.callback(slot.restore)
                    slot.place.set(value if slot.in_place else slot.structure.build([value]))
            by_identity = [
                (slot.original, value)
                for slot, value in zip(slots, replacements, strict=True)
                if isinstance(slot.original, np.ndarray)
            ]
            stack.enter_context(substituted(self._callables["loss"], by_identity))
            return self._callables["loss"]()

    def end(self) -> None:
        """Put everything back and forget it."""
        super().end()
        self._put_back()

    @contextlib.contextmanager
    def _placed(self, arrays: Sequence[Array]) -> Iterator[None]:
        """The code sees these arrays inside, its own again outside, whatever happens in between."""
        try:
            seen = [
                slot.set(array) for group, array in zip(self._groups, arrays, strict=True) for slot in group
            ]
            given = [np.array(as_block_array(value, ""), copy=True) for value in seen] if self._watching else []
            yield
            if self._watching:
                self._note_live(given)
        finally:
            self._put_back()

    def _note_live(self, given: Sequence[Array]) -> None:
        now = [slot.get() for slot in self._slots_in_order()]
        self._note_written([slot.name for slot in self._slots_in_order()], given, now)

    def _slots_in_order(self) -> list[_Slot]:
        return [slot for group in self._groups for slot in group]

    def _put_back(self) -> None:
        for slot in self._slots:
            slot.restore()

    def _by_block(self, claimed: Any) -> list[Any]:
        by_name = self._by_name(claimed)
        return [_merge([by_name[slot.name] for slot in group]) for group in self._groups]

    def _by_name(self, claimed: Any) -> dict[str, Any]:
        names = [slot.name for slot in self._slots]
        if isinstance(claimed, Mapping):
            missing = [name for name in names if name not in claimed]
            surplus = [str(key) for key in claimed if key not in names]
            if missing or surplus:
                raise StructureMismatchError(
                    f"gradient() has keys {sorted(map(str, claimed))}, expected {names}: "
                    f"missing {missing or 'none'}, surplus {surplus or 'none'}"
                )
            return {name: _copied(claimed[name]) for name in names}
        if isinstance(claimed, (list, tuple)) and len(claimed) == len(names):
            return {name: _copied(item) for name, item in zip(names, claimed, strict=True)}
        if len(names) == 1 and not isinstance(claimed, (list, tuple)):
            return {names[0]: _copied(claimed)}
        raise StructureMismatchError(
            f"gradient() returned a {type(claimed).__name__}, expected a mapping of {names} to arrays, or a sequence of {len(names)}"
        )


def _copied(leaf: Any) -> Any:
    """A live gradient buffer may be overwritten by the next call."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _merge(leaves: list[Any]) -> Any:
    """The derivative with respect to tied memory: what both names claim alike, or the sum of what each use contributes."""
    if len(leaves) == 1 or any(leaf is None for leaf in leaves):
        return leaves[0] if len(leaves) == 1 else None
    arrays = [np.asarray(leaf) for leaf in leaves]
    if all(array.shape == arrays[0].shape and np.allclose(array, arrays[0], rtol=1e-12, atol=0.0) for array in arrays):
        return arrays[0]
    if any(array.shape != arrays[0].shape for array in arrays):
        return leaves[0]
    return sum(arrays[1:], start=arrays[0])


def _tie(slots: list[_Slot]) -> list[list[_Slot]]:
    """Group slots that are the same memory; refuse those that overlap in part."""
    groups: list[list[_Slot]] = []
    for slot in slots:
        home = next((group for group in groups if _same_memory(group[0].original, slot.original)), None)
        if home is not None:
            home.append(slot)
            continue
        for other in (member for group in groups for member in group):
            if _overlap(other.original, slot.original):
                raise InvalidArgumentError(
                    f"params[{other.name!r}] and params[{slot.name!r}] share part of their memory; "
                    f"list the whole array or its parts, not both."
                )
        groups.append([slot])
    return groups


def _same_memory(a: Any, b: Any) -> bool:
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return a is b and isinstance(a, list)
    if a.size == 0 or b.size == 0:
        return a is b
    return (
        a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
        and a.shape == b.shape
        and a.strides == b.strides
        and a.dtype == b.dtype
    )


def _overlap(a: Any, b: Any) -> bool:
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)) or not np.may_share_memory(a, b):
        return False
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))
    except np.exceptions.TooHardError:
        return True
