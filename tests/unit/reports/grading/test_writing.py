"""What is written of a class: everything, once, only where it changes, and for nobody else's eyes."""

import csv
import dataclasses
import json
import os
import re
from pathlib import Path

import pytest
from constructed_class import NOW, graded_class, record, ungradable

from gradcheck.errors import GradingError
from gradcheck.grading.grade import GradedClass
from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.people.roster import Roster, Student
from gradcheck.grading.records import Hint
from gradcheck.reports.grading.writing import Formats, write_class

ROSTER = Roster(
    students=(
        Student(id="u1", name="Ada Lovelace", email="ada@example.org", group="g1", files=("hw-ada*",)),
        Student(id="u2", name="Bo Bohr", email="bo@example.org", group="g1"),
        Student(id="u3", name="Cleo Curie", email="cleo@example.org"),
    )
)
NAMES = ("ada", "lovelace", "bohr", "cleo", "curie", "example.org", "bo.py", '"u1"', '"u2"', '"u3"', "says u2")
ALL = Formats(gradescope=True, prairielearn=True, classroom50=True, environment={}, now=lambda: NOW)


def _files(folder: Path) -> dict[str, bytes]:
    """All but the gradebook, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(("gradebook", ".gradcheck"))
    }


def _times(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in _files(folder)}


def _age(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, ns=(1, 1))


def _class(folder: Path) -> GradedClass:
    return graded_class(folder, [record("ada.py"), ungradable("bo.py")])


def test_everything_is_there(tmp_path: Path) -> None:
    """A record a submission; for each student a sheet for each audience, in each form; the table."""
    write_class(_class(tmp_path))
    forms = ("html", "json", "md")
    sheets = {
        f"{folder}/{name}.{form}"
        for folder in ("sheets", "sheets-after-due", "staff")
        for name in ("ada", "bo")
        for form in forms
    }
    page = {"report/index.html"}
    assert set(_files(tmp_path)) - page == {"grades.csv", "records/ada.py.json", "records/bo.py.json", *sheets}


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    """Not even to write the same again."""
    graded = _class(tmp_path)
    write_class(graded, formats=ALL)
    _age(tmp_path)
    write_class(graded, formats=ALL)
    assert set(_times(tmp_path).values()) == {1}


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A student's override changes that student's sheets, and the table."""
    write_class(_class(tmp_path))
    _age(tmp_path)
    decided = Override(key="ada.py", item="", points=4.0, reason="explained in person")
    write_class(graded_class(tmp_path, [record("ada.py"), ungradable("bo.py")], overrides=[decided]))
    changed = {name for name, time in _times(tmp_path).items() if time != 1} - {"report/index.html"}
    assert changed == {
        "grades.csv",
        *(name for name in _files(tmp_path) if Path(name).stem == "ada" and "sh" in name),
    } | {f"staff/ada.{form}" for form in ("html", "json", "md")}


def test_what_is_lost_or_cut_short_is_written_again(tmp_path: Path) -> None:
    """As after a power cut, or somebody's mistake."""
    graded = _class(tmp_path)
    write_class(graded)
    before = _files(tmp_path)
    (tmp_path / "sheets/ada.md").unlink()
    (tmp_path / "records/bo.py.json").write_text("", encoding="utf-8")
    write_class(graded)
    assert _files(tmp_path) == before


def test_other_levels_make_other_sheets(tmp_path: Path) -> None:
    """The records are the same, what is shown of them is not."""
    write_class(_class(tmp_path))
    before = _files(tmp_path)
    show = dict.fromkeys(_class(tmp_path).assignment.show, Hint.FIX)
    write_class(graded_class(tmp_path, [record("ada.py"), ungradable("bo.py")], show=show))
    assert _files(tmp_path)["sheets/ada.md"] != before["sheets/ada.md"]


def test_what_belongs_to_nobody_goes(tmp_path: Path) -> None:
    """Of a submission that is gone, and of a format that is not asked for; other people's files stay."""
    write_class(graded_class(tmp_path, [record("ada.py"), record("bo.py")]), formats=ALL)
    (tmp_path / "sheets/notes.md").write_text("mine", encoding="utf-8")
    write_class(graded_class(tmp_path, [record("ada.py")]))
    left = set(_files(tmp_path))
    assert not any("bo" in name for name in left)
    assert not (tmp_path / "gradescope").exists()
    assert "sheets/notes.md" in left


@pytest.mark.parametrize("line", ["x\t1\t../outside.txt", "x\t1\t{folder}/outside.txt", "x\t1\ta/../../outside.txt"])
def test_nothing_outside_is_cleared(tmp_path: Path, line: str) -> None:
    """Whatever the list of files says."""
    folder = tmp_path / "out"
    graded = _class(folder)
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    (folder / ".gradcheck-files").write_text(line.format(folder=tmp_path) + "\n", encoding="utf-8")
    write_class(graded)
    assert outside.exists()


def test_a_failure_leaves_no_half_file(tmp_path: Path) -> None:
    """And says what to do."""
    graded = _class(tmp_path)
    (tmp_path / "grades.csv").mkdir()
    with pytest.raises(GradingError, match=r"grades\.csv cannot be written.*marks are kept"):
        write_class(graded)
    assert not list(tmp_path.rglob(".gradcheck-*"))


