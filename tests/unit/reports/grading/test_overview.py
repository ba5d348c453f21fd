"""What a run says on the terminal and as JSON: counts, moves, faults; and no name of an anonymous class."""

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gradcheck.grading.assignment.changes import Change
from gradcheck.grading.assignment.records import Assignment, Item, Network
from gradcheck.grading.course import ClassRun
from gradcheck.grading.grade import GradedClass
from gradcheck.grading.gradebook.gradebook import Move
from gradcheck.grading.people.standing import Standing
from gradcheck.reports.grading.overview import MOST, one_line, print_overview, to_json
from gradcheck.submissions.declared.interface import Interface, Style

RUN = ClassRun(
    submissions=3,
    kept=1,
    run=2,
    moves=(
        Move(key="ada.py", item="", before=4.0, after=None, why=("submission",)),
        Move(key="ada.py", item="forward", before=4.0, after=None, why=("submission",)),
    ),
    gone=("zoe.py",),
    faults={"bo.py": "MemoryError"},
)
STANDINGS = (
    Standing(student="ada", name="Ada", state="ungradable", submission="ada.py", attempts=("ada.py",), of=10.0),
    Standing(student="bo", state="internal", submission="bo.py", attempts=("bo.py",), of=10.0),
    Standing(student="cy", state="graded", submission="cy.py", attempts=("cy.py",), points=10.0, of=10.0),
    Standing(student="di", state="graded", submission="cy.py", attempts=("cy.py",), points=7.0, of=10.0),
    Standing(student="ed", of=10.0),
)


class _Class(GradedClass):
    """Without a gradebook: what was measured is not asked for here."""

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """No bug was named."""
        return iter(())


@pytest.fixture
def graded(tmp_path: Path) -> GradedClass:
    """Five students in all states."""
    assignment = Assignment(
        title="XOR\x1b[31m",
        network=Network(sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="bce"),
        interface=Interface(style=Style.FUNCTIONS),
        rubric=(Item(path="forward", title="Forward", points=10.0, checks="forward"),),
    )
    return _Class(assignment=assignment, folder=tmp_path, run=RUN, standings=STANDINGS)


def _printed(graded: GradedClass) -> str:
    stream = io.StringIO()
    print_overview(graded, Console(width=100, file=stream))
    return stream.getvalue()


def test_the_terminal(graded: GradedClass) -> None:
    """Counts by state, how marks lie, what moved and why, whose run failed; nothing steers the terminal."""
    text = _printed(graded)
    for said in ("3 submissions", "2 run, 1 unchanged", "2  graded", "1  could not be run", "1  handed in nothing",
                 "mean 8.5 of 10, median 8.5", "1 marks moved", "ada.py: 4 to none (submission changed)",
                 "failed over bo.py: MemoryError"):  # fmt: skip
        assert said in text
    assert "\x1b" not in text


def test_what_has_changed_in_the_assignment_and_whose_items_moved(graded: GradedClass) -> None:
    """Each key with both values, each item with both marks; nothing that an assignment says is taken for markup."""
    moves = (
        Move(key="cy.py", item="", before=9.0, after=10.0, why=("assignment",)),
        Move(key="cy.py", item="forward", before=5.0, after=6.0, why=("assignment",)),
        Move(key="cy.py", item="new", before=None, after=1.0, why=("assignment",)),
    )
    changes = (
        Change(key="rubric.forward.points", before="5", after="6"),
        Change(key="rubric.forward.title", before='"[red]"', after=None),
    )
    changed = dataclasses.replace(graded, run=dataclasses.replace(RUN, moves=moves), changes=changes)
    text = _printed(changed)
    for said in ("The assignment has changed", "rubric.forward.points: 5 to 6", '"[red]" to not given',
                 "cy.py: 9 to 10 (assignment changed)", "forward: 5 to 6; new: none to 1"):  # fmt: skip
        assert said in text
    assert json.loads(to_json(changed))["changes"][0] == {"key": "rubric.forward.points", "before": "5", "after": "6"}


