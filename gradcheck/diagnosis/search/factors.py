"""Constant factors, one a configuration, and what the catalogue has to say about them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gradcheck.diagnosis.catalogue.bug import Bug
from gradcheck.diagnosis.matching import ANY, Observation, same_factor
from gradcheck.language import tr

__all__ = ["Explanation", "Factors", "Vector", "quotient"]

Vector = tuple[float, ...]  # an entry an observation; NaN where nothing could be told

# Divides by a number that is not the batch's: nothing else makes a factor grow with the batch.
STALE = "stale-batch-size"
# What a factor costs an explanation, in bugs.
UNKNOWN_CONSTANT = 1.6  # the same everywhere, and like none of the sizes
SINGLE_UNKNOWN = 2.2  # seen in one configuration only


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A factor as a product of constants that bugs would cause, one bug a factor."""

    bugs: tuple[str, ...]
    formula: str


class Factors:
    """The constants of all bugs at the sizes of every observation."""

    def __init__(self, observations: Sequence[Observation], bugs: Iterable[Bug]) -> None:
        bugs = tuple(bugs)
        self._batches = tuple(float(each.sizes.get("batch", math.nan)) for each in observations)
        self._stale = any(bug.id == STALE for bug in bugs)
        self._known = [
            (Explanation(bugs=(bug.id,), formula=tr(constant.formula)), vector)
            for bug in bugs
            for constant in bug.constants
            if (vector := _vector(constant.value, observations)) is not None
        ]
        pairs = [
            (_product(one, other), tuple(a * b for a, b in zip(first, second, strict=True)))
            for (one, first), (other, second) in combinations(self._known, 2)
            if one.bugs != other.bugs
        ]
        pairs = [(explanation, vector) for explanation, vector in pairs if not _is_one(vector)]
        self._pairs = [explanation for explanation, _ in pairs]
        self._values = np.array([vector for _, vector in pairs])
        self._answers: dict[Vector, tuple[Explanation, ...]] = {}

    def explain(self, factor: Vector) -> tuple[Explanation, ...]:
        """All single constants that hold in every configuration; else products of two."""
        if factor not in self._answers:
            singles = tuple(found for found, vector in self._known if same_factor(vector, factor))
            self._answers[factor] = singles or self._of_stale_batch(factor) or self._products(factor)
        return self._answers[factor]

    def _of_stale_batch(self, factor: Vector) -> tuple[Explanation, ...]:
        """A factor ``m / M`` with a whole number ``M`` that does not follow the batch ``m``, seen at two batches."""
        seen = [(m, f) for m, f in zip(self._batches, factor, strict=True) if not math.isnan(m) and not math.isnan(f)]
        if not self._stale or len({m for m, _ in seen}) < 2:
            return ()
        divisors = [m / f for m, f in seen]
        whole = round(divisors[0])
        if whole < 2 or not same_factor(divisors, (float(whole),) * len(divisors)):
            return ()
        return (Explanation(bugs=(STALE,), formula=f"m/{whole}"),)

    def first(self) -> tuple[float, ...]:
        """All constants, and products of two, in the first configuration."""
        values = [vector[0] for _, vector in self._known]
        return tuple(dict.fromkeys((*values, *(a * b for a, b in combinations(values, 2)))))

    def _products(self, factor: Vector) -> tuple[Explanation, ...]:
        if not self._pairs:
            return ()
        seen = np.array(factor)
        near = np.abs(self._values - seen) <= 3e-6 * np.maximum(np.abs(self._values), np.abs(seen))
        places = np.flatnonzero(np.all(near | np.isnan(seen), axis=1))
        found: dict[str, Explanation] = {}
        for place in places:
            explanation = self._pairs[place]
            found.setdefault(explanation.formula, explanation)
        return tuple(found.values())

    def cost(self, factor: Vector) -> float | None:
        """What the factor costs, in bugs: 0 for one; None where no constant can be what was seen."""
        known = [value for value in factor if not math.isnan(value)]
        if _is_one(factor):
            return 0.0
        explanations = self.explain(factor)
        if explanations:
            return float(len(explanations[0].bugs))
        if len(known) == 1:
            return SINGLE_UNKNOWN
        return UNKNOWN_CONSTANT if same_factor(factor, (known[0],) * len(factor)) else None


def quotient(one: Vector, other: Vector) -> Vector:
    """One over the other, entry by entry; ``ANY`` where that has no value."""
    return tuple(ANY if math.isnan(a) or math.isnan(b) or b == 0 else a / b for a, b in zip(one, other, strict=True))


def _product(one: Explanation, other: Explanation) -> Explanation:
    return Explanation(
        bugs=one.bugs + other.bugs, formula=tr("{one} times {other}", one=one.formula, other=other.formula)
    )


def _is_one(factor: Vector) -> bool:
    return same_factor(factor, (1.0,) * len(factor))


def _vector(value: object, observations: Sequence[Observation]) -> Vector | None:
    """A constant in every configuration; None where it is not known, or never differs from 1."""
    assert callable(value)
    values: list[float] = []
    for observation in observations:
        one = value(observation.sizes)
        if one is None or not math.isfinite(one) or one == 0:
            return None
        values.append(float(one))
    return None if _is_one(tuple(values)) else tuple(values)
