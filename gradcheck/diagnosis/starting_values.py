"""Parameters that a text lets begin at zero."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from gradcheck.diagnosis.repair.names import last_part

__all__ = ["zero_starts"]

ZEROS = frozenset({"zeros", "zeros_like"})
# What only hands a value on begins nothing.
HANDS_ON = (ast.Name, ast.Attribute, ast.Subscript)


def zero_starts(text: str, names: Collection[str]) -> tuple[int, ...]:
    """Lines at which all of some parameters are made of zeros; none where one of them is made of anything else.

    Parameters
    ----------
    text : str
        Python; of a text that is none there are no lines.
    names : collection of str
        Of the parameters, as ``params['W1']`` or ``self.W1``: what counts is the last part.

    Examples
    --------
    >>> zero_starts("W1, W2 = np.zeros((2, 4)), np.zeros((4, 1))", ["W1", "W2"])
    (1,)
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    wanted = {last_part(name): set[int]() for name in names}
    for name, value in _bindings(tree):
        if name not in wanted or isinstance(value, HANDS_ON) or _mentions(value, name):
            continue
        if not _is_zeros(value):
            return ()
        wanted[name].add(value.lineno)
    if not all(wanted.values()):
        return ()
    return tuple(sorted(set().union(*wanted.values())))


def _bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names, keys and attributes with what they are given, by their last part."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _given(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _given(target, value)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield str(key.value), value
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                yield from ((keyword.arg, keyword.value) for keyword in keywords if keyword.arg is not None)


def _given(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case (ast.Tuple(elts=targets), ast.Tuple(elts=values)) if len(targets) == len(values):
            for one, other in zip(targets, values, strict=True):
                yield from _given(one, other)
        case (
            (ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name))),
            _,
        ):
            yield name, value
        case ast.Subscript(value=owner), _:  # ``W[:] = ...`` fills what was there
            yield from _given(owner, value)


def _is_zeros(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in ZEROS
    return False


def _mentions(value: ast.expr, name: str) -> bool:
    """Whether it is made of what it replaces: an update."""
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in ast.walk(value)
    )
