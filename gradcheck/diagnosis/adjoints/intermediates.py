"""Values of a run held against all adjoints of a forward pass, whatever network that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.adjoints.quantities import Quantity, QuantityKind
from gradcheck.diagnosis.adjoints.tracks import Track, proportion
from gradcheck.diagnosis.programs.program import Array, Forward
from gradcheck.language import tr

__all__ = ["adjoints_of_intermediates"]

# Cosine of values that are worth comparing entry by entry.
ALIKE = 1.0 - 1e-9


def adjoints_of_intermediates(
    tracks: Sequence[Track], forwards: Sequence[Forward]
) -> Iterator[tuple[Track, Quantity | None, float]]:
    """Tracks that are adjoints of intermediates, or (without a quantity) intermediates themselves."""
    shelves = {size: _Shelf(forms) for size, forms in _adjoints_by_size(forwards).items()}
    for track in tracks:
        shelf = shelves.get(track.size)
        found = None if shelf is None else shelf.find(track.values)
        if found is not None:
            yield (track, *found)


Forms = tuple[Quantity, tuple[Array, ...], tuple[tuple[Array, ...], ...]]


def _adjoints_by_size(forwards: Sequence[Forward]) -> dict[int, list[Forms]]:
    """By number of entries: quantity, forward values, and the adjoint as it is and transposed."""
    table: dict[int, list[Forms]] = {}
    for each in zip(*(forward.values for forward in forwards), strict=False):
        found = tuple(value.adjoint for value in each if value.adjoint is not None)
        if len(found) < len(each) or len({value.value.shape for value in each}) > 1:
            continue
        first = each[0]
        name = first.block or tr("{operation} in line {line}", operation=first.operation, line=first.line)
        quantity = Quantity(kind=QuantityKind.WEIGHT if first.block else QuantityKind.INTERMEDIATE, name=name)
        turned = (tuple(item.T for item in found),) if found[0].ndim == 2 and 1 not in found[0].shape else ()
        entry = (quantity, tuple(value.value for value in each), (found, *turned))
        table.setdefault(first.value.size, []).append(entry)
    return table


class _Shelf:
    """Quantities of one size, to be compared with a value all at once."""

    def __init__(self, forms: Sequence[Forms]) -> None:
        self._entries: list[tuple[Quantity | None, tuple[Array, ...]]] = []
        for quantity, values, adjoints in forms:
            self._entries += [(quantity, form) for form in adjoints]
            self._entries.append((None, values))
        self._directions = np.array([_direction(values) for _, values in self._entries])

    def find(self, values: Sequence[Array]) -> tuple[Quantity | None, float] | None:
        """The first adjoint that a value is a multiple of, else whether it is an intermediate itself."""
        near = np.flatnonzero(np.abs(self._directions @ _direction(values)) > ALIKE)
        for place in sorted(near, key=lambda place: self._entries[place][0] is None):
            quantity, expected = self._entries[place]
            factor = proportion(values, expected)
            if factor is not None:
                return quantity, factor if quantity is not None else 1.0
        return None


def _direction(values: Sequence[Array]) -> Array:
    """All entries as one vector of length 1; of length 0 where that cannot be."""
    whole = np.concatenate([np.ravel(value) for value in values])
    top = float(np.abs(whole).max(initial=0.0))
    if top == 0.0 or not np.isfinite(top):
        return np.zeros(whole.size)
    scaled: Array = whole / top
    return scaled / np.linalg.norm(scaled)
