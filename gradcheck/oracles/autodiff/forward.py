"""A forward computation as data: what was computed, from what, where in the code, and its true adjoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Forward", "Intermediate"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intermediate:
    """One value of the forward computation, in the order in which it was computed.

    Attributes
    ----------
    number : int
        Its place in ``Forward.values``.
    operation : str
        ``parameter``, ``constant``, or the name of the NumPy function that computed it (``matmul``, ``dot``, ``add``,
        ``tanh``, ``exp``, ``sum``, ``getitem``, ``setitem``, ``transpose``, ...).
    inputs : tuple of int
        The numbers of its operands, in order; constants included. Of a function that joins nested lists, their leaves;
        what only steers (an index, a condition, an axis) is no operand.
    options : mapping
        Other arguments that are plain data (``axis``, ``keepdims``, ``index``, ``newshape``, ...).
    entries : ndarray of int or None
        For a value that is nothing but entries of its operands in another place (``transpose``, ``getitem``,
        ``setitem``, ``concatenate``, ...), in its shape: where each entry came from, counted from 1 over the entries of
        all traced operands, one operand after the other, each in C order; 0 for constants. None for anything else.
    value : ndarray
    adjoint : ndarray or None
        The derivative of the loss with respect to it, in its shape; None where the loss does not depend on it through
        a parameter (constants). Units of the loss over its own.
    line, function : int, str or None
        Where in the user's code it was computed.
    block : str or None
        The name of the parameter, for ``parameter``.
    """

    number: int
    operation: str
    inputs: tuple[int, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    entries: npt.NDArray[np.intp] | None = None
    value: Array
    adjoint: Array | None = None
    line: int | None = None
    function: str | None = None
    block: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """The forward computation of the loss: a graph of intermediates with their true adjoints."""

    values: tuple[Intermediate, ...]
    loss: int  # the number of the loss

    @property
    def lines(self) -> frozenset[int]:
        """Lines of the user's code that the loss depends on."""
        return frozenset(value.line for value in self.values if value.adjoint is not None and value.line is not None)
