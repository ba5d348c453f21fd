"""On which line of a TOML file each key stands.

The standard library's parser tells values and no places. But a TOML file is a sequence of statements that begin on
lines of their own and parse on their own: so it is cut at the shortest pieces that do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from gradcheck.grading.assignment.problems import Key

__all__ = ["line_of_keys"]


def line_of_keys(text: str) -> dict[Key, int]:
    r"""The line, from 1, on which each key's statement begins.

    Parameters
    ----------
    text : str
        A whole TOML file, valid.

    Examples
    --------
    >>> line_of_keys('title = "XOR"\n[[rubric]]\nid = "loads"')[("rubric", 0, "id")]
    3
    """
    lines: dict[Key, int] = {}
    tables: dict[Key, int] = {}
    header: Key = ()
    for line, statement, content in _statements(text):
        if statement.startswith("["):
            header = _enter(content, tables)
            lines.setdefault(header, line)
            continue
        for key in _keys(content):
            lines.setdefault(header + key, line)
    for key, line in list(lines.items()):
        for length in range(1, len(key)):
            lines.setdefault(key[:length], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The first line, the text and the content of each statement."""
    rows = text.replace("\r\n", "\n").split("\n")
    first = 0
    for last in range(len(rows)):
        statement = "\n".join(rows[first : last + 1]).strip()
        try:
            content = tomllib.loads(statement)
        except ValueError:
            continue
        if content:
            yield first + 1, statement, content
        first = last + 1


def _enter(content: dict[str, Any], tables: dict[Key, int]) -> Key:
    """The key of the table that a header opens, counting arrays of tables."""
    key: Key = ()
    value: Any = content
    while isinstance(value, dict) and value:
        ((name, value),) = value.items()
        key += (name,)
        if isinstance(value, list):
            tables[key] = tables.get(key, -1) + 1
        if key in tables:
            key += (tables[key],)
    return key


def _keys(value: Any, key: Key = ()) -> Iterator[Key]:
    """Keys of a value, with those inside."""
    if key:
        yield key
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _keys(inner, (*key, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _keys(inner, (*key, place))
