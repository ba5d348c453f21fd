"""A forward function and its hand-written backward (vector-Jacobian product) as a scalar problem.

With a fixed random cotangent ``c`` the loss is ``sum_k <c_k, forward_k(inputs)>`` and its gradient is what
``backward(c)`` claims: ``<c, J v> = <J^T c, v>`` for every direction ``v``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.problem.structure import as_block_array

__all__ = ["scalarise"]


def scalarise(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[Any] | Mapping[str, Any],
    rng: np.random.Generator,
) -> tuple[Callable[[Any], Any], Callable[[Any], Any], dict[str, Any]]:
    """Loss, gradient and parameters of a vector-Jacobian product.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)`` -> an array, or a tuple or list of arrays.
    backward : callable
        ``backward(cotangent)`` or ``backward(cotangent, *inputs)`` -> cotangents of the inputs, in their order (one
        array for one input). The cotangent has the form of forward's output. For integer inputs ``None`` is expected.
    inputs : sequence or mapping of arrays
        Integer and boolean inputs (indices, masks) are held fixed.
    rng : numpy.random.Generator
        Draws the cotangent.

    Returns
    -------
    loss, gradient : callable
        Of a mapping of names to the real inputs.
    params : dict
        Name to real input.
    """
    names, values = _named(forward, inputs)
    arrays = [as_block_array(value, name) for name, value in zip(names, values, strict=True)]
    real = [array.dtype.kind == "f" for array in arrays]
    if not any(real):
        raise InvalidArgumentError(
            f"none of the inputs {names} is a real floating-point array: there is nothing to differentiate. "
            "Pass float64 inputs."
        )
    outputs, many = _outputs(forward(*(np.array(array, copy=True) for array in arrays)))
    cotangent = [
        np.asarray(rng.standard_normal(np.shape(output))).astype(_real_dtype(output)) for output in outputs
    ]
    wants_inputs = _wants_inputs(backward, len(arrays))

    def complete(params: Mapping[str, Any]) -> list[Any]:
        return [
            params[name] if is_real else array.copy()
            for name, array, is_real in zip(names, arrays, real, strict=True)
        ]

    def loss(params: Mapping[str, Any]) -> Any:
        results, _ = _outputs(forward(*complete(params)))
        return sum((c * result).sum() for c, result in zip(cotangent, results, strict=True))

    def gradient(params: Mapping[str, Any]) -> dict[str, Any]:
        full = complete(params)
        forward(*(item.copy() if isinstance(item, np.ndarray) else item for item in full))
        seed = [c.copy() for c in cotangent]
        claimed = backward(tuple(seed) if many else seed[0], *(full if wants_inputs else ()))
        if not isinstance(claimed, (list, tuple)):
            claimed = (claimed,)
        if len(claimed) == sum(real) != len(names):
            remaining = iter(claimed)
            claimed = [next(remaining) if is_real else None for is_real in real]
        if len(claimed) != len(names):
            raise ValueError(f"backward returned {len(claimed)} cotangents for {len(names)} inputs {names}")
        return {name: item for name, item, is_real in zip(names, claimed, real, strict=True) if is_real}

    return loss, gradient, {name: array for name, array, r in zip(names, arrays, real, strict=True) if r}


def _named(forward: Callable[..., Any], inputs: Sequence[Any] | Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    if isinstance(inputs, Mapping):
        return [str(name) for name in inputs], list(inputs.values())
    values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(plain) >= len(values):
        return plain[: len(values)], values
    return [f"input{position}" for position in range(len(values))], values


def _outputs(result: Any) -> tuple[list[Any], bool]:
    many = isinstance(result, (list, tuple))
    return (list(result), True) if many else ([result], False)


def _real_dtype(output: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.asarray(output).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _wants_inputs(backward: Callable[..., Any], count: int) -> bool:
    try:
        parameters = list(inspect.signature(backward).parameters.values())
    except (TypeError, ValueError):
        return False
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return True
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in plain if p.default is p.empty]
    return len(plain) >= 1 + count and len(required) > 1
