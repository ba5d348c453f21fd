"""The reference networks with every bug of the catalogue injected that has a place there.

The true gradient of a reference's own loss is taken apart into layers, gone through backwards with one thing done
otherwise, and claimed in place of the gradient that the reference computes. Whether a bug is one there, and what else
gives the same numbers, is measured at several points of it.
"""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import Problem
from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.forward.reading import read_network
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.records import Diagnosis
from reference_impls import Variant, catalogue

__all__ = ["Injection", "Outcome", "injections", "outcome", "unreadable"]

# Relative to a block's norm: what must differ for a wrong gradient, and what may differ for the same one.
DIFFERENT, SAME = 1e-4, 1e-6
POINTS = 3
# A name above this must not be wrong.
CONFIDENT = 0.8
# What is in the way a step is taken or stored, or shows only where outputs saturate: not in numbers of a gradient.
NOT_BY_NUMBERS = frozenset({"integer-dtype", "low-precision", "loss-epsilon"})

Params = Mapping[str, Array]
Gradients = dict[str, Array]
# Which bug, in which layers, how, and which one of several that say the same of themselves.
Key = tuple[str, tuple[int, ...], str, int]


class _Reference:
    """One reference network: its loss, its layers at any point, and what each bug would make of its gradient."""

    def __init__(self, variant: Variant) -> None:
        self.id = variant.id
        self._made = variant.build()
        self._program = LocalProgram(Problem(self._made.loss, self._made.gradient, self._made.params))
        self.points = [self._point(seed) for seed in range(POINTS)]

    def network(self, params: Params) -> Network:
        """The layers at one point."""
        blocks = self._program.problem.blocks
        return read_network(self._program.forward([params[block.name] for block in blocks]), blocks)

    def problem(self, key: Key) -> Problem:
        """The reference's loss, and the gradient that a bug makes of the true one."""
        return Problem(self._made.loss, _gradient(self.id, key), self._made.params)

    def claimed(self, params: Params, key: Key) -> Gradients:
        """The gradient at a point with one bug in it."""
        network = self.network(params)
        with np.errstate(all="ignore"):
            return backward(network, _deviations(network)[key])

    @functools.cached_property
    def wrong(self) -> dict[Key, list[Gradients]]:
        """What each bug claims at every point; only finite claims, and those that are wrong at the first point."""
        networks = [self.network(params) for params in self.points]
        true = [backward(network) for network in networks]
        found = [_deviations(network) for network in networks]
        claimed: dict[Key, list[Gradients]] = {}
        for key in found[0]:
            try:
                with np.errstate(all="ignore"):
                    given = [backward(network, each[key]) for network, each in zip(networks, found, strict=True)]
            except (ValueError, KeyError):
                continue  # such code would crash here, or there is no place for it at another point
            usable = all(_usable(one, other) for one, other in zip(given, true, strict=True))
            if usable and _distance(given[0], true[0]) > DIFFERENT:
                claimed[key] = given
        return claimed

    def equal(self, key: Key) -> frozenset[str]:
        """Bugs that claim the same at every point."""
        keys, table = self._table
        own = table[keys.index(key)]
        size = np.maximum(np.linalg.norm(own, axis=-1), 1e-6 * np.linalg.norm(own, axis=(-2, -1))[:, None] + 1e-300)
        distance = np.linalg.norm(table - own, axis=-1) / size
        return frozenset(keys[place][0] for place in np.flatnonzero(distance.max(axis=(1, 2)) < SAME))

    @functools.cached_property
    def _table(self) -> tuple[list[Key], Array]:
        """The claims of all bugs, (bugs, points, blocks, entries of the largest block), filled up with zeros."""
        widest = max(value.size for value in self.points[0].values())
        table = [
            [[np.pad(value.ravel(), (0, widest - value.size)) for value in one.values()] for one in given]
            for given in self.wrong.values()
        ]
        return list(self.wrong), np.array(table)

    def _point(self, seed: int) -> dict[str, Array]:
        rng = np.random.default_rng(seed)
        moved = 0.0 if seed == 0 else 0.3
        return {name: value + moved * rng.standard_normal(value.shape) for name, value in self._made.params.items()}


