"""Slips on the ways of a recorded forward pass: what does not get back, with a wrong sign, or without its mask."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.graphs.candidates import Candidate, Code, Key, grouped, singly
from gradcheck.diagnosis.graphs.propagation import PRODUCTS, Edge, Pull, Slip, together
from gradcheck.diagnosis.programs.program import Array
from gradcheck.language import mark, tr

__all__ = ["DROPPED", "Ways"]

STATISTICS = frozenset({"mean", "var", "std", "sum"})
# How far statistics are followed to the values that they are of.
FEW_STEPS = 8
STOPPED, LOST, NORMALISED = "gradient-stopped", "upstream-lost", "batchnorm-statistics"
DROPPED, TURNED, AVERAGED = mark("left out"), mark("with the other sign"), mark("averaged over all that it is added to")
FIRST, LAST = mark("the first turn's part alone"), mark("the last turn's part alone")
# The likeliest account of a way that is missing is the special one: a normalisation, a turn before.
PLAIN = 0.2


class Ways:
    """All of one piece of code.

    Parameters
    ----------
    code : Code
    """

    def __init__(self, code: Code) -> None:
        self._code, self._graph = code, code.graph

    def of_edges(self) -> Iterator[tuple[Key, Candidate]]:
        """Each way to an operand left out, or with the other sign."""
        for place, own in self.edges.items():
            bug, same = self._lost(own)
            for name, others, form, factor in (
                (bug, same, DROPPED, 0.0),
                ("sign-flip-below", ("wrong-derivative-formula",), TURNED, -1.0),
            ):
                candidate = Candidate(
                    bug=name,
                    same_as=others,
                    what=tr(form),
                    line=self._code.line(own[0][0]),
                    reach=self._code.reach(map(self._code.operand, own)),
                    slip=functools.partial(self._slip, own, factor),
                    cost=PLAIN if name == LOST else 0.0,
                )
                yield (name, form, place), candidate

    @functools.cached_property
    def edges(self) -> dict[Hashable, list[Edge]]:
        """All ways from values to their operands, those of one piece of code together."""
        places = self._code.places
        found = [
            (value.number, position)
            for value in self._graph.values
            if self._graph.is_live(value.number)
            for position in self._code.live(value.number)
        ]
        by_place = grouped(
            found, lambda each: (places.signature(each[0]), each[1], places.line(self._code.operand(each)))
        )
        forks = [edge for edge in found if len(self._graph.consumers[self._code.operand(edge)]) > 2]
        by_kind = grouped(forks, lambda each: (places.signature(self._code.operand(each)), self._is_product(each)))
        by_line = grouped(
            found, lambda each: (places.line(each[0]), each[1], places.line(self._code.operand(each)), "every object")
        )
        return singly(by_place) | by_kind | {key: own for key, own in by_line.items() if own not in by_place.values()}

    def _is_product(self, edge: Edge) -> bool:
        return self._graph.values[edge[0]].operation in PRODUCTS

    def of_turns(self) -> Iterator[tuple[Key, Candidate]]:
        """A block of which only one turn's part is left, where a loop assigns what it should add up."""
        for place, own in self.edges.items():
            block = self._code.block(self._code.operand(own[0]))
            if (
                block is None
                or len(own) < 2
                or any(self._code.operand(edge) != self._code.operand(own[0]) for edge in own)
            ):
                continue
            for form, others in ((FIRST, own[1:]), (LAST, own[:-1])):
                candidate = Candidate(
                    bug=STOPPED,
                    same_as=(LOST,),
                    what=tr(form),
                    line=self._code.line(own[0][0]),
                    reach=frozenset({block}),
                    slip=functools.partial(self._slip, others, 0.0),
                )
                yield (STOPPED, form, place), candidate

    def _slip(self, own: Sequence[Edge], factor: float, given: float) -> Slip:
        return self._code.scaled(own, factor or given)

    def _lost(self, own: Sequence[Edge]) -> tuple[str, tuple[str, ...]]:
        """What a way is called that is left out."""
        operands = {self._code.operand(edge) for edge in own}
        forks = any(len(self._graph.consumers[each]) > 1 for each in operands)
        if forks and all(number in self._statistics for number, _ in own):
            return NORMALISED, ()
        carried = len(own) > 1 and any(self._comes_from(each, {n for n, _ in own}) for each in operands)
        return (STOPPED, (LOST,)) if carried else (LOST, (STOPPED,))

    def _comes_from(self, number: int, sources: set[int]) -> bool:
        waiting, seen = [number], {number}
        while waiting:
            for operand in self._graph.values[waiting.pop()].inputs:
                if operand in sources:
                    return True
                if operand not in seen and self._graph.is_live(operand):
                    seen.add(operand)
                    waiting.append(operand)
        return False

    # --- normalisation ----------------------------------------------------------------------------------------------

    def of_statistics(self) -> Iterator[tuple[Key, Candidate]]:
        """All terms of a normalisation's statistics left out: those of one function, or of the same blocks."""
        values, edges = self._graph.values, list(self._statistics.values())
        by_function = grouped(edges, lambda each: values[each[0]].function)
        by_blocks = grouped(edges, lambda each: self._graph.reach[each[0]])
        for place, own in {**by_function, **by_blocks}.items():
            candidate = Candidate(
                bug=NORMALISED,
                what=tr(DROPPED),
                line=self._code.line(own[0][0]),
                reach=self._code.reach(number for number, _ in own),
                slip=functools.partial(self._slip, own, 0.0),
            )
            yield (NORMALISED, DROPPED, ("statistics", place)), candidate

    @functools.cached_property
    def _statistics(self) -> dict[int, Edge]:
        """Means and variances that are put together again with what they are of: each with its way back to that."""
        values, found = self._graph.values, {}
        for value in values:
            live = self._code.live(value.number)
            if value.operation not in STATISTICS or not live or not self._graph.is_live(value.number):
                continue
            shape = values[value.inputs[live[0]]].value.shape
            if 1 < value.value.size < values[value.inputs[live[0]]].value.size and self._meets(value.number, shape):
                found[value.number] = (value.number, live[0])
        return found

    def _meets(self, number: int, shape: tuple[int, ...]) -> bool:
        """Whether a value is put together again, entry by entry, with something of the shape of what it is of."""
        values = self._graph.values
        for _ in range(FEW_STEPS):
            readers = {reader for reader, _ in self._graph.consumers[number]}
            if any(values[n].value.shape == shape and values[n].operation not in PRODUCTS for n in readers):
                return True
            if len(readers) != 1:
                break
            (number,) = readers
        return False

    # --- biases, penalties and masks ----------------------------------------------------------------------------------

    def of_biases(self) -> Iterator[tuple[Key, Candidate]]:
        """The mean over all that a bias is added to, where the sum belongs: samples, and places of an image."""
        found: dict[str, list[tuple[Edge, float]]] = {}
        for value in self._graph.values:
            for position in self._code.live(value.number) if value.operation in ("add", "subtract") else ():
                operand = self._graph.values[value.inputs[position]]
                block = self._code.block(operand.number)
                if block is not None and self._graph.is_live(value.number) and operand.value.size < value.value.size:
                    factor = operand.value.size / value.value.size
                    found.setdefault(block, []).append(((value.number, position), factor))
        for block, own in found.items():
            candidate = Candidate(
                bug="bias-mean-instead-of-sum",
                what=tr(AVERAGED),
                line=self._code.line(own[0][0][0]),
                reach=frozenset({block}),
                slip=functools.partial(self._averaged, own),
            )
            yield (candidate.bug, AVERAGED, block), candidate

    def _averaged(self, own: Sequence[tuple[Edge, float]], _: float) -> Slip:
        slips = [self._code.scaled([edge], factor) for edge, factor in own]
        return functools.reduce(together, slips)

    def of_penalties(self) -> Iterator[tuple[Key, Candidate]]:
        """Of single blocks, and of all together, as far as they go into the loss by themselves."""
        found: dict[tuple[str, ...], list[Edge]] = {}
        for value in self._graph.values:
            block = self._code.block(value.number) if self._graph.is_live(value.number) else None
            readers = self._graph.consumers[value.number]
            own = [edge for edge in readers if self._code.is_alone(edge[0]) and self._code.block(edge[0]) is None]
            if block is not None and own:
                found[(block,)] = own
        if len(found) > 1:
            every = tuple(block for blocks in found for block in blocks)
            found[every] = [edge for edges in found.values() for edge in edges]
        for blocks, edges in found.items():
            for bug, form, factor in PENALTIES:
                candidate = Candidate(
                    bug=bug,
                    what=tr(form),
                    line=self._code.line(edges[0][0]),
                    reach=frozenset(blocks),
                    slip=functools.partial(self._slip, edges, factor),
                )
                yield (bug, form, blocks), candidate

    def of_masks(self) -> Iterator[tuple[Key, Candidate]]:
        """Arrays of zeros and one other number that something is multiplied by: dropout."""
        values = self._graph.values
        found: list[tuple[int, int, Array]] = []
        for value in values:
            live = self._code.live(value.number)
            if value.operation == "multiply" and len(value.inputs) == 2 and len(live) == 1:
                mask = values[value.inputs[1 - live[0]]].value
                if mask.shape == value.value.shape and np.any(mask == 0) and np.unique(mask).size == 2:
                    found.append((value.number, live[0], mask))
        for place, own in singly(grouped(found, lambda each: self._code.places.signature(each[0]))).items():
            for bug, form, rule in MASKS:
                candidate = Candidate(
                    bug=bug,
                    what=tr(form),
                    line=values[own[0][0]].line,
                    reach=self._code.reach(number for number, _, _ in own),
                    slip=functools.partial(_masked, own, rule),
                )
                yield (bug, form, place), candidate


def _masked(own: Sequence[tuple[int, int, Array]], rule: Callable[[Array], Array], _: float) -> Slip:
    return Slip(edges={(number, position): _times(rule(mask)) for number, position, mask in own})


def _times(factor: Array) -> Pull:
    return lambda cotangent: cotangent * factor


PENALTIES = (
    ("regularisation-missing", DROPPED, 0.0),
    ("regularisation-sign", TURNED, -1.0),
    ("regularisation-factor", mark("twice as large"), 2.0),
    ("regularisation-factor", mark("half as large"), 0.5),
)
MASKS: tuple[tuple[str, str, Callable[[Array], Array]], ...] = (
    ("dropout-mask-missing", mark("without the mask"), lambda mask: np.ones(mask.shape)),
    ("dropout-mask-missing", mark("without the mask, with its scale"), lambda mask: np.full(mask.shape, mask.max())),
    ("dropout-scale", mark("without the mask's scale"), lambda mask: (mask != 0) * 1.0),
)
