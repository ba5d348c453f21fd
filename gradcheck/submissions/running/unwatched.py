"""A program as it was written: what is only called, and never looked into, runs several times as fast without hooks."""

from __future__ import annotations

import ast
import gc
import types
from collections import Counter
from collections.abc import Iterator

from gradcheck.submissions.text.source import Source

__all__ = ["may_train", "without_hooks"]

# How the functions begin that stand for a turn of a watched loop.
STEP_NAME = "__gradcheck_step_"
# Decorators that run nothing of the file's.
PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "property"})
# Methods that run where a class is made, and that nobody calls by name.
RUN_BY_CLASSES = frozenset({"__init_subclass__", "__set_name__", "__prepare__", "__new__", "__getattr__"})
Key = tuple[str, int]


def may_train(source: Source) -> bool:
    """Whether to load a file may run a training loop: then that is to be cut short, and the file is to be watched.

    Parameters
    ----------
    source : Source

    Notes
    -----
    Definitions run nothing, and neither do calls of libraries with literal arguments. Everything else may.
    """
    if source.modules:
        return True
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in source.tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    for node in source.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            imported.discard(node.name)
        imported -= {part.id for part in _executed(node) if isinstance(part, ast.Name) and _is_bound(part)}
    return not all(_only_defines(statement, imported) for statement in source.tree.body)


def _only_defines(statement: ast.stmt, imported: set[str]) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = statement.args
        values = [*arguments.defaults, *(value for value in arguments.kw_defaults if value is not None)]
        return (
            statement.name not in RUN_BY_CLASSES
            and all(isinstance(item, ast.Name) and item.id in PLAIN_DECORATORS for item in statement.decorator_list)
            and all(_runs_nothing(value, imported) for value in values)
        )
    if isinstance(statement, ast.ClassDef):
        plain = not statement.decorator_list and not statement.keywords
        bases = all(_runs_nothing(base, imported) for base in statement.bases)
        return plain and bases and all(_only_defines(inner, imported) for inner in statement.body)
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass)):
        return _runs_nothing(statement, imported)
    return False


def _runs_nothing(node: ast.AST, imported: set[str]) -> bool:
    return all(_is_of_library(part, imported) for part in _executed(node) if isinstance(part, ast.Call))


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """What of a statement runs with it: not the bodies of what it defines."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += ast.iter_child_nodes(part)


def _is_bound(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _is_of_library(call: ast.Call, imported: set[str]) -> bool:
    """A library's function with literal arguments: none of them can be a function of the file's."""
    owner = call.func
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return (
        isinstance(owner, ast.Name)
        and owner.id in imported
        and all(not isinstance(part, (ast.Name, ast.Lambda)) for value in given for part in _loaded(value))
    )


def _loaded(value: ast.expr) -> Iterator[ast.AST]:
    """What an argument is made of; ``np.float64`` in it is no function of the file's."""
    waiting: list[ast.AST] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Attribute):
            continue
        yield part
        waiting += ast.iter_child_nodes(part)


def without_hooks(source: Source, flags: int) -> bool:
    """Give all functions that were made from a watched text the code of the text itself.

    Parameters
    ----------
    source : Source
        The text.
    flags : int
        Of the compiler.

    Returns
    -------
    bool
        Whether all of them have it; if one cannot, none has.
    """
    filename = str(source.path)
    codes = _codes(compile(source.tree, filename, "exec", flags=flags, dont_inherit=True))
    times = Counter(map(_key, codes))
    written = {_key(code): code for code in codes if times[_key(code)] == 1}
    changes = []
    for function in _functions(filename):
        new = written.get(_key(function.__code__))
        if new is None or new.co_freevars != function.__code__.co_freevars:
            return False
        changes.append((function, new))
    for function, new in changes:
        function.__code__ = new
    return True


def _functions(filename: str) -> list[types.FunctionType]:
    """Every function of a file that there is, wherever it is held, but for those that stood for a loop's turn."""
    return [
        item
        for item in gc.get_objects()
        if type(item) is types.FunctionType
        and item.__code__.co_filename == filename
        and not item.__name__.startswith(STEP_NAME)
    ]


def _codes(code: types.CodeType) -> list[types.CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return [*inner, *(found for constant in inner for found in _codes(constant))]


def _key(code: types.CodeType) -> Key:
    return code.co_qualname, code.co_firstlineno
