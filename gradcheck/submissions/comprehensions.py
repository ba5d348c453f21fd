"""Training inside a comprehension: ``losses = [train_step(X, y) for _ in range(n)]``, turn by turn as a loop's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from gradcheck.submissions.updates import called_names, copied

__all__ = ["COMPREHENSIONS", "Comprehension", "may_train", "steps", "watch_elements"]

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
ITEM = "__item__"


def may_train(node: Comprehension, updating: Collection[str]) -> bool:
    """Whether a turn of a comprehension calls a function that updates, and can be made again by itself.

    Examples
    --------
    >>> node = ast.parse("[step(x) for x in data(n)]", mode="eval").body
    >>> assert isinstance(node, ast.ListComp)
    >>> may_train(node, {"step"}), may_train(node, {"data"})
    (True, False)
    """
    if any(generator.is_async for generator in node.generators):
        return False
    if any(isinstance(part, (ast.NamedExpr, ast.Await)) for part in ast.walk(node)):  # bind names around it
        return False
    return any(called_names(part) & set(updating) for part in _repeated(node))


def watch_elements(node: Comprehension, watch: Callable[[ast.expr], ast.expr]) -> None:
    """Let what is collected report."""
    if isinstance(node, ast.DictComp):
        node.value = watch(node.value)
    else:
        node.elt = watch(node.elt)


def steps(node: Comprehension) -> Iterator[tuple[ast.comprehension, ast.Lambda]]:
    """For each of its loops, innermost first, one turn as a function of the item; what is wrapped stays so outside.

    A lambda reads what is around it as the comprehension does, and nothing in it binds a name there.
    """
    for depth in range(len(node.generators) - 1, -1, -1):
        turn = copied(node)
        turn.generators = turn.generators[depth:]
        turn.generators[0].iter = ast.Tuple(elts=[ast.Name(ITEM, ast.Load())], ctx=ast.Load())
        if isinstance(turn, ast.GeneratorExp):  # made, not only promised
            turn = ast.copy_location(ast.ListComp(elt=turn.elt, generators=turn.generators), turn)
        arguments = ast.arguments(posonlyargs=[], args=[ast.arg(ITEM)], kwonlyargs=[], kw_defaults=[], defaults=[])
        yield node.generators[depth], ast.copy_location(ast.Lambda(args=arguments, body=turn), node)


def _repeated(node: Comprehension) -> Iterator[ast.AST]:
    """What every turn of the outermost loop does."""
    for name, value in ast.iter_fields(node):
        if name != "generators":
            yield value
    for position, generator in enumerate(node.generators):
        yield from generator.ifs
        if position:
            yield generator.iter
