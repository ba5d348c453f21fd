"""The problem that a notebook means: by the names given, or by those that such functions have."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gradcheck.errors import GradcheckError, InvalidArgumentError

if TYPE_CHECKING:
    from gradcheck.problem import Problem

__all__ = ["NAMES", "evaluated", "problem_of"]

# What is looked for in the notebook, first to last, where a key is not given.
NAMES = {
    "loss": ("loss", "cost", "loss_fn", "loss_function", "compute_loss", "cost_function"),
    "gradient": ("gradient", "grad", "gradients", "backward", "backprop", "backpropagation"),
    "params": ("params", "parameters", "theta", "weights"),
}


def problem_of(expressions: Mapping[str, str], space: dict[str, Any]) -> Problem:
    """The problem of a notebook.

    Parameters
    ----------
    expressions : mapping of key to expression
        ``problem``, or ``loss`` and ``gradient`` or both as one function, ``both``, and ``params``.
    space : mapping
        The notebook's variables. Functions without arguments act on what it holds: they are driven with its parameters
        set, which are put back.

    Returns
    -------
    Problem

    Raises
    ------
    InvalidArgumentError
        If something is neither given nor found, or the functions do not take the parameters.
    """
    from gradcheck.problem import Problem

    if "problem" in expressions:
        problem = evaluated("problem", expressions["problem"], space)
        if not isinstance(problem, Problem):
            kind = type(problem).__name__
            raise InvalidArgumentError(f"problem={expressions['problem']}: a {kind}; expected a gradcheck.Problem.")
        return problem
    chosen = dict(expressions)
    for key in ("loss", "gradient", "params"):
        if key not in chosen and not (key != "params" and "both" in chosen):
            chosen[key] = _found(key, space)
    if "both" in chosen:
        pair = _function("both", chosen, space)
        arity = _arity(pair)
        loss, gradient = _part(pair, 0), _part(pair, 1)
    else:
        loss, gradient = _function("loss", chosen, space), _function("gradient", chosen, space)
        arity = _arity(loss)
        _require_alike(chosen, arity, _arity(gradient))
    return _driven(loss, gradient, chosen["params"], arity, space)


def evaluated(key: str, expression: str, space: dict[str, Any]) -> Any:
    """An expression's value in the notebook.

    Raises
    ------
    InvalidArgumentError
        If it raises.
    """
    try:
        return eval(expression, space)  # noqa: S307 - it is the notebook's own, and runs in its own kernel
    except Exception as error:
        raise InvalidArgumentError(f"{key}={expression}: {type(error).__name__}: {error}") from error


def _driven(
    loss: Callable[..., Any], gradient: Callable[..., Any], params: str, arity: int, space: dict[str, Any]
) -> Problem:
    """The problem of functions that take no arguments, the parameters as a whole, or each of them."""
    from gradcheck.problem import Problem, ref

    names = _names(params)
    if arity == 0:
        if names and not isinstance(evaluated("params", params, space), Mapping):
            return Problem.live(loss, gradient, {name: ref(space, name) for name in names})
        return Problem.live(loss, gradient, evaluated("params", params, space))
    value = evaluated("params", params, space)
    if arity == 1:
        return Problem(loss, gradient, value)
    if len(names) != arity:
        raise InvalidArgumentError(
            f"params={params}: the loss takes {arity} arguments; expected as many names, such as params=W1,b1, or "
            "functions of the parameters alone: lambda params: loss(params, X, y)."
        )
    parts = dict(zip(names, value, strict=True))
    return Problem(_spread(loss), _named(_spread(gradient), names), parts)


def _names(params: str) -> list[str]:
    """The names that an expression lists, ``W1, b1`` or ``[W1, b1]`` or ``W``; none where it is something else."""
    tree = ast.parse(params, mode="eval").body
    listed = tree.elts if isinstance(tree, (ast.Tuple, ast.List)) else [tree]
    names = [node.id for node in listed if isinstance(node, ast.Name)]
    return names if len(names) == len(listed) else []


def _found(key: str, space: Mapping[str, Any]) -> str:
    wanted = NAMES[key]
    for name in wanted:
        if name in space and callable(space[name]) == (key != "params"):
            return name
    what = "parameters" if key == "params" else "function"
    raise InvalidArgumentError(
        f"{key}: nothing was given, and the notebook has no {what} of a usual name ({', '.join(wanted)}). "
        f"Say which it is: {key}=NAME."
    )


def _function(key: str, chosen: Mapping[str, str], space: dict[str, Any]) -> Callable[..., Any]:
    value = evaluated(key, chosen[key], space)
    if not callable(value):
        raise InvalidArgumentError(f"{key}={chosen[key]}: a {type(value).__name__}; expected a function.")
    function: Callable[..., Any] = value
    return function


def _arity(function: Callable[..., Any]) -> int:
    """How many arguments must be given; 1 where nothing says it."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 1
    return sum(
        parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters
    )


def _require_alike(chosen: Mapping[str, str], loss: int, gradient: int) -> None:
    if loss != gradient:
        raise InvalidArgumentError(
            f"loss={chosen['loss']} takes {_arguments(loss)} and gradient={chosen['gradient']} {_arguments(gradient)}; "
            "expected functions of the same: of the parameters, or of nothing where they use the notebook's variables. "
            "Hold the rest fixed: grad=lambda params: backward(params, X, y)."
        )


def _arguments(number: int) -> str:
    return f"{number or 'no'} argument{'' if number == 1 else 's'}"


def _part(pair: Callable[..., Any], position: int) -> Callable[..., Any]:
    def part(*arguments: Any) -> Any:
        both = pair(*arguments)
        if not isinstance(both, tuple) or len(both) != 2:
            raise GradcheckError(f"the function returned a {type(both).__name__}; expected the pair loss, gradient.")
        return both[position]

    return part


def _spread(function: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda params: function(*params.values())


def _named(gradient: Callable[[Any], Any], names: list[str]) -> Callable[[Any], Any]:
    def by_name(params: Any) -> Any:
        claimed = gradient(params)
        plain = isinstance(claimed, (tuple, list)) and len(claimed) == len(names)
        return dict(zip(names, claimed, strict=True)) if plain else claimed

    return by_name
