"""What a submission's text says about updates: which functions make some, what a loop binds, what is a factor."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from gradcheck.submissions.text.sites import LOSS_NAME, RATE_NAME, function_names

__all__ = [
    "RUNTIME_NAME",
    "bound_names",
    "called_names",
    "copied",
    "is_hook",
    "is_number",
    "is_same",
    "is_sum_call",
    "kept_average",
    "last_name",
    "rate_name",
    "read_again",
    "swapped",
    "updates",
    "updating_functions",
]

# The name under which a submission knows the object that watches it.
RUNTIME_NAME = "__gradcheck__"
Node = TypeVar("Node", bound=ast.AST)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def updating_functions(tree: ast.Module) -> set[str]:
    """Bare names of functions that update something like a parameter, directly or through what they call.

    What a function only defines inside it updates when that is called. One that is handed on as a value may be what any
    object that is called is.
    """
    functions = function_names(tree)
    called = _called_objects(tree, set(functions))
    bodies = {name: [list(_own_parts(node)) for node in nodes] for name, nodes in functions.items()}
    updating = {name for name, parts in bodies.items() if any(map(is_update, itertools.chain(*parts)))}
    calls = {name: {part for parts in found for part in map(_called, parts)} for name, found in bodies.items()}
    while True:
        more = {name for name in functions if name not in updating and calls[name] & updating}
        more |= _bound_to(tree, updating) - updating
        if not more and not called <= updating and ("__call__" in updating or _is_handed_on(tree, updating)):
            more = called | _decorated(functions, updating)
        if not more:
            return updating
        updating |= more


def _own_parts(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What is below a function, and not below one that it defines."""
    pending: list[ast.AST] = [*function.body]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            pending.extend(children(part))


def _called(node: ast.AST) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else ""


def _bound_to(tree: ast.Module, updating: set[str]) -> set[str]:
    """Other names of such functions: ``node.backward = backward``, ``train = step``."""
    return {
        last_name(target)
        for part in ast.walk(tree)
        if isinstance(part, ast.Assign) and last_name(part.value) in updating
        for target in part.targets
    } - {""}


def _is_handed_on(tree: ast.Module, updating: set[str]) -> bool:
    """Whether such a function is a value somewhere: returned, an argument, in a container."""
    plain = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
    plain |= {id(part.value) for part in ast.walk(tree) if isinstance(part, (ast.Assign, ast.Attribute))}
    return any(
        isinstance(part, (ast.Name, ast.Attribute))
        and isinstance(part.ctx, ast.Load)
        and id(part) not in plain
        and last_name(part) in updating
        for part in ast.walk(tree)
    )


def _decorated(functions: Mapping[str, list[ast.FunctionDef]], updating: set[str]) -> set[str]:
    """Functions behind a decorator of the file that defines one that updates."""
    making = {
        name
        for name, nodes in functions.items()
        for node in nodes
        if any(
            isinstance(part, ast.FunctionDef) and part.name in updating for part in ast.walk(node) if part is not node
        )
    }
    return {
        name
        for name, nodes in functions.items()
        for node in nodes
        for decorator in node.decorator_list
        if last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) in making
    }


def _called_objects(tree: ast.Module, functions: set[str]) -> set[str]:
    """Names that are called and may be objects with ``__call__``: those of no function, class or module's part."""
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for part in ast.walk(tree)
        if isinstance(part, (ast.Import, ast.ImportFrom))
        for alias in part.names
    }
    classes = {part.name for part in ast.walk(tree) if isinstance(part, ast.ClassDef)}
    called = {
        last_name(part.func)
        for part in ast.walk(tree)
        if isinstance(part, ast.Call)
        and not (isinstance(part.func, ast.Attribute) and last_name(part.func.value) in imported)
        and not (isinstance(part.func, ast.Attribute) and not isinstance(part.func.value, ast.Name))
    }
    methods = {name for kind in (list, dict, set, str) for name in dir(kind)}
    return called - functions - imported - classes - set(dir(builtins)) - methods - {""}


def kept_average(scope: ast.AST, node: ast.AugAssign) -> ast.BinOp | None:
    r"""The difference of ``m += 0.1 * (g - m)``, where an average of gradients is kept that other updates use.

    Examples
    --------
    >>> texts = ("m += 0.1 * (g - m)\nw -= rate * m", "c += 0.1 * (x - c)", "c += lr * (x - c)\nw -= lr * c")
    >>> scopes = [ast.parse(text) for text in texts]
    >>> [kept_average(scope, scope.body[0]) is not None for scope in scopes]
    [True, False, False]
    """
    if not isinstance(node.op, ast.Add) or not isinstance(node.value, ast.BinOp) or has_rate(node.value):
        return None
    sides = (node.value.left, node.value.right) if isinstance(node.value.op, ast.Mult) else ()
    own = key(node.target)
    for side in sides:
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Sub) and key(side.right) == own:
            used = any(_uses(part, own) for part in ast.walk(scope) if part is not node)
            return side if used and key(side.left) != own else None
    return None


