"""A function of pytrees as a function of NumPy arrays, with the products that JAX computes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import as_computed, require
from gradcheck.records import Finding

__all__ = ["JaxFunction"]

Array = npt.NDArray[Any]


class JaxFunction:
    """Runs ``function(*arguments)`` at arrays.

    Float64 arrays in place of narrower ones run in double precision, whether JAX is set to allow it or not.

    Parameters
    ----------
    function : callable
        Returns a pytree.
    arguments : sequence of pytree
    names : sequence of str
        Of the arguments.
    chosen : collection of int
        Positions of the arguments to differentiate: their leaves of floating-point or complex numbers.
    """

    def __init__(
        self, function: Callable[..., Any], arguments: Sequence[Any], names: Sequence[str], chosen: Sequence[int]
    ) -> None:
        jax = require("jax", "jax")
        self._function = function
        paths, self._structure = jax.tree_util.tree_flatten_with_path(tuple(arguments))
        self._leaves = [leaf for _, leaf in paths]
        self._positions = [
            position for position, (path, leaf) in enumerate(paths) if path[0].idx in chosen and _is_real(leaf)
        ]
        self.names = [
            names[paths[position][0][0].idx] + jax.tree_util.keystr(paths[position][0][1:])
            for position in self._positions
        ]
        self.values = [_numbers(self._leaves[position]) for position in self._positions]

    def outputs(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs of floating-point or complex numbers."""
        with self._precision(arrays):
            return [as_computed(_numbers(output), arrays) for output in self.flat(*self._given(arrays))]

    def vjp(self, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        """Cotangents of the inputs by ``jax.vjp``."""
        jax = require("jax", "jax")
        with self._precision(arrays):
            given = self._given(arrays)
            outputs, pull = jax.vjp(self.flat, *given)
            claimed = pull([_conjugate(_like(c, output)) for c, output in zip(cotangents, outputs, strict=True)])
            return [_numbers(_conjugate(cotangent)) for cotangent in claimed]

    def jvp(self, arrays: Sequence[Array], tangents: Sequence[Array]) -> list[Array]:
        """Tangents of the outputs by ``jax.jvp``."""
        jax = require("jax", "jax")
        with self._precision(arrays):
            _, pushed = jax.jvp(self.flat, self._given(arrays), self._given(tangents))
            return [_numbers(tangent) for tangent in pushed]

    def findings(self) -> tuple[Finding, ...]:
        """JAX arrays cannot be written into, nor hidden from differentiation by accident."""
        return ()

    def flat(self, *leaves: Any) -> list[Any]:
        """The real outputs as a function of the differentiated leaves.

        Raises
        ------
        InvalidArgumentError
            If the function returns none.
        """
        jax = require("jax", "jax")
        values = [leaf if isinstance(leaf, (bool, int, float)) else _widened(leaf) for leaf in self._leaves]
        for position, leaf in zip(self._positions, leaves, strict=True):
            values[position] = leaf
        result = self._function(*jax.tree_util.tree_unflatten(self._structure, values))
        outputs = [output for output in jax.tree_util.tree_leaves(result) if _is_real(output)]
        if not outputs:
            raise InvalidArgumentError(
                "the function returned no array of floating-point numbers: there is nothing to differentiate."
            )
        return outputs

    def given(self) -> tuple[Any, ...]:
        """The differentiated leaves as given."""
        return self._given(self.values)

    def _given(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Leaves of the dtypes that they had, or of float64 where the arrays are."""
        jnp = require("jax.numpy", "jax")
        leaves = []
        for position, array in zip(self._positions, arrays, strict=True):
            if array.dtype.kind != "f":
                raise TypeError(f"numbers of dtype {array.dtype} in place of real ones")
            own = jnp.asarray(self._leaves[position]).dtype
            wide = array.dtype == np.float64
            if jnp.issubdtype(own, jnp.complexfloating):
                parts = jnp.asarray(array)
                leaves.append((parts[..., 0] + 1j * parts[..., 1]).astype(np.complex128 if wide else own))
            else:
                leaves.append(jnp.asarray(array, dtype=np.float64 if wide else own))
        return tuple(leaves)

    def _precision(self, arrays: Sequence[Array]) -> contextlib.AbstractContextManager[Any]:
        """Double precision where the arrays ask for it."""
        jax = require("jax", "jax")
        if not any(array.dtype == np.float64 for array in arrays) or jax.config.jax_enable_x64:
            return contextlib.nullcontext()
        if hasattr(jax, "enable_x64"):
            return jax.enable_x64(True)  # type: ignore[no-any-return]  # noqa: FBT003 - its signature
        return require("jax.experimental", "jax").enable_x64()  # type: ignore[no-any-return]


def _is_real(leaf: Any) -> bool:
    """Whether a leaf is an array, or a number, of floating-point or complex numbers."""
    jnp = require("jax.numpy", "jax")
    if isinstance(leaf, (float, complex)):
        return True
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and bool(jnp.issubdtype(dtype, jnp.inexact))


def _widened(leaf: Any) -> Any:
    """What is held fixed, in double precision where JAX now allows it: strict operations take one dtype only."""
    jax, jnp = require("jax", "jax"), require("jax.numpy", "jax")
    if not (_is_real(leaf) and jax.config.jax_enable_x64):
        return leaf
    return jnp.asarray(leaf, dtype=jnp.promote_types(leaf.dtype, np.float64))


def _numbers(leaf: Any) -> Array:
    """Real NumPy numbers, with a last axis of real and imaginary parts where they are complex."""
    array = np.asarray(leaf)
    if array.dtype.kind == "c":
        return np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind == "f":
        return np.array(array)
    wide = array.astype(np.float32)  # bfloat16 and narrower, which NumPy lacks
    narrow = wide.astype(np.float16)
    return narrow if np.array_equal(np.isfinite(narrow), np.isfinite(wide)) else wide


def _like(array: Array, output: Any) -> Any:
    """A cotangent of an output."""
    jnp = require("jax.numpy", "jax")
    if jnp.issubdtype(output.dtype, jnp.complexfloating):
        return jnp.asarray(array[..., 0] + 1j * array[..., 1], dtype=output.dtype)
    return jnp.asarray(array, dtype=output.dtype)


def _conjugate(value: Any) -> Any:
    """JAX's cotangents pair without conjugation: those of real and imaginary parts are their conjugates."""
    return value.conj()
