"""Arguments put where derivative rules expect them: by position."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["by_position"]


def by_position(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """The same call with keyword arguments turned into positional ones where no parameter is skipped."""
    names = _positional_names(function) if kwargs else ()
    rest, given = dict(kwargs), list(args)
    for name in names[len(given) :]:
        if name not in rest:
            break
        given.append(rest.pop(name))
    return given, rest


@functools.cache
def _positional_names(function: Any) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, without a signature
        return ()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
