"""The blocks of one layer as they follow from its deltas, rightly or by bugs of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.backward import Rule, in_bias_shape
from gradcheck.diagnosis.matching import TOLERANCE, as_weights, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.search.deltas import Candidate, safely
from gradcheck.diagnosis.search.factors import Factors, Vector, quotient
from gradcheck.diagnosis.search.paths import Choice
from gradcheck.diagnosis.search.rules import Rules

__all__ = ["BlockFits", "Fitted"]

FITS = 5  # accounts of one block that are followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A block borne out: by which rule (None: the right one), up to which factor."""

    choice: Choice | None
    factor: Vector
    error: float


class BlockFits:
    """Whether the blocks that were claimed bear a delta out, and by which account.

    Parameters
    ----------
    networks : sequence of Network
        One for each observation.
    claimed : sequence of mapping of block name to ndarray
        What passes through the layers, of each observation.
    floors : sequence of float
        Below these norms numbers count as zero.
    rules : Rules
    factors : Factors
    """

    def __init__(
        self, networks: Sequence[Network], claimed: Sequence[Mapping[str, Array]], floors: Sequence[float],
        rules: Rules, factors: Factors,
    ) -> None:  # fmt: skip
        self._networks, self._claimed, self._floors = networks, claimed, floors
        self._rules, self._factors = rules, factors

    def borne_out(
        self, layer: int, candidates: Iterator[Candidate]
    ) -> Iterator[tuple[tuple[Choice, ...], Callable[[int], Array], Array]]:
        """Candidates whose delta, in the first configuration, gives a block of the layer as right code makes it.

        All at once: most candidates fall here.
        """
        network = self._networks[0]
        own, floor = network.layers[layer], self._floors[0]
        made = [(choices, compute, safely(compute, 0)) for choices, compute in candidates]
        fitting = [
            (choices, compute, d) for choices, compute, d in made if d is not None and d.shape == own.delta.shape
        ]
        if not fitting:
            return
        deltas = np.stack([delta for *_, delta in fitting])
        passed = np.zeros(len(fitting), dtype=bool)
        claimed = self._claimed[0].get(own.weight)
        held = None if claimed is None else as_weights(own, claimed)
        if held is not None:
            passed |= _multiples(np.matmul(own.inputs.T, deltas).reshape(len(fitting), -1), held.ravel(), floor)
        bias = None if own.bias is None else self._claimed[0].get(own.bias)
        if bias is not None and bias.size == own.delta.shape[1]:
            sums = deltas.sum(axis=1)
            passed |= (
                _multiples(sums, bias.ravel(), floor) if bias.size > 1 else self._known_multiples(sums, bias, floor)
            )
        yield from (each for each, good in zip(fitting, passed, strict=True) if good)

    def accounts(
        self, kind: str, layer: int, deltas: tuple[Array, ...], running: Vector, *, local: bool
    ) -> list[Fitted]:
        """Accounts of one block, given the deltas: the right one, else those of bugs of that block; cheapest first."""
        right = self._over_all(kind, layer, deltas, None)
        found = [] if right is None else [Fitted(choice=None, factor=right[0], error=right[1])]
        if local and not (found and self._price(layer, found[0], running) <= 0.0):
            for (bug, what), rules in self._rules.at(kind, layer).items():
                fit = self._over_all(kind, layer, deltas, rules)
                if fit is not None and right is not None and same_factor(fit[0], right[0]):
                    continue  # the same numbers as the right ones, as of one unit
                if fit is not None and not _twin(found, bug, fit[0]):
                    choice = Choice(bug=bug, what=what, kind=kind, layer=layer)
                    found.append(Fitted(choice=choice, factor=fit[0], error=fit[1]))
        priced = [(self._price(layer, each, running), each) for each in found]
        return [each for price, each in sorted(priced, key=lambda pair: pair[0]) if math.isfinite(price)][:FITS]

    def batch_over_width(self, layer: int) -> Vector:
        """The factor of code that takes the number of a layer's inputs for the number of samples."""
        inputs = [network.layers[layer].inputs for network in self._networks]
        return tuple(values.shape[0] / values.shape[1] for values in inputs)

    def _known_multiples(self, made: Array, claimed: Array, floor: float) -> npt.NDArray[np.bool_]:
        """The same for one number, of which every other one is a multiple: by constants of the catalogue alone."""
        ratios = float(claimed.ravel()[0]) / made[:, 0]
        constants = np.array([1.0, *self._factors.first()])
        near = np.abs(np.abs(ratios)[:, None] - np.abs(constants)) <= 1e-5 * np.abs(constants)
        zero = np.abs(made[:, 0]) <= floor if abs(float(claimed.ravel()[0])) <= floor else False
        return np.asarray(np.any(near, axis=1) | zero)

    def _price(self, layer: int, fitted: Fitted, running: Vector) -> float:
        """What an account of a block costs at least, in bugs: with the factor so far, or with its own going on."""
        own = quotient(fitted.factor, running)
        costs = (self._factors.cost(own), self._factors.cost(fitted.factor))
        known = [cost for cost in costs if cost is not None]
        if same_factor(own, self.batch_over_width(layer)):
            known.append(1.0)
        return min(known, default=math.inf) + (fitted.choice is not None)

    def _over_all(
        self, kind: str, layer: int, deltas: tuple[Array, ...], rules: tuple[Rule, ...] | None
    ) -> tuple[Vector, float] | None:
        fit = self._weight_fit if kind == "weight" else self._bias_fit
        factors, worst = [], 0.0
        for place, delta in enumerate(deltas):
            found = fit(layer, place, delta, None if rules is None else rules[place])
            if found is None:
                return None
            factors.append(found[0])
            worst = max(worst, found[1])
        return tuple(factors), worst

    def _weight_fit(self, layer: int, place: int, delta: Array, rule: Rule | None = None) -> tuple[float, float] | None:
        own = self._networks[place].layers[layer]
        claimed = self._claimed[place].get(own.weight)
        held = None if claimed is None else as_weights(own, claimed)
        if held is None:
            return None
        made = own.inputs.T @ delta if rule is None else _made(rule, self._networks[place], layer, delta)
        return None if made is None else proportion(held, made, self._floors[place])

    def _bias_fit(self, layer: int, place: int, delta: Array, rule: Rule | None = None) -> tuple[float, float] | None:
        network = self._networks[place]
        own = network.layers[layer]
        claimed = None if own.bias is None else self._claimed[place].get(own.bias)
        if claimed is None:
            return None
        made = np.asarray(delta.sum(axis=0)) if rule is None else _made(rule, network, layer, delta)
        if made is None:
            return None
        try:
            return proportion(claimed, in_bias_shape(network, own, made), self._floors[place])
        except ValueError:
            return None


def _multiples(made: Array, claimed: Array, floor: float) -> npt.NDArray[np.bool_]:
    """Which rows are a constant multiple of what was claimed, generously."""
    squares = np.einsum("ij,ij->i", made, made)
    size = float(np.linalg.norm(claimed))
    norms = np.sqrt(squares)
    if size <= floor:
        return np.asarray(norms <= floor)
    rest = size**2 - (made @ claimed) ** 2 / squares
    return np.asarray((norms > floor) & (rest <= (2 * TOLERANCE * size + floor) ** 2 + 1e-14 * size**2))


def _made(rule: Rule, network: Network, layer: int, delta: Array) -> Array | None:
    try:
        made = np.asarray(rule(network, layer, delta), dtype=np.float64)
    except ValueError:
        return None
    return made if np.all(np.isfinite(made)) else None


def _twin(found: list[Fitted], bug: str, factor: Vector) -> bool:
    """Join a bug that fits a block as well as one found before, by the same factor."""
    for place, each in enumerate(found):
        if each.choice is not None and same_factor(each.factor, factor):
            choice = each.choice
            if bug != choice.bug and bug not in choice.equal:
                found[place] = replace(each, choice=replace(choice, equal=(*choice.equal, bug)))
            return True
    return False
