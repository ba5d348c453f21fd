"""Each kind of file that cannot be read gives one clear message; encodings are Python's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.submissions.text.source import read_source

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "comments": (b"# nothing\n'''only text'''\n", "holds no code"),
    "binary": (b"\x7fELF\x00\x01", "is a binary file"),
    "utf-16": ("x = 1\n".encode("utf-16"), "UTF-16"),
    "not-utf-8": (b"x = 1\ny = '\xff'\n", "line 2: not utf-8 text"),
    "unknown-coding": (b"# -*- coding: klingon -*-\nx = 1\n", "coding"),
    "syntax": (b"x = 1\nfor i in range(3)\n    pass\n", "line 2: syntax error"),
    "several-lines": (b'x = """abc\nfoo\n', 'line 1: .*: x = """abc\\. Python'),
    "indentation": (b"def f():\nreturn 1\n", "line 2: IndentationError"),
    "notebook-as-py": (
        b'{"cells": [], "nbformat": 4}',
        "is a Jupyter notebook by another name: rename it to student.ipynb",
    ),
    "null": (b"x = 1\0\n", "binary"),
}


@pytest.mark.parametrize(("blob", "message"), BAD.values(), ids=BAD)
def test_unreadable_files(tmp_path: Path, blob: bytes, message: str) -> None:
    """The message names the file and says what is wrong, in one line."""
    path = tmp_path / "student.py"
    path.write_bytes(blob)
    with pytest.raises(SubmissionError, match=message) as caught:
        read_source(path)
    assert "student.py" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_notebook(tmp_path: Path) -> None:
    """One that says nothing of its format is none."""
    path = tmp_path / "homework.ipynb"
    path.write_text("{}")
    with pytest.raises(SubmissionError, match=r"homework\.ipynb is no notebook: it does not say its nbformat"):
        read_source(path)


def test_missing_and_folder(tmp_path: Path) -> None:
    """A path that is no file."""
    with pytest.raises(SubmissionError, match="does not exist"):
        read_source(tmp_path / "nowhere.py")
    with pytest.raises(SubmissionError, match="is a folder"):
        read_source(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_permissions(tmp_path: Path) -> None:
    """A file without read permission."""
    path = tmp_path / "student.py"
    path.write_text("x = 1\n")
    path.chmod(0)
    with pytest.raises(SubmissionError, match="permission"):
        read_source(path)


@pytest.mark.parametrize("codec", ["rot13", "hex", "zlib", "undefined", "punycode", "idna", "no-such"])
def test_a_coding_line_of_no_text(codec: str, tmp_path: Path) -> None:
    """Codecs of other things, and those that refuse everything, are a fault of the file."""
    path = tmp_path / "student.py"
    path.write_bytes(f"# coding: {codec}\nname = 1\n".encode() + b"x = '" + b"\xe9" * 300 + b"..a'\n")
    with pytest.raises(SubmissionError, match=r"coding line|Save it as UTF-8"):
        read_source(path)


@pytest.mark.parametrize(
    "blob",
    [
        b"\xef\xbb\xbfname = '\xe6\x8d\x9f'\n",
        "# -*- coding: gbk -*-\nname = '损'\n".encode("gbk"),
        "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nname = 'é'\n".encode("latin-1"),
        "name = '损'\r\n".encode(),
    ],
)
def test_encodings(tmp_path: Path, blob: bytes) -> None:
    """Byte order marks, coding lines and line ends of other systems are read as Python reads them."""
    path = tmp_path / "student.py"
    path.write_bytes(blob)
    source = read_source(path)
    assert "name = " in source.text
    assert "\r" not in source.text
    assert source.line(len(source.text.splitlines())).startswith("name")
