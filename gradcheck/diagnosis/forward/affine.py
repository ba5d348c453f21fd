"""Which entries of a forward computation are affine maps of the parameters, whatever operations compute them.

Each entry of each value has a serial number. An entry is either *given* (data, an activation: nothing is known about
its inside) or a sum of terms ``parameter * given entry``, ``parameter`` or minus a parameter. Sums, products, matrix
products and moves of entries keep such sums; anything else *closes* its operands: an affine entry that is closed is a
pre-activation. So a matrix product, a sum of outer products and a loop over plain numbers all look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.forward.elementwise import broadcast_shape, elementwise_function, slopes
from gradcheck.diagnosis.forward.entries import NOTHING, Entries, Kind, Numbers, widened
from gradcheck.diagnosis.forward.products import labels_of, spread, summed_size
from gradcheck.diagnosis.programs.program import Array, Forward, Intermediate, UnavailableError
from gradcheck.language import tr

__all__ = ["Interpretation"]

MAX_TERMS = 8_000_000


class Interpretation:
    """One forward computation, entry by entry.

    Parameters
    ----------
    forward : Forward

    Attributes
    ----------
    of : list of Entries
        By the number of the value.
    value, adjoint : ndarray (entries,)
        By serial; the adjoint is NaN where there is none.
    home : ndarray of int (entries,)
        The one pre-activation that an entry is an elementwise function of; ``NOTHING`` where there is none.
    slope : ndarray (entries,)
        The derivative of an entry with respect to its home, everything else held still.
    mixed : ndarray of bool (entries,)
        Whether other pre-activations take part as well (a softmax's sum, the mean of a batch).
    matters : ndarray of bool (entries,)
        Whether the loss is computed from the value that an entry was computed in.
    kind : ndarray of int (entries,)
    owner : ndarray of int (entries,)
        The number of the value that an entry was computed in.
    used_alone : ndarray of bool (entries,)
        Parameters that something else than an affine map depends on: a penalty, a batch norm's scale.
    """

    def __init__(self, forward: Forward) -> None:
        self.values = forward.values
        self.of: list[Entries] = []
        self.value: Array = np.zeros(0)
        self.adjoint: Array = np.zeros(0)
        self.home: Numbers = np.zeros(0, dtype=np.int64)
        self.slope: Array = np.zeros(0)
        self.mixed: npt.NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.kind: Numbers = np.zeros(0, dtype=np.int64)
        self.owner: Numbers = np.zeros(0, dtype=np.int64)
        size = sum(value.value.size for value in forward.values)
        self._reserve(size)
        self.used_alone = np.zeros(size, dtype=bool)
        self._closed = np.zeros(size, dtype=bool)
        self._chunks: list[Entries] = []
        self._first: dict[tuple[Any, ...], int] = {}
        self._same_as: list[int] = []
        self._unchanged: set[int] = set()
        self._next = 0
        self._terms = 0
        with np.errstate(all="ignore"):
            for value in forward.values:
                self.of.append(self._visited_once(value))
        self.matters = self._that_matter(forward.loss)

    def pre_activations(self) -> list[Entries]:
        """Closed affine entries that a product is part of and that the loss depends on, each once."""
        found = []
        for chunk in self._chunks:
            product = ((chunk.parameters >= 0) & (chunk.sources >= 0)).any(axis=1)
            wanted = np.flatnonzero(product & ~np.isnan(self.adjoint[chunk.serial]) & self.matters[chunk.serial])
            if wanted.size:
                found.append(chunk.taken(wanted, (wanted.size,)))
        return found

    def _that_matter(self, loss: int) -> npt.NDArray[np.bool_]:
        """By serial, whether the loss is computed from an entry: what an update at rate zero adds is nothing."""
        alive = np.zeros(len(self.values), dtype=bool)
        waiting = [loss]
        while waiting:
            number = waiting.pop()
            if not alive[number]:
                alive[number] = True
                inputs = self.values[number].inputs
                waiting += [*(inputs[:1] if number in self._unchanged else inputs), self._same_as[number]]
        return alive[self.owner]

    # ---- storage

    def _reserve(self, size: int) -> None:
        self.value, self.adjoint, self.slope = np.zeros(size), np.full(size, np.nan), np.zeros(size)
        self.home, self.kind = np.full(size, NOTHING), np.zeros(size, dtype=np.int64)
        self.owner, self.mixed = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=bool)

    def _fresh(self, value: Intermediate, kind: int) -> Numbers:
        size = value.value.size
        serial = np.arange(self._next, self._next + size)
        self._next += size
        self.value[serial], self.owner[serial], self.kind[serial] = value.value.ravel(), value.number, kind
        if value.adjoint is not None:
            self.adjoint[serial] = value.adjoint.ravel()
        return serial

    def _given(self, value: Intermediate, kind: int) -> Entries:
        none = np.zeros((value.value.size, 0), dtype=np.int64)
        return Entries(value.value.shape, self._fresh(value, kind), none, none, none)

    def _made(self, value: Intermediate, parameters: Numbers, sources: Numbers, signs: Numbers) -> Entries:
        """A new affine value from terms (..., terms)."""
        size = value.value.size
        self._terms += parameters.size
        if self._terms > MAX_TERMS:
            raise UnavailableError(tr("the network is too large to be read entry by entry"))
        kind = Kind.DATA if (sources >= 0).any() else Kind.PARAMETERS
        rows = [np.ascontiguousarray(part).reshape(size, -1) for part in (parameters, sources, signs)]
        made = Entries(value.value.shape, self._fresh(value, kind), *rows)
        self.home[made.serial] = made.serial if kind == Kind.DATA else NOTHING
        self.slope[made.serial] = 1.0
        return made

    # ---- operations

    def _visited_once(self, value: Intermediate) -> Entries:
        """The entries of a value; what is computed again from the same is the same, and its adjoints add up."""
        key = self._key(value)
        before = None if key is None else self._first.setdefault(key, value.number)
        self._same_as.append(value.number if before is None else before)
        if before is None or before == value.number:
            return self._visit(value)
        known = self.of[before]
        if value.adjoint is not None and value.entries is None and value.operation not in ("copy", "positive"):
            adjoint = self.adjoint[known.serial]
            self.adjoint[known.serial] = np.where(np.isnan(adjoint), 0.0, adjoint) + value.adjoint.ravel()
        return known

    def _key(self, value: Intermediate) -> tuple[Any, ...] | None:
        """Equal for values that are the same; None for those that are never taken together."""
        if value.operation == "parameter":
            return None
        if value.operation == "constant":  # the batch; single samples and numbers may be alike by chance
            batch = value.value.ndim == 2 and min(value.value.shape) > 1
            return ("constant", value.value.shape, value.value.tobytes()) if batch else None
        moved = b"" if value.entries is None else value.entries.tobytes()
        if not moved and any(isinstance(option, np.ndarray) for option in value.options.values()):
            return None
        inputs = tuple(self._same_as[number] for number in value.inputs)
        options = "" if moved else repr(sorted(value.options.items(), key=lambda pair: pair[0]))
        return value.operation, inputs, options, moved

    def _visit(self, value: Intermediate) -> Entries:
        if value.operation == "constant":
            return self._given(value, Kind.CONSTANT)
        if value.operation == "parameter":
            serial = self._fresh(value, Kind.PARAMETERS)
            nothing = np.full((serial.size, 1), NOTHING)
            return Entries(value.value.shape, serial, serial[:, None], nothing, np.ones((serial.size, 1), np.int64))
        operands = [self.of[number] for number in value.inputs]
        if value.operation in ("copy", "positive"):
            return operands[0]
        if value.entries is not None and not self._overwrites(value, operands):
            return self._moved(value)
        rule = _AFFINE.get(value.operation)
        found = rule(self, value, operands) if rule is not None else None
        return found if found is not None else self._other(value, operands)

    def _overwrites(self, value: Intermediate, operands: Sequence[Entries]) -> bool:
        """``np.where(z > 0, z, 0)`` and ``a[z < 0] = 0``: an activation, not a move."""
        if value.operation == "setitem":
            index = value.options.get("index")
            masked = isinstance(index, np.ndarray) and index.dtype == bool
            whole = bool((self.kind[operands[0].serial] == Kind.DATA).all())
            return masked and whole and bool((self.kind[operands[1].serial] == Kind.CONSTANT).all())
        constant = [bool((self.kind[item.serial] == Kind.CONSTANT).all()) for item in operands]
        return value.operation in ("where", "select", "choose") and any(constant)

    def _moved(self, value: Intermediate) -> Entries:
        traced = [self.of[n] for n in value.inputs if self.values[n].operation != "constant"]
        assert value.entries is not None
        places = value.entries.ravel()
        width = max(item.terms for item in traced)
        outside = places == 0
        parts = [np.concatenate([item.serial for item in traced])] + [
            np.concatenate([widened(getattr(item, name), width, empty) for item in traced])
            for name, empty in (("parameters", NOTHING), ("sources", NOTHING), ("signs", 0))
        ]
        serial, *terms = (part[places - 1] for part in parts)
        if outside.any():
            fresh = self._fresh(value, Kind.CONSTANT)  # more than needed; the others are never referred to
            serial = np.where(outside, fresh, serial)
            for part, empty in zip(terms, (NOTHING, NOTHING, 0), strict=True):
                part[outside] = empty
        return Entries(value.value.shape, serial, *terms)

    def _negative(self, value: Intermediate, operands: Sequence[Entries]) -> Entries | None:
        only = operands[0]
        return self._made(value, only.parameters, only.sources, -only.signs) if only.is_parameter() else None

    def _added(self, value: Intermediate, operands: Sequence[Entries]) -> Entries | None:
        first, second = (item.broadcast(value.value.shape) for item in operands)
        if first.is_parameter() and not self.value[second.serial].any():  # an update at rate zero
            self._unchanged.add(value.number)
            return first
        if not second.is_affine():
            return None
        starts = bool((self.kind[first.serial] == Kind.CONSTANT).all() and not self.value[first.serial].any())
        if value.operation == "add" and starts and not first.terms:  # a sum that begins with 0
            return self._made(value, second.parameters, second.sources, second.signs)
        if not first.is_affine():
            return None
        if value.operation == "subtract" and (second.sources >= 0).any():  # a margin between two units
            return None
        sign = -1 if value.operation == "subtract" else 1
        return self._made(
            value,
            np.concatenate([first.parameters, second.parameters], axis=1),
            np.concatenate([first.sources, second.sources], axis=1),
            np.concatenate([first.signs, sign * second.signs], axis=1),
        )

    def _multiplied(self, value: Intermediate, operands: Sequence[Entries]) -> Entries | None:
        pair = self._parameter_and_given(operands)
        if pair is None or self._is_scaled(*pair):
            return None
        parameter, given = (item.broadcast(value.value.shape) for item in pair)
        return self._made(value, parameter.parameters, given.serial[:, None], parameter.signs)

    def _is_scaled(self, parameter: Entries, given: Entries) -> bool:
        """A whole array of parameters times one number: no affine map."""
        constant = bool((self.kind[given.serial] == Kind.CONSTANT).all())
        return constant and given.serial.size == 1 and parameter.serial.size > 1

    def _parameter_and_given(self, operands: Sequence[Entries]) -> tuple[Entries, Entries] | None:
        """The operand of parameters and the other one, closed."""
        alone = [item.is_parameter() for item in operands]
        if len(operands) != 2 or sum(alone) != 1:
            return None
        parameter, given = operands if alone[0] else (operands[1], operands[0])
        self._close(given)
        return parameter, given

    def _contracted(self, value: Intermediate, operands: Sequence[Entries]) -> Entries | None:
        pair = self._parameter_and_given(operands)
        labels = labels_of(value, operands) if pair is not None else None
        if pair is None or labels is None:
            return None
        inner, outer = labels
        if self._terms + value.value.size * summed_size(operands, inner, outer) > MAX_TERMS:
            raise UnavailableError(tr("the network is too large to be read entry by entry"))
        own = 0 if pair[0] is operands[0] else 1
        parameters = spread(pair[0].parameters[:, 0].reshape(pair[0].shape), inner[own], inner, outer, operands)
        signs = spread(pair[0].signs[:, 0].reshape(pair[0].shape), inner[own], inner, outer, operands)
        sources = spread(pair[1].serial.reshape(pair[1].shape), inner[1 - own], inner, outer, operands)
        return self._made(value, parameters, sources, signs)

    def _summed(self, value: Intermediate, operands: Sequence[Entries]) -> Entries | None:
        only = operands[0]
        if not only.is_affine() or not (only.sources >= 0).any():
            return None
        axis = value.options.get("axis")
        axes = range(len(only.shape)) if axis is None else [axis] if isinstance(axis, int) else axis
        summed = sorted(place % max(len(only.shape), 1) for place in axes)
        kept = [place for place in range(len(only.shape)) if place not in summed]
        parts = [
            getattr(only, name).reshape(*only.shape, only.terms).transpose(*kept, *summed, len(only.shape))
            for name in ("parameters", "sources", "signs")
        ]
        return self._made(value, *parts)

    def _other(self, value: Intermediate, operands: Sequence[Entries]) -> Entries:
        """An operation that no affine map survives."""
        for item in operands:
            self._close(item)
        kind = max(int(self.kind[item.serial].max(initial=0)) for item in operands)
        made = self._given(value, kind)
        shapes = [item.shape for item in operands]
        function = elementwise_function(value.operation)
        if kind == Kind.DATA and function is not None and broadcast_shape(shapes) == value.value.shape:
            self._follow(value, [item.broadcast(value.value.shape) for item in operands], made, function)
        return made

    def _follow(self, value: Intermediate, operands: Sequence[Entries], made: Entries, function: Any) -> None:
        """An elementwise operation: which pre-activation it is a function of, and with which slope."""
        home = np.full(made.serial.size, NOTHING)
        mixed = np.zeros(made.serial.size, dtype=bool)
        total = np.zeros(made.serial.size)
        own = slopes(function, [self.values[number].value for number in value.inputs], value)
        for item, slope in zip(operands, own, strict=True):
            theirs = self.home[item.serial]
            clash = (home >= 0) & (theirs >= 0) & (home != theirs)
            lost = (theirs < 0) & (self.kind[item.serial] == Kind.DATA)
            mixed |= clash | lost | self.mixed[item.serial]
            home = np.where(clash, NOTHING, np.where(home >= 0, home, theirs))
            part = slope.ravel() * self.slope[item.serial]
            total += np.where(theirs >= 0, part, 0.0)
        self.home[made.serial], self.mixed[made.serial], self.slope[made.serial] = home, mixed, total

    def _close(self, entries: Entries) -> None:
        """Take affine entries as given from here on."""
        if not entries.terms:
            return
        products = (entries.sources >= 0).any(axis=1)
        alone = entries.parameters[~products]
        self.used_alone[alone[alone >= 0]] = True
        new = np.flatnonzero(products & ~self._closed[entries.serial])
        if new.size:
            self._closed[entries.serial[new]] = True
            _, first = np.unique(entries.serial[new], return_index=True)
            self._chunks.append(entries.taken(new[first], (first.size,)))


Rule = Callable[[Interpretation, Intermediate, Sequence[Entries]], Entries | None]

_AFFINE: dict[str, Rule] = {
    "negative": Interpretation._negative,  # noqa: SLF001
    "add": Interpretation._added,  # noqa: SLF001
    "subtract": Interpretation._added,  # noqa: SLF001
    "multiply": Interpretation._multiplied,  # noqa: SLF001
    "sum": Interpretation._summed,  # noqa: SLF001
    **dict.fromkeys(("matmul", "dot", "inner", "tensordot", "einsum"), Interpretation._contracted),  # noqa: SLF001
}
