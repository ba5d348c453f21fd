"""Values of expressions, worked out without running the code: arithmetic and NumPy's plain functions, nothing else."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["IMPORTED", "Impossible", "Lookup", "Unknown", "evaluate", "evaluate_function"]

MAX_DEPTH = 6
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
# What may be called: of numpy, of math, or as a method of an array.
FUNCTIONS = {
    "abs", "array", "asarray", "atleast_2d", "clip", "cosh", "cross", "divide", "dot", "exp", "expand_dims", "float64",
    "heaviside", "log", "log1p", "expm1", "logaddexp", "matmul", "max", "maximum", "mean", "minimum", "multiply",
    "negative", "ones_like", "outer", "power", "ravel", "reciprocal", "sign", "sqrt", "square", "subtract", "sum",
    "tanh", "transpose", "where", "zeros_like", "add", "exp2", "sinh", "sin", "cos", "logical_not", "greater",
    "greater_equal", "less", "less_equal", "arctan", "mat", "size", "shape", "concatenate", "hstack", "vstack",
    "column_stack", "stack", "roll", "flip", "cumsum", "swapaxes", "moveaxis", "squeeze",
}  # fmt: skip
# The same where a file imports them by their own names; Python's own functions of these names do otherwise.
IMPORTED = FUNCTIONS - {"abs", "max", "min", "sum", "add", "size", "shape", "stack", "roll", "flip"}
METHODS = {
    "astype", "copy", "dot", "max", "mean", "ravel", "reshape", "sum", "flatten", "squeeze", "clip", "transpose",
    "swapaxes", "cumsum",
}  # fmt: skip
# What a list may be repeated to: a text that asks for more would have this process run out of memory.
LONGEST = 10_000
CASTS: dict[str, Callable[..., Any]] = {"float": float, "int": int, "abs": abs, "len": len, "max": max, "min": min}
DTYPES = {"float": float, "int": int, "bool": bool, "float64": np.float64, "np.float64": np.float64}


class Lookup(dict[str, object]):
    """Values that are found by name when they are asked for.

    Parameters
    ----------
    find : callable
        The value of an expression as the code would write it; None where it is not known.
    """

    def __init__(self, find: Callable[[str], Any]) -> None:
        super().__init__()
        self._find = find

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __getitem__(self, name: str) -> Any:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value


class Unknown(Exception):  # noqa: N818 (an answer, not an error)
    """The expression holds something that cannot be worked out here."""


class Impossible(Unknown):
    """The expression would raise: its arrays do not fit each other."""


def evaluate(
    text: str, values: Mapping[str, Any], functions: Mapping[str, ast.FunctionDef] | None = None, depth: int = 0
) -> Any:
    """The value of an expression.

    Parameters
    ----------
    text : str
    values : mapping
        By the expression as the code would write it: ``dZ1``, ``cache['A1']``, ``self.W1``.
    functions : mapping, optional
        The file's own functions by name.
    depth : int
        How deep in calls.

    Raises
    ------
    Unknown
        If it holds a name without a value, or a function that is not plain arithmetic.
    Impossible
        If its arrays do not fit each other.
    """
    try:
        return _evaluate(_parse(text), values, functions or {}, depth)
    except Unknown:
        raise
    except ValueError as error:
        raise Impossible(str(error)) from None
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise Unknown(str(error)) from None


def evaluate_function(
    function: ast.FunctionDef, arguments: list[Any], functions: Mapping[str, ast.FunctionDef], depth: int = 0
) -> Any:
    """What a small pure function returns: assignments to names, ``if``, and ``return`` are followed.

    Raises
    ------
    Unknown
        If it does anything else.
    """
    if depth > MAX_DEPTH:
        raise Unknown("calls too deep")
    names = [argument.arg for argument in function.args.args]
    if names and names[0] in ("self", "cls") and len(arguments) < len(names):
        names = names[1:]
    space: dict[str, Any] = {}
    defaults = function.args.defaults
    for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=False):
        if isinstance(default, ast.Constant):
            space[name] = default.value
    space.update(zip(names, arguments, strict=False))
    returned = _run(function.body, space, functions, depth)
    if returned is None:
        raise Unknown("nothing is returned")
    return returned[0]


def _run(
    body: list[ast.stmt], space: dict[str, Any], functions: Mapping[str, ast.FunctionDef], depth: int
) -> tuple[Any] | None:
    for statement in body:
        match statement:
            case ast.Return(value=ast.expr() as value):
                return (_evaluate(value, space, functions, depth),)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                space[name] = _evaluate(value, space, functions, depth)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=value):
                array = np.array(space[name], copy=True)
                array[_evaluate(index, space, functions, depth)] = _evaluate(value, space, functions, depth)
                space[name] = array
            case ast.If(test=test, body=inner, orelse=other):
                returned = _run(
                    inner if bool(_evaluate(test, space, functions, depth)) else other, space, functions, depth
                )
                if returned is not None:
                    return returned
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case _:
                raise Unknown("not plain arithmetic")
    return None


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise Unknown(str(error)) from None


def _evaluate(node: ast.expr, values: Mapping[str, Any], functions: Mapping[str, ast.FunctionDef], depth: int) -> Any:  # noqa: C901, PLR0911 (one case a kind of expression)
    def inner(child: ast.expr) -> Any:
        return _evaluate(child, values, functions, depth)

    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float, str)) or value is None:
            return value
        case ast.Name() | ast.Attribute() | ast.Subscript() if (text := ast.unparse(node)) in values:
            return values[text]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return np.power(inner(left), inner(right), dtype=float)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _combined(OPERATORS[type(op)], inner(left), inner(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -inner(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not inner(operand)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            return COMPARISONS[type(op)](inner(left), inner(right))
        case ast.Attribute(value=value, attr="T"):
            return np.transpose(inner(value))
        case ast.Attribute(value=value, attr="shape" | "size" | "ndim" as name):
            return getattr(np.asarray(inner(value)), name)
        case ast.Subscript(value=value, slice=index):
            return inner(value)[_index(index, inner)]
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(inner(item) for item in items)
        case ast.Call():
            return _call(node, values, functions, depth)
    raise Unknown(ast.unparse(node))


def _combined(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    for part, other in ((left, right), (right, left)):
        if isinstance(part, (tuple, str)) and np.ndim(other) == 0 and not isinstance(other, str):
            if len(part) * int(other) > LONGEST:
                raise Unknown("not plain arithmetic")
            return operation(*(int(each) if each is other else each for each in (left, right)))
    return operation(left, right)


def _index(index: ast.expr, inner: Callable[[ast.expr], Any]) -> Any:
    match index:
        case ast.Slice(lower=lower, upper=upper, step=step):
            return slice(*(None if part is None else _whole(inner(part)) for part in (lower, upper, step)))
        case ast.Tuple(elts=items):
            return tuple(_index(item, inner) for item in items)
        case ast.Attribute(attr="newaxis"):
            return None
    return _whole(inner(index))


def _whole(value: Any) -> Any:
    """A whole number as an index wants it: values of a trace are all fractions."""
    number = isinstance(value, (float, np.ndarray)) and np.ndim(value) == 0 and float(value).is_integer()
    return int(value) if number else value


def _call(node: ast.Call, values: Mapping[str, Any], functions: Mapping[str, ast.FunctionDef], depth: int) -> Any:
    def inner(child: ast.expr) -> Any:
        return _evaluate(child, values, functions, depth)

    def options() -> dict[str, Any]:
        return {keyword.arg: _dtype(keyword.value, inner) for keyword in node.keywords if keyword.arg is not None}

    match node.func:
        case ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"), attr=name) if name in FUNCTIONS:
            return getattr(np, name)(*(_dtype(argument, inner) for argument in node.args), **options())
        case ast.Name(id=name) if name in CASTS and name not in functions:
            return CASTS[name](*(inner(argument) for argument in node.args))
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in functions:
            arguments = [inner(argument) for argument in node.args]
            function = functions[name]
            for keyword in node.keywords:  # after the positional ones, as helpers have few
                names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
                if keyword.arg in names and names.index(keyword.arg) == len(arguments):
                    arguments.append(inner(keyword.value))
            return evaluate_function(function, arguments, functions, depth + 1)
        case ast.Name(id=name) if name in IMPORTED:
            return getattr(np, name)(*(_dtype(argument, inner) for argument in node.args), **options())
        case ast.Attribute(value=value, attr=name) if name in METHODS:
            owner = np.asarray(inner(value))
            return getattr(owner, name)(*(_dtype(argument, inner) for argument in node.args), **options())
    raise Unknown(ast.unparse(node.func))


def _dtype(node: ast.expr, inner: Callable[[ast.expr], Any]) -> Any:
    text = ast.unparse(node)
    if text in DTYPES:
        return DTYPES[text]
    if text in ("True", "False"):
        return text == "True"
    return inner(node)
