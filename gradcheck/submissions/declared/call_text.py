"""The texts in which an interface is declared, parsed: ``forward(X, params) -> output, cache`` and ``params['W1']``."""

from __future__ import annotations

import ast

from gradcheck.errors import InvalidArgumentError
from gradcheck.submissions.declared.interface import Argument, Call, Pattern, Place, Step

__all__ = ["parse_call", "parse_place"]

EXAMPLE = "forward(X, params) -> output, cache"
ARROW = "->"
INSTANCE = "self"


def parse_call(text: str) -> Call:
    """Read one call.

    Parameters
    ----------
    text : str
        ``name(arguments) -> results``; the results may be left out. Arguments are roles or constants, by position or by
        keyword; ``self.`` before the name is the instance of a class; ``_`` is a result that is not looked at.

    Raises
    ------
    InvalidArgumentError
        If it is not of that form; the message says which part.

    Examples
    --------
    >>> call = parse_call("self.loss(X, Y, reg=0.1) -> loss, gradients")
    >>> call.name, call.takes, call.gives
    ('self.loss', ('X', 'Y'), ('loss', 'gradients'))
    """
    left, arrow, right = text.partition(ARROW)
    if ARROW in right:
        raise _wrong(text, f"it has more than one {ARROW}")
    expression = _parsed(left, text, "what is called")
    if not isinstance(expression, ast.Call):
        raise _wrong(text, "before the arrow there must be a call, with its arguments in parentheses")
    path = _path(expression.func, text)
    method = path[0] == INSTANCE
    if method and len(path) == 1:
        raise _wrong(text, f"{INSTANCE} is the instance: name the method, {INSTANCE}.NAME(...)")
    arguments = [_argument(node, None, text, place) for place, node in enumerate(expression.args, 1)]
    arguments += [_argument(given.value, given.arg, text, given.arg) for given in expression.keywords]
    return Call(
        text=text,
        method=method,
        path=path[1:] if method else path,
        arguments=tuple(arguments),
        result=_pattern(_parsed(right, text, "the results"), text) if arrow else None,
    )


def parse_place(text: str) -> Place:
    """Read where a value lies.

    Parameters
    ----------
    text : str
        A name, then attributes and constant keys: ``params['W1']``, ``self.layers[0].W``.

    Raises
    ------
    InvalidArgumentError
        If it is not of that form.

    Examples
    --------
    >>> parse_place("gradients[0]['W']").steps[0].key
    0
    """
    node = _read(text)
    if node is None:
        raise _no_place(text)
    steps: list[Step] = []
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value=inner, attr=name):
                steps.append(Step(key=name, attribute=True))
            case ast.Subscript(value=inner, slice=key):
                steps.append(Step(key=_key(key, text), attribute=False))
            case _:
                raise _no_place(text)
        node = inner
    return Place(root=node.id, steps=tuple(reversed(steps)))


def _read(source: str) -> ast.expr | None:
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parsed(part: str, text: str, what: str) -> ast.expr:
    node = _read(part)
    if node is None:
        raise _wrong(text, f"{what} cannot be read as Python")
    return node


def _path(node: ast.expr, text: str) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_path(node.value, text), node.attr)
    raise _wrong(text, "what is called must be a name, or self.NAME")


def _argument(node: ast.expr, keyword: str | None, text: str, place: object) -> Argument:
    if isinstance(node, ast.Starred) or place is None:
        raise _wrong(text, "arguments with a star cannot be declared: write each")
    if isinstance(node, ast.Name):
        return Argument(role=node.id, keyword=keyword)
    try:
        return Argument(value=ast.literal_eval(node), keyword=keyword)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise _wrong(text, f"its argument {place} is neither a role nor a constant") from None


def _pattern(node: ast.expr, text: str) -> Pattern:
    match node:
        case ast.Name(id="_"):
            return None
        case ast.Name(id=name):
            return name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_pattern(part, text) for part in parts)
        case _:
            raise _wrong(text, "what comes back is written as roles, with _ for what is not looked at")


def _key(node: ast.expr, text: str) -> str | int:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise _no_place(text) from None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _no_place(text)
    return value


def _wrong(text: str, why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"{text!r} is no call: {why}. Write it as {EXAMPLE!r}.")


def _no_place(text: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{text!r} is no place. Write a name with attributes and constant keys, such as params['W1'] or self.W1."
    )
