"""Slips of products in a recorded forward pass: passed back with another operand than they were made with."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.graphs.candidates import Candidate, Code, Key, grouped, singly
from gradcheck.diagnosis.graphs.derivatives import HIDDEN
from gradcheck.diagnosis.graphs.propagation import PRODUCTS, Edge, Slip
from gradcheck.diagnosis.programs.program import Array
from gradcheck.language import mark, tr

__all__ = ["Operands"]

TIMES = "multiply"
# No surer is a name where no other one fits better what a product lacks.
VAGUE = 0.75
# Other values of the same shape that are tried in an operand's place, at most.
MOST_OTHERS = 16
# What a factor that is left out may be called besides; a mask, or a normalisation, has a name of its own.
MISSING, PLAIN = ("wrong-derivative-formula", "upstream-lost"), 0.2
TRANSPOSED, LEFT_OUT = mark("the operand transposed"), mark("the other factor left out")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instead:
    """What is used in the place of the other operand, one array a turn."""

    bug: str
    same_as: tuple[str, ...] = ()
    what: str
    place: Hashable = None
    others: list[Array]
    cost: float = 0.0
    sure: float = 1.0


class Operands:
    """All of one piece of code.

    Parameters
    ----------
    code : Code
    """

    def __init__(self, code: Code) -> None:
        self._code, self._graph = code, code.graph

    def all(self) -> Iterator[tuple[Key, Candidate]]:
        """Every product with every other operand of the same shape."""
        code, places = self._code, self._code.places
        found = [
            (value.number, position)
            for value in self._graph.values
            if value.operation in {*PRODUCTS, TIMES} and len(value.inputs) == 2 and self._graph.is_live(value.number)
            for position in code.live(value.number)
        ]
        groups = grouped(found, lambda each: (places.signature(each[0]), each[1], places.line(code.operand(each))))
        for place, own in singly(groups).items():
            for each in self._instead(own):
                candidate = Candidate(
                    bug=each.bug,
                    same_as=each.same_as,
                    what=each.what,
                    line=code.line(own[0][0]),
                    reach=code.reach(map(code.operand, own)),
                    slip=functools.partial(self._slip, own, each.others),
                    cost=each.cost,
                    sure=each.sure,
                )
                yield (each.bug, each.what, (place, each.place)), candidate

    def _slip(self, own: Sequence[Edge], others: Sequence[Array], _: float) -> Slip:
        pulls = [
            self._graph.pull_with(number, position, {1 - position: other})
            for (number, position), other in zip(own, others, strict=True)
        ]
        return Slip(edges=dict(zip(own, pulls, strict=True)))

    def _instead(self, own: Sequence[Edge]) -> Iterator[_Instead]:
        values = self._graph.values
        given = [values[values[number].inputs[1 - position]].value for number, position in own]
        shape = given[0].shape
        if any(each.shape != shape for each in given):
            return
        product = values[own[0][0]].operation in PRODUCTS
        to_block = self._code.is_block(self._code.operand(own[0]))
        if product and len(shape) >= 2 and shape[-1] == shape[-2] and not to_block:
            turned = [np.swapaxes(each, -1, -2) for each in given]
            yield _Instead(bug="transposed-weights", what=tr(TRANSPOSED), others=turned)
        if not product and not to_block and self._graph.is_live(values[own[0][0]].inputs[1 - own[0][1]]):
            ones = [np.ones(shape) for _ in own]
            yield _Instead(bug=HIDDEN, same_as=MISSING, what=tr(LEFT_OUT), others=ones, cost=PLAIN, sure=VAGUE)
        bug, same_as = self._name_of(own[0], product=product, to_block=to_block)
        for place, what, others in self._others(shape, len(own)):
            if any(not np.array_equal(one, other) for one, other in zip(others, given, strict=True)):
                yield _Instead(
                    bug=bug, same_as=same_as, what=what, place=place, others=others, sure=VAGUE if same_as else 1.0
                )

    def _name_of(self, edge: Edge, *, product: bool, to_block: bool) -> tuple[str, tuple[str, ...]]:
        if to_block:
            return "wrong-layer-activation", ("squashed-input",)
        if self._code.is_block(self._graph.values[edge[0]].inputs[1 - edge[1]]):
            return "wrong-layer-weights", ("stale-weights",)
        if product:
            return "wrong-layer-activation", ("wrong-layer-weights",)
        return "derivative-of-wrong-argument", ("wrong-layer-activation", "wrong-derivative-formula")

    def _others(self, shape: tuple[int, ...], turns: int) -> Iterator[tuple[Hashable, str, list[Array]]]:
        """Rows of values of a shape, one for each turn: those of the same turn, of the one before and the one after."""
        values, count = self._graph.values, 0
        for place, numbers in self._tracks.items():
            if len(numbers) not in (1, turns) or values[numbers[0]].value.shape != shape:
                continue
            row = [values[n].value for n in numbers]
            row = row * turns if len(numbers) == 1 else row
            line = values[numbers[0]].line
            what = tr("what line {line} computes", line=line)
            yield (place, 0), what, row
            if len(numbers) > 1:
                blank = np.zeros(shape)
                yield (place, -1), tr("what line {line} computed a turn before", line=line), [blank, *row[:-1]]
                yield (place, 1), tr("what line {line} computes a turn after", line=line), [*row[1:], blank]
            count += 1
            if count >= MOST_OTHERS:
                return

    @functools.cached_property
    def _tracks(self) -> dict[Hashable, list[int]]:
        """Values by the piece of code that computes them, in order."""
        live = [value.number for value in self._graph.values if self._graph.is_live(value.number)]
        return grouped(live, self._code.places.signature)
