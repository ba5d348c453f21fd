"""Settings of a text at other values: a penalty of strength 0, or a half kept, hides what is wrong, or made wrong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from gradcheck.diagnosis.repair.names import NAMES_OF, last_part
from gradcheck.diagnosis.repair.splices import Splice, apply

__all__ = ["moved", "switched_on"]

# Names of settings, the value at which each does nothing, and one at which it does.
NEUTRAL = (
    (re.compile(NAMES_OF["regularisation"], re.IGNORECASE), 0.0, "0.3"),
    (re.compile(r"leak\w*|negative_slope|slope", re.IGNORECASE), 0.0, "0.3"),
    (re.compile(r"temperature|temp|tau|gain|scale|loss_?weight", re.IGNORECASE), 1.0, "1.7"),
)
# What dropout keeps or drops. At a half, what is kept is what is dropped, and 2 is one over either.
SHARE = re.compile(r"(keep|drop)(_?(prob\w*|rate|ratio|out|p))*|p_?(keep|drop(out)?)|p", re.IGNORECASE)
# A penalty is one at so many times its strength, and at a half 1 is twice it. Rates of decay are none.
STRENGTH, TIMES = re.compile(r"lam\w*|lmb\w*|reg\w*|l[12]\w*|weight_?decay|wd|penal\w*|ridge\w*", re.IGNORECASE), 1.7


def switched_on(text: str) -> tuple[str, str] | None:
    """The text with every neutral setting at a value that shows, and their names; None where it has none.

    Parameters
    ----------
    text : str
        Python.
    """
    return _exchanged(
        text,
        [
            (name, node, value)
            for name, node in _settings(ast.parse(text))
            for pattern, neutral, value in NEUTRAL
            if pattern.fullmatch(last_part(name)) and _number(node) == neutral
        ],
    )


def moved(text: str) -> tuple[str, str] | None:
    """The text with what dropout keeps and the strengths of penalties at other values; None where it has neither.

    Parameters
    ----------
    text : str
        Python.

    Returns
    -------
    tuple of str or None
        The text, and names and new values of what was moved.

    Examples
    --------
    >>> moved("keep_prob = 0.5")
    ('keep_prob = 0.57', 'keep_prob=0.57')
    """
    # whole numbers are sizes
    given = [(name, node) for name, node in _settings(ast.parse(text)) if isinstance(node.value, float)]
    found = [(name, node, _other(last_part(name), _number(node))) for name, node in given]
    return _exchanged(text, [(name, node, f"{value:.4g}") for name, node, value in found if value is not None])


def _other(name: str, value: float) -> float | None:
    """Another value of a setting; None for what is none, or neutral."""
    if SHARE.fullmatch(name) and 0.0 < value < 1.0:
        return 0.37 + 0.4 * value  # within what all of them keep, and of no simple ratio to what it was
    return TIMES * value if STRENGTH.fullmatch(name) and value > 0.0 else None


def _exchanged(text: str, found: Sequence[tuple[str, ast.Constant, str]]) -> tuple[str, str] | None:
    if not found:
        return None
    splices = [_splice(text, node, value) for _name, node, value in found]
    what = dict.fromkeys(f"{name}={value}" for name, _node, value in found)
    return apply(text, dict.fromkeys(splices)), ", ".join(what)


def _number(node: ast.Constant) -> float:
    return float(node.value)  # type: ignore[arg-type]  # settings are numbers


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
