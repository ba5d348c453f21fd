"""Where else to look: points at which more bugs can show, next to the given one, and of unit scale."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gradcheck.checks.directions import uniform
from gradcheck.checks.points import better_point, fresh_point, jittered, natural_scale, output_matrix, weight_matrices
from gradcheck.problem import Block


def _blocks(*shapes: tuple[int, ...]) -> tuple[tuple[Block, ...], list[slice]]:
    blocks = tuple(Block(name=f"p{k}", shape=s, dtype=np.dtype(np.float64)) for k, s in enumerate(shapes))
    bounds = np.cumsum([0, *(block.size for block in blocks)])
    return blocks, [slice(int(a), int(b)) for a, b in itertools.pairwise(bounds)]


@pytest.mark.parametrize(
    ("shape", "scale"),
    [
        ((30, 20), 0.2),
        ((8,), 0.3),
        ((1, 8), 0.3),
        ((8, 1), 0.3),
        ((), 0.3),
        ((1, 1), 1.0),
        ((4, 5, 3, 3), np.sqrt(2 / 81)),
    ],
    ids=str,
)
def test_natural_scale(shape: tuple[int, ...], scale: float) -> None:
    """``sqrt(2 / (fan_in + fan_out))`` for matrices and convolutions, 0.3 for vectors, 1 for a single weight."""
    (block,), _ = _blocks(shape)
    assert natural_scale(block) == pytest.approx(scale)


@pytest.mark.parametrize(("size", "beside", "scale"), [(4, (3,), 0.5), (100, (3,), 0.3), (4, (5, 4), 0.3)], ids=str)
def test_a_vector_is_the_weights_of_one_unit_where_no_block_is_a_matrix(
    size: int, beside: tuple[int, ...], scale: float
) -> None:
    """``1 / sqrt(fan)`` down to what a bias gets; beside a matrix a vector is a bias."""
    (block,), _ = _blocks((size,))
    (other,), _ = _blocks(beside)
    assert natural_scale(block, (block, other)) == pytest.approx(scale)


def _move(values: np.ndarray, shape: tuple[int, ...], radius: float = 0.3) -> np.ndarray:
    blocks, slices = _blocks(shape)
    return better_point(values.ravel().copy(), blocks, slices, np.random.default_rng(0), radius)


def test_tiny_weights_get_unit_scale() -> None:
    """Weights of 1e-3 hide what depends on the non-linearity."""
    moved = _move(np.full((30, 20), 1e-3), (30, 20))
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(0.2, rel=0.15)


def test_zero_biases_become_biases() -> None:
    """Every entry moves."""
    moved = _move(np.zeros(50), (50,))
    assert np.all(moved != 0.0)
    assert np.max(np.abs(moved)) <= 0.3 * np.sqrt(3.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_scales_and_variances_keep_their_sign(sign: float) -> None:
    """A square root or logarithm of a parameter stays defined."""
    values = sign * np.linspace(0.5, 1.5, 40)
    moved = _move(values, (40,))
    assert np.all(sign * moved > 0.0)
    assert np.max(np.abs(moved / values - 1.0)) <= 0.3
    assert np.all(moved != values)


def test_ordinary_weights_move_by_a_part_of_their_size() -> None:
    """Near the given point, and away from it."""
    values = np.random.default_rng(1).standard_normal((30, 20))
    step = _move(values, (30, 20)) - values.ravel()
    assert np.sqrt(np.mean(step**2)) == pytest.approx(0.3, rel=0.15)
    assert np.sqrt(np.mean((_move(values, (30, 20), 0.03) - values.ravel()) ** 2)) == pytest.approx(0.03, rel=0.15)


def test_the_given_point_is_not_changed() -> None:
    """A new vector comes back; empty blocks have nothing to move."""
    blocks, slices = _blocks((3,), (0, 2))
    theta = np.array([1.0, -2.0, 3.0])
    better_point(theta, blocks, slices, np.random.default_rng(0))
    jittered(theta, blocks, slices, np.random.default_rng(0), 0.1, np.zeros(2))
    np.testing.assert_array_equal(theta, [1.0, -2.0, 3.0])


def test_jitter_is_relative_to_the_block() -> None:
    """Large blocks move far, small ones little, zero ones by their natural scale; no entry stays at its kink."""
    blocks, slices = _blocks((500,), (500,), (500,))
    theta = np.concatenate([np.full(500, 1e3), np.full(500, -1e-3), np.zeros(500)])
    step = np.abs(jittered(theta, blocks, slices, np.random.default_rng(0), 1e-4, np.zeros(3)) - theta)
    for where, unit in zip(slices, (1e-1, 1e-7, 3e-5), strict=True):
        assert np.max(step[where]) == pytest.approx(1.5 * unit, rel=0.02)
        assert np.min(step[where]) == pytest.approx(0.5 * unit, rel=0.05)


def test_jitter_keeps_a_distance_where_it_is_asked_for() -> None:
    """Differences that reach far ask for a neighbour that is farther."""
    blocks, slices = _blocks((500,), (500,))
    theta = np.ones(1000)
    moved = jittered(theta, blocks, slices, np.random.default_rng(0), 1e-4, np.array([0.0, 0.2]))
    assert np.max(np.abs(moved - theta)[slices[0]]) <= 1.5e-4
    assert np.min(np.abs(moved - theta)[slices[1]]) >= 0.1


def test_a_fresh_point_owes_nothing_to_the_given_one() -> None:
    """Each block at its natural scale, or a part of it."""
    blocks, slices = _blocks((30, 20), (20,))
    unit = fresh_point(blocks, slices, np.random.default_rng(0), 1.0)
    tenth = fresh_point(blocks, slices, np.random.default_rng(0), 0.1)
    assert np.sqrt(np.mean(unit[slices[0]] ** 2)) == pytest.approx(0.2, rel=0.1)
    np.testing.assert_allclose(tenth, 0.1 * unit)


def test_a_fresh_point_of_nothing_is_empty() -> None:
    """No blocks, no entries."""
    assert fresh_point((), [], np.random.default_rng(0), 1.0).shape == (0,)


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        (((3, 4), (4,), (4, 2), (2,)), [0, 2]),
        (((3, 4), (1, 4), (4, 1), (1, 1)), [0, 2]),
        (((4, 3), (4, 1), (1, 4), (1, 1)), [0, 2]),
        (((5, 1),), [0]),
        (((5,), ()), []),
    ],
    ids=str,
)
def test_weight_matrices(shapes: tuple[tuple[int, ...], ...], found: list[int]) -> None:
    """A single row (column) beside a matrix of as many columns (rows) is its bias."""
    assert weight_matrices(_blocks(*shapes)[0]) == found


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        (((3, 5), (5,), (5, 2), (2,)), 2),
        (((5, 2), (2,), (3, 5), (5,)), 0),
        (((5, 3), (5, 1), (2, 5), (2, 1)), 2),
        (((4, 4), (4,), (4, 4), (4,)), 2),
        (((5, 4),), 0),
        (((5,), ()), None),
    ],
    ids=str,
)
def test_output_matrix(shapes: tuple[tuple[int, ...], ...], found: int | None) -> None:
    """By how the shapes chain, in either layout and any order; the last one where they do not tell."""
    assert output_matrix(_blocks(*shapes)[0]) == found


def test_points_lie_on_no_grid() -> None:
    """Entries of equal size would put a ReLU exactly on its kink where inputs are 0 and 1, as in XOR."""
    drawn = uniform(20_000, np.random.default_rng(0))
    assert np.unique(np.abs(drawn)).size == drawn.size
    blocks = (Block(name="theta", shape=(5000,), dtype=np.dtype(np.float64)),)
    start = np.zeros(5000)
    for point in (
        better_point(start, blocks, [slice(0, 5000)], np.random.default_rng(1)),
        fresh_point(blocks, [slice(0, 5000)], np.random.default_rng(2), 1.0),
        jittered(start, blocks, [slice(0, 5000)], np.random.default_rng(3), 1e-4, np.zeros(1)),
    ):
        assert np.unique(np.abs(point)).size == point.size
