"""Folders that a program adds to the ones its imports are looked for in, read from its text; nothing is run for it."""

# ruff: noqa: PTH117, PTH118, PTH120 - another program's paths are texts: ``Path`` would leave out their dots' meaning
from __future__ import annotations

import ast
import os.path
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradcheck.submissions.text.nodes import nodes_of

__all__ = ["Added", "folders_added"]

# Functions, by their last names, that say where a path leads and not which one it is: a text is its own answer.
SAME = frozenset({"abspath", "realpath", "normpath", "fspath", "str", "Path", "PurePath", "PosixPath", "fsdecode"})
SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "__str__"})
HERE = frozenset({"os.getcwd", "os.path.curdir", "Path.cwd", "pathlib.Path.cwd"})
CONSTANTS = {"os.pardir": "..", "os.path.pardir": "..", "os.curdir": ".", "os.sep": "/", "os.path.sep": "/"}
ADDING = frozenset({"append", "insert", "extend"})
# Statements of one text that are looked at: a program that changes its path more often is none that a person wrote.
MAX_ADDED = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A folder as the text has it: absolute, or as seen from where the program is started.

    Attributes
    ----------
    folder : str
    first : bool
        Whether it is looked into before the program's own folder.
    """

    folder: str
    first: bool


def folders_added(tree: ast.Module, file: Path) -> tuple[Added, ...]:
    r"""What ``sys.path`` is given, where the text says what that is.

    Parameters
    ----------
    tree : ast.Module
        Of a program, or of a module that it imports.
    file : Path
        Its file, absolute: what ``__file__`` is.

    Examples
    --------
    >>> text = "import os, sys\nhere = os.path.dirname(__file__)\nsys.path.insert(0, os.path.join(here, '..'))"
    >>> [added.folder for added in folders_added(ast.parse(text), Path("/project/scripts/train.py"))]
    ['/project']
    """
    named = {"__file__": str(file)}
    found: list[Added] = []
    counted = [node for node in nodes_of(tree) if isinstance(node, (ast.Assign, ast.AugAssign, ast.Call))]
    for node in sorted(counted, key=lambda node: (node.lineno, node.col_offset)):
        for expression, first in _additions(node):
            text = _text(expression, named)
            if text is not None and len(found) < MAX_ADDED:
                found.append(Added(folder=os.path.normpath(text), first=first))
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = _text(node.value, named)
            if value is not None:
                named[node.targets[0].id] = value
    return tuple(dict.fromkeys(found))


def _additions(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """The expressions that a statement or a call adds, and whether they go to the front."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name, arguments = node.func.attr, node.args
        if name == "addsitedir" and arguments:
            yield arguments[0], False
        elif name in ADDING and arguments and _is_path(node.func.value):
            if name == "insert":
                yield arguments[-1], isinstance(arguments[0], ast.Constant) and arguments[0].value == 0
            else:
                yield from ((item, False) for item in _items(arguments[0]))
    elif isinstance(node, ast.AugAssign) and _is_path(node.target):
        yield from ((item, False) for item in _items(node.value))
    elif isinstance(node, ast.Assign) and any(_is_path(target) for target in node.targets):
        parts = [node.value.left, node.value.right] if isinstance(node.value, ast.BinOp) else [node.value]
        yield from ((item, True) for part in parts if isinstance(part, (ast.List, ast.Tuple)) for item in part.elts)


def _items(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, (ast.List, ast.Tuple)) else [node]


def _is_path(node: ast.expr) -> bool:
    """Whether it is ``sys.path``, or a part of it."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return _dotted(node) in ("sys.path", "path")


def _text(node: ast.expr, named: dict[str, str]) -> str | None:
    """What a path is, as text; None where the text does not say."""
    found = CONSTANTS.get(_dotted(node))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = node.value
    elif isinstance(node, ast.Name):
        found = named.get(node.id)
    elif isinstance(node, ast.Call):
        found = _called(node, named)
    elif isinstance(node, ast.Attribute) and node.attr == "parent":
        found = _above(_text(node.value, named), 1)
    elif isinstance(node, ast.Subscript):
        found = _indexed(node, named)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        sides = [_text(side, named) for side in (node.left, node.right)]
        found = _joined(sides) if isinstance(node.op, ast.Div) else _glued(sides)
    elif isinstance(node, ast.JoinedStr):
        pieces = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        found = _glued([_text(piece, named) for piece in pieces])
    return found


def _called(node: ast.Call, named: dict[str, str]) -> str | None:
    dotted = _dotted(node.func)
    if dotted in HERE:
        return "."
    name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted
    if isinstance(node.func, ast.Attribute) and name in (*SAME_METHODS, "joinpath"):
        return _joined([_text(part, named) for part in (node.func.value, *node.args)])
    given = [_text(argument, named) for argument in node.args]
    if name == "dirname":
        return None if len(given) != 1 or given[0] is None else os.path.dirname(given[0])
    if name == "join" or name in SAME:
        return _joined(given)
    return None


def _indexed(node: ast.Subscript, named: dict[str, str]) -> str | None:
    """``path.parents[1]``, and ``sys.path[0]``, which is the program's own folder."""
    index = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if not isinstance(index, int) or isinstance(index, bool):
        return None
    if isinstance(node.value, ast.Attribute) and node.value.attr == "parents" and index >= 0:
        return _above(_text(node.value.value, named), index + 1)
    return os.path.dirname(named["__file__"]) if _dotted(node.value) == "sys.path" and index == 0 else None


def _above(text: str | None, levels: int) -> str | None:
    if text is None or not os.path.isabs(text):
        return None  # of what it would be the parent is known where the program is started alone
    for _ in range(levels):
        text = os.path.dirname(text)
    return text


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return os.path.join(*known) if known and len(known) == len(parts) else None


def _glued(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _dotted(node: ast.expr) -> str:
    """``os.path.join`` of a chain of names; empty for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *names]) if isinstance(node, ast.Name) else ""
