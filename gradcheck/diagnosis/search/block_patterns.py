"""What single blocks are instead of their true gradients, by the numbers alone: for what is no chain of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcheck.diagnosis.matching import Observation, is_wrong, proportion, same_factor
from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.accounts import Hypothesis, NamedBug
from gradcheck.language import mark, tr

__all__ = ["block_patterns"]

# Numbers that must be wrong, in all places together, for a pattern to be none of chance.
FEWEST = 6
# Entries that are one number, relative to it.
EQUAL = 1e-9


def block_patterns(observations: Sequence[Observation], wrong: Sequence[str]) -> list[Hypothesis]:
    """The account of wrong blocks one by one, where each has a pattern of its own; none where no block has one.

    Parameters
    ----------
    observations : sequence of Observation
    wrong : sequence of str
        Blocks to explain.
    """
    found = {name: pattern for name in wrong if (pattern := _pattern(observations, name)) is not None}
    numbers = sum(int(each.true[name].size) for each in observations for name in found if is_wrong(each, name))
    if numbers < FEWEST:
        return []
    bugs = dict.fromkeys(bug for bug, _ in found.values())
    named = tuple(
        NamedBug(bug=bug, block=next(name for name, pattern in found.items() if pattern[0] == bug), what="")
        for bug in bugs
    )
    told = mark("The claimed gradient of {block} is {pattern}, at {matched} of {of} points and sizes.")
    count = len(observations)
    hypothesis = Hypothesis(
        bugs=named,
        blocks=tuple(found),
        unexplained=tuple(name for name in wrong if name not in found),
        error=0.0,
        matched=count,
        of=count,
        numbers=numbers,
        cost=float(len(bugs)),
        evidence=tuple(
            tr(told, block=name, pattern=tr(what), matched=count, of=count) for name, (_, what) in found.items()
        ),
    )
    return [hypothesis]


def _pattern(observations: Sequence[Observation], name: str) -> tuple[str, str] | None:
    """The first bug that a block shows wherever it is wrong, and what it is then."""
    seen = [each for each in observations if is_wrong(each, name)]
    for bug, what, holds in PATTERNS:
        if seen and all(holds(each, name) for each in seen):
            return bug, what
    return None


def _is_row(true: Array) -> bool:
    """Whether a block has one number a unit, as biases have."""
    return true.size > 1 and max(true.shape, default=0) == true.size


def _one_sum(each: Observation, name: str) -> bool:
    claimed, true = each.claimed[name], each.true[name]
    if not _is_row(true) or claimed.size == 0 or float(np.ptp(claimed)) > EQUAL * float(np.abs(claimed).max()):
        return False
    total = np.full(true.shape, float(true.sum()))
    return _equal(np.broadcast_to(claimed.ravel()[:1], true.shape).reshape(true.shape), total, each.floor)


def _nothing(each: Observation, name: str) -> bool:
    return not np.any(each.claimed[name])


def _row_of_nothing(each: Observation, name: str) -> bool:
    return _is_row(each.true[name]) and _nothing(each, name)


def _turned(each: Observation, name: str) -> bool:
    claimed, true = each.claimed[name], each.true[name]
    return true.ndim == 2 and claimed.shape == true.shape[::-1] and _equal(claimed.T, true, each.floor)


def _not_summed(each: Observation, name: str) -> bool:
    claimed, true = each.claimed[name], each.true[name]
    if claimed.ndim != 2 or not _is_row(true):
        return False
    sums = (claimed.sum(axis=axis).ravel() for axis in (0, 1))
    return claimed.size > true.size and any(s.size == true.size and _equal(s, true.ravel(), each.floor) for s in sums)


def _other_block(each: Observation, name: str) -> bool:
    others = (each.true[other] for other in each.true if other != name)
    claimed = each.claimed[name]
    return claimed.size > 1 and any(
        claimed.shape == other.shape and _equal(claimed, other, each.floor) for other in others
    )


def _equal(claimed: Array, expected: Array, floor: float) -> bool:
    fit = proportion(np.array(claimed), expected, floor)
    return fit is not None and same_factor((fit[0],), (1.0,))


PATTERNS: tuple[tuple[str, str, Callable[[Observation, str], bool]], ...] = (
    ("bias-sum-without-axis", mark("one number for all units, the sum of all of them"), _one_sum),
    ("bias-gradient-missing", mark("zero"), _row_of_nothing),
    ("gradient-stopped", mark("zero"), _nothing),
    ("bias-not-summed", mark("one row a sample, which still has to be summed"), _not_summed),
    ("transposed-block", mark("its transpose"), _turned),
    ("swapped-blocks", mark("that of another block"), _other_block),
)
