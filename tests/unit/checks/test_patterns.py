"""Where wrong entries lie, in words: the block, its rows, its columns, or entries by their index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck.checks.patterns import MAX_LISTED, line_pattern, pattern_of, pattern_of_places
from gradcheck.problem import Block
from gradcheck.records import Pattern

RTOL = 1e-6


def _block(*shape: int) -> Block:
    return Block(name="W", shape=shape, dtype=np.dtype(np.float64))


def _pattern(wrong: Any, shape: tuple[int, ...] = (6, 5), truth: Any = None) -> Pattern | None:
    """The pattern when the entries that ``wrong`` indexes are off by one."""
    numeric = np.linspace(1.0, 2.0, int(np.prod(shape))).reshape(shape) if truth is None else truth
    analytic = numeric.copy()
    analytic[wrong] += 1.0
    return pattern_of(_block(*shape), analytic, numeric, RTOL)


@pytest.mark.parametrize(
    ("wrong", "kind", "indices", "message"),
    [
        (np.s_[2, 3], "entries", ((2, 3),), "entry (2, 3) of W"),
        (([1, 4], [0, 2]), "entries", ((1, 0), (4, 2)), "entries (1, 0), (4, 2) of W"),
        (np.s_[2, :], "rows", ((2,),), "row 2 of W"),
        (np.s_[[0, 3], :], "rows", ((0,), (3,)), "rows 0, 3 of W"),
        (np.s_[:, 4], "columns", ((4,),), "column 4 of W"),
        (np.s_[:, [0, 1]], "columns", ((0,), (1,)), "columns 0, 1 of W"),
        (np.s_[:, :], "block", (), "all of W"),
        (np.s_[1:, :], "block", (), "most of W"),
    ],
)
def test_the_smallest_description(wrong: Any, kind: str, indices: Any, message: str) -> None:
    """A row is a row, not five entries."""
    pattern = _pattern(wrong)
    assert pattern is not None
    assert (pattern.kind, pattern.indices, pattern.message) == (kind, indices, message)


def test_nothing_wrong_has_no_pattern() -> None:
    """Within the tolerance of an entry's own size."""
    assert _pattern(np.s_[:0]) is None
    numeric = np.ones((3, 4))
    assert pattern_of(_block(3, 4), numeric * (1.0 + 0.5 * RTOL), numeric, RTOL) is None


def test_round_off_in_entries_that_are_zero_is_not_wrong() -> None:
    """A zero carries the round-off of the largest entry."""
    numeric = np.array([0.0, 1.0, 1.0])
    assert pattern_of(_block(3), numeric + np.array([1e-12, 0.0, 0.0]), numeric, RTOL) is None


def test_rows_whose_other_entries_are_zero_on_both_sides_are_rows() -> None:
    """Entries that are zero on both sides say nothing against a row."""
    truth = np.ones((6, 5))
    truth[2, :3] = 0.0
    analytic = truth.copy()
    analytic[2, 3:] *= 2.0
    pattern = pattern_of(_block(6, 5), analytic, truth, RTOL)
    assert pattern is not None
    assert (pattern.kind, pattern.indices) == ("rows", ((2,),))


def test_a_column_that_should_be_zero_is_a_column() -> None:
    """Zero in truth, claimed as something."""
    truth = np.ones((6, 5))
    truth[:, 1] = 0.0
    pattern = _pattern(np.s_[:, 1], truth=truth)
    assert pattern is not None
    assert (pattern.kind, pattern.indices) == ("columns", ((1,),))


@pytest.mark.parametrize(
    ("shape", "wrong", "kind"),
    [
        ((5,), np.s_[2], "entries"),
        ((1, 5), np.s_[0, 2], "entries"),
        ((1,), np.s_[0], "block"),
        ((), np.s_[()], "block"),
    ],
    ids=str,
)
def test_vectors_have_no_rows(shape: tuple[int, ...], wrong: Any, kind: str) -> None:
    """Entries only; the one entry of a block of one is the block."""
    pattern = _pattern(wrong, shape=shape)
    assert pattern is not None
    assert pattern.kind == kind


def test_a_three_dimensional_block_has_entries() -> None:
    """By their full index."""
    pattern = _pattern(np.s_[1, 0, 2], shape=(2, 3, 4))
    assert pattern is not None
    assert pattern.indices == ((1, 0, 2),)


def test_long_lists_are_cut() -> None:
    """Four entries in words, sixty-four as data; six lines in words."""
    wrong = np.zeros((40, 40), dtype=bool)
    wrong[np.arange(40), np.arange(40)] = True
    wrong[np.arange(39), np.arange(1, 40)] = True
    pattern = _pattern(wrong, shape=(40, 40))
    assert pattern is not None
    assert pattern.kind == "entries"
    assert len(pattern.indices) == MAX_LISTED
    assert pattern.message == "79 entries: (0, 0), (0, 1), (1, 1), (1, 2), ... of W"
    assert line_pattern(_block(9, 9), "rows", list(range(8))).message == "rows 0, 1, 2, 3, 4, 5, ... of W"


@pytest.mark.parametrize(
    ("places", "kind"), [([7], "entries"), ([5, 6, 7, 8, 9], "rows"), ([1, 6, 11, 16, 21, 26], "columns")], ids=str
)
def test_places_without_values(places: list[int], kind: str) -> None:
    """The same words for entries that are known by their flat position only."""
    assert pattern_of_places(_block(6, 5), places).kind == kind
