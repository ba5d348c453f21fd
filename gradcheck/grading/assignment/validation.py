"""Whether a table of the file has the keys that it may have, with the values that they may have."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from gradcheck.grading.assignment.kind import Option
from gradcheck.grading.assignment.problems import Key, Problems, nearest, shown
from gradcheck.grading.assignment.wording import complaint, expected

__all__ = ["check_numbers", "take"]

LARGEST = 2**63


def take(
    content: Mapping[str, Any],
    keys: Sequence[Option],
    at: Key,
    problems: Problems,
    *,
    also: Collection[str] = (),
    of: str | None = None,
) -> dict[str, Any]:
    """The values of a table that can be used, defaults among them; what cannot be is noted.

    Parameters
    ----------
    content : mapping
        The table as it was read.
    keys : sequence of Option
        That it may have.
    at : tuple
        The table's own key.
    problems : Problems
    also : collection of str
        Keys that are read elsewhere, such as tables within the table.
    of : str, optional
        What has these keys, for the message; the table's key otherwise.
    """
    known = {key.name: key for key in keys}
    for name in [name for name in content if name not in known and name not in also]:
        problems.add((*at, name), f"{of or 'this table'} has no such key", nearest(name, [*known, *sorted(also)]))
    values = {key.name: key.default for key in keys if key.default is not None}
    for name, key in known.items():
        if name not in content:
            if key.required:
                problems.add(at, f"{name} is missing", f"Write {name} = ...: expected {expected(key.schema)}")
            continue
        found = list(Draft202012Validator(key.schema).iter_errors(content[name]))
        for error in found:
            problems.add((*at, name, *error.absolute_path), *complaint(error))
        if not found:
            values[name] = content[name]
        else:
            values.pop(name, None)
    return values


def check_numbers(value: Any, at: Key, problems: Problems) -> None:
    """Note numbers with which nothing can be reckoned: infinite ones, none at all, and more than 64 bits."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            check_numbers(inner, (*at, name), problems)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_numbers(inner, (*at, place), problems)
    elif isinstance(value, float) and not math.isfinite(value):
        problems.add(at, f"{shown(value)} is not finite", "Write a finite number")
    elif isinstance(value, int) and not -LARGEST <= value < LARGEST:
        problems.add(at, "the number is too large", "Write one of at most 64 bits")
