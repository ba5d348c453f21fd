"""Random numbers that a step draws: the same ones every time, so that loss and gradient belong together."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.problem.state import walk

__all__ = ["Draws"]


class Draws:
    """States of the global generators and of all that a step can reach, as they are now."""

    def __init__(self, step: Any) -> None:
        self._numpy, self._python = np.random.get_state(), random.getstate()
        reached = [value for _, value in walk({"step": step})]
        self._generators = [
            (g.bit_generator, g.bit_generator.state) for g in reached if isinstance(g, np.random.Generator)
        ]
        self._legacy = [(g, g.get_state()) for g in reached if isinstance(g, np.random.RandomState)]
        self._own = [(g, g.getstate()) for g in reached if isinstance(g, random.Random)]

    def rewind(self) -> None:
        """Put all of them back."""
        np.random.set_state(self._numpy)
        random.setstate(self._python)
        for generator, state in self._generators:
            generator.state = state
        for legacy, old in self._legacy:
            legacy.set_state(old)
        for own, kept in self._own:
            own.setstate(kept)

    @contextlib.contextmanager
    def another(self, seed: int) -> Iterator[None]:
        """Inside, what is put back is other states of them all: other numbers are drawn."""
        kept = (self._numpy, self._python, self._generators, self._legacy, self._own)
        other = np.random.RandomState(seed).get_state()
        python = random.Random(seed).getstate()  # noqa: S311 (no secret)
        self._numpy, self._python = other, python
        self._generators = [(bits, type(bits)(seed).state) for bits, _ in self._generators]
        self._legacy = [(legacy, other) for legacy, _ in self._legacy]
        self._own = [(own, python) for own, _ in self._own]
        try:
            yield
        finally:
            self._numpy, self._python, self._generators, self._legacy, self._own = kept

    def moved(self) -> bool:
        """Whether any has been drawn from since."""
        return (
            repr(np.random.get_state()) != repr(self._numpy)
            or random.getstate() != self._python
            or any(repr(generator.state) != repr(state) for generator, state in self._generators)
            or any(repr(legacy.get_state()) != repr(old) for legacy, old in self._legacy)
            or any(own.getstate() != kept for own, kept in self._own)
        )
