"""What a program adds to ``sys.path`` is read from its text, in the ways in which people write it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gradcheck.submissions.text.project import ROOT_MARK, project_of
from gradcheck.submissions.text.search_paths import folders_added

FILE = Path("/project/scripts/train.py")
CASES = {
    "dots": ("sys.path.append('..')", [".."]),
    "insert": ("sys.path.insert(0, 'lib')", ["lib"]),
    "join": ("sys.path.append(os.path.join(os.path.dirname(__file__), '..', 'lib'))", ["/project/lib"]),
    "absolute": ("sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), os.pardir)))", ["/project"]),
    "twice": ("sys.path.append(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))", ["/project"]),
    "parents": ("sys.path.append(str(Path(__file__).resolve().parents[1]))", ["/project"]),
    "parent": ("sys.path.append((Path(__file__).parent.parent / 'lib').as_posix())", ["/project/lib"]),
    "joined-path": ("sys.path.append(str(Path(__file__).parent.joinpath('..', 'lib').resolve()))", ["/project/lib"]),
    "named": ("R = Path(__file__).parents[1]\nif R not in sys.path:\n    sys.path.insert(0, str(R))", ["/project"]),
    "imported-names": ("from os.path import dirname\npath.append(dirname(dirname(__file__)))", ["/project"]),
    "format": ("sys.path.append(f'{os.path.dirname(__file__)}/../lib')", ["/project/lib"]),
    "plus": ("sys.path.append(os.path.dirname(__file__) + '/..')", ["/project"]),
    "added-list": ("sys.path += ['..', 'lib']", ["..", "lib"]),
    "extended": ("sys.path.extend(('..', 'lib'))", ["..", "lib"]),
    "slice": ("sys.path[:0] = ['..']", [".."]),
    "assigned": ("sys.path = ['..'] + sys.path", [".."]),
    "site": ("site.addsitedir('lib')", ["lib"]),
    "own": ("sys.path.append(os.path.join(sys.path[0], '..'))", ["/project"]),
    "started-in": ("sys.path.append(os.getcwd())", ["."]),
    "started-above": ("sys.path.append(os.path.join(os.getcwd(), '..'))", [".."]),
    "environment": ("sys.path.append(os.environ['HOME'])", []),
    "unknown-part": ("sys.path.append(os.path.join(where(), '..'))", []),
    "another-list": ("paths.append('..')", []),
    "parent-of-what-is-not-known": ("sys.path.append(str(Path('.').parent))", []),
    "not-text": ("sys.path.append(3)", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "folders"), CASES.values(), ids=CASES)
def test_folders_that_are_added(text: str, folders: list[str]) -> None:
    """As the text has them; nothing where it does not say."""
    assert [added.folder for added in folders_added(ast.parse(text), FILE)] == folders


def test_which_are_looked_into_first() -> None:
    """Those that are put before the program's own folder."""
    text = "sys.path.insert(0, 'a')\nsys.path.insert(1, 'b')\nsys.path.append('c')\nsys.path[:0] = ['d']"
    found = {added.folder: added.first for added in folders_added(ast.parse(text), FILE)}
    assert found == {"a": True, "b": False, "c": False, "d": True}


@pytest.mark.parametrize(
    ("made", "folder", "project"),
    [
        ("class/ann", "class/ann", "class/ann"),
        ("work/scripts", "work/scripts", "work"),
        ("work/net/deep", "work/net/deep", "work/net/deep"),
        ("marked/.git/net/deep", "marked/net/deep", "marked"),
        ("outer/.git/inner/pyproject.toml/net", "outer/inner/net", "outer/inner"),
        (f"graded/{ROOT_MARK}/net/deep", "graded/net/deep", "graded"),
    ],
)
def test_the_project_of_a_folder(made: str, folder: str, project: str, tmp_path: Path) -> None:
    """The nearest folder that says so; of a folder of scripts the one around it; else the folder alone."""
    place = tmp_path
    for part in made.split("/"):
        if part.startswith(".") or part.endswith(".toml"):
            (place / part).touch()
            continue
        place = place / part
        place.mkdir()
    assert project_of(tmp_path / folder) == tmp_path / project


def test_a_folder_of_everybody_s_is_no_project(tmp_path: Path) -> None:
    """A mark in it makes nothing of it anybody's own."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "scripts").mkdir()
    tmp_path.chmod(0o1777)
    assert project_of(tmp_path / "scripts") == tmp_path / "scripts"
