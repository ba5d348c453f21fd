"""Rosters as platforms and people write them, and what is wrong with others."""

from pathlib import Path

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.people.roster import read_roster

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,XOR (311)
    Points Possible,,,,,20
,,,,,Manual Posting
"Lovelace, Ada",4711,u1,ada,A,
"Bohr, Bo",4712,u2,bo,A,3
"Student, Test",9,,,A,
"""
MOODLE = "\ufeffIdentifier;Full name;Email address;Status\nParticipant 88;Ada Lovelace;ada@example.org;Submitted\n"
OWN = "student\tname\tgroup\tfiles\nada\tAda\tg1\thw-*.py x.zip\nbo\tBo\t\t\n"


def _roster(tmp_path: Path, text: str) -> Path:
    place = tmp_path / "roster.csv"
    place.write_text(text, encoding="utf-8")
    return place


def test_canvas(tmp_path: Path) -> None:
    """The gradebook's export; its rows about itself are kept apart, to be written back."""
    roster = read_roster(_roster(tmp_path, CANVAS))
    assert [(student.id, student.name) for student in roster.students] == [("u1", "Lovelace, Ada"), ("u2", "Bohr, Bo")]
    assert roster.students[0].cells["ID"] == "4711"
    assert len(roster.preamble) == 3
    assert roster.headings[-1] == "XOR (311)"


def test_moodle(tmp_path: Path) -> None:
    """The grading worksheet, with its mark of byte order and semicolons."""
    (student,) = read_roster(_roster(tmp_path, MOODLE)).students
    assert (student.id, student.name, student.email) == ("Participant 88", "Ada Lovelace", "ada@example.org")


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    """Separated by tabs, with groups and patterns of files."""
    ada, bo = read_roster(_roster(tmp_path, OWN)).students
    assert (ada.group, ada.files) == ("g1", ("hw-*.py", "x.zip"))
    assert (bo.group, bo.files) == (None, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column tells"),
        ("colour,size\nred,1\n", "colour, size"),
        ("student\n", "no student"),
        ("student,name\nada,A\nbo,B\nada,C\n", r"line 4: 'ada' stands in line 2"),
        ("student,name\n,A\n", "line 2.*empty"),
    ],
    ids=["nothing", "other columns", "nobody", "twice", "no id"],
)
def test_what_is_no_roster(text: str, message: str, tmp_path: Path) -> None:
    """With the line, and what was expected."""
    with pytest.raises(GradingError, match=message):
        read_roster(_roster(tmp_path, text))


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    """Names would be spoilt otherwise."""
    place = tmp_path / "roster.csv"
    place.write_bytes("student\nzoë\n".encode("latin-1"))
    with pytest.raises(GradingError, match="UTF-8"):
        read_roster(place)
    with pytest.raises(GradingError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("net (2).py", ("net (2).py",)),
        ("hw 3.ipynb; my folder", ("hw 3.ipynb", "my folder")),
        ("my folder;", ("my folder",)),
        ("hw3.py late*", ("hw3.py", "late*")),
        ("one two", ("one", "two")),
        ("", ()),
    ],
)
def test_files_with_blanks_in_their_names(tmp_path: Path, cell: str, files: tuple[str, ...]) -> None:
    """One file's name is one pattern; several are told apart by semicolons."""
    path = tmp_path / "roster.csv"
    path.write_text(f'student,files\nada,"{cell}"\n', encoding="utf-8")
    assert read_roster(path).students[0].files == files
