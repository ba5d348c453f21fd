"""Training inside a comprehension or ``map``: ``[train_step(X, y) for _ in range(n)]``, turn by turn as a loop's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from gradcheck.submissions.text.updates import by_element, called_names, copied, last_name, updates

__all__ = [
    "COMPREHENSIONS",
    "Comprehension",
    "is_training_loop",
    "map_step",
    "map_trains",
    "may_train",
    "steps",
    "watch_elements",
]

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


def is_training_loop(node: ast.AST, updating: Collection[str]) -> bool:
    """Whether a node is a loop of any kind whose turns update something like parameters."""
    if isinstance(node, COMPREHENSIONS):
        return may_train(node, updating)
    if not isinstance(node, (ast.For, ast.While)) or by_element(node):
        return False
    return updates(node) or bool(called_names(node) & set(updating))


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
        yield node.generators[depth], ast.copy_location(ast.Lambda(args=_of_an_item(), body=turn), node)


def map_trains(node: ast.Call, updating: Collection[str]) -> bool:
    """Whether a call is a ``map`` of one list by a function that updates.

    Examples
    --------
    >>> calls = [ast.parse(text, mode="eval").body for text in ("map(step, data)", "map(lambda x: step(x), range(9))")]
    >>> [map_trains(call, {"step"}) for call in calls if isinstance(call, ast.Call)]
    [True, True]
    """
    if last_name(node.func) != "map" or len(node.args) != 2 or isinstance(node.args[1], ast.Starred):
        return False
    called = called_names(node.args[0]) if isinstance(node.args[0], ast.Lambda) else {last_name(node.args[0])}
    return bool(called & set(updating))


def map_step(node: ast.Call) -> ast.Lambda:
    """One turn of a ``map`` as a function of the item."""
    turn = ast.Call(func=copied(node.args[0]), args=[ast.Name(ITEM, ast.Load())], keywords=[])
    return ast.copy_location(ast.Lambda(args=_of_an_item(), body=ast.copy_location(turn, node)), node)


def _of_an_item() -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=[ast.arg(ITEM)], kwonlyargs=[], kw_defaults=[], defaults=[])


def _repeated(node: Comprehension) -> Iterator[ast.AST]:
    """What every turn of the outermost loop does."""
    for name, value in ast.iter_fields(node):
        if name != "generators":
            yield value
    for position, generator in enumerate(node.generators):
        yield from generator.ifs
        if position:
            yield generator.iter
