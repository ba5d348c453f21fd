"""The single entries of arrays, and the affine maps that they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["NOTHING", "Entries", "Kind", "Numbers", "widened"]

Numbers = npt.NDArray[np.int64]
NOTHING = -1  # in the place of a serial


class Kind:
    """What an entry depends on."""

    CONSTANT, PARAMETERS, DATA = 0, 1, 2


@dataclass(slots=True)
class Entries:
    """The entries of one value, in C order; ``terms`` may be none at all.

    Attributes
    ----------
    shape : tuple of int
    serial : ndarray of int (size,)
    parameters, sources : ndarray of int (size, terms)
        Serials of each term's factors; ``NOTHING`` where there is none.
    signs : ndarray of int (size, terms)
    """

    shape: tuple[int, ...]
    serial: Numbers
    parameters: Numbers
    sources: Numbers
    signs: Numbers

    @property
    def terms(self) -> int:
        """Columns of the terms."""
        return int(self.parameters.shape[1])

    def broadcast(self, shape: tuple[int, ...]) -> Entries:
        """As NumPy would broadcast the value."""
        if shape == self.shape:
            return self
        places = np.broadcast_to(np.arange(self.serial.size).reshape(self.shape), shape).ravel()
        return self.taken(places, shape)

    def taken(self, places: Numbers, shape: tuple[int, ...]) -> Entries:
        """Some of the entries, by place."""
        return Entries(shape, self.serial[places], self.parameters[places], self.sources[places], self.signs[places])

    def is_parameter(self) -> bool:
        """Whether every entry is one parameter, or minus one."""
        return self.terms == 1 and bool((self.parameters >= 0).all()) and bool((self.sources == NOTHING).all())

    def is_affine(self) -> bool:
        """Whether every entry has a term."""
        return self.terms > 0 and bool((self.parameters >= 0).any(axis=1).all())


def widened(terms: Numbers, width: int, empty: int) -> Numbers:
    """Terms with empty columns up to a width."""
    return np.pad(terms, ((0, 0), (0, width - terms.shape[1])), constant_values=empty)
