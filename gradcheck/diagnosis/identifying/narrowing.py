"""The part of an edited statement that differs: what was there, and what is there instead."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import replace

from gradcheck.diagnosis.edit import Edit

__all__ = ["narrowed"]

# Nodes that are read as a whole: a name means nothing without its index or attribute.
WHOLE = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant)
# Attributes that are no part of a name: what they are of may differ.
OF_ARRAYS = frozenset({"T", "dot", "sum", "mean", "copy", "reshape", "ravel", "transpose", "astype", "max"})


def narrowed(edit: Edit) -> Edit:
    """The same edit with ``before`` and ``after`` cut down to the smallest expressions that differ.

    Texts that do not parse, and those that differ in several places, stay as they are as far as they must.

    Examples
    --------
    >>> from gradcheck.diagnosis.edit import EditKind
    >>> edit = Edit(kind=EditKind.REPLACE_ARGUMENT, line=3, before="d1 = e1 * slope(a1)", after="d1 = e1 * slope(z1)",
    ...             text="", cost=1)
    >>> narrowed(edit).before, narrowed(edit).after
    ('a1', 'z1')
    """
    try:
        before, after = _parsed(edit.before), _parsed(edit.after)
    except (SyntaxError, ValueError):
        return edit
    found = _difference(before, after)
    if found is None:
        return edit
    return replace(edit, before=_code(found[0]), after=_code(found[1]))


def _parsed(text: str) -> ast.AST:
    module = ast.parse(textwrap.dedent(text).strip())
    return module.body[0] if len(module.body) == 1 else module


def _code(node: ast.AST) -> str:
    return ast.unparse(node.value if isinstance(node, ast.Expr) else node)


def _difference(before: ast.AST, after: ast.AST) -> tuple[ast.AST, ast.AST] | None:
    """The smallest pair of nodes that holds all that differs; None where nothing does."""
    if ast.dump(before) == ast.dump(after):
        return None
    if type(before) is not type(after):
        return before, after
    if isinstance(before, ast.Attribute) and isinstance(after, ast.Attribute):
        same = before.attr == after.attr and before.attr in OF_ARRAYS
        return _difference(before.value, after.value) if same else (before, after)
    if isinstance(before, WHOLE):
        return before, after
    pairs = list(_children(before, after))
    differing = [pair for pair in pairs if pair is None or _difference(*pair) is not None]
    if len(differing) == 1 and differing[0] is not None:
        return _difference(*differing[0])
    return before, after


def _children(before: ast.AST, after: ast.AST) -> Iterator[tuple[ast.AST, ast.AST] | None]:
    """Pairs of expressions below two nodes of one type; None for what differs and is no expression."""
    for field in before._fields:
        one, other = getattr(before, field, None), getattr(after, field, None)
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                yield None
            else:
                yield from (_pair(a, b) for a, b in zip(one, other, strict=True) if not _same(a, b))
        elif not _same(one, other):
            yield _pair(one, other)


def _pair(one: object, other: object) -> tuple[ast.AST, ast.AST] | None:
    if isinstance(one, ast.expr) and isinstance(other, ast.expr):
        return one, other
    if isinstance(one, ast.keyword) and isinstance(other, ast.keyword) and one.arg == other.arg:
        return one.value, other.value
    if isinstance(one, ast.stmt) and isinstance(other, ast.stmt):
        return one, other
    return None


def _same(one: object, other: object) -> bool:
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return ast.dump(one) == ast.dump(other)
    return one == other
