"""Slips where a derivative is taken: of the activations in a recorded forward pass, and of its softmaxes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.backward import Rule
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.catalogue.bug import Family
from gradcheck.diagnosis.graphs.activations import Activation, activations, as_network, softmaxes
from gradcheck.diagnosis.graphs.candidates import Candidate, Code, Key, grouped, singly
from gradcheck.diagnosis.graphs.propagation import Pull, Slip
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import Array
from gradcheck.language import mark, tr

__all__ = ["HIDDEN", "Derivatives"]

HIDDEN, OUTPUT, EXTRA, OTHER_LOSS, STOPPED = (
    "missing-hidden-derivative", "missing-output-derivative", "extra-output-derivative", "loss-gradient-mismatch",
    "gradient-stopped",
)  # fmt: skip
# What a slip of a hidden layer is called where the loss follows.
AT_OUTPUT = {HIDDEN: OUTPUT, "relu-mask-always-on": OUTPUT, "derivative-twice": EXTRA}
# Other activations in whose place a derivative may have been taken.
MOST_ELSEWHERE = 3
# A form of its own beside one that the catalogue has; a slip of the pen beside a bug with a name.
UNUSUAL, SLIP_OF_THE_PEN = 0.2, 0.1
FORMULA = "wrong-derivative-formula"
# How a penalty, a number too, comes to the loss.
SUMS = frozenset({"add", "subtract"})

# What the catalogue does to one derivative: by bug, form, and whether it is one of many forms.
Rules = dict[tuple[str, str, bool], tuple[Network, Rule]]


class Derivatives:
    """All of one piece of code.

    Parameters
    ----------
    code : Code
    """

    def __init__(self, code: Code) -> None:
        self._code = code
        self._known: dict[tuple[int, int, bool], Rules] = {}

    def of_activations(self, *, parts: bool = False) -> Iterator[tuple[Key, Candidate]]:
        """What the catalogue does to derivatives; ``parts``: what can be put together from the values on the way."""
        places = self._code.places
        groups = singly(grouped(self._bent, lambda each: (places.signature(each.root), places.line(each.output))))
        alike = grouped(self._bent, lambda each: (places.line(each.output), each.name))
        for place, own in {**groups, **{key: own for key, own in alike.items() if own not in groups.values()}}.items():
            yield from self._of_group(place, own, parts=parts)
            if not parts:
                yield from self._at_output(place, [each for each in own if not each.last])

    def of_softmaxes(self) -> Iterator[tuple[Key, Candidate]]:
        """Softmax differentiated entry by entry, along another axis, or not at all."""
        code, places = self._code, self._code.places
        found = list(softmaxes(code.graph))
        for place, own in grouped(found, lambda each: (places.signature(each[0]), places.line(each[1]))).items():
            final = all(self._is_final(number) for _, number, _ in own)
            for bug, form, rule in SOFTMAX:
                name = AT_OUTPUT.get(bug, bug) if final else bug
                candidate = Candidate(
                    bug=name,
                    what=tr(form),
                    line=code.line(own[0][1]),
                    reach=code.reach(root for root, _, _ in own),
                    slip=functools.partial(self._softmax_slip, own, rule),
                )
                yield (name, form, place), candidate

    @functools.cached_property
    def _bent(self) -> list[Activation]:
        """Without the squares, or sizes, that a penalty sums up."""
        return [each for each in activations(self._code.graph) if not self._code.is_alone(each.output)]

    def _of_group(self, place: Hashable, own: Sequence[Activation], *, parts: bool) -> Iterator[tuple[Key, Candidate]]:
        final = all(not each.last or self._is_final(each.output) for each in own)
        named = own[0].name not in ("unknown", "linear")
        for key in self._rules(own[0], parts=parts):
            bug, form, alone = key
            name = bug if not final else AT_OUTPUT.get(bug, bug) if named else OTHER_LOSS
            candidate = Candidate(
                bug=name,
                what=form,
                line=self._code.line(own[0].output),
                reach=self._code.reach(each.root for each in own),
                slip=functools.partial(self._derivative_slip, own, key, parts=parts),
                cost=UNUSUAL if alone else SLIP_OF_THE_PEN if name == FORMULA else 0.0,
            )
            yield (name, form, place), candidate

    def _derivative_slip(self, own: Sequence[Activation], key: tuple[str, str, bool], _: float, *, parts: bool) -> Slip:
        found = [(each, self._rules(each, parts=parts).get(key)) for each in own]
        return Slip(past={each.output: (each.root, _past(*rule)) for each, rule in found if rule is not None})

    def _at_output(self, place: Hashable, own: Sequence[Activation]) -> Iterator[tuple[Key, Candidate]]:
        """An output's derivative once too often, or not at all, where the loss makes more of the output."""
        if not own or not all(np.all(each.slope) for each in own):
            return
        for bug, form, power in ((EXTRA, "f'(z)", 1), (OUTPUT, "1", -1)):
            candidate = Candidate(
                bug=bug,
                what=form,
                line=self._code.line(own[0].output),
                reach=self._code.reach(each.root for each in own),
                slip=functools.partial(_scaled, own, power),
            )
            yield (bug, form, place), candidate

    def _rules(self, own: Activation, *, parts: bool) -> Rules:
        """What the catalogue does to the derivative of one activation."""
        known = (own.root, own.output, parts)
        if known not in self._known:
            self._known[known] = self._rules_of(as_network(self._code.graph, own, self._elsewhere(own), parts=parts))
        return self._known[known]

    @staticmethod
    def _rules_of(network: Network) -> Rules:
        found: Rules = {}
        with np.errstate(all="ignore"):
            for bug in CATALOGUE.values():
                if bug.deviations is None or bug.family is not Family.RECURSION or bug.id == STOPPED:
                    continue
                for deviation in bug.deviations(network):
                    if deviation.layers == (0,) and set(deviation.delta) == {0} and not deviation.upstream:
                        place = (deviation.bug, deviation.what, deviation.alone)
                        found.setdefault(place, (network, deviation.delta[0]))
        return found

    def _elsewhere(self, own: Activation) -> list[tuple[Array, Array]]:
        """Other activations of the same shape: of the turns before and after, and those of other places nearby."""
        values, places = self._code.graph.values, self._code.places
        alike = [each for each in self._bent if values[each.root].value.shape == values[own.root].value.shape]
        place = places.signature(own.root)
        turns = [each for each in alike if places.signature(each.root) == place]
        turn, here = turns.index(own), alike.index(own)
        others = [*turns[max(turn - 1, 0) : turn], *turns[turn + 1 : turn + 2]]
        near = sorted((each for each in alike if each not in turns), key=lambda each: abs(alike.index(each) - here))
        nearest = {places.signature(each.root): each for each in reversed(near)}
        others += [each for each in near if nearest[places.signature(each.root)] is each][:MOST_ELSEWHERE]
        return [(values[each.root].value, values[each.output].value) for each in others]

    def _is_final(self, number: int) -> bool:
        """Whether no other block enters between a value and the loss, but as a number that is added to it."""
        graph, waiting, seen = self._code.graph, [number], {number}
        while waiting:
            for reader, _ in graph.consumers[waiting.pop()]:
                value = graph.values[reader]
                if graph.reach[reader] != graph.reach[number]:
                    if value.value.size > 1 or value.operation not in SUMS:
                        return False
                elif reader not in seen:
                    seen.add(reader)
                    waiting.append(reader)
        return True

    def _softmax_slip(
        self, own: Sequence[tuple[int, int, int]], rule: Callable[[Array, Array, int], Array], _: float
    ) -> Slip:
        values = self._code.graph.values
        return Slip(past={n: (root, _softmax_past(rule, values[n].value, axis)) for root, n, axis in own})


