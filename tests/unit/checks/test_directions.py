"""Joint directions: every block moved, no entry left out, none drowned, faint blocks in groups of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from gradcheck.checks.directions import FLOOR, claimed_direction, joint_directions, random_signs, uniform

Vector = npt.NDArray[np.float64]


def _blocks(*norms: float, size: int = 6) -> tuple[Vector, list[slice]]:
    """A gradient of blocks of these norms."""
    unit = np.ones(size) / np.sqrt(size)
    slices = [slice(k * size, (k + 1) * size) for k in range(len(norms))]
    return np.concatenate([norm * unit for norm in norms]), slices


def test_random_signs_leave_no_entry_out(rng: np.random.Generator) -> None:
    """Every component lies in [0.5, 1.5] in size, with both signs, mean 0 and mean square 1.08."""
    draw = random_signs(20_000, rng)
    assert np.min(np.abs(draw)) >= 0.5
    assert np.max(np.abs(draw)) <= 1.5
    assert abs(np.mean(draw)) < 0.05
    assert np.mean(draw**2) == pytest.approx(13 / 12, rel=0.02)


def test_uniform_draws_fill_the_interval(rng: np.random.Generator) -> None:
    """(-1, 1) without its ends, mean 0, variance 1/3."""
    draw = uniform(20_000, rng)
    assert np.max(np.abs(draw)) < 1.0
    assert np.mean(draw**2) == pytest.approx(1 / 3, rel=0.03)
    assert abs(np.mean(draw)) < 0.02


def test_one_direction_moves_every_entry_of_every_block(rng: np.random.Generator) -> None:
    """Blocks within the floor share one direction, each with weight 1."""
    gradient, slices = _blocks(1.0, 0.1, 5.0)
    (direction,) = joint_directions(gradient, slices, rng)
    assert direction.blocks == (0, 1, 2)
    assert direction.weights == pytest.approx((1.0, 1.0, 1.0))
    assert np.all(direction.vector != 0.0)


def test_every_block_has_about_the_same_share(rng: np.random.Generator) -> None:
    """The norm of a block's share of the derivative is near 1 whatever the block's gradient."""
    gradient, slices = _blocks(1.0, 0.01, 7.0)
    (direction,) = joint_directions(gradient, slices, rng)
    shares = [float(np.linalg.norm((gradient * direction.vector)[where])) for where in slices]
    assert all(0.5 <= share <= 1.5 for share in shares)


def test_a_faint_block_is_probed_again_by_itself(rng: np.random.Generator) -> None:
    """Under the floor: magnified only to the floor in the joint direction, fully in its own."""
    gradient, slices = _blocks(1.0, 0.1 * FLOOR)
    joint, own = joint_directions(gradient, slices, rng)
    assert joint.blocks == (0, 1)
    assert joint.weights == pytest.approx((1.0, 0.1))
    assert own.blocks == (1,)
    assert own.weights == pytest.approx((1.0,))
    assert not np.any(own.vector[slices[0]])


def test_groups_end_after_four(rng: np.random.Generator) -> None:
    """A chain of ever fainter blocks costs a bounded number of probes."""
    gradient, slices = _blocks(*(10.0 ** (-4 * k) for k in range(7)))
    directions = joint_directions(gradient, slices, rng)
    assert [direction.blocks[0] for direction in directions] == [0, 1, 2, 3]


def test_zero_blocks_are_moved_once(rng: np.random.Generator) -> None:
    """Where nothing is claimed the loss must not move either: probed jointly, magnified to the floor."""
    gradient, slices = _blocks(2.0, 0.0)
    (direction,) = joint_directions(gradient, slices, rng)
    assert direction.weights == (1.0, 0.0)
    assert np.all(direction.vector[slices[1]] != 0.0)


def test_a_gradient_of_zero_is_moved_at_unit_scale(rng: np.random.Generator) -> None:
    """With nothing to divide by, nothing is divided."""
    gradient, slices = _blocks(0.0, 0.0)
    (direction,) = joint_directions(gradient, slices, rng)
    assert 0.5 <= np.min(np.abs(direction.vector)) <= np.max(np.abs(direction.vector)) <= 1.5


def test_empty_blocks_are_left_out(rng: np.random.Generator) -> None:
    """They have nothing to move."""
    (direction,) = joint_directions(np.ones(3), [slice(0, 0), slice(0, 3), slice(3, 3)], rng)
    assert direction.blocks == (1,)


@pytest.mark.parametrize("slices", [[], [slice(0, 0)]], ids=["no blocks", "an empty block"])
def test_nothing_to_move_gives_no_direction(slices: list[slice], rng: np.random.Generator) -> None:
    """Not a direction of zeros."""
    assert joint_directions(np.empty(0), slices, rng) == []


def test_directions_are_those_of_the_generator() -> None:
    """One seed, one direction."""
    gradient, slices = _blocks(1.0, 2.0)
    first, again, other = (joint_directions(gradient, slices, np.random.default_rng(s))[0].vector for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_large_blocks_are_drawn_throughout(rng: np.random.Generator) -> None:
    """Parts that are drawn at a time are independent, and none is left out or drawn twice."""
    draw = random_signs(100_003, rng)
    assert np.min(np.abs(draw)) >= 0.5
    assert np.mean(draw**2) == pytest.approx(13 / 12, rel=0.01)
    lag = 2**15
    assert abs(np.mean(draw[lag:] * draw[:-lag])) < 0.02


def test_the_direction_of_the_claim_shows_a_wrong_factor_whole() -> None:
    """Each block adds 1 to what is claimed along it; faint blocks are left out."""
    gradient, slices = _blocks(3.0, 0.2, 3.0 * FLOOR / 2.0)
    direction = claimed_direction(gradient, slices)
    assert direction is not None
    assert direction.blocks == (0, 1)
    assert direction.weights == (2.0, 2.0)
    assert gradient @ direction.vector == pytest.approx(2.0)
    assert not direction.vector[slices[2]].any()
    for where in slices[:2]:
        assert gradient[where] @ direction.vector[where] == pytest.approx(1.0)


def test_a_claim_of_zeros_has_no_direction() -> None:
    """Nothing could be compared along it."""
    assert claimed_direction(np.zeros(4), [slice(0, 4)]) is None
