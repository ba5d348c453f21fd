"""What is said of a file that could not be run: which cure, and never that of a package that is somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions.refusal import trouble

ABSENT = ["ModuleNotFoundError: No module named 'nets' (test_nets.py, line 1: from nets.layers import Net)"]


@pytest.mark.parametrize("place", ["nets/__init__.py", "nets/layers.py", "nets.py", "src/nets/layers.py"])
def test_a_module_of_the_own_project_is_not_to_be_installed_by_its_name(tmp_path: Path, place: str) -> None:
    """The project is: in the index such a name would be another's."""
    (tmp_path / ".git").mkdir()
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).touch()
    file = tmp_path / "tests" / "unit" / "test_nets.py"
    said = " ".join(trouble(file, ABSENT, ["pandas"]))
    assert "nets belongs to the file's own project" in said
    assert "pip install ." in said
    assert "pip install nets" not in said
    assert "Not installed: pandas; install it: pip install pandas." in said


def test_other_modules_are_to_be_installed(tmp_path: Path) -> None:
    """Also where something of that name lies above the repository."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "work" / ".git").mkdir(parents=True)
    said = " ".join(trouble(tmp_path / "work" / "tests" / "test_nets.py", ABSENT, []))
    assert "Not installed: nets; install it: pip install nets." in said
    assert "own project" not in said


def test_nothing_is_said_where_nothing_is_wrong(tmp_path: Path) -> None:
    """No sentence at all."""
    assert trouble(tmp_path / "net.py", [], []) == []
