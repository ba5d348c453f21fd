"""How many outputs the text of a file means its network to have: one, several, or nothing that tells.

Told by numbers where outputs are named (``n_y=1``, ``sizes = [2, 4, 1]``, ``init(2, 4, 1)``); else by what makes sense
for several alone (a softmax, one-hot targets, the class of the largest output).
"""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator

from gradcheck.submissions.running.synthesis import role_of
from gradcheck.submissions.text.updates import last_name

__all__ = ["Outputs", "outputs_meant"]

SEVERAL_NAME = re.compile(
    r"soft_?max|one_?hot|to_categorical|arg_?max|(n|num)_?(of_?)?(class|label)|multi_?class|分类数"
)


class Outputs(enum.Enum):
    """How many outputs are meant."""

    ONE = 1
    SEVERAL = 2


def outputs_meant(tree: ast.AST) -> Outputs | None:
    r"""What a text says of the number of outputs; None where it says nothing, or both.

    Parameters
    ----------
    tree : ast.AST

    Examples
    --------
    >>> outputs_meant(ast.parse("def init(n_x, n_h, n_y): ...\ninit(2, 4, 1)"))
    <Outputs.ONE: 1>
    >>> outputs_meant(ast.parse("layers = [2, 4, 3]"))
    <Outputs.SEVERAL: 2>
    >>> outputs_meant(ast.parse("def softmax(z): ..."))
    <Outputs.SEVERAL: 2>
    >>> outputs_meant(ast.parse("def init(n_x, n_h, n_y): ..."))
    """
    numbers = {number for number in _numbers(tree) if number > 0}
    if numbers:
        told = {Outputs.ONE if number == 1 else Outputs.SEVERAL for number in numbers}
        return told.pop() if len(told) == 1 else None
    names = (last_name(part) for part in ast.walk(tree) if isinstance(part, (ast.Name, ast.Attribute)))
    defined = (part.name for part in ast.walk(tree) if isinstance(part, ast.FunctionDef))
    return Outputs.SEVERAL if any(SEVERAL_NAME.search(name.lower()) for name in (*names, *defined)) else None


def _numbers(tree: ast.AST) -> Iterator[int]:
    """Every number of outputs that is written down."""
    signatures = dict(_signatures(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _defaults(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _told(node.targets[0].id, node.value)
        elif isinstance(node, ast.Call) and last_name(node.func) in signatures:
            given = [*zip(signatures[last_name(node.func)], node.args, strict=False)]
            given += [(keyword.arg or "", keyword.value) for keyword in node.keywords]
            for name, value in given:
                yield from _told(name, value)


def _signatures(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """What is called by which arguments; a class by those of its ``__init__``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, _arguments(node)
        elif isinstance(node, ast.ClassDef):
            made = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
            yield from ((node.name, _arguments(part)[1:]) for part in made)


def _arguments(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _defaults(function: ast.FunctionDef) -> Iterator[int]:
    names, values = _arguments(function), function.args.defaults
    for name, value in zip(names[len(names) - len(values) :], values, strict=True):
        yield from _told(name, value)


def _told(name: str, value: ast.expr) -> Iterator[int]:
    """The number of outputs in what a name is given: the number itself, the last of a network's sizes."""
    role = role_of(name)
    if role == "layers" and isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) > 1:
        role, value = "outputs", value.elts[-1]
    if role == "outputs" and isinstance(value, ast.Constant) and type(value.value) is int:
        yield value.value
