"""The forms in which code keeps its arrays: samples in rows or columns, weights either way round, biases thrice.

Everything that is compared is *canonical*: ``X (batch, features)``, ``Wn (inputs, outputs)``, ``bn (outputs,)``,
``Zn`` and ``An (batch, outputs)``. A form turns canonical arrays into those of the code, and back.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.submissions.declared.interface import Biases, Interface, Layout, Targets, Weights

__all__ = ["Array", "Form", "forms_of"]

Array = npt.NDArray[np.float64]

ROLES = re.compile(r"(?P<samples>X|Y|output|d?[ZA]\d+)|(?P<weight>d?W\d+)|(?P<bias>d?b\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to keep them.

    Attributes
    ----------
    columns : bool
        Whether samples are columns.
    turned : bool
        Whether weights are ``(outputs, inputs)``.
    biases : Biases
    targets : Targets
        Whether ``Y`` holds values, or the indices of classes: of shape ``(batch,)`` in every layout.
    """

    columns: bool = False
    turned: bool = False
    biases: Biases = Biases.ROW
    targets: Targets = Targets.VALUES

    def encode(self, role: str, array: Array) -> Array:
        """What the code is given for a canonical array.

        Parameters
        ----------
        role : str
            ``X``, ``W1``, ``dZ2``, ...; arrays of other roles stay as they are.
        array : ndarray

        Examples
        --------
        >>> Form(columns=True).encode("X", np.ones((5, 2))).shape
        (2, 5)
        """
        array = np.array(array, dtype=np.float64)
        if role == "Y" and self.targets is Targets.INDICES:
            return np.asarray(np.argmax(array, axis=1))
        sort = _sort_of(role)
        if self._turns(sort):
            return np.ascontiguousarray(array.T)
        if sort == "bias":
            return array.reshape({Biases.ROW: (1, -1), Biases.COLUMN: (-1, 1), Biases.FLAT: (-1,)}[self.biases])
        return array

    def decode(self, role: str, array: Array, shape: tuple[int, ...]) -> Array | None:
        """The canonical array for one of the code's; None where it has another shape than such an array has.

        Parameters
        ----------
        role : str
        array : ndarray
        shape : tuple of int
            Of the canonical array. Samples of one output may also come as ``(batch,)``, since no two readings differ.
        """
        wanted = self.encode(role, np.zeros(shape)).shape
        sort = _sort_of(role)
        if sort == "samples" and shape[1:] == (1,) and array.shape == shape[:1]:
            return array.reshape(shape)
        if array.shape != wanted:
            return None
        return np.ascontiguousarray(array.T if self._turns(sort) else array).reshape(shape)

    def _turns(self, sort: str | None) -> bool:
        return (sort == "samples" and self.columns) or (sort == "weight" and self.turned)


@functools.lru_cache(maxsize=256)
def _sort_of(role: str) -> str | None:
    """``samples``, ``weight``, ``bias``, or None for what lies one way only."""
    found = ROLES.fullmatch(role)
    return None if found is None else found.lastgroup


def forms_of(interface: Interface) -> tuple[Form, ...]:
    """All forms, the declared ones first.

    Parameters
    ----------
    interface : Interface

    Notes
    -----
    Of those that do not fit the declaration it is noted, when one of them is used, that it is another convention.
    """
    columns = {Layout.ROWS: (False, True), Layout.COLUMNS: (True, False), Layout.EITHER: (False, True)}
    turned = {Weights.IN_OUT: (False, True), Weights.OUT_IN: (True, False)}[interface.weights]
    found = [
        Form(columns=column, turned=turn, biases=bias, targets=interface.targets)
        for column in columns[interface.layout]
        for turn in _orientations(interface, turned, column=column)
        for bias in _biases(interface, column=column)
    ]
    return tuple(dict.fromkeys(found))


def _orientations(interface: Interface, turned: tuple[bool, ...], *, column: bool) -> tuple[bool, ...]:
    """Where samples may be columns too, weights are what that layout usually has: ``Z = W X``."""
    if interface.layout is Layout.EITHER:
        return (column, not column)
    return turned


def _biases(interface: Interface, *, column: bool) -> tuple[Biases, ...]:
    """Shapes that broadcast over samples; the declared one first, where it does."""
    usable = (Biases.COLUMN,) if column else (Biases.ROW, Biases.FLAT)
    return tuple(sorted(usable, key=lambda bias: bias is not interface.biases))