def _uses(node: ast.AST, own: str) -> bool:
    """Whether something else is updated by what is kept, or by a quotient of it."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return key(node.left) == own
    if not is_update(node) or not isinstance(node, (ast.AugAssign, ast.Assign)):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    mentioned = any(key(part) == own for part in ast.walk(node.value) if isinstance(part, ast.expr))
    return mentioned and all(key(target) != own for target in targets)


def updates(node: ast.AST) -> bool:
    """Whether anything below a node looks like an update of parameters."""
    return any(is_update(part) for part in ast.walk(node))


def is_update(node: ast.AST) -> bool:
    """``T -= E``, ``T = T - E``, or a difference (sum) with a factor that is named like a learning rate."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, (ast.Add, ast.Sub)) and not isinstance(node.value, ast.Constant)
    value = as_operation(node.value) if isinstance(node, ast.Assign) else None
    if isinstance(node, ast.Assign) and value is not None and isinstance(value.op, (ast.Add, ast.Sub)):
        target = key(node.targets[0])
        return target in (key(value.left), key(value.right)) or has_rate(value.right) or has_rate(value.left)
    if isinstance(node, COMPREHENSIONS):
        return _takes_off(node)
    if isinstance(node, ast.Call) and (called := as_operation(node)) is not None:
        return key_of_result(node) in (key(called.left), key(called.right)) or has_rate(called.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        return has_rate(node.right) or (not is_number(node.left) and has_small_factor(node.right))
    return False


def _takes_off(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> bool:
    """``{k: v - step * g[k] for k, v in params.items()}``: a product is taken off what is gone through."""
    element = node.value if isinstance(node, ast.DictComp) else node.elt
    bound = {part.id for one in node.generators for part in ast.walk(one.target) if isinstance(part, ast.Name)}
    return any(
        isinstance(part, ast.BinOp)
        and isinstance(part.op, ast.Sub)
        and isinstance(part.right, ast.BinOp)
        and isinstance(part.right.op, ast.Mult)
        and isinstance(part.left, (ast.Name, ast.Subscript))
        and any(isinstance(name, ast.Name) and name.id in bound for name in ast.walk(part.left))
        for part in ast.walk(element)
    )


def as_operation(node: ast.AST) -> ast.BinOp | None:
    """An operation of two operands, ``np.subtract(a, b)`` and ``np.add(a, b)`` included.

    Examples
    --------
    >>> ast.unparse(as_operation(ast.parse("np.subtract(W, rate * g, out=W)", mode="eval").body))
    'W - rate * g'
    """
    if isinstance(node, ast.BinOp):
        return node
    if not is_sum_call(node):
        return None
    assert isinstance(node, ast.Call)
    operation = ast.Add() if last_name(node.func) == "add" else ast.Sub()
    return ast.copy_location(ast.BinOp(left=node.args[0], op=operation, right=node.args[1]), node)


def is_sum_call(node: ast.AST) -> bool:
    """Whether a node is a call of ``np.add`` or ``np.subtract``, or of a method that looks the same."""
    if not isinstance(node, ast.Call) or last_name(node.func) not in ("add", "subtract") or len(node.args) < 2:
        return False
    return not any(isinstance(part, ast.Starred) for part in node.args[:2])


def key_of_result(call: ast.Call) -> str:
    """Where a function of NumPy's writes its result, if it is told to: ``out=W``, or its third argument."""
    given = [*call.args[2:3], *(keyword.value for keyword in call.keywords if keyword.arg == "out")]
    return key(given[0]) if given else ""


def by_element(loop: ast.AST) -> bool:
    """Whether a loop over indices updates one element, or one layer's, of each parameter at a time.

    ``for j in range(n): w[j] -= rate * d * h[j]`` is a part of a step: the derivatives were taken before it, at the
    parameters as they were. Rounds over data are none: they leave some parameter without their index.
    """
    if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Name):
        return False
    if not isinstance(loop.iter, ast.Call) or last_name(loop.iter.func) not in ("range", "reversed"):
        return False
    targets = [target for part in loop.body for target in _targets(part)]
    return bool(targets) and all(_is_indexed(target, loop.target.id) for target in targets)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    """What is updated below a node; sums that are gathered under a name of their own are none."""
    for part in ast.walk(node):
        if not is_update(part):
            continue
        if isinstance(part, ast.AugAssign):
            if isinstance(part.op, ast.Sub) or has_rate(part.value) or not isinstance(part.target, ast.Name):
                yield part.target
        elif isinstance(part, ast.Assign) and (value := as_operation(part.value)) is not None:
            again = key(part.targets[0]) in (key(value.left), key(value.right))
            yield part.targets[0] if again else value  # `w[k] = w[k - 1] - ...` makes a new one
        elif isinstance(part, ast.Call):
            yield part.args[0]


def _is_indexed(target: ast.expr, index: str) -> bool:
    """Whether a name is, by itself, an index of a target: ``w[j][k]`` and ``w[j, k]``, not ``w[k + 1]``."""
    while isinstance(target, ast.Subscript):
        found = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        if any(isinstance(part, ast.Name) and part.id == index for part in found):
            return True
        target = target.value
    return False


def has_small_factor(node: ast.AST) -> bool:
    """``0.01 * gradient``: a rate that has no name."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Constant) and isinstance(side.value, float) for side in sides)


def has_rate(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and any(
        RATE_NAME.search(last_name(part)) for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))
    )


def called_names(node: ast.AST) -> set[str]:
    """Bare names of what is called below a node."""
    return {last_name(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}


def last_name(node: ast.AST) -> str:
    """``f`` of ``f`` and of ``a.b.f``; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def rate_name(node: ast.AST) -> str:
    """``lr`` of ``lr``, ``self.lr``, ``options["lr"]``."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return last_name(node)


def is_number(node: ast.AST) -> bool:
    """Whether a node is a literal number."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)


def is_same(first: ast.AST, second: ast.AST) -> bool:
    """Whether two expressions are written alike, and are no bare numbers."""
    return not is_number(first) and ast.dump(first) == ast.dump(second)


def is_hook(node: ast.AST, method: str) -> bool:
    """Whether a node is a call that reports to the watching object by this method."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id == RUNTIME_NAME


def swapped(node: ast.BinOp) -> ast.BinOp:
    """``y - t`` for ``-t + y``, the same bit for bit; no part of a loss (``-likelihood + penalty``) is a target.

    Examples
    --------
    >>> sums = [ast.parse(text, mode="eval").body for text in ("-ones + p", "-nll + decay", "-np.log(p) + r")]
    >>> [ast.unparse(swapped(node)) for node in sums if isinstance(node, ast.BinOp)]
    ['p - ones', '-nll + decay', '-np.log(p) + r']
    """
    left = node.left
    if not isinstance(node.op, ast.Add) or not isinstance(left, ast.UnaryOp) or not isinstance(left.op, ast.USub):
        return node
    names = [rate_name(part) for part in (left.operand, node.right)]
    if not all(names) or any(LOSS_NAME.search(name) for name in names):
        return node
    return ast.copy_location(ast.BinOp(left=node.right, op=ast.Sub(), right=left.operand), node)


def key(node: ast.AST) -> str:
    return ast.dump(node).replace("Store()", "Load()")


def read_again(target: ast.expr) -> ast.expr:
    """The same place, read."""
    place = copied(target)
    for part in ast.walk(place):
        if isinstance(getattr(part, "ctx", None), ast.Store):
            part.ctx = ast.Load()  # type: ignore[attr-defined]
    return place


def bound_names(node: ast.For | ast.While) -> set[str]:
    """Every name that one turn of a loop binds in the loop's own scope."""
    bound: set[str] = set()
    pending: list[ast.AST] = [*node.body, node.target if isinstance(node, ast.For) else node.test]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
            bound.add(part.id)
        elif isinstance(part, ast.ExceptHandler) and part.name:
            bound.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).split(".")[0] for alias in part.names)
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(part.name)
        if isinstance(part, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            bound.update(inner.target.id for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr))
        elif not isinstance(part, SCOPES):
            pending.extend(children(part))
    return bound


def children(node: ast.AST) -> Sequence[ast.AST]:
    return list(ast.iter_child_nodes(node))


def copied(node: Node) -> Node:
    """A copy of a tree, several times as fast as ``copy.deepcopy``.

    Of the grammar's fields and the places in the text alone: what tools write on nodes besides (IPython's tracebacks
    each node's parent, also on the ``ast.Load()`` that all trees share) leads to other trees, and back.
    """
    kept = vars(node)
    names = (*node._fields, *node._attributes)  # noqa: SLF001 (public, by the documentation of ast)
    return type(node)(**{name: _copied_field(kept[name]) for name in names if name in kept})


def _copied_field(value: Any) -> Any:
    if isinstance(value, ast.AST):
        return copied(value)
    if isinstance(value, list):
        return [_copied_field(item) for item in value]
    return value
