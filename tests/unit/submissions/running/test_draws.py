"""Random numbers of a step: the same every time, and others while others are asked for."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from gradcheck.submissions.running.draws import Draws


def test_other_numbers_are_drawn_while_they_are_asked_for() -> None:
    """From every kind of generator that the step reaches, and the first ones again afterwards."""
    new, old, own = np.random.default_rng(1), np.random.RandomState(2), random.Random(3)

    def step(_item: Any) -> tuple[float, ...]:
        return new.random(), old.rand(), own.random(), np.random.rand(), random.random()  # noqa: NPY002 (the global one)

    draws = Draws(step)

    def drawn() -> tuple[float, ...]:
        draws.rewind()
        return step(None)

    first = drawn()
    with draws.another(7):
        others = drawn()
        assert drawn() == others
    assert drawn() == first
    assert all(one != other for one, other in zip(first, others, strict=True))
