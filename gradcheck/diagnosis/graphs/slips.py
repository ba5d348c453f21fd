"""What bugs would do on the way back through a recorded forward pass, whatever network that is."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.graphs.candidates import Candidate, Code, Key
from gradcheck.diagnosis.graphs.derivatives import Derivatives
from gradcheck.diagnosis.graphs.operands import Operands
from gradcheck.diagnosis.graphs.propagation import Graph, together
from gradcheck.diagnosis.graphs.ways import DROPPED, Ways
from gradcheck.diagnosis.programs.program import Array, Forward

__all__ = ["Slips"]

# Bytes of gradients that are kept, to be held against other claims at the same point.
MOST_KEPT = 2**25


class Slips:
    """All of one forward pass; nothing is worked out before it is asked for.

    Parameters
    ----------
    forward : Forward
    """

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._made: dict[tuple[tuple[Key, ...], float], Mapping[str, Array] | None] = {}
        self._kept = 0

    @property
    def blocks(self) -> frozenset[str]:
        """Names of the blocks of the graph."""
        return frozenset(value.block for value in self._forward.values if value.block is not None)

    @property
    def is_faithful(self) -> bool:
        """Whether right propagation through it gives the recorded adjoints."""
        return self._code.graph.is_faithful

    @functools.cached_property
    def candidates(self) -> dict[Key, Candidate]:
        """Every one that the catalogue has singly, by its key."""
        found: dict[Key, Candidate] = {}
        for key, candidate in self._all():
            found.setdefault(key, candidate)
        return found

    @functools.cached_property
    def unusual(self) -> dict[Key, Candidate]:
        """Slopes put together from the values on an activation's own way."""
        return {key: each for key, each in self._derivatives.of_activations(parts=True) if key not in self.candidates}

    @functools.cached_property
    def ways(self) -> dict[Key, Candidate]:
        """Those that leave a way out: a constant may be on it instead."""
        return {key: each for key, each in self.candidates.items() if key[1] == DROPPED and key[2] in self._ways.edges}

    def cost(self, keys: Sequence[Key], factor: float = 0.0) -> int:
        """How many values are passed to make them: none where that was done before."""
        return 0 if (tuple(keys), factor) in self._made else self._code.graph.size

    def gradients(self, keys: Sequence[Key], factor: float = 0.0) -> Mapping[str, Array] | None:
        """What slips give together, by their keys; None where one is not possible here.

        ``factor``: the constant on a way.
        """
        place = (tuple(keys), factor)
        if place in self._made:
            return self._made[place]
        made = self._computed(keys, factor)
        if len(keys) == 1 and self._kept < MOST_KEPT:
            self._made[place] = made
            self._kept += 0 if made is None else sum(value.nbytes for value in made.values())
        return made

    def _computed(self, keys: Sequence[Key], factor: float) -> Mapping[str, Array] | None:
        found = [self.candidates.get(key) or self.unusual.get(key) for key in keys]
        with contextlib.suppress(TypeError, ValueError, IndexError, NotImplementedError), np.errstate(all="ignore"):
            slips = [each.slip(factor) for each in found if each is not None]
            if len(slips) == len(keys):
                return self._code.graph.gradients(functools.reduce(together, slips))
        return None

    def _all(self) -> Iterator[tuple[Key, Candidate]]:
        yield from self._derivatives.of_activations()
        yield from self._derivatives.of_softmaxes()
        yield from self._ways.of_statistics()
        yield from self._ways.of_biases()
        yield from self._ways.of_penalties()
        yield from self._ways.of_masks()
        yield from self._ways.of_edges()
        yield from self._ways.of_turns()
        yield from Operands(self._code).all()

    @functools.cached_property
    def _code(self) -> Code:
        return Code(Graph(self._forward))

    @functools.cached_property
    def _derivatives(self) -> Derivatives:
        return Derivatives(self._code)

    @functools.cached_property
    def _ways(self) -> Ways:
        return Ways(self._code)
