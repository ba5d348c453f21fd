"""A slip before it is made: its bug, its form, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gradcheck.diagnosis.graphs.places import Places
from gradcheck.diagnosis.graphs.propagation import Edge, Graph, Pull, Slip

__all__ = ["Candidate", "Code", "Key", "grouped", "singly"]

# Bug, form in words, and where: equal at all points of one program.
Key = tuple[str, str, Hashable]
# So few runs of one piece of code are also taken singly: the two branches of one network.
FEW_CALLS = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One slip of one bug.

    Attributes
    ----------
    bug : str
    same_as : tuple of str
        What may be meant as well.
    what : str
        In words, for the evidence.
    line : int or None
        Of the forward pass, whose way back it is.
    reach : frozenset of str
        Blocks that it may change.
    slip : callable
        ``slip(factor)`` makes it; the factor is for ways that a constant may be on.
    cost : float
        How much less usual than others of equal numbers it is, in bugs.
    sure : float
        No surer is its name, whatever else speaks for it.
    """

    bug: str
    same_as: tuple[str, ...] = ()
    what: str = ""
    line: int | None = None
    reach: frozenset[str]
    slip: Callable[[float], Slip]
    cost: float = 0.0
    sure: float = 1.0


class Code:
    """A graph by the pieces of code that computed it.

    Parameters
    ----------
    graph : Graph

    Attributes
    ----------
    graph : Graph
    places : Places
    """

    def __init__(self, graph: Graph) -> None:
        self.graph, self.places = graph, Places(graph)

    def reach(self, numbers: Iterable[int]) -> frozenset[str]:
        """Blocks that any of some values depends on."""
        return frozenset[str]().union(*(self.graph.reach[number] for number in numbers))

    def line(self, number: int) -> int | None:
        """Where a value is computed."""
        return self.graph.values[number].line

    def operand(self, edge: Edge) -> int:
        """What an edge leads to."""
        return self.graph.values[edge[0]].inputs[edge[1]]

    def live(self, number: int) -> list[int]:
        """The positions of a value's operands that depend on a parameter."""
        inputs = self.graph.values[number].inputs
        return [place for place, operand in enumerate(inputs) if self.graph.is_live(operand)]

    def is_block(self, number: int) -> bool:
        """Whether a value is a block, or entries of one."""
        values = self.graph.values
        while self.block(number) is None:
            if values[number].entries is None or len(values[number].inputs) != 1:
                return False
            number = values[number].inputs[0]
        return True

    def block(self, number: int) -> str | None:
        """The block that a value is, also after an update with a rate of zero; None for another value."""
        values = self.graph.values
        while values[number].block is None:
            live = self.live(number)
            operand = values[number].inputs[live[0]] if len(live) == 1 else number
            if operand == number or not np.array_equal(values[operand].value, values[number].value):
                return None
            number = operand
        return values[number].block

    def is_alone(self, number: int) -> bool:
        """Whether a value is of one block, and meets others as a single number only: a penalty's."""
        graph = self.graph
        if len(graph.reach[number]) != 1:
            return False
        while graph.values[number].value.size > 1:
            readers = {reader for reader, _ in graph.consumers[number]}
            if len(readers) != 1 or graph.reach[min(readers)] != graph.reach[number]:
                return False
            (number,) = readers
        return True

    def scaled(self, edges: Iterable[Edge], factor: float) -> Slip:
        """Edges times a constant."""
        return Slip(edges={edge: self._times(edge, factor) for edge in edges})

    def _times(self, edge: Edge, factor: float) -> Pull:
        return lambda cotangent: factor * self.graph.pull(*edge, cotangent)


def grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    """Items by a key, in their order."""
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def singly(groups: dict[Hashable, list[T]]) -> dict[Hashable, list[T]]:
    """The same groups, with the members of small ones by themselves as well."""
    found = dict(groups)
    for key, own in groups.items():
        if 1 < len(own) <= FEW_CALLS:
            found |= {(key, number): [one] for number, one in enumerate(own)}
    return found
