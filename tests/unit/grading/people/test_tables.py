"""Tables of people: as spreadsheets of several countries write them."""

from pathlib import Path

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.people.overrides import read_overrides
from gradcheck.grading.people.tables import rows_of
from gradcheck.grading.people.times import read_times


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str, tmp_path: Path) -> None:
    """With a byte-order mark, blanks around, a short line, and a column that nobody asked for."""
    lines = [["b", " a ", "c"], ["2", "1", "3"], ["5"]]
    text = "\r\n".join(separator.join(line) for line in lines)
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert list(rows_of(tmp_path / "t.csv", ("a", "b"))) == [(2, {"a": "1", "b": "2"}), (3, {"a": "", "b": "5"})]


def test_overrides_of_a_spreadsheet_with_decimal_commas(tmp_path: Path) -> None:
    """As Excel saves it in German."""
    (tmp_path / "o.csv").write_text("submission;item;points;reason\nada.py;forward;2,5;read by hand\n")
    (decision,) = read_overrides(tmp_path / "o.csv")
    assert decision.override is not None
    assert decision.override.points == 2.5


def test_times_of_such_a_spreadsheet(tmp_path: Path) -> None:
    """The time itself is written one way."""
    (tmp_path / "t.csv").write_text("submission;submitted\nada.py;2026-10-01T12:00:00Z\n")
    assert list(read_times(tmp_path / "t.csv")) == ["ada.py"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "headings are missing; expected submission, submitted"),
        (b"submission,submitted\n\xdc,x\n", "not in UTF-8: save it as 'CSV UTF-8'"),
    ],
)
def test_what_is_no_table(content: bytes, message: str, tmp_path: Path) -> None:
    """With the cure."""
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(GradingError, match=message):
        read_times(tmp_path / "t.csv")


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(GradingError, match="cannot be read"):
        read_times(tmp_path / "t.csv")
