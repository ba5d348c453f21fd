"""Names and streams in any encoding, as Windows, macOS and old locales have them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def names(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with names that not every encoding has; one whose name is no UTF-8, where the system allows it."""
    path = tmp_path_factory.mktemp("names")
    program = (folder / "wrong.py").read_bytes()
    (path / "réseau 网络.py").write_bytes(program)
    (path / "windows.py").write_bytes(BOM + program.replace(b"\n", b"\r\n"))
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(path) + b"/bad\xff.py")).write_bytes(program)
    return path


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "r?seau ??.py"), ("cp1252", "réseau ??.py"), ("cp936", "réseau 网络.py"), ("utf-8", "réseau 网络.py")],
)
def test_any_name_on_any_stream(shell: Any, names: Path, encoding: str, shown: str) -> None:
    """What a stream cannot hold is replaced, and nothing of it is an error."""
    done = shell("check", str(names), "nosuch网.py", "--quiet", PYTHONIOENCODING=encoding, as_encoded=encoding)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == len(list(names.iterdir())) + 1
    assert sum(line.startswith("FAIL  ") for line in lines) == len(lines) - 1
    assert any(shown in line for line in lines)
    assert lines[-1].startswith("INVALID  nosuch")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_chinese_on_a_stream_without_it(shell: Any, encoding: str) -> None:
    """A stream without Chinese characters gets English, and the other stream says how to have Chinese."""
    done = shell("check", "right.py", "--quiet", "--lang", "zh_CN", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert done.stdout.startswith("PASS  right.py  claimed and numeric derivatives agree")
    assert "PYTHONIOENCODING=utf-8" in done.stderr


def test_chinese_in_the_encoding_of_chinese_windows(shell: Any) -> None:
    """Where Windows speaks Chinese its own encoding holds what is said."""
    done = shell("check", "right.py", "--quiet", "--lang", "zh_CN", PYTHONIOENCODING="cp936", as_encoded="cp936")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PASS  right.py  解析导数与数值导数")


def test_a_file_of_windows_stays_one(shell: Any, names: Path) -> None:
    """A repaired file keeps its mark and its line ends."""
    file = names / "windows.py"
    done = shell("fix", str(file), "--write", "--no-backup")
    assert done.returncode == 0, done.stdout
    content = file.read_bytes()
    assert content.startswith(BOM)
    assert content.count(b"\n") == content.count(b"\r\n") > 10
    assert shell("check", str(file), "--quiet").stdout.startswith("PASS")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_an_error_on_a_name_that_is_no_text(shell: Any) -> None:
    """A usage error about a name that is no UTF-8 is one line."""
    name = os.fsdecode(b"no\xff.toml")
    done = shell("grade", ".", "--assignment", name, "--out", "results")
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
