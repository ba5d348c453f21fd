"""Products of two arrays, by the labels of their axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.forward.entries import Entries, Numbers
from gradcheck.diagnosis.programs.program import Intermediate

__all__ = ["labels_of", "spread", "summed_size"]


def labels_of(value: Intermediate, operands: Sequence[Entries]) -> tuple[tuple[str, str], str] | None:
    """Axes of both operands and of the result, a letter each; None for products of another form."""
    dimensions: Any = tuple(len(item.shape) for item in operands)
    if value.operation == "einsum":
        text = str(value.options.get("argument_0", "")).replace(" ", "")
        left, arrow, right = text.partition("->")
        first, comma, second = left.partition(",")
        return ((first, second), right) if arrow and comma and "." not in text else None
    if value.operation == "inner":
        return {(1, 1): (("k", "k"), ""), (2, 2): (("ik", "jk"), "ij"), (2, 1): (("ik", "k"), "i"),
                (1, 2): (("k", "jk"), "j")}.get(dimensions)  # fmt: skip
    if value.operation == "tensordot" and value.options.get("axes", 2) not in (1, ([1], [0]), (1, 0), [1, 0]):
        return None
    return {(1, 1): (("k", "k"), ""), (2, 2): (("ik", "kj"), "ij"), (2, 1): (("ik", "k"), "i"),
            (1, 2): (("k", "kj"), "j"), (0, 0): (("", ""), "")}.get(dimensions)  # fmt: skip


def _lengths(operands: Sequence[Entries], inner: tuple[str, str]) -> dict[str, int]:
    return {
        letter: length
        for item, letters in zip(operands, inner, strict=True)
        for letter, length in zip(letters, item.shape, strict=True)
    }


def summed_size(operands: Sequence[Entries], inner: tuple[str, str], outer: str) -> int:
    """How many products each entry of the result is the sum of."""
    lengths = _lengths(operands, inner)
    return int(np.prod([length for letter, length in lengths.items() if letter not in outer]))


def spread(numbers: Numbers, letters: str, inner: tuple[str, str], outer: str, operands: Sequence[Entries]) -> Numbers:
    """Numbers by their own axes, by all axes: those of the result first, then those summed over."""
    lengths = _lengths(operands, inner)
    order = outer + "".join(letter for letter in lengths if letter not in outer)
    moved = numbers.transpose([letters.index(letter) for letter in order if letter in letters])
    shape = [lengths[letter] if letter in letters else 1 for letter in order]
    return np.broadcast_to(moved.reshape(shape), [lengths[letter] for letter in order])
