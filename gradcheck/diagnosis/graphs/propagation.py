"""A recorded forward pass propagated back, rightly or with something done otherwise at single values."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.diagnosis.forward.elementwise import elementwise_function, slopes
from gradcheck.diagnosis.programs.program import Array, Forward, Intermediate
from gradcheck.oracles.autodiff.rules import rule_of

__all__ = ["PRODUCTS", "Edge", "Graph", "Pull", "Slip", "together"]

# Functions that sum products of their operands' entries.
PRODUCTS = frozenset({"matmul", "dot", "einsum", "inner", "tensordot"})

# What a cotangent of a value becomes for one operand.
Pull = Callable[[Array], Array]
# An edge: the number of a value, and which of its operands.
Edge = tuple[int, int]
# Entries that take as long as the calls for one value.
ENTRIES_OF_ONE = 2000
# How far the adjoints that come out may lie from the recorded ones: round-off of another order of sums.
FAITHFUL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What is done otherwise on the way back.

    Attributes
    ----------
    edges : mapping of (value, operand) to Pull
        What the cotangent of a value becomes for one of its operands.
    past : mapping of value to (value, Pull)
        Where the cotangent of a value goes instead of to its operands, and as what.
    scaled : mapping of value to ndarray
        What the whole cotangent of a value is multiplied by, entry by entry.
    """

    edges: Mapping[Edge, Pull] = field(default_factory=dict)
    past: Mapping[int, tuple[int, Pull]] = field(default_factory=dict)
    scaled: Mapping[int, Array] = field(default_factory=dict)


def together(one: Slip, other: Slip) -> Slip:
    """Both; where they change the same, the second counts."""
    return Slip(
        edges={**one.edges, **other.edges},
        past={**one.past, **other.past},
        scaled={**one.scaled, **other.scaled},
    )


class Graph:
    """One forward pass, ready to be propagated back.

    Parameters
    ----------
    forward : Forward

    Attributes
    ----------
    values : tuple of Intermediate
    consumers : list of list of (value, operand)
        Where each value goes, of what the loss depends on.
    reach : list of frozenset of str
        The blocks that each value depends on.
    """

    def __init__(self, forward: Forward) -> None:
        self.values, self.loss = forward.values, forward.loss
        self._order = self._used()
        self._live = frozenset(self._order)
        self.consumers: list[list[Edge]] = [[] for _ in self.values]
        self.reach: list[frozenset[str]] = []
        for value in self.values:
            own = frozenset() if value.block is None else frozenset({value.block})
            self.reach.append(own.union(*(self.reach[number] for number in value.inputs if number in self._live)))
            if value.number in self._live:
                for position, number in enumerate(value.inputs):
                    self.consumers[number].append((value.number, position))
        self._blocks = [value for value in self.values if value.block is not None]

    @functools.cached_property
    def size(self) -> int:
        """How many values one way back passes; large ones count as the many that take as long."""
        return len(self._order) + sum(self.values[number].value.size for number in self._order) // ENTRIES_OF_ONE

    @functools.cached_property
    @np.errstate(all="ignore")
    def is_faithful(self) -> bool:
        """Whether the way back without a slip gives the recorded adjoints of all blocks."""
        try:
            found = self.gradients()
        except (TypeError, ValueError, IndexError, NotImplementedError, AttributeError, ArithmeticError):
            return False
        scale = max(
            (float(np.abs(v.adjoint).max(initial=0.0)) for v in self._blocks if v.adjoint is not None), default=0
        )
        return all(
            value.adjoint is None
            or float(np.abs(found[value.block] - value.adjoint).max(initial=0.0)) <= FAITHFUL * scale
            for value in self._blocks
            if value.block is not None
        )

    def is_live(self, number: int) -> bool:
        """Whether the loss depends on a value, and the value on a parameter.

        Not so of what has no influence at all: of a backward pass whose update is made with a rate of zero.
        """
        return number in self._live

    @np.errstate(all="ignore")
    def pull(self, number: int, position: int, cotangent: Array) -> Array:
        """What a value's cotangent rightly becomes for one of its operands."""
        return self._pull_of(number)(cotangent)[position]

    @np.errstate(all="ignore")
    def pull_with(self, number: int, position: int, operands: Mapping[int, Array]) -> Pull:
        """The same with other operands than it was computed from, by their positions."""
        pulls = _pulls(self.values[number], self._operands(number, operands), self._traced(number))
        return lambda cotangent: pulls(cotangent)[position]

    @np.errstate(all="ignore")  # rules of functions say what they are at the constants' places, too
    def gradients(self, slip: Slip | None = None) -> dict[str, Array]:
        """The gradient of every block.

        Raises
        ------
        ValueError, TypeError, NotImplementedError
            For an operation that has no rule, and a slip that does not fit the shapes.
        """
        slip = slip or Slip()
        found: dict[int, Array] = {self.loss: np.ones(self.values[self.loss].value.shape)}
        for number in self._order:
            cotangent = found.pop(number, None) if self.values[number].block is None else found.get(number)
            if cotangent is None or self.values[number].block is not None:
                continue
            if number in slip.scaled:
                cotangent = cotangent * slip.scaled[number]
            if number in slip.past:
                to, rule = slip.past[number]
                _add(found, to, rule(cotangent))
                continue
            parts = self._pull_of(number)(cotangent)
            for position, operand in enumerate(self.values[number].inputs):
                if self.is_live(operand):
                    other = slip.edges.get((number, position))
                    _add(found, operand, parts[position] if other is None else other(cotangent))
        return {
            value.block: found.get(value.number, np.zeros(value.value.shape))
            for value in self._blocks
            if value.block is not None
        }

    @functools.cached_property
    def _pulls(self) -> dict[int, Callable[[Array], Sequence[Array]]]:
        return {}

    def _pull_of(self, number: int) -> Callable[[Array], Sequence[Array]]:
        if number not in self._pulls:
            self._pulls[number] = _pulls(self.values[number], self._operands(number), self._traced(number))
        return self._pulls[number]

    def _operands(self, number: int, others: Mapping[int, Array] | None = None) -> list[Array]:
        others = others or {}
        inputs = self.values[number].inputs
        return [others.get(place, self.values[operand].value) for place, operand in enumerate(inputs)]

    def _traced(self, number: int) -> list[bool]:
        return [self.values[operand].operation != "constant" for operand in self.values[number].inputs]

    def _is_nothing(self, number: int) -> bool:
        """Whether a value is a constant zero: the rate at which a step is taken that shall move nothing."""
        value = self.values[number]
        return value.operation == "constant" and value.value.size == 1 and not np.any(value.value)

    def _used(self) -> list[int]:
        """Values between the parameters and the loss, the last one first."""
        seen, waiting = {self.loss}, [self.loss]
        while waiting:
            value = self.values[waiting.pop()]
            if any(self._is_nothing(operand) for operand in value.inputs) and value.operation == "multiply":
                continue
            for operand in value.inputs:
                if operand not in seen and self.values[operand].adjoint is not None:
                    seen.add(operand)
                    waiting.append(operand)
        used: set[int] = set()
        for number in sorted(seen):
            value = self.values[number]
            if value.block is not None or not used.isdisjoint(value.inputs):
                used.add(number)
        return sorted(used, reverse=True)


