"""Which submissions a class has: every shape that people hand in, and everything that is none."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.batch.work import Work


def _zipped(place: Path, **files: str) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), text)
    return place


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where archives are unpacked."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    """Four submissions in four shapes, and things that are none."""
    folder = tmp_path / "class"
    (folder / "cleo" / "src").mkdir(parents=True)
    (folder / "ada.py").write_text("a = 1\n")
    (folder / "bo.ipynb").write_text("{}")
    (folder / "cleo" / "src" / "net.py").write_text("c = 1\n")
    (folder / "cleo" / "__pycache__").mkdir()
    (folder / "cleo" / "__pycache__" / "net.py").write_text("")
    (folder / "dan").mkdir()
    (folder / "dan" / "main.py").write_text("import helper\n")
    (folder / "dan" / "helper.py").write_text("")
    (folder / "notes.txt").write_text("of the teacher\n")
    (folder / ".DS_Store").write_text("")
    _zipped(folder / "eve.zip", eve__net_py="e = 1\n")
    return folder


def _by_key(works: list[Work]) -> dict[str, Work]:
    return {work.key: work for work in works}


def test_each_entry_of_a_folder_is_a_submission(class_folder: Path, scratch: Path) -> None:
    """Files, notebooks, folders and archives; where one program is in it, that is the path."""
    found = _by_key(find_submissions([class_folder], scratch))
    assert list(found) == ["ada.py", "bo.ipynb", "cleo", "dan", "eve.zip"]
    assert all(work.fault is None for work in found.values())
    assert found["cleo"].path == class_folder / "cleo" / "src" / "net.py"
    assert found["dan"].path == class_folder / "dan"
    assert found["eve.zip"].path.read_text() == "e = 1\n"


def test_a_digest_is_of_names_and_contents_alone(class_folder: Path, scratch: Path) -> None:
    """Touching a file changes nothing; a byte, or a name, does."""
    before = _by_key(find_submissions([class_folder], scratch / "1"))
    os.utime(class_folder / "ada.py", (1, 1))
    (class_folder / "cleo" / "src" / "net.py").write_text("c = 2\n")
    (class_folder / "dan" / "helper.py").rename(class_folder / "dan" / "other.py")
    after = _by_key(find_submissions([class_folder], scratch / "2"))
    changed = {key for key in before if before[key].digest != after[key].digest}
    assert changed == {"cleo", "dan"}


def test_an_archive_of_a_class(tmp_path: Path, scratch: Path) -> None:
    """As a learning platform packs it: one folder a student, in one folder, or not."""
    packed = _zipped(tmp_path / "class.zip", week3__ada__net_py="a", week3__bo__net_py="b")
    assert [work.key for work in find_submissions([packed], scratch)] == ["ada", "bo"]


def test_one_path_is_one_submission_when_asked(class_folder: Path, scratch: Path) -> None:
    """The inside of an autograder: the folder is what one student has handed in."""
    (only,) = find_submissions([class_folder / "dan"], scratch, single=True)
    assert (only.key, only.path) == ("dan", class_folder / "dan")


def test_a_file_is_one_submission(class_folder: Path, scratch: Path) -> None:
    """The path itself."""
    (only,) = find_submissions([class_folder / "ada.py"], scratch)
    assert (only.key, only.path) == ("ada.py", class_folder / "ada.py")


def test_keys_of_several_folders_do_not_meet(class_folder: Path, tmp_path: Path, scratch: Path) -> None:
    """Each folder's name goes before, and a number where these are equal, too."""
    other = tmp_path / "other" / "class"
    other.mkdir(parents=True)
    (other / "ada.py").write_text("")
    keys = [work.key for work in find_submissions([class_folder, other], scratch)]
    assert "class/ada.py" in keys
    assert "class/ada.py (2)" in keys
    assert len(set(keys)) == len(keys) == 6


def test_what_cannot_be_run_is_told_with_its_cure(tmp_path: Path, scratch: Path) -> None:
    """Nobody is lost: links, pipes, empty folders, damaged archives."""
    folder = tmp_path / "class"
    (folder / "empty").mkdir(parents=True)
    (folder / "away").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.py")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    found = _by_key(find_submissions([folder], scratch))
    assert list(found) == ["away", "broken.zip", "empty", "pipe.py"]
    assert all(work.fault and work.cure for work in found.values())
    assert "link" in str(found["away"].fault)
    assert "no Python file" in str(found["empty"].fault)
    assert len({work.digest for work in found.values()}) == 4


@pytest.mark.parametrize("name", ["a\nb.py", "<img src=x>.py", "x\x1b[31m.py", "é.py"])
def test_any_name_is_a_key(name: str, tmp_path: Path, scratch: Path) -> None:
    """What a file may be called is kept; showing it is for reports."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / name).write_text("")
    assert [work.key for work in find_submissions([tmp_path / "class"], scratch)] == [name]


def test_a_name_that_is_no_text(tmp_path: Path, scratch: Path) -> None:
    """Bytes that are no UTF-8 are written out, so that any file can store the key."""
    (tmp_path / "class").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "class") + b"/a\xff.py")).write_text("")
    (only,) = find_submissions([tmp_path / "class"], scratch)
    assert only.key == "a\\xff.py"
    assert only.key.encode()


@pytest.mark.parametrize("make", [lambda _: None, lambda folder: folder.mkdir()], ids=["missing", "empty"])
def test_nothing_to_grade_is_an_error(make: Callable[[Path], object], tmp_path: Path, scratch: Path) -> None:
    """A class of nobody is never a success."""
    folder = tmp_path / "class"
    make(folder)
    with pytest.raises(GradingError, match="class"):
        find_submissions([folder], scratch)


@pytest.mark.parametrize(
    ("name", "fault", "cure"),
    [
        ("ada.rar", ".rar", ".zip file"),
        ("ada.tar.gz", ".gz", ".zip file"),
        ("ada.PY.txt", ".txt", "ada.PY"),
        ("ada.ipynb.json", ".json", "ada.ipynb"),
    ],
)
def test_what_is_meant_for_a_submission_is_told(
    name: str, fault: str, cure: str, tmp_path: Path, scratch: Path
) -> None:
    """Archives of another kind, names that a browser has changed: nobody is taken for having handed in nothing."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / name).write_bytes(b"something")
    (folder / "bo.py").write_text("b = 1\n")
    (folder / "notes.txt").write_text("of the teacher\n")
    found = _by_key(find_submissions([folder], scratch))
    assert list(found) == sorted([name, "bo.py"])
    assert fault in str(found[name].fault)
    assert cure in str(found[name].cure)


def test_an_archive_within_an_archive(tmp_path: Path, scratch: Path) -> None:
    """It is not unpacked, and named."""
    inner = _zipped(tmp_path / "inner.zip", net_py="a = 1\n")
    (tmp_path / "class").mkdir()
    with zipfile.ZipFile(tmp_path / "class" / "ada.zip", "w") as archive:
        archive.write(inner, "handed-in/inner.zip")
    (work,) = find_submissions([tmp_path / "class"], scratch)
    assert "inner.zip" in str(work.fault)
    assert "Unpack" in str(work.cure)
