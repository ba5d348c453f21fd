"""One turn of a training loop as a function beside it, with the loop's own variables."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import TypeVar

from gradcheck.submissions.text.updates import called_names, copied

__all__ = ["declarations", "given_as_item", "is_part_of_turn", "received_first", "step_function", "yields_only"]

Node = TypeVar("Node", bound=ast.AST)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def step_function(
    name: str, node: ast.For | ast.While, declared: list[ast.stmt], *, with_test: bool = False
) -> ast.FunctionDef:
    """A function of an item that makes one turn; what a generator yields there is only computed.

    Parameters
    ----------
    name : str
    node : For or While
    declared : list of stmt
        Of ``declarations``.
    with_test : bool
        Whether a turn begins with a ``while`` loop's condition: ``while step() > limit: turns += 1``.
    """
    target: ast.expr = copied(node.target) if isinstance(node, ast.For) else ast.Name("__once__", ast.Store())
    turn = [_without_yields(copied(part)) for part in node.body]
    if with_test and isinstance(node, ast.While):
        turn = [ast.copy_location(ast.Expr(copied(node.test)), node.test), *turn]
    items = ast.Tuple(elts=[ast.Name("__item__", ast.Load())], ctx=ast.Load())
    loop = ast.For(target=target, iter=items, body=turn, orelse=[])
    arguments = ast.arguments(posonlyargs=[], args=[ast.arg("__item__")], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.FunctionDef(name=name, args=arguments, body=[*declared, loop], decorator_list=[])
    if "type_params" in ast.FunctionDef._fields:  # Python 3.12 and later
        setattr(function, "type_params", [])  # noqa: B010 (3.11's type knows no such field)
    return ast.copy_location(function, node)


def is_part_of_turn(test: ast.expr, updating: Collection[str]) -> bool:
    """Whether a ``while`` loop's condition does what its turns need: it updates, or binds names."""
    return bool(called_names(test) & set(updating)) or any(isinstance(part, ast.NamedExpr) for part in ast.walk(test))


def declarations(scope: ast.AST, bound: set[str]) -> list[ast.stmt]:
    """That names are those of the scope around: of a function, or the module."""
    if not isinstance(scope, ast.FunctionDef):
        return [ast.Global(names=sorted(bound))] if bound else []
    shared = {name for part in ast.walk(scope) if isinstance(part, ast.Global) for name in part.names}
    declared: list[ast.stmt] = []
    if bound & shared:
        declared.append(ast.Global(names=sorted(bound & shared)))
    if bound - shared:
        declared.append(ast.Nonlocal(names=sorted(bound - shared)))
    return declared


def yields_only(node: ast.For | ast.While) -> bool:
    """Whether a loop hands out values as statements (``yield loss``), and takes none in; a loop without is one, too."""
    if received_first(node) is not None:
        return True
    inside = [part for child in (*node.body, *node.orelse) for part in ast.walk(child)]
    stated = {id(part.value) for part in inside if isinstance(part, ast.Expr)}
    return all(not isinstance(part, ast.Yield) or id(part) in stated for part in inside)


def received_first(node: ast.For | ast.While) -> ast.Assign | None:
    r"""``batch = yield loss``, where each turn of a ``while`` loop begins with that and takes in nothing else.

    Examples
    --------
    >>> texts = ("while True:\n    x = yield cost\n    step(x)", "while True:\n    step(x)\n    x = yield cost")
    >>> [received_first(ast.parse(text).body[0]) is not None for text in texts]
    [True, False]
    """
    first = node.body[0]
    if not isinstance(node, ast.While) or not isinstance(first, ast.Assign) or not isinstance(first.value, ast.Yield):
        return None
    inside = [part for part in ast.walk(node) if isinstance(part, (ast.Yield, ast.YieldFrom))]
    return first if len(inside) == 1 and len(node.body) > 1 else None


def given_as_item(define: ast.FunctionDef, received: ast.Assign) -> None:
    """Let a turn, as ``step_function`` has made it, begin with its item in the place of what is received."""
    value = ast.Name("__item__", ast.Load())
    targets = [copied(target) for target in received.targets]
    loop = define.body[-1]
    assert isinstance(loop, ast.For)
    loop.body.insert(0, ast.copy_location(ast.Assign(targets=targets, value=value), received))


def _without_yields(node: Node) -> Node:
    found = _Unyielding().visit(node)
    assert isinstance(found, type(node))
    return found


class _Unyielding(ast.NodeTransformer):
    """``yield loss`` becomes ``loss``; what is defined inside yields by itself."""

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, SCOPES):
            return node
        if isinstance(node, ast.Yield):
            return ast.Constant(None) if node.value is None else node.value
        return self.generic_visit(node)
