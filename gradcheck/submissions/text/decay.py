"""Weight decay that a text applies in a statement of its own, apart from every gradient."""

from __future__ import annotations

import ast

__all__ = ["decays_apart"]


def decays_apart(tree: ast.AST) -> bool:
    """Whether some statement only shrinks what it changes.

    Parameters
    ----------
    tree : ast.AST

    Examples
    --------
    >>> texts = ("W -= lr * decay * W", "W *= 1 - lr * decay", "W -= lr * (dW + decay * W)", "lr *= 0.9")
    >>> [decays_apart(ast.parse(text)) for text in texts]
    [True, True, False, False]
    """
    return any(isinstance(node, ast.AugAssign) and _only_shrinks(node) for node in ast.walk(tree))


def _only_shrinks(node: ast.AugAssign) -> bool:
    if isinstance(node.op, ast.Mult):
        return isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Sub)
    return isinstance(node.op, ast.Sub) and any(
        ast.unparse(part) == ast.unparse(node.target) for part in _factors(node.value)
    )


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]
