"""A function of one flat vector of all parameters that returns the loss and its gradient, or two functions that do.

What it needs: a first argument for which a vector of some length fits, and further arguments whose names say what they
are (``cost(theta, input_layer_size, hidden_layer_size, num_labels, X, y, lmbda)``); the result is a number and a vector
of that length. Or two functions with the same arguments, one of which returns the number and one the vector.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.submissions.interfaces.functions import is_number, required, tried
from gradcheck.submissions.running.synthesis import Variant, arguments_for

__all__ = ["flat_loop"]

# Where the vector starts: of a size at which activations bend and do not saturate.
SIZE = 0.5
# A penalty that counts: with none its gradient could be anything.
PENALTY = 0.7


def flat_loop(functions: Mapping[str, types.FunctionType], variant: Variant) -> tuple[str, str, dict[str, Any]]:
    """The name of the loss, the lines of a training loop, and the values that they name.

    Parameters
    ----------
    functions : mapping of str to function
    variant : Variant

    Raises
    ------
    LookupError
        If no function is of this form.
    """
    tables: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {}
    for name, function in functions.items():
        wanted = required(function)
        bound = _arguments(function, variant) if len(wanted) > 2 else ""
        if isinstance(bound, tuple):
            tables[name] = (tuple(wanted), bound[1])
            calls = f"{name}({bound[0]})"
            start = _start(function, wanted[0], bound, variant)
            if start is not None:
                lines = (f"_loss, _result = {calls}",)
                return name, _loop(lines), _given(bound[1], start)
    for loss, gradient in _pairs(tables):
        found = _paired(functions, loss, gradient, variant)
        if found is not None:
            return found
    raise LookupError(tr("no function takes one vector of all parameters, and returns a number and such a vector"))


def _arguments(function: types.FunctionType, v: Variant) -> tuple[str, dict[str, Any]] | str:
    bound = arguments_for(function, v, {required(function)[0]: "_theta", "regularisation": "_penalty"})
    return bound if isinstance(bound, str) else (bound[0], {**bound[1], "_penalty": PENALTY})


def _start(function: types.FunctionType, first: str, bound: tuple[str, dict[str, Any]], v: Variant) -> Any:
    """The vector that a function of both takes, or None."""
    for start in _vectors(v):
        result = _result(function, first, start, bound)
        if isinstance(result, tuple) and len(result) == 2 and is_number(result[0]) and np.size(result[1]) == start.size:
            return start
    return None


def _pairs(tables: Mapping[str, tuple[tuple[str, ...], dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    for loss, (wanted, _) in tables.items():
        for gradient, (others, _) in tables.items():
            if gradient != loss and wanted == others:
                yield loss, gradient


def _paired(
    functions: Mapping[str, types.FunctionType], loss: str, gradient: str, v: Variant
) -> tuple[str, str, dict[str, Any]] | None:
    first = required(functions[loss])[0]
    bound = _arguments(functions[loss], v)
    assert not isinstance(bound, str)
    for start in _vectors(v):
        number = _result(functions[loss], first, start, bound)
        slope = _result(functions[gradient], first, start, bound)
        if is_number(number) and isinstance(slope, np.ndarray) and slope.size == start.size > 1:
            lines = (f"_loss = {loss}({bound[0]})", f"_result = {gradient}({bound[0]})")
            return loss, _loop(lines), _given(bound[1], start)
    return None


def _result(function: types.FunctionType, first: str, start: Any, bound: tuple[str, dict[str, Any]]) -> Any:
    named = dict(part.split("=") for part in bound[0].split(", "))
    given = {name: start if name == first else bound[1][place] for name, place in named.items()}
    return tried(function, **given)


def _vectors(v: Variant) -> Iterator[Any]:
    """Of the lengths that usual networks have: one or two layers, biases or none."""
    f, h, k = v.features, v.hidden, v.outputs
    lengths = ((f + 1) * h + (h + 1) * k, f * h + h * k, (f + 1) * k, f * k)
    for length in dict.fromkeys(lengths):
        if length > 1:
            yield SIZE * np.random.default_rng(v.seed).standard_normal(length)


def _given(values: Mapping[str, Any], start: Any) -> dict[str, Any]:
    return {**values, "_theta": start, "_losses": [], "learning_rate": 0.1}


def _loop(lines: tuple[str, ...]) -> str:
    body = (*lines, "_losses.append(_loss)", "_theta = _theta - learning_rate * _result.reshape(_theta.shape)")
    return "for _epoch in range(3):\n" + "".join(f"    {line}\n" for line in body)
