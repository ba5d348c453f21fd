"""Whose a submission is: by every name that platforms and people give, and never by a guess."""

import unicodedata
from typing import Literal

import pytest

from gradcheck.grading.people.owners import owners
from gradcheck.grading.people.roster import Roster, Student

ROSTER = Roster(
    students=(
        Student(id="u1", name="Lovelace, Ada", email="ada@example.org", cells={"ID": "4711"}),
        Student(id="u2", name="Bo Bohr", cells={"ID": "4712"}, files=("team-x*",)),
        Student(id="Participant 88", name="Zoë de la Cruz"),
        Student(id="g1a", name="Cleo", group="blue"),
        Student(id="g1b", name="Dan", group="blue"),
    )
)


@pytest.mark.parametrize(
    ("key", "students"),
    [
        ("lovelaceada_4711_99817_net.py", ("u1",)),
        ("lovelaceada_LATE_4711_99817_net-2.py", ("u1",)),
        ("Zoë de la Cruz_88_assignsubmission_file_", ("Participant 88",)),
        ("Zoe de la Cruz_88_assignsubmission_file_/net.py", ("Participant 88",)),
        ("Zoe de la Cruz_88_assignsubmission_file_net.py", ("Participant 88",)),
        ("u1.py", ("u1",)),
        ("U1.ipynb", ("u1",)),
        ("ada.py", ("u1",)),
        ("ada_lovelace.zip", ("u1",)),
        ("Lovelace-Ada (2).py", ("u1",)),
        ("bo bohr v3.py", ("u2",)),
        ("team-x7.py", ("u2",)),
        ("u1.rar", ("u1",)),
        ("u1.tar.gz", ("u1",)),
        ("u1.py.txt", ("u1",)),
        ("zoe_de_la_cruz", ("Participant 88",)),
        ("blue.zip", ("g1a", "g1b")),
        ("cleo.py", ("g1a", "g1b")),
        ("homework.py", ()),
        ("a.py", ()),
        ("x_9999_1_net.py", ()),
        ("", ()),
    ],
)
def test_known_names(key: str, students: tuple[str, ...]) -> None:
    """A group's submission is that of all in it; where nobody is known, nobody is."""
    found = owners([key], ROSTER)[key]
    assert found.students == students
    assert (found.problem is None) == bool(students)


@pytest.mark.parametrize(("written", "found"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_that_are_kept_apart_are_the_same(written: Literal["NFC", "NFD"], found: Literal["NFC", "NFD"]) -> None:
    """What a roster says of files was typed; what lies in the folder came from another system."""
    files = tuple(unicodedata.normalize(written, name) for name in ("h\u00e9l\u00e8ne.py", "zo\u00eb*"))
    roster = Roster(students=(Student(id="u9", files=files),))
    for key in ("h\u00e9l\u00e8ne.py", "zo\u00eb-2.py"):
        name = unicodedata.normalize(found, key)
        assert owners([name], roster)[name].students == ("u9",)


def test_who_may_be_two_is_nobody() -> None:
    """And the message names them."""
    twins = Roster(students=(Student(id="t1", name="Ann Lee"), Student(id="t2", name="Lee Ann")))
    found = owners(["annlee.py"], twins)["annlee.py"]
    assert found.students == ()
    assert "t1 or t2" in str(found.problem)


@pytest.mark.parametrize(
    ("key", "label", "attempt"),
    [
        ("ada.py", "ada", None),
        ("ada-attempt2.py", "ada", 2),
        ("ada (3).zip", "ada", 3),
        ("ada_v12", "ada", 12),
        ("v2.py", "v2", None),
        ("net2.py", "net2", None),
        ("lovelaceada_4711_99817_net.py", "lovelaceada (4711)", 1),
        ("lovelaceada_4711_99817_net-2.py", "lovelaceada (4711)", 3),
    ],
)
def test_without_a_roster(key: str, label: str, attempt: int | None) -> None:
    """Each name is a student; its end may number the attempt."""
    found = owners([key], None)[key]
    assert (found.students, found.attempt) == ((label,), attempt)
