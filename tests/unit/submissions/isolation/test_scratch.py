"""What lies in a scratch folder is counted, and removed whatever was made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.submissions.isolation.scratch import exceeds, remove


def test_a_little_is_no_surplus(tmp_path: Path) -> None:
    """A few files."""
    (tmp_path / "a").write_bytes(b"x" * 5000)
    assert exceeds(tmp_path, size=1 << 20, entries=10) is None


@pytest.mark.parametrize(("size", "entries", "word"), [(1 << 10, 100, "MB"), (1 << 30, 3, "more than 3 files")])
def test_too_much_is_named(size: int, entries: int, word: str, tmp_path: Path) -> None:
    """Bytes, or files, in folders of folders."""
    (tmp_path / "in").mkdir()
    for number in range(5):
        (tmp_path / "in" / str(number)).write_bytes(b"x" * 9000)
    told = exceeds(tmp_path, size=size, entries=entries)
    assert told is not None
    assert word in told


def test_holes_take_no_room(tmp_path: Path) -> None:
    """A file that only seems large."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 32)
    assert exceeds(tmp_path, size=1 << 20, entries=10) is None


def test_a_deep_nest_is_removed(tmp_path: Path) -> None:
    """Deeper than a path may be long, and than Python recurses."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    remove(folder)
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    """What they lead to stays."""
    folder, kept = tmp_path / "scratch", tmp_path / "kept"
    for place in (folder, kept):
        place.mkdir()
    (kept / "file").write_text("x", encoding="utf-8")
    (folder / "link").symlink_to(kept)
    (folder / "closed").mkdir(mode=0o000)
    remove(folder)
    assert not folder.exists()
    assert (kept / "file").exists()


def test_what_is_not_there_needs_no_removal(tmp_path: Path) -> None:
    """Nothing is raised."""
    remove(tmp_path / "never")
    assert exceeds(tmp_path / "never", size=1, entries=1) is None