def _past(network: Network, rule: Rule) -> Pull:
    """What a cotangent of ``a`` becomes for ``z`` by a rule of the catalogue."""

    def pull(cotangent: Array) -> Array:
        flat = cotangent if cotangent.ndim == 2 else cotangent.reshape(-1, cotangent.shape[-1] if cotangent.ndim else 1)
        return np.asarray(rule(network, 0, flat)).reshape(cotangent.shape)

    return pull


def _scaled(own: Sequence[Activation], power: int, _: float) -> Slip:
    return Slip(scaled={each.root: each.slope**power for each in own})


def _softmax_past(rule: Callable[[Array, Array, int], Array], value: Array, axis: int) -> Pull:
    return lambda cotangent: rule(cotangent, value, axis)


def _other_axis(g: Array, a: Array, axis: int) -> Array:
    """Coupled along another axis than the softmax."""
    other = axis - 1 if axis else a.ndim - 1
    return np.asarray(a * (g - (g * a).sum(axis=other, keepdims=True)))


SOFTMAX: tuple[tuple[str, str, Callable[[Array, Array, int], Array]], ...] = (
    ("softmax-elementwise", mark("a*(1 - a), entry by entry"), lambda g, a, _axis: g * a * (1.0 - a)),
    ("softmax-elementwise", mark("a, entry by entry"), lambda g, a, _axis: g * a),
    ("softmax-axis", mark("summed over another axis"), _other_axis),
    (HIDDEN, mark("the softmax left out"), lambda g, _a, _axis: g),
)
