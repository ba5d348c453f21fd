"""Tables of when submissions were handed in."""

import datetime as dt
from pathlib import Path

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.people.times import read_times


def test_times(tmp_path: Path) -> None:
    """With their zones."""
    place = tmp_path / "times.csv"
    place.write_text("submission,submitted\nada.py,2026-10-01T12:00:00+02:00\nbo,2026-10-01T12:00:00Z\n")
    found = read_times(place)
    assert found["bo"] - found["ada.py"] == dt.timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,time\na,b\n", "file, time; expected submission, submitted"),
        ("submission,submitted\nada,yesterday\n", "line 2: 'yesterday' is no time"),
        ("submission,submitted\nada,2026-10-01T12:00:00\n", "line 2.*no zone"),
    ],
    ids=["headings", "no time", "no zone"],
)
def test_what_are_no_times(text: str, message: str, tmp_path: Path) -> None:
    """With the line."""
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(GradingError, match=message):
        read_times(tmp_path / "times.csv")
