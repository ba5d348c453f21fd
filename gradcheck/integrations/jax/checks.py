"""``check_function`` and ``check_second_order`` of JAX code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import BOTH, REVERSE, Options, Product, argument_names, check_linearised, require
from gradcheck.integrations.jax.function import JaxFunction
from gradcheck.records import CheckReport

__all__ = ["check_function", "check_second_order"]


def check_function(
    function: Callable[..., Any],
    inputs: Any,
    *,
    argnums: int | Sequence[int] | None = None,
    products: Collection[Product] | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether what JAX differentiates a function to is its derivative.

    Parameters
    ----------
    function : callable
        Takes pytrees, returns a pytree; with ``jax.custom_vjp`` or ``jax.custom_jvp``, under ``jax.jit``, or neither.
    inputs : array, tuple or list of pytrees, or mapping
        The arguments by position, or by name. Differentiated are the leaves of floating-point or complex numbers.
    argnums : int or sequence of int, optional
        The arguments to differentiate, as for ``jax.grad``; all by default.
    products : collection of {"vjp", "jvp"}, optional
        What to check; by default ``vjp``, and for a ``jax.custom_jvp`` both.
    rng, rtol, atol, config : optional
        As for ``gradcheck.check``; by default it looks at the inputs as given and close by, by finite differences.
    reset : callable, optional
        Called before every evaluation of a function that keeps state.

    Returns
    -------
    CheckReport
        A block for each leaf, by argument name and path (``params['W']``); ``NAME (jvp)`` for its Jacobian-vector
        product.

    Raises
    ------
    InvalidArgumentError
        If there is nothing to differentiate, or the function fails at the inputs.
    MissingLibraryError
        If JAX is not installed.

    Notes
    -----
    JAX computes in float32 unless ``jax_enable_x64`` is set. The check allows float64 for itself, so that the function
    is judged to float64's tolerance where it accepts such arrays. A complex leaf counts as its real and imaginary
    parts.
    """
    jax = require("jax", "jax")
    arguments, names, call = _called(function, inputs)
    chosen = products if products is not None else (BOTH if isinstance(function, jax.custom_jvp) else REVERSE)
    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    posed = JaxFunction(call, arguments, names, _positions(argnums, len(arguments)))
    return check_linearised(posed, chosen, options, interface="jax-function")


def check_second_order(
    function: Callable[..., Any],
    inputs: Any,
    *,
    argnums: int | Sequence[int] | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether the derivative of a function's vector-Jacobian product is right.

    Parameters
    ----------
    function, inputs, argnums, rng, rtol, atol, config, reset
        As for ``check_function``.

    Returns
    -------
    CheckReport
        A block for each leaf and one for each output's ``cotangent0``, ..., of ``(x, c) -> J(x)^T c``.

    Raises
    ------
    InvalidArgumentError, MissingLibraryError
        As for ``check_function``.

    Notes
    -----
    It says nothing about the first derivative: check that as well.
    """
    jax = require("jax", "jax")
    arguments, names, call = _called(function, inputs)
    first = JaxFunction(call, arguments, names, _positions(argnums, len(arguments)))
    leaves = first.given()
    seeds = _cotangents(first.flat(*leaves), np.random.default_rng(0))

    def gradient(*everything: Any) -> Any:
        _, pull = jax.vjp(first.flat, *everything[: len(leaves)])
        return pull(list(everything[len(leaves) :]))

    both = (*leaves, *seeds)
    labels = [*first.names, *(f"cotangent{position}" for position in range(len(seeds)))]
    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    second = JaxFunction(gradient, both, labels, range(len(both)))
    return check_linearised(second, REVERSE, options, interface="jax-second-order")


def _called(function: Callable[..., Any], inputs: Any) -> tuple[tuple[Any, ...], list[str], Callable[..., Any]]:
    """Arguments, their names, and what takes them by position."""
    if not callable(function):
        raise InvalidArgumentError(f"function is a {type(function).__name__}; expected a callable.")
    if isinstance(inputs, Mapping):
        names = [str(name) for name in inputs]
        return tuple(inputs.values()), names, lambda *values: function(**dict(zip(names, values, strict=True)))
    values = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    return values, argument_names(function, len(values)), function


def _positions(argnums: int | Sequence[int] | None, count: int) -> list[int]:
    if argnums is None:
        return list(range(count))
    asked = [argnums] if isinstance(argnums, int) else list(argnums)
    if not all(-count <= position < count for position in asked):
        raise InvalidArgumentError(f"argnums={argnums!r}; expected positions of the {count} inputs, from 0.")
    return [position % count for position in asked]


def _cotangents(outputs: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    """One for each output."""
    jnp = require("jax.numpy", "jax")
    drawn = []
    for output in outputs:
        values = rng.standard_normal(output.shape) + 0j
        if jnp.issubdtype(output.dtype, jnp.complexfloating):
            values = values + 1j * rng.standard_normal(output.shape)
        else:
            values = values.real
        drawn.append(jnp.asarray(values, dtype=output.dtype))
    return drawn
