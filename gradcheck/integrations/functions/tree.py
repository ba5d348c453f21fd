"""Nested inputs as named leaves: what a function is called with, taken apart and put together again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Leaf", "argument_names", "leaves_of", "rebuilt"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What lies at one place of nested inputs, and how a reader names the place (``layers[0].weight``)."""

    name: str
    value: Any


def leaves_of(inputs: Mapping[str, Any]) -> list[Leaf]:
    """The leaves of named inputs, in the order in which ``rebuilt`` takes them.

    Parameters
    ----------
    inputs : mapping of name to value
        Values are leaves, or mappings, lists and tuples of them, nested.
    """
    return [leaf for name, value in inputs.items() for leaf in _leaves(name, value)]


def rebuilt(inputs: Mapping[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """The same inputs with other leaves."""
    remaining = iter(values)
    return {name: _rebuilt(value, remaining) for name, value in inputs.items()}


def argument_names(function: Callable[..., Any], count: int, *, skip: int = 0) -> list[str]:
    """Names of the first positional arguments, or ``input0``, ... where the function does not give so many.

    Parameters
    ----------
    skip : int
        How many come before them (a context).
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):  # built-in callables without a signature
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return plain[:count] if len(plain) >= count else [f"input{position}" for position in range(count)]


def _leaves(name: str, value: Any) -> Iterator[Leaf]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{name}.{key}", item)
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from _leaves(f"{name}[{position}]", item)
    else:
        yield Leaf(name, value)


def _rebuilt(value: Any, remaining: Iterator[Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _rebuilt(item, remaining) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_rebuilt(item, remaining) for item in value]
        if hasattr(value, "_make"):  # named tuples
            return value._make(items)
        return items if isinstance(value, list) else tuple(items)
    return next(remaining)
