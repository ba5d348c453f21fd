"""Ten thousand submissions with hostile names, a full disk, a folder that cannot be written: the real gradebook."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import given
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.course import ClassRun, Terms, grade_class
from gradcheck.grading.gradebook import Gradebook
from gradcheck.grading.records import GradeRecord, State

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
TERMS = Terms(assignment="a" * 64, of=10.0, seed=3, diagnose=False)
COUNT = 10_000
READY = Path(str(files("gradcheck.grading.assignment.ready") / "xor-class.toml"))
NAMES = [
    *(
        "'; DROP TABLE records; --",
        "<img src=x onerror=alert(1)>",
        "=cmd|' calc'!A0",
        "\x1b[2J\x1b]0;title\x07",
        "a\nb\r",
    ),
    *("\u202egnp.exe", "%s%n{0}", "--out", "con", "é\u0301", "\U0001f600", "a" * 200, " ", "$(reboot)", "\\..\\.."),
]


def _run(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    """As large a record as a real one, measured by nobody."""
    return [
        {
            **GradeRecord(
                submission=errand.key, digest=errand.work.digest, assignment="a" * 64, version="0", seed=3,
                state=State.UNGRADABLE, reason="x" * 8000, cure="y",
            ).to_dict()
        }
        for errand in errands
    ]  # fmt: skip


def _grade(folder: Path, out: Path, scratch: Path) -> tuple[ClassRun, int]:
    """A run, and the most memory that the course of it has taken, in bytes."""
    tracemalloc.start()
    try:
        with Gradebook(out) as book, ThreadPoolExecutor(2) as pool:
            works = find_submissions([folder], scratch)
            run = grade_class(works, TERMS, book, given(pool), _run, now=lambda: NOW)
        return run, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _class(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        name = os.fsencode(f"{NAMES[number % len(NAMES)]}{number}.py")
        if number % 100 == 0:
            name = b"\xff\xfe" + name  # no text
        (folder / os.fsdecode(name)).write_text(f"a = {number}\n")
    return folder


def test_ten_thousand_names(tmp_path: Path) -> None:
    """Each has its record, nothing is run twice, and memory grows by little more than their keys."""
    few = _class(tmp_path / "few", COUNT // 10)
    _, small = _grade(few, tmp_path / "few.sqlite", tmp_path)
    many, out = _class(tmp_path / "many", COUNT), tmp_path / "many.sqlite"
    run, large = _grade(many, out, tmp_path)
    assert (run.submissions, run.run, dict(run.faults)) == (COUNT, COUNT, {})
    # Records of 8 kB: held in memory they would take 80 MB; a key, a path and a digest take less than 2 kB.
    assert large - small < 2000 * COUNT
    with Gradebook(out) as book:
        keys = [key for key, _ in book.records()]
    assert len(set(keys)) == COUNT
    assert all(key.encode("utf-8") for key in keys)
    again, _ = _grade(many, out, tmp_path)
    assert (again.run, again.kept) == (0, COUNT)


def test_a_gradebook_copied_while_open(tmp_path: Path) -> None:
    """A copy of its files, and a backup by SQLite, hold what was there, and go on from it."""
    folder = _class(tmp_path / "class", 50)
    with Gradebook(tmp_path / "gradebook.sqlite") as book, ThreadPoolExecutor(1) as pool:
        works = find_submissions([folder], tmp_path)
        grade_class(works[:30], TERMS, book, given(pool), _run, now=lambda: NOW)
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in tmp_path.glob("gradebook.sqlite*"):
            shutil.copy(file, copy / file.name)
        source, target = sqlite3.connect(tmp_path / "gradebook.sqlite"), sqlite3.connect(copy / "backup.sqlite")
        source.backup(target)
        source.close()
        target.close()
    for name in ("gradebook.sqlite", "backup.sqlite"):
        run, _ = _grade(folder, copy / name, tmp_path)
        assert (run.kept, run.run) == (30, 20)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here: that needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """One message; what was graded before stays, and the run goes on where there is room again."""
    folder = _class(tmp_path / "class", 1000)
    with pytest.raises(GradingError, match="disk is full"):
        _grade(folder, small_disk / "gradebook.sqlite", tmp_path)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    with Gradebook(small_disk / "gradebook.sqlite") as book:
        kept = len(list(book.records()))
    assert 0 < kept < 1000
    run, _ = _grade(folder, small_disk / "gradebook.sqlite", tmp_path)
    assert (run.kept, run.run) == (kept, 1000 - kept)


@pytest.mark.parametrize("there", [True, False], ids=["folder is there", "folder is not there"])
def test_a_folder_that_cannot_be_written(small_disk: Path, tmp_path: Path, *, there: bool) -> None:
    """One message and exit code 2."""
    out = small_disk / "results"
    if there:
        out.mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    folder = _class(tmp_path / "class", 1)
    command = [sys.executable, "-m", "gradcheck", "grade", folder, "--assignment", READY, "--out", out]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert str(out) in done.stderr
    assert "itself has failed" not in done.stderr
