"""Sizes that a text holds as literal numbers."""

import pytest

from gradcheck.diagnosis.written_sizes import divisions_by


@pytest.mark.parametrize("text", ["d = e / 4", "d = e / 4.0", "d /= 4", "d = 0.25 * e", "d = e * 0.25", "d *= .25"])
def test_a_division(text: str) -> None:
    """In all its forms."""
    assert divisions_by(f"m = 4\n{text}\n", 4.0) == (2,)


@pytest.mark.parametrize("text", ["d = e / 5", "d = 4 / e", "d = 4 * e", "d = e / m", "d = e * 0", "x = 'a' * 4", "(("])
def test_none(text: str) -> None:
    """Other numbers, and texts that are no program."""
    assert divisions_by(text, 4.0) == ()
