"""Which line of a statement over several lines an element of what it makes is written in."""

from __future__ import annotations

import ast
import re

__all__ = ["element_line"]

KEY = re.compile(r"\[([^\[\]]+)\]")


def element_line(tree: ast.AST, line: int, name: str) -> int:
    r"""The line of an element, of a dictionary, a tuple or a list that a statement writes out.

    Parameters
    ----------
    tree : ast.AST
        Of the whole text.
    line : int
        The statement's first line.
    name : str
        As an event calls what the statement has bound: ``return['W1']``, ``grads['b1']``, ``return[0]``.

    Returns
    -------
    int
        ``line`` where the statement has no such element.

    Examples
    --------
    >>> element_line(ast.parse("grads = {\n    'W': dW,\n    'b': db,\n}\n"), 1, "grads['b']")
    3
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Return | ast.Assign) and node.lineno == line and node.value is not None:
            value: ast.expr | None = node.value
            for key in KEY.findall(name):
                value = None if value is None else _element(value, key)
            if value is not None:
                return value.lineno if value is not node.value else line
    return line


def _element(value: ast.expr, key: str) -> ast.expr | None:
    """The element of a literal with a key, as text; None where it has none."""
    if isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        return next((each for k, each in pairs if isinstance(k, ast.Constant) and repr(k.value) == key), None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return next((each.value for each in value.keywords if repr(each.arg) == key), None)
    if isinstance(value, ast.Tuple | ast.List) and key.isdigit() and int(key) < len(value.elts):
        return value.elts[int(key)]
    return None