def test_a_cut_list_of_moves_says_so(graded: GradedClass) -> None:
    """How many more there are."""
    moves = tuple(
        Move(key=f"s{number}.py", item="", before=1.0, after=2.0, why=("assignment",)) for number in range(MOST + 3)
    )
    text = _printed(dataclasses.replace(graded, run=dataclasses.replace(RUN, moves=moves)))
    assert f"{MOST + 3} marks moved" in text
    assert text.count("1 to 2") == MOST
    assert "and 3 others" in text


def test_names_of_tables_that_nobody_has(graded: GradedClass) -> None:
    """A slip in a table of overrides or times is told, and not passed over."""
    strays = dataclasses.replace(graded, strays=("zed.py", "student:x"))
    assert "A table names 2 that were not handed in: zed.py, student:x" in " ".join(_printed(strays).split())
    assert json.loads(to_json(strays))["strays"] == ["zed.py", "student:x"]


def test_overrides_of_no_item(graded: GradedClass) -> None:
    """A slip in the name of an item is told in the terminal too, whatever it holds."""
    warned = dataclasses.replace(graded, warnings=("the override of '[red]forwrd\x1b[31m' has no effect",))
    text = _printed(warned)
    assert json.loads(to_json(warned))["warnings"] == list(warned.warnings)
    assert "the override of '[red]forwrd" in text
    assert "\x1b[31m" not in text


def test_quartiles_stay_within_the_marks(graded: GradedClass) -> None:
    """Two marks of 7 and 10 have no quartile above 10."""
    assert "middle half 7.8 to 9.2" in _printed(graded)


def test_one_line(graded: GradedClass) -> None:
    """For `-q`."""
    assert one_line(graded).startswith("3 submissions, 2 run, 1 unchanged, mean 8.5 of 10")


def test_json(graded: GradedClass) -> None:
    """No mark is null."""
    found = json.loads(to_json(graded))
    assert found["schema"] == "gradcheck/class@1"
    assert [(one["student"], one["points"]) for one in found["students"]] == [
        ("ada", None), ("bo", None), ("cy", 10.0), ("di", 7.0), ("ed", None),
    ]  # fmt: skip
    assert found["moves"][0] == {
        "submission": "ada.py",
        "item": None,
        "before": 4.0,
        "after": None,
        "why": ["submission"],
    }
    assert (found["gone"], found["faults"]) == (["zoe.py"], {"bo.py": "MemoryError"})


def test_an_anonymous_class_has_no_names(graded: GradedClass) -> None:
    """Nor those of files, which are students' own."""
    names = {one.student: f"student-{number}" for number, one in enumerate(graded.standings)}
    hidden = dataclasses.replace(graded, pseudonyms=names)
    for text in (to_json(hidden), _printed(hidden)):
        assert [name for name in ("ada.py", "Ada", "bo.py", "zoe", "'ada'", '"ada"') if name in text] == []
        assert "student-0" in text


def test_every_bug_of_a_submission_counts(graded: GradedClass, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the page of the class; of a long list the rest is told."""
    named = [{"bug": f"bug-{number}"} for number in range(MOST + 2)]
    records = [
        ("cy.py", {"diagnoses": [{"bug": "sign-flip"}, *named]}),
        ("bo.py", {"diagnoses": [{"bug": "sign-flip"}]}),
    ]
    monkeypatch.setattr(type(graded), "records", lambda _: iter(records))
    console = Console(file=io.StringIO(), width=100)
    print_overview(graded, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2  sign-flip" in shown.replace("2   ", "2  ")
    assert f"and {len(named) + 1 - MOST} others" in shown


def test_equally_frequent_bugs_are_in_one_order(graded: GradedClass, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of their ids, whatever order a submission names them in and a set of them has in this process."""
    ids = [f"bug-{letter}" for letter in "fbeadc"]
    records = [("cy.py", {"diagnoses": [{"bug": name} for name in ids]}), ("bo.py", {"diagnoses": [{"bug": "zz"}] * 2})]
    monkeypatch.setattr(type(graded), "records", lambda _: iter(records))
    shown = _printed(graded)
    places = [shown.index(name) for name in [*sorted(ids), "zz"]]
    assert places == sorted(places)
