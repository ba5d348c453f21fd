"""Nested inputs as named leaves, and back."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from gradcheck.integrations.functions import argument_names, leaves_of, rebuilt

Pair = collections.namedtuple("Pair", ["left", "right"])  # noqa: PYI024 - as users have them


def test_leaves_are_named_by_their_place() -> None:
    """Mappings by key, sequences by position."""
    found = leaves_of({"x": 1, "layers": [{"w": 2}, (3, 4)]})
    assert [(leaf.name, leaf.value) for leaf in found] == [
        ("x", 1),
        ("layers[0].w", 2),
        ("layers[1][0]", 3),
        ("layers[1][1]", 4),
    ]


@pytest.mark.parametrize("inputs", [{"x": [1, (2, 3)]}, {"p": Pair(1, {"a": 2})}, {"e": []}], ids=str)
def test_rebuilt_is_the_same(inputs: dict[str, Any]) -> None:
    """Lists stay lists, tuples tuples, named tuples themselves."""
    again = rebuilt(inputs, [leaf.value for leaf in leaves_of(inputs)])
    assert again == inputs
    assert [type(value) for value in again.values()] == [type(value) for value in inputs.values()]


def test_arguments_are_named_as_the_function_names_them() -> None:
    """A built-in or a variadic function names none."""
    assert argument_names(lambda x, weight: x + weight, 2) == ["x", "weight"]
    assert argument_names(lambda context, x: (context, x), 1, skip=1) == ["x"]
    assert argument_names(lambda *values: values, 2) == ["input0", "input1"]
    assert argument_names(print, 2) == ["input0", "input1"]
