"""Sizes that a text holds as literal numbers."""

from __future__ import annotations

import ast
import math

__all__ = ["divisions_by"]


def divisions_by(text: str, size: float) -> tuple[int, ...]:
    """Lines that divide by a literal number, or multiply by one over it.

    Parameters
    ----------
    text : str
        Python; of a text that is none there are no lines.
    size : float
        The number (dimensionless).

    Examples
    --------
    >>> divisions_by("delta = 0.25 * (p - y) + e / 3", 4)
    (1,)
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        match node:
            case (
                ast.BinOp(op=ast.Div(), right=ast.Constant(value=int() | float() as number))
                | ast.AugAssign(op=ast.Div(), value=ast.Constant(value=int() | float() as number))
            ):
                factor = number
            case (
                ast.BinOp(op=ast.Mult(), left=ast.Constant(value=int() | float() as number))
                | ast.BinOp(op=ast.Mult(), right=ast.Constant(value=int() | float() as number))
                | ast.AugAssign(op=ast.Mult(), value=ast.Constant(value=int() | float() as number))
            ) if number:
                factor = 1.0 / number
            case _:
                continue
        if math.isclose(factor, size):
            found.append(node.lineno)
    return tuple(sorted(set(found)))
