"""Parameters that the user's code itself holds: set, looked at, and put back bit for bit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.local import LocalDriver
from gradcheck.problem.places import Ref, Slot, blocks_of, ref, tie
from gradcheck.problem.state import InnerHome, to_the_end
from gradcheck.problem.structure import Array, Block, StructureMismatchError, as_block_array, missing_and_surplus

__all__ = ["LiveDriver", "Ref", "norm", "ref"]

# What the names of tied parameters claim is the same, up to round-off (relative).
SAME = 1e-12
# Step of the difference that tells whether tied claims are totals or parts, relative to the parameters' norm.
STEP = 1e-5
Around = Callable[[], AbstractContextManager[None]]


class LiveDriver(LocalDriver):
    """Drives zero-argument ``loss()`` and ``gradient()`` over arrays that the code holds.

    Parameters
    ----------
    loss, gradient : callable
        ``gradient()`` returns a mapping by the names of ``params``, or a sequence in their order, or one array if
        there is one parameter.
    params : mapping of name to array or Ref
        The very arrays that the code uses. Arrays that are the same memory (tied weights) become one block named
        ``"A=B"``; arrays that overlap in part are refused. Looked at anew by each ``begin``: code may train in between.

    Raises
    ------
    InvalidArgumentError
        For read-only arrays, values that cannot be changed in place, places that cannot be assigned, partial overlap.

    Notes
    -----
    Where all names of a tied block claim the same, that is the total, or each use's part, of which the total is the
    sum: whichever is nearer to a central difference of the loss along the claim. Claims that differ are parts.
    """

    def __init__(
        self, loss: Callable[[], Any], gradient: Callable[..., Any], params: Mapping[str, Any], label: str = "gradient"
    ) -> None:
        if not isinstance(params, Mapping):
            raise InvalidArgumentError(
                tr(
                    "params is a {type}; expected a mapping of names to the arrays that the code holds.",
                    type=type(params).__name__,
                )
            )
        self._slots = [Slot(str(name), target) for name, target in params.items()]
        self._groups = tie(self._slots)
        super().__init__({"loss": loss, label: gradient}, blocks_of(self._groups), [])
        self._label = label
        self._tied_claims_are_totals: bool | None = None
        self._around: Around = contextlib.nullcontext

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""
        return blocks_of(self._groups)

    def values(self) -> list[Array]:
        """Copies of the parameters as the code holds them: now, or between ``begin`` and ``end`` as they were given."""
        self._look()
        return [group[0].saved.copy() for group in self._groups]

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it, with these parameters in place."""
        return self._with(arrays, self._callables["loss"])

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block; tied parameters' parts are put together."""
        by_name = self._with(arrays, lambda: self._by_name(self._callables[self._label]()))
        claims = [[by_name[slot.name] for slot in group if slot.name in by_name] for group in self._groups]
        return [self._merged(position, leaves, arrays) for position, leaves in enumerate(claims)]

    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss with the parameters replaced, wherever the code holds them, by values of another kind."""
        from gradcheck.problem.substitution import substituted

        self._look()
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

    def begin(self) -> None:
        """Remember the parameters as they are now, and all reachable state."""
        super().begin()
        self._tied_claims_are_totals = None
        for slot in self._slots:
            slot.remember()
            slot.homes = ()
        self._groups = tie(self._slots)
        self._find_homes()

    def end(self) -> None:
        """Put everything back and forget it."""
        to_the_end(self._end)

    def _end(self) -> None:
        self._put_back()
        super().end()
        for slot in self._slots:
            slot.homes = ()

    def _look(self) -> None:
        """Outside ``begin`` and ``end`` the parameters are what the code holds at this moment."""
        if self._guard is None:
            for slot in self._slots:
                slot.remember()

    def _find_homes(self) -> None:
        """Where the code holds the arrays that were given without a place, and the containers that they are in."""
        assert self._guard is not None
        bare: dict[int, list[Slot]] = {}
        inside: dict[int, list[tuple[Slot, Any]]] = {}
        for slot in self._slots:
            if slot.place is None:
                bare.setdefault(id(slot.original), []).append(slot)
            else:
                inside.setdefault(id(slot.place.owner), []).append((slot, slot.place.key))
        for value, home in self._guard.homes(lambda value: id(value) in bare):
            for slot in bare[id(value)]:
                slot.homes += (home,)
                if home.container is not None:
                    inside.setdefault(id(home.container), []).append((slot, home.key))
        for value, home in self._guard.homes(lambda value: id(value) in inside):
            if isinstance(value, (list, dict)):
                for slot, key in inside[id(value)]:
                    slot.homes += (InnerHome(home, value, key),)

    def _with(self, arrays: Sequence[Array], action: Callable[[], Any], *, expected: bool = False) -> Any:
        """What the code does with these arrays; its own are back afterwards, whatever happens in between.

        That it writes into them is noted, unless it is ``expected`` to.
        """
        self._look()
        watching = self._watching and not expected
        slots = [slot for group in self._groups for slot in group]
        try:
            seen = [slot.set(array) for group, array in zip(self._groups, arrays, strict=True) for slot in group]
            given = [np.array(as_block_array(value, "params"), copy=True) for value in seen] if watching else []
            with self._around():
                result = action()
            if watching:
                self._note_written([slot.name for slot in slots], given, [slot.get() for slot in slots])
            return result
        finally:
            try:  # once more and to the end, should a signal interrupt it
                self._put_back()
            except BaseException:
                to_the_end(self._put_back)
                raise

    @contextlib.contextmanager
    def within(self, around: Around) -> Iterator[None]:
        """While this lasts, each run of the code is in a context of its own; what the driver does besides is not."""
        self._around = around
        try:
            yield
        finally:
            self._around = contextlib.nullcontext

    def _put_back(self) -> None:
        for slot in self._slots:
            slot.restore()

    def _by_name(self, claimed: Any) -> dict[str, Any]:
        names = [slot.name for slot in self._slots]
        if isinstance(claimed, Mapping):
            self._require_keys(claimed, names)
            return {name: _copied(claimed[name]) for name in names if name in claimed}
        if len(names) == 1 and (
            not isinstance(claimed, (list, tuple)) or np.shape(self._slots[0].saved) == _shape(claimed)
        ):
            return {names[0]: _copied(claimed)}
        if isinstance(claimed, (list, tuple)) and len(claimed) == len(names):
            return {name: _copied(item) for name, item in zip(names, claimed, strict=True)}
        told: dict[str, Any] = {"type": type(claimed).__name__, "names": names, "number": len(names)}
        if isinstance(claimed, (list, tuple)):
            raise StructureMismatchError(
                tr(
                    "gradient() returned a {type} of {length}, expected a mapping of {names} to arrays, or a sequence "
                    "of {number}",
                    length=len(claimed),
                    **told,
                )
            )
        raise StructureMismatchError(
            tr(
                "gradient() returned a {type}, expected a mapping of {names} to arrays, or a sequence of {number}",
                **told,
            )
        )

    def _require_keys(self, claimed: Mapping[Any, Any], names: list[str]) -> None:
        """Every parameter, and nothing else; of tied ones at least one."""
        groups = [[slot.name for slot in group] for group in self._groups]
        missing = ["=".join(group) for group in groups if not any(name in claimed for name in group)]
        surplus = [str(key) for key in claimed if key not in names]
        if missing or surplus:
            raise StructureMismatchError(
                tr(
                    "gradient() has keys {found}, expected {names}: {difference}",
                    found=sorted(map(str, claimed)),
                    names=names,
                    difference=missing_and_surplus(missing, surplus),
                )
            )

    def _merged(self, position: int, leaves: list[Any], arrays: Sequence[Array]) -> Any:
        """The derivative with respect to tied memory, from what its names claim."""
        if len(leaves) == 1:
            return leaves[0]
        if any(leaf is None for leaf in leaves):
            return None
        claims = [np.asarray(leaf) for leaf in leaves]
        odd = next((claim for claim in claims if claim.shape != self.blocks[position].shape), None)
        if odd is not None:
            return odd
        total = claims[0] + sum(claims[1:])
        if not all(np.allclose(claim, claims[0], rtol=SAME, atol=0.0) for claim in claims):
            return total
        if self._tied_claims_are_totals is None:
            self._tied_claims_are_totals = self._is_total(position, claims[0], len(claims), arrays)
        return claims[0] if self._tied_claims_are_totals else total

    def _is_total(self, position: int, claim: Array, uses: int, arrays: Sequence[Array]) -> bool:
        """Whether the loss rises along a claim as the claim itself says, rather than ``uses`` times as fast."""
        length = float(np.linalg.norm(claim))
        if not 0.0 < length < np.inf:
            return True
        direction = [np.zeros(array.shape) for array in arrays]
        direction[position] = np.asarray(claim, dtype=np.float64)
        slope = abs(self._slope(arrays, direction))
        return abs(slope - length) <= abs(slope - uses * length)

    def _slope(self, arrays: Sequence[Array], direction: Sequence[Array]) -> float:
        """The derivative of the loss along a direction divided by its norm, by one central difference."""
        length = norm(direction)
        step = STEP * max(norm(arrays), STEP)
        losses = []
        for signed in (step, -step):
            moved = [a + signed / length * v for a, v in zip(arrays, direction, strict=True)]
            losses.append(self.loss([m.astype(a.dtype) for m, a in zip(moved, arrays, strict=True)]))
        return float(np.real(losses[0] - losses[1])) / (2.0 * step)


def norm(arrays: Sequence[Array]) -> float:
    """The Euclidean norm of several arrays together."""
    return float(np.linalg.norm([float(np.linalg.norm(array)) for array in arrays]))


def _copied(leaf: Any) -> Any:
    """A live gradient buffer may be overwritten by the next call."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _shape(claimed: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(claimed))
    except ValueError:  # ragged
        return None
