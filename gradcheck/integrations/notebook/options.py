"""The line of the magic: ``loss=loss grad=gradient params=params seed=1 diagnose``, read without running anything."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradcheck.errors import InvalidArgumentError

__all__ = ["FLAGS", "KEYS", "Options", "read_line"]

# What a key may also be called: as people name these functions.
KEYS = {
    "problem": "problem",
    "loss": "loss",
    "cost": "loss",
    "grad": "gradient",
    "gradient": "gradient",
    "backward": "gradient",
    "both": "both",
    "params": "params",
    "parameters": "params",
    "seed": "seed",
    "rtol": "rtol",
    "atol": "atol",
}
FLAGS = ("diagnose", "plot")
VALUES = ("None", "True", "False")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for: expressions, to be evaluated in the notebook, by key; and flags."""

    expressions: dict[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


def read_line(line: str) -> Options:
    """Read what follows the magic's name.

    Parameters
    ----------
    line : str
        ``key=EXPRESSION`` and flags with blanks between them; an expression is Python, and may hold blanks.

    Raises
    ------
    InvalidArgumentError
        For what is neither, a key or flag that there is not, one that is given twice, an expression that is not Python.

    Examples
    --------
    >>> options = read_line("loss=lambda p: f(p, X) params=[W1, b1] diagnose")
    >>> options.expressions
    {'loss': 'lambda p: f(p, X)', 'params': '[W1, b1]'}
    >>> sorted(options.flags)
    ['diagnose']
    """
    expressions: dict[str, str] = {}
    flags: set[str] = set()
    for item in _items(line):
        name, equals, expression = (part.strip() for part in item.partition("="))
        if not equals:
            flags.add(_flag(name))
            continue
        if name not in KEYS:
            raise InvalidArgumentError(f"{name}={expression}: there is no such option. {_usage()}")
        key = KEYS[name]
        if key in expressions:
            raise InvalidArgumentError(f"{item}: {key} is given twice, first as {expressions[key]}.")
        try:
            ast.parse(expression, mode="eval")
        except SyntaxError:
            raise InvalidArgumentError(f"{name}={expression}: expected a Python expression after the =.") from None
        expressions[key] = expression
    return Options(expressions=expressions, flags=frozenset(flags))


def _flag(text: str) -> str:
    name = text.removeprefix("--")
    if name not in FLAGS:
        raise InvalidArgumentError(f"{text}: neither key=EXPRESSION nor a flag. {_usage()}")
    return name


def _usage() -> str:
    return f"Options: {', '.join(f'{name}=...' for name in KEYS)}; flags: {', '.join(FLAGS)}."


def _items(line: str) -> Iterator[str]:
    """The line cut where, outside brackets, a name follows a whole operand: no expression goes on so."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line).readline))
    except (tokenize.TokenError, SyntaxError):
        raise InvalidArgumentError(f"{line}: a bracket or a quotation mark is not closed.") from None
    starts, depth, whole = [0], 0, False
    for token in tokens:
        if token.string in {"(", "[", "{"}:
            depth += 1
        elif token.string in {")", "]", "}"}:
            depth -= 1
        named = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        dashed = token.string == "-" and line[token.start[1] :].startswith("--")
        if depth == 0 and whole and (named or dashed):
            starts.append(token.start[1])
        whole = named or token.type in {tokenize.NUMBER, tokenize.STRING} or token.string in {*VALUES, ")", "]", "}"}
    ends = [*starts[1:], len(line)]
    yield from filter(None, (line[start:end].strip() for start, end in zip(starts, ends, strict=True)))
