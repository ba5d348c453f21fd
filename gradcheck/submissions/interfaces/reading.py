"""What the text of a function says, where it can be had."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

__all__ = ["returns_something", "tree_of"]


def tree_of(function: Callable[..., Any]) -> ast.Module:
    """A function's text; an empty one where it has none."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module(body=[], type_ignores=[])


def returns_something(function: Callable[..., Any]) -> bool:
    """Whether a function returns a value, as ``main()`` that trains does not; true where its text is not known."""
    tree = tree_of(function)
    return not tree.body or any(isinstance(part, ast.Return) and part.value is not None for part in ast.walk(tree))