@dataclass(frozen=True, kw_only=True)
class Injection:
    """One bug in one reference network.

    Attributes
    ----------
    reference, key : str, tuple
        Where and what.
    accepted : frozenset of str
        Ids that may stand for the bug: the catalogue's, and those that give the same numbers there.
    """

    reference: str
    key: Key
    accepted: frozenset[str]

    @property
    def bug(self) -> str:
        """The id of what was injected."""
        return self.key[0]

    def __str__(self) -> str:
        return f"{self.reference}: {self.key[0]} in {self.key[1]} ({self.key[2]})"

    def problem(self) -> Problem:
        """As a user would hand it over."""
        return _reference(self.reference).problem(self.key)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a diagnosis made of an injected bug.

    ``top`` and ``named`` say whether the bug or one that is accepted for it is the first diagnosis or any of them;
    ``confident_error`` that a name that cannot be right was given with a confidence above 0.8.
    """

    top: bool
    named: bool
    confident_error: bool


def injections(variant: Variant) -> list[Injection]:
    """Every bug of the catalogue that has a place in a network and makes its gradient wrong, each in all its forms."""
    reference = _reference(variant.id)
    if unreadable(variant):
        return []
    return [
        Injection(reference=variant.id, key=key, accepted=_declared(key[0]) | reference.equal(key))
        for key in reference.wrong
    ]


def unreadable(variant: Variant) -> bool:
    """Whether the layers of a reference cannot be read off its forward pass, so that nothing can be injected."""
    from gradcheck.diagnosis.programs.program import UnavailableError

    reference = _reference(variant.id)
    try:
        reference.network(reference.points[0])
    except UnavailableError:
        return True
    return False


def outcome(injection: Injection, diagnosis: Diagnosis) -> Outcome:
    """A diagnosis beside what was injected."""
    right = [bool(injection.accepted & {found.bug, *found.same_as}) for found in diagnosis.diagnoses]
    sure = [found.confidence > CONFIDENT for found in diagnosis.diagnoses]
    return Outcome(
        top=bool(right) and right[0],
        named=any(right),
        confident_error=any(is_sure and not is_right for is_sure, is_right in zip(sure, right, strict=True)),
    )


def claim(reference: str, key: Key, params: Params) -> Gradients:
    """What the injected code computes."""
    return _reference(reference).claimed(params, key)


@functools.cache
def _reference(identifier: str) -> _Reference:
    return _Reference(next(variant for variant in catalogue().variants if variant.id == identifier))


def _declared(bug: str) -> frozenset[str]:
    """A bug, and the ids that the catalogue accepts for it or cannot tell from it."""
    entry = CATALOGUE[bug]
    others = {other.id for other in CATALOGUE.values() if bug in other.same_as or bug in other.overlaps}
    return frozenset({bug, *entry.same_as, *entry.overlaps, *others})


def _deviations(network: Network) -> dict[Key, Deviation]:
    found: dict[Key, Deviation] = {}
    seen: Counter[tuple[str, tuple[int, ...], str]] = Counter()
    for bug, deviation in _all(network):
        kind = (bug, deviation.layers, deviation.what)
        found[*kind, seen[kind]] = deviation
        seen[kind] += 1
    return found


def _all(network: Network) -> Iterator[tuple[str, Deviation]]:
    for bug in CATALOGUE.values():
        if bug.deviations is not None and bug.id not in NOT_BY_NUMBERS:
            yield from ((bug.id, deviation) for deviation in bug.deviations(network))


def _usable(given: Gradients, true: Gradients) -> bool:
    return all(
        np.isfinite(given[name]).all() and np.abs(given[name]).max() < 1e8 and given[name].shape == true[name].shape
        for name in true
    )


def _distance(one: Gradients, other: Gradients) -> float:
    """The largest difference of a block, relative to its norm."""
    scale = max(float(np.linalg.norm(value)) for value in other.values())
    return max(
        float(np.linalg.norm(one[name] - value)) / max(float(np.linalg.norm(value)), 1e-6 * scale)
        for name, value in other.items()
    )


def _gradient(reference: str, key: Key) -> Callable[[Params], Gradients]:
    """A gradient without a text: nothing but its numbers can give the bug away, not the code that injects it."""
    namespace: dict[str, Any] = {"MODULE": __name__, "ARGUMENTS": (reference, key), "modules": sys.modules.get}
    exec(compile(_WITHOUT_TEXT, "<injected>", "exec"), namespace)
    gradient: Callable[[Params], Gradients] = namespace["gradient"]
    return gradient


_WITHOUT_TEXT = """
def gradient(params):
    return modules(MODULE).claim(*ARGUMENTS, params)
"""
