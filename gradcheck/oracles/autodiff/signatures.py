"""Arguments put where derivative rules expect them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["REDUCING", "arranged", "names_of"]

# Their rules take the array by position and everything else by keyword; all others take what they can by position.
REDUCING = frozenset({np.sum, np.mean, np.std, np.var, np.prod, np.max, np.min, np.amax, np.amin})


def arranged(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The same call, with arguments that ask for nothing left out.

    What is left out: ``out=None``, ``where=True``, arguments not given, and floating types: all is computed in float64.
    """
    given, rest = list(args), dict(kwargs)
    names = names_of(function) if rest or function in REDUCING else ()
    if function in REDUCING:
        rest |= dict(zip(names[1:], given[1:], strict=False))
        given = given[:1]
    for name in names[len(given) :]:
        if name not in rest or (function in REDUCING and given):
            break
        given.append(rest.pop(name))
    return given, {name: item for name, item in rest.items() if not _asks_for_nothing(name, item)}


def _asks_for_nothing(name: str, item: Any) -> bool:
    if name == "dtype" and item is not None:
        return bool(np.dtype(item).kind == "f")
    return item is np._NoValue or (name in ("dtype", "out") and item is None) or (name == "where" and item is True)


@functools.cache
def names_of(function: Any) -> tuple[str, ...]:
    """Names of the arguments that can be given by position; none for what has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, without a signature
        return ()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
