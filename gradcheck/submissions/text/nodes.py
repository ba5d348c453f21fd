"""All nodes of a syntax tree, listed once: several questions are asked of the same text."""

from __future__ import annotations

import ast
import functools

__all__ = ["nodes_of", "statements_of"]

# Fields that hold statements, or what holds statements: branches of ``try`` and ``match``.
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


@functools.lru_cache(maxsize=4)
def nodes_of(tree: ast.Module) -> tuple[ast.AST, ...]:
    """What ``ast.walk`` yields, in its order, in half the time.

    Parameters
    ----------
    tree : ast.Module
        Not changed any more.
    """
    found: list[ast.AST] = [tree]
    for node in found:  # grows as it goes
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return tuple(found)


def statements_of(tree: ast.Module) -> list[ast.AST]:
    """Every statement, however deep, in the order of ``ast.walk``; what is no part of an expression is found here.

    Parameters
    ----------
    tree : ast.Module
    """
    found: list[ast.AST] = [tree]
    for node in found:  # grows as it goes
        for name in BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list):
                found += block
    return found
