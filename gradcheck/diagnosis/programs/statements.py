"""What each line of a text binds or changes in place, and how to read it from the frame that has run it."""

from __future__ import annotations

import ast
import functools
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Statement", "Target", "leaves", "read", "statements"]

# Nesting and length of containers whose arrays are told one by one; longer ones are data sets or records.
MAX_DEPTH = 3
MAX_ELEMENTS = 64
# Methods after which what they are called on holds something else.
CHANGING_METHODS = frozenset({"clear", "extend", "fill", "pop", "reverse", "setdefault", "sort", "update"})
# Functions that write into their first argument.
CHANGING_FUNCTIONS = frozenset({"at", "copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"})
# What an index may call and be evaluated once more.
PURE_CALLS: Mapping[str, Any] = {"abs": abs, "int": int, "len": len, "max": max, "min": min, "repr": repr, "str": str}
PURE_NODES = (
    *(ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.JoinedStr, ast.FormattedValue, ast.Attribute, ast.Subscript),
    *(ast.Tuple, ast.operator, ast.unaryop, ast.expr_context, ast.Call),
)
# What stands for an array whose index alone is asked for: no name that Python takes.
KEY = "an index"
ALIASES = (ast.Name, ast.Attribute, ast.Subscript)


@dataclass(frozen=True, slots=True)
class Target:
    """A place that a statement changes.

    ``how``: ``value`` (the expression itself), ``whole`` (all that a container holds), ``last`` (its last element),
    ``at`` (its element ``index``), ``part`` (some columns, or rows, of an array, by themselves), ``attribute`` (the
    attribute whose name ``index`` computes).
    """

    base: ast.expr
    how: str = "value"
    index: types.CodeType | None = None
    expanded: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """A simple statement, or the header of a compound one.

    ``body`` are the first and last line of what a loop repeats: its target is bound only when that follows.
    ``repeats`` says that one line is a whole loop.
    """

    first: int
    last: int
    targets: tuple[Target, ...]
    body: tuple[int, int] | None = None
    repeats: bool = False


