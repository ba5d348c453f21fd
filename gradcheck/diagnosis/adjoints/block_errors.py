"""What a parameter's gradient is made of: the true adjoints of what it enters, in code that is no chain of layers."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.diagnosis.adjoints.tracks import Track, proportion
from gradcheck.diagnosis.programs.program import Array, Forward, Intermediate

__all__ = ["enters", "errors_of_block", "is_error"]

# So many uses of one parameter are looked at: a loop through time has one a step.
MOST_USES = 64


def enters(forward: Forward, block: str) -> tuple[int, ...]:
    """The numbers of what is computed from a parameter first; a part or a transpose of it is still the parameter."""
    own = {value.number for value in forward.values if value.block == block}
    found = []
    for value in forward.values:
        if own.isdisjoint(value.inputs) or value.adjoint is None:
            continue
        if _is_part(value) and own.issuperset(value.inputs):
            own.add(value.number)
        else:
            found.append(value.number)
    return tuple(found[:MOST_USES])


def errors_of_block(forwards: Sequence[Forward], block: str) -> list[tuple[Array, ...]]:
    """The true adjoints of all that a parameter enters, one array a point each."""
    places = enters(forwards[0], block)
    if any(enters(forward, block) != places for forward in forwards[1:]):
        return []
    found = []
    for place in places:
        adjoints = tuple(forward.values[place].adjoint for forward in forwards)
        found.append(tuple(each for each in adjoints if each is not None))
    return [each for each in found if len(each) == len(forwards)]


def is_error(track: Track, errors: Sequence[Sequence[Array]]) -> bool | None:
    """Whether a track is one of a block's errors up to a constant; None where it has the size of none of them."""
    alike = [each for each in errors if each[0].size == track.size]
    if not alike:
        return None
    return any(
        proportion(track.values, form) is not None
        for each in alike
        for form in (each, *([tuple(value.T for value in each)] if each[0].ndim == 2 else []))
    )


def _is_part(value: Intermediate) -> bool:
    return value.entries is not None or value.operation in ("reshape", "ravel", "copy", "astype", "asarray", "array")
