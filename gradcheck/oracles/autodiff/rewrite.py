"""The user's own functions, run from a copy of their code in which every call first asks what it is calling.

NumPy's protocols do not reach everything: ``X.dot(W)`` of a plain ``X``, ``math.exp(z)``, ``float(z)``,
``np.array([z])`` and ``out = np.zeros(n); out[i] = z`` ask for plain numbers. So each call ``f(x)`` in functions of
the user's modules becomes ``resolve(f)(x)``, and `callees.resolve` answers with a function that keeps the trace. No
module is touched: inside the context the functions have other code, outside it their own again.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import linecache
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["compiled_expression", "register_tree", "rewritten"]

# The name under which rewritten code finds `resolve` among its globals, while the context lasts.
HOOK = "__gradcheck_resolve__"

# Objects that are indexed, not called, and yet build arrays: np.c_[a, b].
INDEXED_BUILDERS = frozenset({"c_", "r_"})


# What the code of a file was compiled from, where that is not the file's text.
_TREES: dict[str, ast.Module] = {}


def register_tree(filename: str, tree: ast.Module) -> None:
    """Say what the code of a file was compiled from: a loader may have changed the tree of its text.

    Parameters
    ----------
    filename : str
        As the code names it.
    tree : ast.Module
        Not changed any more.
    """
    _TREES[filename] = tree


@contextlib.contextmanager
def rewritten(functions: Iterable[types.FunctionType], resolve: Callable[[Any], Any]) -> Iterator[None]:
    """Inside, calls made by these functions of the user go through ``resolve``.

    Functions whose source is not to be had, or is not that of the code that runs, keep their code.
    """
    with contextlib.ExitStack() as stack:
        for function in functions:
            code = _code_for(function.__code__)
            if code is not None:
                if HOOK not in function.__globals__:
                    function.__globals__[HOOK] = resolve
                    stack.callback(function.__globals__.pop, HOOK)
                stack.callback(setattr, function, "__code__", function.__code__)
                function.__code__ = code
        yield


def compiled_expression(tree: ast.expr, filename: str) -> Callable[[dict[str, Any]], Any]:
    """What gives an expression's value among some variables, with resolved calls where those are of traced functions.

    Parameters
    ----------
    tree : ast.expr
        Not changed.
    filename : str
        As its code is to name it.

    Examples
    --------
    >>> double = compiled_expression(ast.parse("2 * x", mode="eval").body, "<shown>")
    >>> double({"x": 21})
    42
    """
    whole = _Resolving().visit(ast.Expression(copy.deepcopy(tree)))
    code = compile(ast.fix_missing_locations(whole), filename, "eval", dont_inherit=True)

    def value(space: dict[str, Any]) -> Any:
        return types.FunctionType(code, {HOOK: _itself, **space})()

    return value


def _itself(callee: Any) -> Any:
    return callee


def _code_for(code: types.CodeType) -> types.CodeType | None:
    """The code of the same function with resolved calls; None if its source is not the file's."""
    tree = _TREES.get(code.co_filename)
    source = "" if tree is not None else "".join(linecache.getlines(code.co_filename))
    pairs = _codes(code.co_filename, source, tree)
    same = [new for old, new in pairs if old == code]
    alike = same or [new for old, new in pairs if _signature(old) == _signature(code)]
    return alike[0] if len(alike) == 1 else None


def _signature(code: types.CodeType) -> tuple[Any, ...]:
    """What tells functions of one file apart, and a file from another version of it."""
    constants = tuple(repr(item) for item in code.co_consts if not isinstance(item, types.CodeType))
    return code.co_qualname, code.co_firstlineno, code.co_names, code.co_varnames, code.co_freevars, constants


@functools.lru_cache(maxsize=64)
def _codes(filename: str, source: str, tree: ast.Module | None) -> list[tuple[types.CodeType, types.CodeType]]:
    """Every function's code in a file, with its rewritten counterpart."""
    try:
        tree = ast.parse(source, filename) if tree is None else copy.deepcopy(tree)
        before = compile(tree, filename, "exec", dont_inherit=True)
        changed = ast.fix_missing_locations(_Resolving().visit(tree))
        after = compile(changed, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return list(zip(_nested(before), _nested(after), strict=True))


def _nested(code: types.CodeType) -> list[types.CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return [code, *(found for constant in inner for found in _nested(constant))]


class _Resolving(ast.NodeTransformer):
    """``f(x)`` becomes ``resolve(f)(x)``; ``np.c_[x]`` becomes ``resolve(np.c_)[x]``."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        node.func = _resolved(node.func)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        self.generic_visit(node)
        named = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
        if named in INDEXED_BUILDERS:
            node.value = _resolved(node.value)
        return node


def _resolved(node: ast.expr) -> ast.expr:
    call = ast.Call(func=ast.Name(id=HOOK, ctx=ast.Load()), args=[node], keywords=[])
    for part in (call, call.func):
        ast.copy_location(part, node)
    return call
