"""What a path assumes, and what each further bug costs it."""

from __future__ import annotations

import math

import pytest

from gradcheck.diagnosis.matching import ANY
from gradcheck.diagnosis.search.factors import quotient
from gradcheck.diagnosis.search.paths import (
    AGAIN,
    ANOTHER_FORM,
    BEAM,
    WORSE,
    Choice,
    Path,
    cheapest,
    further_cost,
    with_twin,
)


def choice(bug: str, what: str = "", *, layer: int = 0, equal: tuple[str, ...] = ()) -> Choice:
    """A rule of the delta."""
    return Choice(bug=bug, what=what, kind="delta", layer=layer, equal=equal)


def path(*choices: Choice, cost: float = 0.0, running: tuple[float, ...] = (1.0,), error: float = 0.0) -> Path:
    """A path without deltas."""
    return Path(deltas=(), running=running, choices=choices, cost=cost, error=error)


@pytest.mark.parametrize(
    ("further", "cost"),
    [
        ((), 0.0),
        ((choice("b"),), 1.0),
        ((choice("a", "x", layer=1),), AGAIN),
        ((choice("a", "y"),), ANOTHER_FORM),
        ((choice("b", equal=("a",)),), ANOTHER_FORM),
        ((choice("b", "x"), choice("b", "x")), 1.0 + AGAIN),
    ],
)
def test_the_same_slip_again_is_hardly_another_bug(further: tuple[Choice, ...], cost: float) -> None:
    """A new bug is one, the same in another place or form less."""
    assert further_cost(path(choice("a", "x")), further) == pytest.approx(cost)


def test_a_twin_is_named_once() -> None:
    """With what it is equal to itself, and never the choice's own bug."""
    joined = with_twin(choice("a", equal=("b",)), choice("c", equal=("a", "b", "d")))
    assert (joined.bug, joined.equal) == ("a", ("b", "c", "d"))


def test_the_cheapest_are_kept() -> None:
    """Each account once, none much dearer than the best, and no more than a beam of them."""
    best, worse = path(choice("a"), cost=1.0, error=1e-9), path(choice("a"), cost=1.0, error=1e-8)
    assert cheapest([worse, best]) == [best]
    dear = path(choice("b"), cost=1.0 + WORSE + 2.0)
    kept = cheapest([dear, best, path(choice("c"), cost=1.0 + WORSE / 2)])
    assert [each.cost for each in kept[:2]] == [1.0, 1.0 + WORSE / 2]
    assert len(cheapest([path(choice(str(number))) for number in range(2 * BEAM)])) == BEAM


def test_a_quotient_is_unknown_where_either_is() -> None:
    """And where it would divide by nothing."""
    found = quotient((6.0, ANY, 1.0, 2.0), (3.0, 1.0, ANY, 0.0))
    assert found[0] == 2.0
    assert all(math.isnan(value) for value in found[1:])
