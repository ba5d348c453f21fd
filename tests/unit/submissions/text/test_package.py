"""A program is read with the modules beside it that it imports; a folder has the programs that no file imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions.text.package import programs_in
from gradcheck.submissions.text.rewriting import contents, local_patch, mirrored
from gradcheck.submissions.text.source import read_source

UP = 'import sys\nsys.path.append("..")\n'
OUT, LINK = (f"import sys\nsys.path.append('{folder}')\n" for folder in ("../..", "to_bob"))
FIRST = "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))\n"
CASES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "beside": ({"a.py": "import b\n", "b.py": "x = 1\n"}, "a.py", ["b"]),
    "from": ({"a.py": "from b import x\n", "b.py": "x = 1\n"}, "a.py", ["b"]),
    "inside-a-function": ({"a.py": "def f():\n    import b\n", "b.py": "x = 1\n"}, "a.py", ["b"]),
    "through-another": ({"a.py": "import b\n", "b.py": "import c\n", "c.py": "x = 1\n"}, "a.py", ["b", "c"]),
    "circle": ({"a.py": "import b\n", "b.py": "import a\n"}, "a.py", ["b"]),
    "package": (
        {"a.py": "from p import m\n", "p/__init__.py": "y = 1\n", "p/m.py": "from . import n\n", "p/n.py": "x = 1\n"},
        "a.py",
        ["p", "p.m", "p.n"],
    ),
    "inside-a-package": (
        {"p/__init__.py": "y = 1\n", "p/train.py": "from .m import x\n", "p/m.py": "x = 1\n"},
        "p/train.py",
        ["p", "p.m"],
    ),
    "two-levels": (
        {
            "p/__init__.py": "y = 1\n",
            "p/q/__init__.py": "y = 1\n",
            "p/q/a.py": "from ..m import x\n",
            "p/m.py": "x = 1",
        },
        "p/q/a.py",
        ["p", "p.q", "p.m"],
    ),
    "empty-init": (
        {"p/__init__.py": "", "p/train.py": "from .m import x\n", "p/m.py": "x = 1\n"}, "p/train.py", ["p", "p.m"],
    ),
    "no-init": ({"p/train.py": "from .m import x\n", "p/m.py": "x = 1\n"}, "p/train.py", ["p", "p.m"]),
    "package-of-somebody-else": (
        {"ann/__init__.py": "y = 1\n", "ann/a.py": "import bob.a\n", "bob/a.py": "x = 1\n"},
        "ann/a.py",
        ["ann"],
    ),
    "above-what-says-that-it-is-a-package": (
        {"ann/a.py": "from ..bob.a import x\n", "bob/a.py": "x = 1\n"}, "ann/a.py", ["ann"],
    ),
    "beside-it-in-a-project": (
        {"pyproject.toml": "", "ann/__init__.py": "", "ann/a.py": "from bob.a import x\n", "bob/a.py": "x = 1\n"},
        "ann/a.py",
        ["ann", "bob.a"],
    ),
    "added-above": ({"scripts/a.py": f"{UP}import lib.m\n", "lib/m.py": "x = 1\n"}, "scripts/a.py", ["lib.m"]),
    "added-in-a-project": (
        {"setup.py": "", "run/a/b.py": 'import sys\nsys.path.append("../../lib")\nimport m\n', "lib/m.py": "x = 1\n"},
        "run/a/b.py",
        ["m"],
    ),
    "added-below": ({"a.py": 'import sys\nsys.path.append("lib")\nimport m\n', "lib/m.py": "x = 1\n"}, "a.py", ["m"]),
    "added-by-a-module": (
        {"tests/a.py": "import context\nimport lib.m\n", "tests/context.py": UP, "lib/m.py": "x = 1\n"},
        "tests/a.py",
        ["context", "lib.m"],
    ),
    "added-first": (
        {"scripts/a.py": f"{FIRST}import m\n", "m.py": "x = 1\n", "scripts/m.py": "import n\n", "n.py": ""},
        "scripts/a.py",
        ["m"],
    ),
    "added-beyond-the-project": (
        {"p/.git/HEAD": "", "p/scripts/a.py": f"{OUT}import q.m\n", "q/m.py": "x = 1\n"},
        "p/scripts/a.py",
        [],
    ),
    "added-of-somebody-else": ({"ann/a.py": f"{UP}import bob.a\n", "bob/a.py": "x = 1\n"}, "ann/a.py", []),
    "added-by-a-link": ({"ann/a.py": f"{LINK}import b\n", "bob/b.py": "x = 1\n"}, "ann/a.py", []),
    "two-levels-in-a-project": (
        {".git/HEAD": "", "p/q/a.py": "from ..m import x\n", "p/m.py": "x = 1\n"}, "p/q/a.py", ["p", "p.q", "p.m"],
    ),
    "above-its-project": (
        {"ann/setup.cfg": "", "ann/q/a.py": "from ...bob.m import x\n", "bob/m.py": "x = 1\n"}, "ann/q/a.py", ["q"],
    ),
    "folder-without-init": ({"a.py": "import p.m\n", "p/m.py": "x = 1\n"}, "a.py", ["p.m"]),
    "library-name": ({"a.py": "import json\n", "json.py": "x = 1\n"}, "a.py", []),
    "broken-module": ({"a.py": "import b\n", "b.py": "x = (\n"}, "a.py", []),
    "none": ({"a.py": "import numpy\n", "b.py": "x = 1\n"}, "a.py", []),
}  # fmt: skip


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("files", "main", "modules"), CASES.values(), ids=CASES)
def test_which_modules_belong_to_a_program(
    tmp_path: Path, files: dict[str, str], main: str, modules: list[str]
) -> None:
    """Those beside it that it imports; its own lines come first and keep their numbers."""
    _write(tmp_path, files)
    if "to_bob" in files[main]:
        (tmp_path / "ann" / "to_bob").symlink_to(tmp_path / "bob")
    source = read_source(tmp_path / main)
    assert [part.module for part in source.modules] == modules
    assert source.text.startswith(files[main])
    assert source.own_lines == files[main].count("\n")
    for part in source.modules:
        lines = source.text.splitlines(keepends=True)[part.first - 1 : part.first - 1 + part.count]
        assert "".join(lines).rstrip() == part.original.rstrip()


FOLDERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "homeworks": ({"ann.py": "x = 1\n", "bob.py": "x = 1\n"}, ["ann.py", "bob.py"]),
    "script-and-helper": ({"helper.py": "x = 1\n", "main.py": "import helper\n"}, ["main.py"]),
    "two-scripts": ({"h.py": "x = 1\n", "one.py": "import h\n", "two.py": "import h\n"}, ["one.py", "two.py"]),
    "circle": ({"main.py": "import other\n", "other.py": "import main\n"}, ["main.py"]),
    "package": (
        {"p/__init__.py": "from .net import x\n", "p/net.py": "x = 1\n", "run.py": "import p\n", "alone.py": "x = 1\n"},
        ["alone.py", "run.py"],
    ),
    "package-that-nobody-names": (
        {"p/__init__.py": "# nets\n", "p/net.py": "x = 1\n", "p/run.py": "from .net import x\n"},
        ["p/run.py"],
    ),
}


@pytest.mark.parametrize(("files", "programs"), FOLDERS.values(), ids=FOLDERS)
def test_which_files_of_a_folder_are_programs(tmp_path: Path, files: dict[str, str], programs: list[str]) -> None:
    """What no other file imports."""
    _write(tmp_path, files)
    found = programs_in(sorted(tmp_path.rglob("*.py")))
    assert [program.file.relative_to(tmp_path).as_posix() for program in found] == programs


def test_an_edit_goes_back_into_its_file(tmp_path: Path) -> None:
    """A change of the program is one of the file that the line stands in, and its diff names that file."""
    _write(tmp_path, {"a.py": "from p.m import x\n", "p/m.py": "x = 1\ny = 2\n"})
    source = read_source(tmp_path / "a.py")
    changed = contents(source, source.text.replace("y = 2", "y = 3"))
    assert changed == {tmp_path / "p" / "m.py": "x = 1\ny = 3\n"}
    patch = "--- a/a.py\n+++ b/a.py\n@@ -3,1 +3,1 @@\n-y = 2\n+y = 3\n"
    assert local_patch(source, patch) == "--- a/p/m.py\n+++ b/p/m.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n"


def test_a_mirror_shows_all_else(tmp_path: Path) -> None:
    """The changed file is another, the program itself is there, and everything else can be seen through it."""
    _write(tmp_path / "old", {"a.py": "import b\n", "b.py": "x = 1\n", "data.csv": "1,2\n"})
    source = read_source(tmp_path / "old" / "a.py")
    copy = mirrored(source, {tmp_path / "old" / "b.py": "x = 2\n"}, tmp_path / "new")
    assert copy == tmp_path / "new" / "a.py"
    assert not copy.is_symlink()
    assert (tmp_path / "new" / "b.py").read_text() == "x = 2\n"
    assert (tmp_path / "new" / "data.csv").read_text() == "1,2\n"
    assert (tmp_path / "old" / "b.py").read_text() == "x = 1\n"


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    """A file of a terabyte that holds nothing takes no memory: what a package begins with is no exception."""
    _write(tmp_path, {"p/a.py": "from . import b\n", "p/b.py": "x = 1\n", "p/__init__.py": ""})
    with (tmp_path / "p" / "__init__.py").open("wb") as file:
        file.truncate(1 << 40)
    assert [part.module for part in read_source(tmp_path / "p" / "a.py").modules] == ["p.b"]
