"""Settings that a text leaves neutral: a penalty of strength 0 hides all that is wrong, or made wrong, with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from gradcheck.diagnosis.repair.names import NAMES_OF, last_part
from gradcheck.diagnosis.repair.splices import Splice, apply

__all__ = ["switched_on"]

# Names of settings, the value at which each does nothing, and one at which it does.
NEUTRAL = (
    (re.compile(NAMES_OF["regularisation"], re.IGNORECASE), 0.0, "0.3"),
    (re.compile(r"leak\w*|negative_slope|slope", re.IGNORECASE), 0.0, "0.3"),
    (re.compile(r"temperature|temp|tau|gain|scale|loss_?weight", re.IGNORECASE), 1.0, "1.7"),
)


def switched_on(text: str) -> tuple[str, str] | None:
    """The text with every neutral setting at a value that shows, and their names; None where it has none.

    Parameters
    ----------
    text : str
        Python.
    """
    found = [
        (name, node, value)
        for name, node in _settings(ast.parse(text))
        for pattern, neutral, value in NEUTRAL
        if pattern.fullmatch(last_part(name)) and float(node.value) == neutral  # type: ignore[arg-type]
    ]
    if not found:
        return None
    splices = [_splice(text, node, value) for _name, node, value in found]
    what = dict.fromkeys(f"{name}={value}" for name, _node, value in found)
    return apply(text, dict.fromkeys(splices)), ", ".join(what)


def _settings(tree: ast.Module) -> Iterator[tuple[str, ast.Constant]]:
    """Names that are given a number: variables, attributes, defaults of parameters, keywords of calls."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(ast.unparse(target), value) for target in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(ast.unparse(target), value)]
            case ast.arguments():
                plain = [*node.posonlyargs, *node.args]
                pairs = [(item.arg, default) for item, default in zip(plain[::-1], node.defaults[::-1], strict=False)]
                pairs += [
                    (item.arg, default)
                    for item, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
                    if default is not None
                ]
            case ast.keyword(arg=str() as name, value=value):
                pairs = [(name, value)]
            case _:
                continue
        for name, value in pairs:
            if isinstance(value, ast.Constant) and type(value.value) in (int, float):
                yield name, value


def _splice(text: str, node: ast.Constant, new: str) -> Splice:
    lines = text.splitlines(keepends=True)
    before = "".join(lines[: node.lineno - 1])
    line = lines[node.lineno - 1].encode()  # columns are counted in bytes
    start = len(before) + len(line[: node.col_offset].decode())
    return Splice(start, start + len(line[node.col_offset : node.end_col_offset].decode()), new)
