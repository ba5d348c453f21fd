"""What is assumed from the output back to a layer, and what that costs, in bugs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.factors import Vector

__all__ = ["REPEATED_FACTOR", "Choice", "FactorUse", "Path", "cheapest", "further_cost", "with_twin"]

BEAM = 10  # paths kept a layer
AGAIN, ANOTHER_FORM = 0.2, 0.6  # the same slip in a further place; the same bug in another form
REPEATED_FACTOR = 0.2  # the same constant in a further place
WORSE = 2.5  # paths dearer than the best by more bugs are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A rule of a bug at one stage of one layer; ``equal`` are other bugs that give the same numbers here.

    ``alone``: one of many forms that no catalogue has singly; where another bug gives the same numbers, it is that bug.
    """

    bug: str
    what: str
    kind: str  # output, delta, upstream, weight, bias
    layer: int
    equal: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUse:
    """A constant factor from a layer on (``block`` empty), or on single blocks."""

    factor: Vector
    layer: int
    block: str = ""
    kind: str = "delta"  # delta, weight, bias
    bug: str = ""  # where only one bug would cause it here
    everywhere: bool = False  # from the output layer on


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What is assumed from the output down to a layer, and the deltas that follow from it."""

    deltas: tuple[Array, ...]
    running: Vector
    choices: tuple[Choice, ...] = ()
    factors: tuple[FactorUse, ...] = ()
    explained: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    cost: float = 0.0
    error: float = 0.0


def further_cost(path: Path, choices: tuple[Choice, ...]) -> float:
    """What further choices cost, in bugs: the same slip again is hardly another bug."""
    total = 0.0
    known = list(path.choices)
    for choice in choices:
        names = {choice.bug, *choice.equal}
        if any(each.bug == choice.bug and each.what == choice.what for each in known):
            total += AGAIN
        elif any(names & {each.bug, *each.equal} for each in known):
            total += ANOTHER_FORM
        else:
            total += 1.0
        known.append(choice)
    return total


def with_twin(kept: Choice, twin: Choice) -> Choice:
    """A choice that names another one as equal, and what that is equal to."""
    names = dict.fromkeys((*kept.equal, twin.bug, *twin.equal))
    return replace(kept, equal=tuple(name for name in names if name != kept.bug))


def cheapest(paths: list[Path]) -> list[Path]:
    """The cheapest paths, each account once."""
    seen: set[tuple[tuple[tuple[str, str, int], ...], Vector]] = set()
    kept: list[Path] = []
    for path in sorted(paths, key=lambda path: (round(path.cost, 6), path.error)):
        key = (tuple((c.bug, c.what, c.layer) for c in path.choices), tuple(round(r, 9) for r in path.running))
        if key not in seen:
            seen.add(key)
            kept.append(path)
        if len(kept) == BEAM or path.cost > kept[0].cost + WORSE:
            break
    return kept
