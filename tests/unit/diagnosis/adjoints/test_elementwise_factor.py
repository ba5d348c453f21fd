"""Whether values follow arguments by a function without a name."""

from __future__ import annotations

import tracemalloc

import numpy as np

from gradcheck.diagnosis.adjoints.elementwise_factor import departure, follows


def _drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((6, 5))


def test_a_function_of_the_argument_is_followed() -> None:
    """Whatever it is, also where entries are missing."""
    z = _drawn(0)
    values = np.cos(2.0 * z) + 0.2 * z
    values[0, 0] = np.nan
    assert follows([z], [values])


def test_what_depends_on_something_else_is_not() -> None:
    """Another array's function, a constant, too few pairs."""
    z = _drawn(1)
    assert not follows([z], [np.tanh(_drawn(2))])
    assert not follows([z], [np.full(z.shape, 0.3)])
    assert not follows([z[:2]], [np.tanh(z[:2])])


def test_noise_on_what_was_expected_is_no_function() -> None:
    """A factor that is nearly right follows its argument; what it is off by does not."""
    z = _drawn(3)
    slope = 1.0 - np.tanh(z) ** 2
    noisy = slope * (1.0 + 0.01 * _drawn(4))
    assert follows([z], [noisy])
    assert not follows([z], departure([noisy], [slope]))
    assert follows([z], departure([1.0 + np.tanh(z) ** 2], [slope]))


def test_many_pairs_take_memory_of_their_number_and_not_of_its_square() -> None:
    """A loop binds hundreds of arrays, and each is held against all others: tables of all pairs take minutes."""
    z = np.random.default_rng(5).standard_normal(3000)
    tracemalloc.start()
    try:
        assert follows([z], [np.tanh(z)])
        assert not follows([z], [z[::-1]])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * z.nbytes  # a table has 3000 times as many entries


def test_how_far_two_values_lie_apart_is_the_mean_of_all_pairs() -> None:
    """What is added up in order is what a table of all pairs adds up: the bound for what is smooth depends on it."""
    drawn = np.random.default_rng(6)
    for size in (16, 31):
        x, y = drawn.permutation(size).astype(float), np.sort(drawn.standard_normal(size))
        pairs = np.abs(y[:, None] - y[None, :]).sum() / (size * (size - 1))
        steps = np.abs(np.diff(y[np.argsort(x)])).mean()
        assert follows([x], [y]) is bool(steps <= 0.3 * pairs)
        ordered = np.abs(np.diff(y)).mean()
        assert follows([np.arange(float(size))], [y]) is bool(ordered <= 0.3 * pairs)