def _add(found: dict[int, Array], number: int, part: Array) -> None:
    known = found.get(number)
    found[number] = part if known is None else known + part


def _pulls(
    value: Intermediate, operands: Sequence[Array], traced: Sequence[bool]
) -> Callable[[Array], Sequence[Array]]:
    """What a value's cotangent becomes for all of its operands."""
    if value.entries is not None:
        return _moved_back(value, operands, traced)
    function = elementwise_function(value.operation)
    if value.operation in ("where", "setitem") or (function is not None and function.signature is None):
        factors = slopes(function, operands, value)
        return lambda cotangent: [
            _summed(cotangent * factor, operand.shape) for factor, operand in zip(factors, operands, strict=True)
        ]
    return _by_rule(value, operands, traced)


def _moved_back(
    value: Intermediate, operands: Sequence[Array], traced: Sequence[bool]
) -> Callable[[Array], Sequence[Array]]:
    assert value.entries is not None
    places = value.entries.ravel()
    sizes = [operand.size if own else 0 for operand, own in zip(operands, traced, strict=True)]

    def pull(cotangent: Array) -> list[Array]:
        sums: Array = np.bincount(places, weights=cotangent.ravel(), minlength=1 + sum(sizes))[1:].astype(np.float64)
        parts = np.split(sums, np.cumsum(sizes)[:-1])
        return [
            part.reshape(operand.shape) if own else np.zeros(operand.shape)
            for part, operand, own in zip(parts, operands, traced, strict=True)
        ]

    return pull


def _by_rule(
    value: Intermediate, operands: Sequence[Array], traced: Sequence[bool]
) -> Callable[[Array], Sequence[Array]]:
    """By the rule that the automatic differentiation has for the function."""
    rule = rule_of(_function(value.operation))
    if rule is None:
        raise NotImplementedError(value.operation)
    given: list[Any] = list(operands)
    named: dict[str, Any] = {}
    moved = 0
    for name, item in value.options.items():
        if name.startswith("argument_"):  # of a function without names for its arguments
            given.insert(int(name.removeprefix("argument_")), item)
            moved += int(name.removeprefix("argument_")) == 0
        else:
            named[name] = item
    own = [place for place, is_traced in enumerate(traced) if is_traced]
    pulled = rule(tuple(place + moved for place in own), value.value, tuple(given), named)

    def pull(cotangent: Array) -> list[Array]:
        parts = dict(zip(own, pulled(cotangent), strict=True))
        return [
            np.asarray(parts[place], dtype=np.float64).reshape(operand.shape)
            if place in parts
            else np.zeros(operand.shape)
            for place, operand in enumerate(operands)
        ]

    return pull


@functools.cache
def _function(name: str) -> Any:
    for space in (np, np.linalg, importlib.import_module("scipy.special")):
        found = getattr(space, name, None)
        if found is not None:
            return found
    return None


def _summed(values: Array, shape: tuple[int, ...]) -> Array:
    """The sum over what was repeated to fit."""
    if values.shape == shape:
        return values
    result = values.sum(axis=tuple(range(values.ndim - len(shape))))
    axes = tuple(axis for axis, length in enumerate(shape) if length == 1 and result.shape[axis] > 1)
    return np.asarray(result.sum(axis=axes, keepdims=True) if axes else result).reshape(shape)
