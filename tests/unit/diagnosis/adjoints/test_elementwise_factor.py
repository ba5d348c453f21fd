"""Whether values follow arguments by a function without a name."""

from __future__ import annotations

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
