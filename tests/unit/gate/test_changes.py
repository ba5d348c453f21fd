"""What has changed since a revision, and which programs that concerns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import InvalidArgumentError
from gradcheck.gate import Selection, changed_since, sources_of

MAIN = "import helper\nfrom inner import deep\nx = helper.y\n"


def _names(tmp_path: Path, revision: str = "HEAD") -> set[str]:
    return {path.relative_to(tmp_path.resolve()).as_posix() for path in changed_since(revision, tmp_path)}


@pytest.mark.usefixtures("git")
def test_nothing_has_changed(tmp_path: Path) -> None:
    """Nothing has changed."""
    assert _names(tmp_path) == set()


def test_every_kind_of_change(git: Any, tmp_path: Path) -> None:
    """Edited, staged, renamed, untracked: each by its present name; deleted and ignored ones not."""
    (tmp_path / "changed.py").write_text("x = 2\n", encoding="utf-8")
    git("mv", "renamed.py", "by another näme.py")
    (tmp_path / "deleted.py").unlink()
    (tmp_path / "ignored.py").touch()
    (tmp_path / "new\nline.py").touch()
    (tmp_path / "staged.py").touch()
    git("add", "staged.py")
    assert _names(tmp_path) == {"changed.py", "by another näme.py", "new\nline.py", "staged.py"}


def test_since_a_branch_is_since_it_parted(git: Any, tmp_path: Path) -> None:
    """What the other branch has changed meanwhile is not a change of this one."""
    git("branch", "work")
    (tmp_path / "same.py").write_text("x = 3\n", encoding="utf-8")
    git("commit", "-am", "on main")
    git("checkout", "work")
    (tmp_path / "changed.py").write_text("x = 4\n", encoding="utf-8")
    git("commit", "-am", "on work")
    assert _names(tmp_path, "main") == {"changed.py"}
    assert _names(tmp_path, "HEAD~1") == {"changed.py"}


def test_a_folder_below_the_root_will_do(git: Any, tmp_path: Path) -> None:
    """A folder below the root will do, and sees the whole repository."""
    (tmp_path / "below").mkdir()
    (tmp_path / "changed.py").write_text("x = 2\n", encoding="utf-8")
    assert changed_since("HEAD", tmp_path / "below") == changed_since("HEAD", tmp_path)
    git("status")


@pytest.mark.usefixtures("git")
@pytest.mark.parametrize("revision", ["nosuch", "", "--output=owned", "HEAD:same.py", "0" * 40])
def test_an_unknown_revision_is_told(tmp_path: Path, revision: str) -> None:
    """An unknown revision is told, and an option is none."""
    with pytest.raises(InvalidArgumentError, match=re.escape(f"--since {revision!r}: git knows no such revision")):
        changed_since(revision, tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_shallow_clone_is_told(git: Any, tmp_path: Path) -> None:
    """A shallow clone is told to be deepened."""
    git("commit", "--allow-empty", "-m", "second")
    git("clone", "--depth", "1", f"file://{tmp_path}", "shallow")
    with pytest.raises(InvalidArgumentError, match="fetch --unshallow"):
        changed_since("HEAD~1", tmp_path / "shallow")


def test_no_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository is told, with the cure; and so is no git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InvalidArgumentError, match=r"is in none: leave it out to check everything"):
        changed_since("HEAD", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(InvalidArgumentError, match="git, which is not installed"):
        changed_since("HEAD", tmp_path)


def test_a_repository_s_own_programs_are_not_run(git: Any, tmp_path: Path) -> None:
    """What a repository's settings would have git run is not run."""
    for key in ("core.fsmonitor", "diff.external"):
        git("config", key, "touch owned; false")
    (tmp_path / "changed.py").write_text("x = 2\n", encoding="utf-8")
    assert _names(tmp_path) == {"changed.py"}
    assert not (tmp_path / "owned").exists()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program with a module beside it, one in a package, and settings."""
    (tmp_path / "inner").mkdir()
    texts = {"main.py": MAIN, "helper.py": "import far\ny = 1\n", "far.py": "z = 1\n", "other.py": "z = 1\n",
             "inner/__init__.py": "a = 1\n", "inner/deep.py": "b = 1", "gradcheck.toml": "time_limit = 5"}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "main.py"


@pytest.mark.parametrize(
    ("changed", "concerned"),
    [("main.py", True), ("helper.py", True), ("far.py", True), ("inner/deep.py", True), ("gradcheck.toml", True),
     ("other.py", False), ("nosuch.py", False)],
)  # fmt: skip
def test_a_program_is_what_it_imports_and_its_settings(program: Path, changed: str, concerned: bool) -> None:
    """A program is what it imports, directly or not, and its settings."""
    assert Selection({(program.parent / changed).resolve()})(program) is concerned


def test_an_adapter_concerns_everything(program: Path) -> None:
    """An adapter concerns everything that it drives."""
    adapter = program.parent / "other.py"
    assert Selection({adapter.resolve()}, adapter)(program)
    assert not Selection(set(), adapter)(program)


def test_a_file_that_cannot_be_read_is_itself(tmp_path: Path) -> None:
    """A file that cannot be read, or is not there, is itself."""
    broken = tmp_path / "broken.py"
    assert sources_of(broken) == [broken]
    broken.write_text("def f(:\n", encoding="utf-8")
    assert Selection({broken.resolve()})(broken)
