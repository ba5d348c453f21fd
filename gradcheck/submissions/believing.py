"""What a program's process says of its network, as far as the text of the program bears it out.

A process that has been tampered with could say that its step is meant to climb, and a gradient of the wrong sign would
pass. So whether something is to be climbed is only taken from what this process reads itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gradcheck.errors import SubmissionError
from gradcheck.submissions.exchange.protocol import text_of
from gradcheck.submissions.request import Request
from gradcheck.submissions.text.ascent import adds_logarithms, climbed_in, is_climbed
from gradcheck.submissions.text.source import Source, read_source

__all__ = ["declared_sign", "is_sum_of_logarithms", "is_to_be_climbed"]

# The keyword of a problem that is declared, and the function by which a file declares its own.
SIGN, OWN = "sign", "gradcheck_problem"


def declared_sign(data: Mapping[str, Any], request: Request) -> int:
    """-1 where a process says so of a problem, and whoever wrote the problem down gives it a sign; else 1.

    Parameters
    ----------
    data : mapping
        What the process said of the network.
    request : Request
    """
    if data.get("sign") != -1:
        return 1
    written = _read(request.file if request.adapter is None else request.adapter)
    nodes = [] if written is None else list(ast.walk(written.tree))
    declares = request.adapter is not None or any(isinstance(n, ast.FunctionDef) and n.name == OWN for n in nodes)
    named = any(isinstance(node, ast.keyword) and node.arg == SIGN for node in nodes)
    return -1 if declares and named else 1


def is_to_be_climbed(data: Mapping[str, Any], request: Request) -> bool | None:
    """Whether what a network's step changes is meant to be large; None where nothing says.

    Parameters
    ----------
    data : mapping
        What the process said of the network: how the file calls its loss, or words for one that it computes nowhere.
    request : Request
        Names of what is climbed count where they are names of its file, or of its adapter: strings are not.
    """
    names = data.get("loss_names")
    said = [text_of(name) for name in names] if isinstance(names, list) and names else [text_of(data.get("loss"))]
    meant = is_climbed(said)
    if not meant:
        return meant
    known = {name.casefold() for tree in _trees(request) for name in _names_in(tree)}
    return any(_stands_in(name, known) for name in said)


def is_sum_of_logarithms(data: Mapping[str, Any], request: Request) -> bool:
    """Whether what a process calls the loss is no loss by its name, and stands in the file as logarithms, no minus.

    Parameters
    ----------
    data : mapping
        What the process said of the network.
    request : Request
    """
    told = text_of(data.get("loss"))
    return is_to_be_climbed(data, request) is not False and any(_is_likelihood(told, tree) for tree in _trees(request))


def _trees(request: Request) -> list[ast.Module]:
    files = [request.file, *([] if request.adapter is None else [request.adapter])]
    return [source.tree for source in map(_read, files) if source is not None]


def _is_likelihood(told: str, tree: ast.AST) -> bool:
    """Whether what a process calls the loss stands in a text as a sum of logarithms, and is nowhere taken off.

    What is only shown is told with all names replaced by what they are; then all logarithms of the text speak for it.
    """
    found = [(value, less) for value, less in _values_in(tree) if ast.unparse(value) in told]
    longest = max((len(ast.unparse(value)) for value, _ in found), default=0)
    meant = [(value, less) for value, less in found if len(ast.unparse(value)) == longest]
    if not any(_has_logarithm(value) for value, _ in meant):
        every = [(value, less) for value, less in _values_in(tree) if _has_logarithm(value)]
        meant = every if "log(" in told else []
    return bool(meant) and not any(less for _, less in meant) and all(adds_logarithms(value) for value, _ in meant)


def _has_logarithm(value: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) and ast.unparse(part.func).endswith("log") for part in ast.walk(value))


def _values_in(tree: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """What is given a name, added up, returned or put into a list; and whether it is taken off."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=value) | ast.Return(value=ast.expr() as value):
                yield value, False
            case ast.AugAssign(value=value, op=op):
                yield value, not isinstance(op, ast.Add)
            case ast.Call(func=ast.Attribute(attr="append"), args=[value]):
                yield value, False


def _stands_in(name: str, known: Iterable[str]) -> bool:
    climbed = climbed_in(name)
    return climbed is not None and any(climbed.casefold() in other for other in known)


def _names_in(tree: ast.AST) -> Iterator[str]:
    """Of variables, functions, classes, attributes and arguments, and keys that are read or written."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Subscript(slice=ast.Constant(value=str(name))):
                yield name


def _read(path: Path) -> Source | None:
    try:
        return read_source(path)
    except SubmissionError:
        return None
