"""A function of NumPy arrays with the products that HIPS autograd computes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from autograd import make_jvp, make_vjp
from autograd.builtins import DictBox, SequenceBox
from autograd.builtins import tuple as traced_tuple

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import as_computed, leaves_of, rebuilt
from gradcheck.records import Finding

__all__ = ["AutogradFunction"]

Array = npt.NDArray[Any]


class AutogradFunction:
    """Runs ``call(inputs)`` at arrays.

    Parameters
    ----------
    call : callable
        Takes the inputs by name; returns an array or number, or (nested) tuples, lists or mappings of them.
    inputs : mapping of name to value
        Arrays and numbers, also nested. Differentiated are those of floating-point or complex numbers.
    """

    def __init__(self, call: Callable[[dict[str, Any]], Any], inputs: Mapping[str, Any]) -> None:
        self._call, self._inputs = call, inputs
        leaves = leaves_of(inputs)
        self._leaves = [leaf.value for leaf in leaves]
        self._positions = [position for position, leaf in enumerate(leaves) if _kind(leaf.value) in "fc"]
        self.names = [leaves[position].name for position in self._positions]
        self.values = [_real(np.asarray(self._leaves[position])) for position in self._positions]

    def outputs(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs of floating-point or complex numbers."""
        return [as_computed(_real(np.asarray(output)), arrays) for output in self.flat(*self._given(arrays))]

    def vjp(self, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        """Cotangents of the inputs by ``autograd.make_vjp``."""
        pull, outputs = make_vjp(self.flat, argnum=tuple(range(len(arrays))))(*self._given(arrays))
        seeds = [_like(c, np.asarray(output)) for c, output in zip(cotangents, outputs, strict=True)]
        # autograd's cotangents pair without conjugation, so that those of real and imaginary parts are conjugates.
        return [_real(np.conj(np.asarray(cotangent))) for cotangent in pull(tuple(map(np.conj, seeds)))]

    def jvp(self, arrays: Sequence[Array], tangents: Sequence[Array]) -> list[Array]:
        """Tangents of the outputs by ``autograd.make_jvp``."""
        push = make_jvp(self.flat, argnum=tuple(range(len(arrays))))(*self._given(arrays))
        _, pushed = push(self._given(tangents))
        return [_real(np.asarray(tangent)) for tangent in pushed]

    def findings(self) -> tuple[Finding, ...]:
        """The engine itself sees what happens to NumPy arrays."""
        return ()

    def flat(self, *leaves: Any) -> Any:
        """The real outputs as a function of the differentiated leaves.

        Raises
        ------
        InvalidArgumentError
            If the function returns none.
        """
        values = list(self._leaves)
        for position, leaf in zip(self._positions, leaves, strict=True):
            values[position] = leaf
        result = self._call(rebuilt(self._inputs, values))
        outputs = [leaf.value for leaf in leaves_of({"": _opened(result)}) if _kind(leaf.value) in "fc"]
        if not outputs:
            raise InvalidArgumentError(
                "the function returned no floating-point numbers: there is nothing to differentiate."
            )
        return traced_tuple(outputs)

    def given(self) -> tuple[Any, ...]:
        """The differentiated leaves as given."""
        return self._given(self.values)

    def _given(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        return tuple(
            _like(array, np.asarray(self._leaves[position]))
            for position, array in zip(self._positions, arrays, strict=True)
        )


def _opened(result: Any) -> Any:
    """Traced lists, tuples and dictionaries as plain ones of traced values."""
    if isinstance(result, (SequenceBox, list, tuple)):
        return [_opened(item) for item in result]
    if isinstance(result, (DictBox, Mapping)):
        return {key: _opened(result[key]) for key in result.keys()}  # noqa: SIM118 - the box has no other iterator
    return result


def _kind(value: Any) -> str:
    """The kind of a leaf's dtype; traced values know theirs."""
    dtype = getattr(value, "dtype", None)
    return str(np.asarray(value).dtype.kind if dtype is None else dtype.kind)


def _real(array: Array) -> Array:
    """Real numbers, with a last axis of real and imaginary parts where they are complex."""
    return np.stack([array.real, array.imag], axis=-1) if array.dtype.kind == "c" else array


def _like(array: Array, model: Array) -> Any:
    """Numbers of the model's kind from the real array."""
    if array.dtype.kind != "f":
        raise TypeError(f"numbers of dtype {array.dtype} in place of real ones")
    return array[..., 0] + 1j * array[..., 1] if model.dtype.kind == "c" else array
