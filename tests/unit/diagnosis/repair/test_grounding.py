"""Which values are true adjoints, and which changes of a line make it compute one."""

import numpy as np

from gradcheck.diagnosis.programs.program import Forward, Intermediate
from gradcheck.diagnosis.repair.grounding import Grounds

RNG = np.random.default_rng(5)
ADJOINTS = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(3,)), np.array([2.0, 0.0])]
VALUES = [Intermediate(number=n, operation="add", value=adjoint, adjoint=adjoint) for n, adjoint in enumerate(ADJOINTS)]
GROUNDS = Grounds(Forward(values=(*VALUES, Intermediate(number=4, operation="constant", value=ADJOINTS[0])), loss=0))


def test_a_multiple_of_an_adjoint_is_one() -> None:
    """Whatever the constant; the two of one shape are told apart."""
    first, second = (GROUNDS.adjoint(-0.25 * adjoint) for adjoint in ADJOINTS[:2])
    assert (first, second) == (0, 1)


def test_what_is_none_is_none() -> None:
    """A sum of two, one with an entry that is off, another shape, what is not finite."""
    off = ADJOINTS[0].copy()
    off[1, 1] *= 1.0001
    wrong = [ADJOINTS[0] + ADJOINTS[1], off, ADJOINTS[0].T, np.full((4, 3), np.nan), None]
    assert [GROUNDS.adjoint(value) for value in wrong] == [None] * 5


def test_few_numbers_say_nothing() -> None:
    """A single number is a multiple of every other one."""
    assert GROUNDS.adjoint(np.array([4.0, 0.0])) is None
