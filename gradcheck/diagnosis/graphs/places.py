"""Values of a forward pass that are the same piece of code at work: the turns of a loop, the calls of a function."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from gradcheck.diagnosis.forward.elementwise import elementwise_function
from gradcheck.diagnosis.graphs.propagation import Graph

__all__ = ["Places"]

# What keeps a value an affine map of the blocks near it.
AFFINE = frozenset({"add", "subtract", "negative", "positive", "sum", "mean", "copy"})
BILINEAR = frozenset({"matmul", "dot", "einsum", "inner", "tensordot", "multiply", "divide", "true_divide"})


class Places:
    """Signatures of the values of a graph, equal for what one piece of code has computed.

    Parameters
    ----------
    graph : Graph
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._near: list[frozenset[str]] = []
        for value in graph.values:
            self._near.append(frozenset({value.block}) if value.block is not None else self._near_of(value.number))

    def signature(self, number: int) -> Hashable:
        """Line, function, operation, the part that is taken, and the blocks that have just gone into it."""
        value = self._graph.values[number]
        index = value.options.get("index")
        taken = index if isinstance(index, tuple) else (index,)
        part = tuple(str(each) if isinstance(each, slice) else type(each).__name__ for each in taken)
        return value.line, value.function, value.operation, part, self._near[number]

    def line(self, number: int) -> Hashable:
        """The same without what tells the callers of a function apart."""
        value = self._graph.values[number]
        return value.line, value.function, value.operation

    def _near_of(self, number: int) -> frozenset[str]:
        """Blocks whose affine map a value is; none for what has passed an activation."""
        value = self._graph.values[number]
        live = [each for each in value.inputs if self._graph.is_live(each)]
        bent = value.operation in BILINEAR and len(live) > 1 and all(not self._near[each] for each in live)
        moves = value.entries is not None or value.operation in AFFINE
        if (moves or value.operation in BILINEAR) and not bent:
            return frozenset[str]().union(*(self._near[each] for each in live))
        function = elementwise_function(value.operation)
        if isinstance(function, np.ufunc) and function.signature is None:
            return frozenset()
        return frozenset[str]().union(*(self._near[each] for each in live))
