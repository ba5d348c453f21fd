"""Unified diffs are applied exactly or not at all, and files written as they were written before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.diagnosis.repair.diffs import unified
from gradcheck.errors import SubmissionError
from gradcheck.submissions.text.patching import applied, back_up, write_like

LINES = st.lists(st.sampled_from(["a", "b", "", " c", "- x", "+ y", "--- z", "+++ z", "@@ -1 +1 @@"]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


@given(TEXTS, TEXTS)
def test_a_diff_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    """Whatever the lines look like, with a newline at the end or without."""
    assert applied(unified(before, after, "f.py"), before) == after


@pytest.mark.parametrize("text", ["a\nc\n", "b\n", ""], ids=["another line", "moved", "nothing"])
def test_a_diff_of_another_text_is_refused(text: str) -> None:
    """No fuzz, no offsets."""
    with pytest.raises(ValueError, match="line"):
        applied(unified("a\nb\n", "a\nx\n", "f.py"), text)


WRITTEN = {
    "line endings of Windows": (b"a = 1\r\nb = 2\r\n", "a = 3\nb = 2\n", b"a = 3\r\nb = 2\r\n"),
    "a coding line": (
        "# coding: latin-1\ns = 'é'\n".encode("latin-1"), "# coding: latin-1\ns = 'éé'\n",
        "# coding: latin-1\ns = 'éé'\n".encode("latin-1"),
    ),
    "a byte order mark": (b"\xef\xbb\xbfa = 1\n", "a = 2\n", b"\xef\xbb\xbfa = 2\n"),
    "one line": (b"a = 1", "a = 2", b"a = 2"),
    "mixed endings": (b"a = 1\r\nb = 2\nc = 3\r\n", "a = 1\nb = 4\nc = 3\n", b"a = 1\r\nb = 4\r\nc = 3\r\n"),
    "a line end that others have not": (b"a = 1\nb = 2\r\nc = 3\n", "a = 7\nb = 2\nc = 3", b"a = 7\nb = 2\r\nc = 3"),
    "old endings": (b"a = 1\rb = 2\r", "a = 2\nb = 2\n", b"a = 2\rb = 2\r"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_is_written_as_it_was(tmp_path: Path, name: str) -> None:
    """Encoding, mark and line endings; permissions too."""
    before, text, after = WRITTEN[name]
    file = tmp_path / "student.py"
    file.write_bytes(before)
    file.chmod(0o640)
    write_like(file, text)
    assert file.read_bytes() == after
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["student.py"]  # noqa: PTH208 - names alone


def test_what_the_encoding_has_not_is_not_written(tmp_path: Path) -> None:
    """The file is as it was, and nothing is left beside it."""
    file = tmp_path / "student.py"
    file.write_bytes(b"# coding: ascii\na = 1\n")
    with pytest.raises(SubmissionError, match="cannot be written"):
        write_like(file, "# coding: ascii\na = 'é'\n")
    assert file.read_bytes() == b"# coding: ascii\na = 1\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is written."""
    file, link = tmp_path / "real.py", tmp_path / "link.py"
    file.write_text("a = 1\n")
    link.symlink_to(file)
    write_like(link, "a = 2\n")
    assert link.is_symlink()
    assert file.read_text() == "a = 2\n"


def test_a_backup_never_replaces_another(tmp_path: Path) -> None:
    """One of the same content is as good."""
    file = tmp_path / "student.py"
    file.write_text("a = 1\n")
    backup = back_up(file)
    assert backup.name == "student.py.orig"
    assert backup.read_text() == "a = 1\n"
    assert back_up(file) == backup
    file.write_text("a = 2\n")
    with pytest.raises(SubmissionError, match="exists already and holds something else"):
        back_up(file)
    assert backup.read_text() == "a = 1\n"
