"""What a submission may read: its own folder's data, and nothing of anybody's home."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from gradcheck.submissions.isolation import places
from gradcheck.submissions.isolation.places import Reach, libraries, reach_of


def _file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "student.py"
    file.write_text("x = 1", encoding="utf-8")
    return file


def test_a_file_reads_what_lies_beside_it(tmp_path: Path) -> None:
    """Data and modules; hidden files stay out, and links that lead elsewhere."""
    file = _file(tmp_path / "work")
    (file.parent / "data.csv").write_text("1", encoding="utf-8")
    (file.parent / ".env").write_text("secret", encoding="utf-8")
    (tmp_path / "points.npz").write_text("secret", encoding="utf-8")
    (file.parent / "link.npz").symlink_to(tmp_path / "points.npz")
    (file.parent / "up").symlink_to(tmp_path)
    (file.parent / "same.csv").symlink_to(file.parent / "data.csv")
    reach = reach_of(file)
    assert {Path(path).name for path in reach.readable} == {"student.py", "data.csv"}
    assert reach.listed == (str(file.parent),)


@pytest.mark.parametrize("above", [False, True], ids=["home", "above-home"])
def test_a_home_folder_holds_other_things(above: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the file alone is read."""
    file = _file(tmp_path / "people" / "ann")
    (file.parent / "letters.txt").write_text("secret", encoding="utf-8")
    monkeypatch.setattr(places.Path, "home", lambda: file.parent / "inner" if above else file.parent)
    assert reach_of(file) == Reach(readable=(str(file),))


def test_a_folder_that_everybody_writes_to_is_nobody_s(tmp_path: Path) -> None:
    """As the folder of temporary files is."""
    file = _file(tmp_path / "shared")
    file.parent.chmod(0o1777)
    assert reach_of(file) == Reach(readable=(str(file),))


def test_nobody_s_home_is_among_the_libraries() -> None:
    """Nor the root, nor the list of users."""
    found = libraries()
    assert str(Path.home()) not in found
    assert not {"/", "/etc", "/home", "/tmp", tempfile.gettempdir(), str(Path.cwd())} & set(found)


def test_a_copy_reads_what_the_original_does(tmp_path: Path) -> None:
    """And itself, where it lies."""
    reach = Reach(readable=("a",), listed=("b",)).beside(tmp_path / "copy.py").also([tmp_path / "adapter.py"])
    assert reach.readable == (str(tmp_path / "copy.py"), "a", str(tmp_path / "adapter.py"))
    assert reach.listed == (str(tmp_path), "b")
