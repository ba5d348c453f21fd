"""Random generators from what a caller gives for one."""

from __future__ import annotations

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr

__all__ = ["generator_of"]


def generator_of(rng: np.random.Generator | int | None) -> np.random.Generator:
    """A generator as given, or one of a seed; seed 0 where nothing is given.

    Raises
    ------
    InvalidArgumentError
        For anything else.

    Examples
    --------
    >>> int(generator_of(7).integers(100)) == int(np.random.default_rng(7).integers(100))
    True
    """
    try:
        return np.random.default_rng(0 if rng is None else rng)
    except (TypeError, ValueError) as error:
        message = tr("rng={rng!r}; expected a numpy.random.Generator or a seed: {error}", rng=rng, error=error)
        raise InvalidArgumentError(message) from None
