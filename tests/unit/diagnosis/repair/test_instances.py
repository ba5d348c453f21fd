"""Attributes of several objects of one class: the backward calls go through them in reverse order."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.repair.instances import kept_for

FIRST, SECOND, THIRD = (np.full(length, 1.0) for length in (2, 3, 4))


def test_the_way_back_is_the_reverse() -> None:
    """Each call takes what was put away last and not taken yet, in every batch anew."""
    kept = [(1, FIRST), (2, SECOND), (11, THIRD), (12, FIRST)]
    calls = [5, 6, 15, 16]
    assert [kept_for(kept, calls, moment) is value for moment, value in ((5, SECOND), (6, FIRST))] == [True, True]
    assert kept_for(kept, calls, 15) is FIRST
    assert kept_for(kept, calls, None) is THIRD


def test_nothing_is_guessed() -> None:
    """Of one object, of a method that never ran, and of more calls than values."""
    assert kept_for([(1, FIRST)], [5], 5) is None
    assert kept_for([(1, FIRST), (2, SECOND)], [], None) is None
    assert kept_for([(1, FIRST), (2, SECOND)], [5, 6, 7], 7) is None
    assert kept_for([(7, FIRST), (8, SECOND)], [5], 5) is None
