"""What a program sees of the folder that it lies in."""

from pathlib import Path

from gradcheck.submissions.running.neighbours import neighbours


def _folder(tmp_path: Path) -> Path:
    for name in ("mnist.csv", "other.csv", "helpers.py", "b.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "nets").mkdir(exist_ok=True)
    (tmp_path / "nets" / "__init__.py").write_text("", encoding="utf-8")
    return tmp_path


def _names(tmp_path: Path, text: str) -> list[str]:
    return [entry.name for entry in neighbours(_folder(tmp_path), text)]


def test_only_what_the_text_names_is_shown(tmp_path: Path) -> None:
    """By name, or by the name without its suffix."""
    assert _names(tmp_path, "X = np.loadtxt('mnist.csv')") == ["mnist.csv"]
    assert _names(tmp_path, "name = 'mnist'\nX = np.loadtxt(name + '.csv')") == ["mnist.csv"]
    assert _names(tmp_path, "b = 1") == []


def test_a_program_that_lists_its_folder_sees_all_of_it(tmp_path: Path) -> None:
    """Which files it will read, nobody knows before."""
    assert len(_names(tmp_path, "for f in os.listdir('.'): print(f)")) == 5


def test_a_program_that_imports_from_beside_it_sees_all_of_it(tmp_path: Path) -> None:
    """What it imports may read files too."""
    assert len(_names(tmp_path, "from helpers import sigmoid")) == 5
    assert len(_names(tmp_path, "import nets")) == 5


def test_a_hundred_thousand_empty_lines_are_no_matter(tmp_path: Path) -> None:
    """Each is looked at once: from each to the end of all of them, this would not come to an end."""
    empty = "\n" * 100_000 + "   \t\n" * 100_000
    assert len(_names(tmp_path, f"x = 1\n{empty}    from helpers import sigmoid")) == 5
    assert _names(tmp_path, f"x = 1\n{empty}y = 2") == []
