"""``check_function`` and ``check_second_order`` of functions that HIPS autograd differentiates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from autograd import make_vjp

from gradcheck.checks import CheckConfig
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.autograd.function import AutogradFunction
from gradcheck.integrations.functions import REVERSE, Options, Product, argument_names, check_linearised
from gradcheck.records import CheckReport

__all__ = ["check_function", "check_second_order"]


def check_function(
    function: Callable[..., Any],
    inputs: Any,
    *,
    products: Collection[Product] = REVERSE,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether what autograd differentiates a function to is its derivative.

    Parameters
    ----------
    function : callable
        Of arrays: a primitive with ``defvjp`` or ``defjvp``, or anything written with ``autograd.numpy``.
    inputs : array, tuple or list, or mapping
        The arguments by position, or by name: arrays, numbers, and (nested) lists, tuples and mappings of them.
        Differentiated are those of floating-point or complex numbers.
    products : collection of {"vjp", "jvp"}
        What to check: the rules of ``defvjp``, those of ``defjvp``.
    rng, rtol, atol, config : optional
        As for ``gradcheck.check``; by default it looks at the inputs as given and close by, by finite differences.
    reset : callable, optional
        Called before every evaluation of a function that keeps state.

    Returns
    -------
    CheckReport
        A block for each array, by argument name; ``NAME (jvp)`` for its Jacobian-vector product.

    Raises
    ------
    InvalidArgumentError
        If there is nothing to differentiate, or the function fails at the inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd.extend import defvjp, primitive
    >>> from gradcheck.integrations.autograd import check_function
    >>> softplus = primitive(lambda x: np.logaddexp(0.0, x))
    >>> defvjp(softplus, lambda answer, x: lambda cotangent: cotangent * np.exp(x))  # over 1 + exp(x), it should be
    >>> check_function(softplus, np.linspace(-2.0, 2.0, 5)).verdict.name
    'FAIL'
    """
    call, named = _called(function, inputs)
    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    return check_linearised(AutogradFunction(call, named), products, options, interface="autograd-function")


def check_second_order(
    function: Callable[..., Any],
    inputs: Any,
    *,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether the derivative of a function's vector-Jacobian product is right.

    Parameters
    ----------
    function, inputs, rng, rtol, atol, config, reset
        As for ``check_function``.

    Returns
    -------
    CheckReport
        A block for each array and one for each output's ``cotangent[0]``, ..., of ``(x, c) -> J(x)^T c``.

    Raises
    ------
    InvalidArgumentError
        As for ``check_function``; and for complex numbers.

    Notes
    -----
    It says nothing about the first derivative: check that as well.
    """
    call, named = _called(function, inputs)
    first = AutogradFunction(call, named)
    leaves = first.given()
    outputs = first.flat(*leaves)
    if any(np.iscomplexobj(array) for array in (*leaves, *outputs)):
        raise InvalidArgumentError("the function takes or returns complex numbers; expected real ones. Split them.")
    draw = np.random.default_rng(0)
    seeds = [draw.standard_normal(np.shape(output)) for output in outputs]

    def gradient(arguments: dict[str, Any]) -> Any:
        *primal, cotangents = arguments.values()
        pull, _ = make_vjp(first.flat, argnum=tuple(range(len(primal))))(*primal)
        return list(pull(tuple(cotangents)))

    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    second = AutogradFunction(gradient, {**dict(zip(first.names, leaves, strict=True)), "cotangent": seeds})
    return check_linearised(second, REVERSE, options, interface="autograd-second-order")


def _called(function: Callable[..., Any], inputs: Any) -> tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]:
    """What to call with named inputs, and the inputs by name."""
    if not callable(function):
        raise InvalidArgumentError(f"function is a {type(function).__name__}; expected a callable.")
    if isinstance(inputs, Mapping):
        return (lambda named: _by_position(function, named)), dict(inputs)
    values = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    names = argument_names(_plain(function), len(values))
    return (lambda named: function(*named.values())), dict(zip(names, values, strict=True))


def _by_position(function: Callable[..., Any], named: dict[str, Any]) -> Any:
    """Named arguments go by position where they can: autograd's primitives are constant in what comes by name."""
    try:
        bound = inspect.signature(_plain(function)).bind(**named)
    except (TypeError, ValueError):  # built-in callables without a signature
        return function(**named)
    return function(*bound.args, **bound.kwargs)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind a primitive, which has the names of the arguments."""
    plain: Callable[..., Any] = getattr(function, "fun", function)
    return plain
