"""Numbers as a reader wants them."""

from __future__ import annotations

import pytest

from gradcheck.reports import numbers


@pytest.mark.parametrize(
    ("share", "text"),
    [(5e-5, "0.005 %"), (0.5, "50 %"), (1.0, "100 %"), (12.0, "1200 %"), (1e-9, "1e-07 %"), (0.0, "0 %")],
)
def test_percent_has_two_digits(share: float, text: str) -> None:
    """Percent has two digits."""
    assert numbers.percent(share) == text


@pytest.mark.parametrize(
    ("analytic", "numeric", "texts"),
    [
        (0.1, 0.2, ("0.1", "0.2")),
        (1.00000001, 1.0, ("1.00000001", "1")),
        (1.0, 1.0 + 1e-15, ("1", "1")),
        (float("nan"), 1.0, ("nan", "1")),
        (-0.0, 2.0, ("-0", "2")),
    ],
    ids=["plain", "close", "too close to show", "nan", "negative zero"],
)
def test_a_pair_has_the_digits_that_tell_it_apart(analytic: float, numeric: float, texts: tuple[str, str]) -> None:
    """A pair has the digits that tell it apart."""
    assert numbers.pair(analytic, numeric) == texts


def test_what_was_not_measured_is_a_dash() -> None:
    """What was not measured is a dash."""
    assert numbers.short(None) == numbers.ratio(None) == numbers.error_with_bound(None, 1.0) == "-"


def test_a_bound_that_was_not_measured_is_left_out() -> None:
    """A bound that was not measured is left out."""
    assert numbers.error_with_bound(0.5, None) == "0.5"


def test_an_index_reads_as_it_is_typed() -> None:
    """An index reads as it is typed."""
    assert [numbers.index(index) for index in ((0, 1), (2,), ())] == ["[0, 1]", "[2]", "[()]"]
