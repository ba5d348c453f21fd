"""What an assignment file says, key by key, and in what another one of the same class differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "changes_between", "said"]

# Characters of a value that are told, and of a file's digest.
MOST, DIGITS = 80, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A key that says something else.

    Attributes
    ----------
    key : str
        Such as ``rubric.gradients.W2.points``: items of the rubric by their ids.
    before, after : str or None
        As it would be written; None where the key is not there.
    """

    key: str
    before: str | None
    after: str | None


def said(document: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, str]:
    """Every key with its value, as text; files that are referred to by what is in them.

    Parameters
    ----------
    document : mapping
        The file, read as TOML.
    files : mapping of str to bytes
        By the path as written.

    Examples
    --------
    >>> said({"rubric": [{"id": "forward", "points": 3}]}, {})
    {'rubric.forward.points': '3'}
    """
    found = {key: _written(value) for key, value in _leaves(document, "")}
    return found | {f"file {name}": f"SHA-256 {hashlib.sha256(content).hexdigest()}" for name, content in files.items()}


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """The keys that differ, in the order of the newer one; those that are gone come last.

    Parameters
    ----------
    before, after : mapping of str to str
        Of ``said``.
    """
    return tuple(
        Change(key=key, before=_short(before.get(key)), after=_short(after.get(key)))
        for key in dict.fromkeys([*after, *before])
        if before.get(key) != after.get(key)
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Values that are neither tables nor lists of tables."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
        return
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        groups = path.removesuffix(".items")  # an item within a group is known by both ids
        for number, item in enumerate(value, 1):
            rest = {name: inner for name, inner in item.items() if name != "id"}
            yield from _leaves(rest, f"{groups}.{item.get('id', number)}")
        return
    yield path, value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    if text.startswith("SHA-256 "):
        return text[: len("SHA-256 ") + DIGITS]
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
