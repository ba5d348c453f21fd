"""A loss and a gradient that are functions of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.problem.local import LocalDriver
from gradcheck.problem.structure import Array, Block, StructureMismatchError, flatten, same_bits

__all__ = ["FunctionDriver"]


class FunctionDriver(LocalDriver):
    """Drives ``loss(params)`` and ``gradient(params)``.

    Parameters
    ----------
    loss : callable
        ``loss(params) -> float``.
    gradient : callable
        ``gradient(params)`` -> the same structure as ``params``.
    params : array, mapping, sequence, or nested
        The point to look at; copied.
    """

    def __init__(self, loss: Callable[[Any], Any], gradient: Callable[[Any], Any], params: Any) -> None:
        self._structure, values = flatten(params)
        blocks = [
            Block(name=name, shape=value.shape, dtype=value.dtype)
            for name, value in zip(self._structure.names, values, strict=True)
        ]
        super().__init__({"loss": loss, "gradient": gradient}, blocks, values)

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it (complex for complex arrays)."""
        return self._call("loss", arrays)

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block."""
        return self._structure.extract(self._call("gradient", arrays))

    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss of values of any kind."""
        return self._callables["loss"](self._structure.build(values))

    def _call(self, label: str, arrays: Sequence[Array]) -> Any:
        params = self._structure.build(arrays)
        if not self._watching:
            return self._callables[label](params)
        given = [  # a copy only where the call is not at the parameters as given, which are kept anyway
            value if same_bits(array, value) else np.array(array, copy=True)
            for array, value in zip(arrays, self._values, strict=True)
        ]
        try:
            return self._callables[label](params)
        finally:
            self._note_written(self._structure.names, given, arrays)
            self._note_replaced(given, arrays, params)

    def _note_replaced(self, given: Sequence[Array], arrays: Sequence[Array], params: Any) -> None:
        """Remember parameters that a call has replaced in the structure that it was given."""
        try:
            now = self._structure.extract(params)
        except StructureMismatchError:  # entries are gone, or new
            now = [None] * len(given)
        for name, before, handed, after in zip(self._structure.names, given, arrays, now, strict=True):
            if after is not handed and not _same_values(before, after):
                self._written_parameters.add(name)


def _same_values(before: Array, after: Any) -> bool:
    try:
        return same_bits(before, np.array(after, dtype=before.dtype))
    except (TypeError, ValueError):  # it is no array of numbers any more
        return False
