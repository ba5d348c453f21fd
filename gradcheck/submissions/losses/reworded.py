"""A loss that is shown of other data, in words of the step: with its loop's settings, and with what it computed."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.submissions.text.updates import copied

__all__ = ["reworded"]


def reworded(expression: ast.expr, loop: ast.For | ast.While, space: Mapping[str, Any]) -> list[ast.expr]:
    r"""Other forms of an expression that may be the step's own loss, where it has such.

    Parameters
    ----------
    expression : ast.expr
    loop : ast.For or ast.While
        The one that trains.
    space : mapping of str to object
        The variables beside a step.

    Examples
    --------
    >>> loop = ast.parse("for x in data:\n    cache = net(x, draw())\n    step(cache)").body[0]
    >>> shown = ast.parse("terms(X, net(X, zeros))[0]", mode="eval").body
    >>> [ast.unparse(form) for form in reworded(shown, loop, {"net": len})]
    ['terms(X, cache)[0]']
    """
    found: list[ast.expr] = []
    for rewording in (_Settings(space), _Results(loop, space)):
        for form in (expression, *found[:1]):
            made = rewording.visit(copied(form))
            if ast.dump(made) not in {ast.dump(other) for other in (expression, *found)}:
                found.append(made)
    return found


class _Results(ast.NodeTransformer):
    """``cache`` for ``net(X, zeros)`` where a turn has ``cache = net(x, noise)``: what the step itself computed."""

    def __init__(self, loop: ast.For | ast.While, space: Mapping[str, Any]) -> None:
        self._held = {
            ast.unparse(node.value.func): node.targets[0].id
            for node in ast.walk(loop)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
            and not isinstance(space.get(_root(node.value.func)), types.ModuleType)
        }

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = self._held.get(ast.unparse(node.func))
        return self.generic_visit(node) if name is None else ast.copy_location(ast.Name(name, ast.Load()), node)


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Settings(ast.NodeTransformer):
    """``cost(w, X, y, lam)`` for ``cost(w, X, y, 0.0)`` where the loop knows a ``lam``, which the function takes."""

    def __init__(self, space: Mapping[str, Any]) -> None:
        self._space = space

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function: Callable[..., Any] | None = self._space.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if not isinstance(function, types.FunctionType):
            return node
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        for position, argument in enumerate(node.args[: len(names)]):
            node.args[position] = self._setting(argument, names[position])
        for keyword in node.keywords:
            keyword.value = self._setting(keyword.value, keyword.arg or "")
        return node

    def _setting(self, argument: ast.expr, name: str) -> ast.expr:
        known = isinstance(argument, ast.Constant) and isinstance(argument.value, (int, float))
        if known and isinstance(self._space.get(name), (int, float)):
            return ast.copy_location(ast.Name(name, ast.Load()), argument)
        return argument