@functools.lru_cache(maxsize=16)
def statements(text: str) -> Mapping[int, tuple[Statement, ...]]:
    r"""For every line of a text, what begins in it or goes on through it; empty for a text that is not Python.

    Examples
    --------
    >>> found = statements("a = 1\nfor i in x:\n    w[i] -= 2\n")
    >>> [ast.unparse(target.base) for target in found[3][0].targets], found[2][0].body
    (['w'], (3, 3))
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[int, list[Statement]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            statement = _statement(node)
            for line in range(statement.first, statement.last + 1):
                found.setdefault(line, []).append(statement)
    return {line: tuple(items) for line, items in found.items()}


def _statement(node: ast.stmt) -> Statement:
    body = getattr(node, "body", None)
    last = node.end_lineno or node.lineno
    if not body:
        return Statement(node.lineno, last, tuple(_targets(node)))
    header = max(node.lineno, body[0].lineno - 1)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return Statement(node.lineno, node.lineno, ())
    header = max([node.lineno, *(part.end_lineno or 0 for part in _header(node))])
    span = (body[0].lineno, body[-1].end_lineno or body[-1].lineno)
    loop = isinstance(node, (ast.For, ast.AsyncFor, ast.While))
    repeats = loop and body[0].lineno == node.lineno
    bound = span if isinstance(node, (ast.For, ast.AsyncFor)) else None
    return Statement(node.lineno, header, tuple(_targets(node)), bound, repeats)


def _header(node: ast.stmt) -> list[ast.expr]:
    """The expressions of a compound statement that are evaluated before its body."""
    parts: list[ast.expr] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            parts.append(child)
        elif isinstance(child, ast.withitem):
            parts += [part for part in (child.context_expr, child.optional_vars) if part is not None]
    return parts


def _targets(node: ast.stmt) -> Iterator[Target]:
    given = getattr(node, "value", None)
    for target in _assigned(node):
        yield from _bound(target, expanded=given is not None and not isinstance(given, ALIASES))
    simple = not hasattr(node, "body")
    for part in [node] if simple else _header(node):
        for inner in ast.walk(part):
            if isinstance(inner, ast.NamedExpr):
                yield from _bound(inner.target)
            elif isinstance(inner, ast.Call):
                yield from _changed_by(inner)


def _assigned(node: ast.stmt) -> list[ast.expr]:
    """What a statement binds by its own form."""
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, (ast.For, ast.AsyncFor, ast.AugAssign)) or (isinstance(node, ast.AnnAssign) and node.value):
        return [node.target]
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return [item.optional_vars for item in node.items if item.optional_vars is not None]
    return []


def _bound(target: ast.expr, *, expanded: bool = True) -> Iterator[Target]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _bound(element, expanded=expanded)
    elif isinstance(target, ast.Starred):
        yield from _bound(target.value, expanded=expanded)
    elif isinstance(target, ast.Subscript):
        part = _part_of(target)
        if part is not None:
            yield part
        if isinstance(target.slice, ast.Slice):
            yield Target(target.value, "whole")
        else:
            index = _pure(target.slice)
            yield Target(target.value, "whole" if index is None else "at", index, expanded)
    else:
        yield Target(target, "value", None, expanded)


def _part_of(target: ast.Subscript) -> Target | None:
    """Some columns, or rows, of an array: ``d[:, n:2 * n]``, one of several quantities that lie side by side."""
    slices = [node for node in ast.walk(target.slice) if isinstance(node, ast.Slice)]
    bounds = [bound for node in slices for bound in (node.lower, node.upper, node.step) if bound is not None]
    if not bounds or any(_pure(bound) is None for bound in bounds):
        return None
    others = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    if not all(isinstance(each, ast.Slice) or _pure(each) is not None for each in others):
        return None
    index = ast.Subscript(ast.Name(KEY, ast.Load()), target.slice, ast.Load())
    return Target(target, "part", compile(ast.fix_missing_locations(ast.Expression(index)), "<index>", "eval"))


def _changed_by(call: ast.Call) -> Iterator[Target]:
    """What a call changes, as far as its name tells: what functions of the file change is told in their own lines."""
    for keyword in call.keywords:
        if keyword.arg == "out":
            yield from _bound(keyword.value)
    function = call.func
    if isinstance(function, ast.Name) and function.id == "setattr" and len(call.args) == 3:
        name = _pure(call.args[1])
        if name is not None:
            yield Target(call.args[0], "attribute", name)
    if not isinstance(function, ast.Attribute):
        return
    if function.attr == "append":
        yield Target(function.value, "last")
    elif function.attr == "insert" and call.args:
        index = _pure(call.args[0])
        yield Target(function.value, "whole" if index is None else "at", index)
    elif function.attr in CHANGING_METHODS:
        yield Target(function.value, "whole")
    elif function.attr in CHANGING_FUNCTIONS and call.args:
        yield Target(call.args[0], "whole")


def _pure(node: ast.expr) -> types.CodeType | None:
    """The code of an index that can be evaluated once more without changing anything; None for any other."""
    for part in ast.walk(node):
        if not isinstance(part, PURE_NODES):
            return None
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in PURE_CALLS):
            return None
    return compile(ast.fix_missing_locations(ast.Expression(node)), "<index>", "eval")


# --- reading ------------------------------------------------------------------------------------------------------


def read(target: Target, names: Callable[[str], Any]) -> list[tuple[str, Any]]:
    """What a target holds now: arrays, numbers and lists of numbers, by the names that the code would write.

    Parameters
    ----------
    target : Target
    names : callable
        ``names(name)`` is what a variable holds; ``LookupError`` where there is none.
    """
    try:
        if target.how == "part":
            return list(_part(target, names))
        name, value = _evaluate(target.base, names)
        if target.how == "value":
            return list(leaves(name, value)) if target.expanded else list(_one(name, value))
        if target.how == "attribute":
            key = str(_index(target, names))
            return list(leaves(f"{name}.{key}", _attribute(value, key)))
        return list(_inside(target, name, value, names))
    except Exception:  # noqa: BLE001 (a name that is gone, an index that fits no longer: the user's objects raise anything)
        return []


def _inside(target: Target, name: str, value: Any, names: Callable[[str], Any]) -> Iterator[tuple[str, Any]]:
    """An element, or all of a container; of an array always all."""
    if isinstance(value, np.ndarray) or target.how == "whole":
        yield from leaves(name, value)
        return
    if target.how == "last":
        position: Any = len(value) - 1
    else:
        position = _index(target, names)
        if isinstance(position, int) and position < 0 and isinstance(value, (list, tuple)):
            position += len(value)
    if not isinstance(value, (list, tuple, dict)):
        return
    element = value[position]
    yield from leaves(_item(name, position), element) if target.expanded else _one(_item(name, position), element)


def _part(target: Target, names: Callable[[str], Any]) -> Iterator[tuple[str, Any]]:
    assert isinstance(target.base, ast.Subscript)
    _, value = _evaluate(target.base.value, names)
    part = value[_index(target, names)] if isinstance(value, np.ndarray) else None
    if isinstance(part, np.ndarray) and 1 < part.size < value.size:
        yield ast.unparse(target.base), part


def _index(target: Target, names: Callable[[str], Any]) -> Any:
    assert target.index is not None
    space = _Names(names)
    return eval(target.index, {"__builtins__": dict(PURE_CALLS), KEY: _Key()}, space)  # noqa: S307 (the text that is traced itself)


class _Key:
    """Hands back what it is indexed with."""

    def __getitem__(self, key: Any) -> Any:
        return key


class _Names(dict[str, Any]):
    """Variables of a frame as a mapping."""

    def __init__(self, names: Callable[[str], Any]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, name: str) -> Any:
        return self._names(name)


def _evaluate(node: ast.expr, names: Callable[[str], Any]) -> tuple[str, Any]:
    """The name and value of a variable, attribute or element; ``LookupError`` for anything else."""
    if isinstance(node, ast.Name):
        return node.id, names(node.id)
    if isinstance(node, ast.Attribute):
        name, value = _evaluate(node.value, names)
        return f"{name}.{node.attr}", _attribute(value, node.attr)
    if isinstance(node, ast.Subscript):
        name, value = _evaluate(node.value, names)
        if isinstance(value, np.ndarray):
            return name, value
        code = None if isinstance(node.slice, ast.Slice) else _cached_index(node.slice)
        if code is None or not isinstance(value, (list, tuple, dict)):
            raise LookupError(name)
        position = _index(Target(node, "at", code), names)
        if isinstance(position, int) and position < 0 and not isinstance(value, dict):
            position += len(value)
        return _item(name, position), value[position]
    raise LookupError(type(node).__name__)


@functools.lru_cache(maxsize=4096)
def _cached_index(node: ast.expr) -> types.CodeType | None:
    return _pure(node)


def _attribute(owner: Any, name: str) -> Any:
    """An attribute as the object holds it: nothing of the user's runs, no property is asked."""
    space = getattr(owner, "__dict__", None)
    if space is not None and name in space:
        return space[name]
    if isinstance(owner, np.ndarray):  # z.T, a.flat: views
        return owner
    for kind in type(owner).__mro__:
        slot = vars(kind).get(name)
        if isinstance(slot, types.MemberDescriptorType):
            return slot.__get__(owner)
        if slot is not None and not hasattr(slot, "__get__"):
            return slot
    raise LookupError(name)