def test_everybody_has_a_sheet(tmp_path: Path) -> None:
    """All members of a group, and who has handed in nothing."""
    graded = graded_class(tmp_path, [record("hw-ada.py")], roster=ROSTER)
    write_class(graded)
    sheets = {place.stem: json.loads(place.read_text(encoding="utf-8")) for place in tmp_path.glob("sheets/*.json")}
    assert {name: (sheet["student"], sheet["state"], sheet["points"]) for name, sheet in sheets.items()} == {
        "u1": ("Ada Lovelace", "graded", 3.0),
        "u2": ("Bo Bohr", "graded", 3.0),
        "u3": ("Cleo Curie", "missing", None),
    }
    rows = list(csv.DictReader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["student"], row["group"], row["submission"], row["points"]) for row in rows] == [
        ("u1", "g1", "hw-ada.py", "3"),
        ("u2", "g1", "hw-ada.py", "3"),
        ("u3", "", "", ""),
    ]


def test_copies_do_not_tell_of_each_other(tmp_path: Path) -> None:
    """Equal files share a record; each reads its own name in it."""
    write_class(graded_class(tmp_path, [record("ada.py"), record("bo.py", file="ada.py")]))
    for name, content in _files(tmp_path).items():
        if "bo" in name:
            assert b"ada" not in content, name
    assert json.loads((tmp_path / "records/bo.py.json").read_text(encoding="utf-8"))["file"] == "bo.py"


def test_an_anonymous_class_names_nobody(tmp_path: Path) -> None:
    """Neither in names of files nor in them, but for one table; also where it was not anonymous before."""
    records = [record("hw-ada.py"), record("Cleo Curie.py", text="by Cleo Curie, cleo@example.org")]
    shared = record("Bo Bohr.py", file="bo.py", reason="as in hw-ada.py, says u2")
    write_class(graded_class(tmp_path, [*records, shared], roster=ROSTER), formats=ALL)
    formats = dataclasses.replace(ALL, junit=tmp_path / "junit.xml", sarif=tmp_path / "class.sarif")
    write_class(graded_class(tmp_path, [*records, shared], roster=ROSTER, anonymous=True), formats=formats)
    files = _files(tmp_path)
    identities = files.pop("staff/identities.csv").decode()
    assert all(name in identities for name in ("Ada Lovelace", "u3", "hw-ada.py"))
    listing = (tmp_path / ".gradcheck-files").read_bytes()
    for name, content in {**files, "list": listing}.items():
        shown = re.sub(r"base64,[^\"]*", "", content.decode().lower())  # pictures, in whose letters there is any word
        for told in NAMES:
            assert not re.search(rf"(?<!\w){told}(?!\w)", f"{name.lower()}\n{shown}"), (name, told)
    assert len(list(tmp_path.glob("records/*.json"))) == 3


def test_what_staff_have_written_names_nobody(tmp_path: Path) -> None:
    """Reasons and notes: whole names, parts of them, ids, files, of anybody in the class; other words stay."""
    roster = Roster(
        students=(
            *ROSTER.students, Student(id="u4", name="李雷"), Student(id="100017", name="Will May", files=("hw-may*",)),
        )
    )  # fmt: skip
    reason = "Ada asked (like Curie and 李雷说的), will see 100017 in may about hw-ada.py; u3@x: cleo@example.org"
    overrides = [
        Override(key="student:u2", item="", points=1.0, reason=reason),
        Override(key="student:u2", item="nothing", points=1.0, reason="Bohr"),
    ]
    records = [record("hw-ada.py"), record("hw-may.py"), record("李雷.py")]
    graded = graded_class(tmp_path, records, roster=roster, overrides=overrides, anonymous=True)
    one = next(standing for standing in graded.standings if standing.student == "u2")
    noted = dataclasses.replace(one, notes=("it may be Ada Lovelace or u3.py",))
    graded = dataclasses.replace(
        graded, standings=tuple(noted if standing is one else standing for standing in graded.standings)
    )
    write_class(graded, formats=dataclasses.replace(ALL, junit=tmp_path / "junit.xml"))
    files = _files(tmp_path)
    identities = files.pop("staff/identities.csv").decode()
    assert "李雷" in identities
    names = graded.pseudonyms
    (row,) = [row for row in csv.DictReader(files["grades.csv"].decode().splitlines()) if row["override_reason"]]
    told = f"{names['u1']} asked (like {names['u3']} and {names['u4']}说的), will see {names['100017']} in may about"
    assert row["override_reason"].startswith(told)
    sheet = json.loads(files[f"staff/{names['u2'].lower()}.json"])
    assert f"it may be {names['u1']} or {names['u3']}.py" in sheet["notes"]
    for name, content in files.items():
        shown = re.sub(r"base64,[^\"]*", "", content.decode())
        if name.endswith(".json"):
            shown = shown.encode("ascii").decode("unicode_escape")
        for word in ("Ada", "Lovelace", "Curie", "Bohr", "李雷", "100017", "hw-ada", "cleo@"):
            assert word not in shown, (name, word)


def test_attempts_of_the_anonymous_are_told_apart(tmp_path: Path) -> None:
    """By their numbers."""
    write_class(graded_class(tmp_path, [record("ada-1.py"), record("ada (2).py")], roster=None, anonymous=True))
    names = sorted(path.stem for path in tmp_path.glob("records/*.json"))
    assert len(set(names)) == 2


def test_one_student_s_results_are_where_a_platform_looks(tmp_path: Path) -> None:
    """Without a folder of the student's own."""
    write_class(graded_class(tmp_path, [record("ada.py")]), formats=ALL)
    names = {"gradescope/results.json", "prairielearn/results.json", "classroom50/result.json"}
    assert names <= set(_files(tmp_path))
