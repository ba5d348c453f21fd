"""What the delta of a layer may be: right, that of one bug, or of two that meet there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice

import numpy as np

from gradcheck.diagnosis.backward import Rule, through_activation, through_weights
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.search.paths import Choice, Path
from gradcheck.diagnosis.search.rules import ALONE, Rules

__all__ = ["Candidate", "Deltas", "all_equal", "safely"]

PAIRS = 1200  # products of an upstream's bug and a derivative's bug tried at one layer
# Rules of bugs, and what computes their delta at an observation.
Candidate = tuple[tuple[Choice, ...], Callable[[int], Array]]


class Deltas:
    """Deltas that a layer may have, given those of the layer above: the right ones, and those of bugs.

    Parameters
    ----------
    networks : sequence of Network
        One for each observation.
    rules : Rules
        Of the same observations.
    """

    def __init__(self, networks: Sequence[Network], rules: Rules) -> None:
        self._networks, self._rules = networks, rules

    def right(self, path: Path, layer: int) -> tuple[Array, ...] | None:
        """Those of right code after the path, one for each observation; None where it would crash."""
        if layer == len(self._networks[0].layers) - 1:
            return path.deltas
        found = [
            safely(lambda n: through_activation(self._networks[n].layers[layer], self._through(path, layer, n)), place)
            for place in range(len(self._networks))
        ]
        deltas = tuple(each for each in found if each is not None)
        return deltas if len(deltas) == len(found) else None

    def singles(self, path: Path, layer: int) -> Iterator[Candidate]:
        """Those of one bug, the many that stand for any other form last."""
        yield from self._known_singles(path, layer)
        output = layer == len(self._networks[0].layers) - 1
        kind, given = "output" if output else "delta", self._given(path, layer)
        for (bug, what), rules in self._rules.at(kind + ALONE, layer).items():
            choice = Choice(bug=bug, what=what, kind=kind, layer=layer, alone=True)
            yield (choice,), _applied(rules, self._networks, layer, given)

    def _given(self, path: Path, layer: int) -> Callable[[int], Array]:
        """What the rules of a layer's delta start from."""
        if layer == len(self._networks[0].layers) - 1:
            return path.deltas.__getitem__
        return _remembered(lambda place: self._through(path, layer, place))

    def _known_singles(self, path: Path, layer: int) -> Iterator[Candidate]:
        output = layer == len(self._networks[0].layers) - 1
        kind, given = "output" if output else "delta", self._given(path, layer)
        for (bug, what), rules in self._rules.at(kind, layer).items():
            choice = Choice(bug=bug, what=what, kind=kind, layer=layer)
            yield (choice,), _applied(rules, self._networks, layer, given)
        if not output:
            for choice, upstream in self._upstreams(path, layer):
                yield (choice,), _activated(self._networks, layer, upstream)

    def pairs(self, path: Path, layer: int) -> Iterator[Candidate]:
        """A bug on the way through the weights, and one at the activation; at the output one of the loss and one."""
        if layer == len(self._networks[0].layers) - 1:
            yield from self._output_pairs(path, layer)
            return
        tried = 0
        slopes = self._rules.at("delta", layer)
        for upstream, compute in self._upstreams(path, layer):
            for (bug, what), rules in slopes.items():
                if bug != upstream.bug and tried < PAIRS:
                    tried += 1
                    choice = Choice(bug=bug, what=what, kind="delta", layer=layer)
                    yield (upstream, choice), _applied(rules, self._networks, layer, compute)

    def _output_pairs(self, path: Path, layer: int) -> Iterator[Candidate]:
        """Two bugs that each multiply the error at the output, entry by entry."""
        if any(network.layers[layer].slope is None for network in self._networks):
            return
        singles = [
            (choices[0], _remembered(compute))
            for choices, compute in self._known_singles(path, layer)
            if choices[0].bug in self._rules.at_output
        ]
        for (one, first), (other, second) in islice(combinations(singles, 2), PAIRS):
            if one.bug != other.bug:
                yield (one, other), _both(first, second, path.deltas.__getitem__)

    def _upstreams(self, path: Path, layer: int) -> Iterator[tuple[Choice, Callable[[int], Array]]]:
        for (bug, what), rules in self._rules.at("upstream", layer).items():
            choice = Choice(bug=bug, what=what, kind="upstream", layer=layer)
            yield choice, _remembered(_applied(rules, self._networks, layer, path.deltas.__getitem__))

    def _through(self, path: Path, layer: int, place: int) -> Array:
        layers = self._networks[place].layers
        return through_weights(layers[layer], layers[layer + 1], path.deltas[place])


def safely(compute: Callable[[int], Array], place: int) -> Array | None:
    """What code of this kind would compute; None where it would crash."""
    try:
        result = np.asarray(compute(place), dtype=np.float64)
    except ValueError:
        return None
    return result if math.isfinite(float(result.sum())) else None


def all_equal(one: tuple[Array, ...], other: tuple[Array, ...]) -> bool:
    """Whether two deltas are the same at every observation, but for round-off."""
    return all(_equal(a, b) for a, b in zip(one, other, strict=True))


def _equal(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    difference = (one - other).ravel()
    return float(difference @ difference) <= 1e-18 * max(float(one.ravel() @ one.ravel()), 1e-300)


def _applied(
    rules: tuple[Rule, ...], networks: Sequence[Network], layer: int, given: Callable[[int], Array]
) -> Callable[[int], Array]:
    return lambda place: rules[place](networks[place], layer, given(place))


def _both(
    first: Callable[[int], Array], second: Callable[[int], Array], right: Callable[[int], Array]
) -> Callable[[int], Array]:
    """What two changes of one array by factors give together; zero where it was zero."""

    def product(place: int) -> Array:
        delta = right(place)
        known = np.abs(delta) > 0
        return np.where(known, first(place) * second(place) / np.where(known, delta, 1.0), 0.0)

    return product


def _activated(networks: Sequence[Network], layer: int, upstream: Callable[[int], Array]) -> Callable[[int], Array]:
    return lambda place: through_activation(networks[place].layers[layer], upstream(place))


def _remembered(compute: Callable[[int], Array]) -> Callable[[int], Array]:
    known: dict[int, Array] = {}

    def once(place: int) -> Array:
        if place not in known:
            known[place] = compute(place)
        return known[place]

    return once