def _item(name: str, key: Any) -> str:
    return f"{name}[{key!r}]" if isinstance(key, (str, int, tuple)) else f"{name}[{str(key)[:40]}]"


def leaves(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Arrays, numbers and lists of numbers in a value, nested containers included, by name."""
    if _is_plain(value):
        yield name, value
    elif depth < MAX_DEPTH and isinstance(value, (list, tuple)) and len(value) <= MAX_ELEMENTS:
        for position, element in enumerate(value):
            yield from leaves(_item(name, position), element, depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, dict) and len(value) <= MAX_ELEMENTS:
        for key, element in list(value.items()):
            yield from leaves(_item(name, key), element, depth + 1)


def _one(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if _is_plain(value):
        yield name, value


def _is_plain(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "biuf"
    if isinstance(value, (int, float)):
        return True
    return isinstance(value, list) and bool(value) and _only_numbers(value)


def _only_numbers(value: list[Any], depth: int = 0) -> bool:
    first = value[0]
    if isinstance(first, list):
        sizes = {len(item) if isinstance(item, list) else -1 for item in value}
        return depth < MAX_DEPTH and len(sizes) == 1 and bool(first) and all(_only_numbers(i, depth + 1) for i in value)
    return all(isinstance(item, (int, float)) for item in value)
