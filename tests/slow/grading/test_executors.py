"""A class on every executor of the standard library: the same marks, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import gradcheck

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")]

RIGHT = (Path(__file__).parents[2] / "contract" / "programs" / "xor_class.txt").read_text(encoding="utf-8")
EDITS = [
    ("d2 = 2 * (", "d2 = ("),
    ("* self.sigmoid_derivative(self.a1)", ""),
    ("d1.sum(axis=0, keepdims=True)", "d1.sum()"),
    ("self.W1 -= ", "self.W1 += "),
    ("def forward(self, X):", "def forward(self, X:"),
]
COUNT = 12


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ready one."""
    path = tmp_path_factory.mktemp("assignment") / "xor.toml"
    command = [sys.executable, "-m", "gradcheck", "new", "assignment", "--from", "xor-class", "--out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right and wrong ones by turns."""
    folder = tmp_path_factory.mktemp("submissions")
    for number in range(COUNT):
        text = RIGHT.replace("import numpy as np\n", f"import numpy as np  # {number}\n")
        if number % 2:
            text = text.replace(*EDITS[number // 2 % len(EDITS)])
        (folder / f"s{number:02}.py").write_text(text, encoding="utf-8")
    return folder


def _marks(graded: gradcheck.GradedClass) -> dict[str, Any]:
    return {key: (record["grade"]["state"], record["grade"]["marks"]) for key, record in graded.records()}


@pytest.fixture(scope="module")
def expected(submissions: Path, assignment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """By one process."""
    out = tmp_path_factory.mktemp("expected")
    return _marks(gradcheck.grade(submissions, assignment, out, seed=3, diagnose=False, workers=1))


def _pool(method: str) -> Callable[[], Executor]:
    return lambda: ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method))


@pytest.mark.parametrize(
    "make",
    [lambda: ThreadPoolExecutor(4), _pool("spawn"), _pool("forkserver"), _pool("fork")],
    ids=["threads", "spawn", "forkserver", "fork"],
)
def test_every_executor_gives_the_same_marks(
    make: Callable[[], Executor], submissions: Path, assignment: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Children are started from threads, from processes that were started anew, and from those that were forked."""
    with make() as executor:
        graded = gradcheck.grade(submissions, assignment, tmp_path, seed=3, diagnose=False, workers=executor)
    assert (graded.run.run, dict(graded.run.faults)) == (COUNT, {})
    assert len({str(mark) for mark in expected.values()}) == 1 + len(EDITS)
    assert _marks(graded) == expected


def test_an_executor_that_was_closed(submissions: Path, assignment: Path, tmp_path: Path) -> None:
    """Says so at once, and keeps no record of anybody."""
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(gradcheck.GradcheckError, match="closed"):
        gradcheck.grade(submissions, assignment, tmp_path, diagnose=False, workers=executor)


def test_nothing_is_left(submissions: Path, assignment: Path, tmp_path: Path) -> None:
    """No folder and no process, also where a worker was killed."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    command = [sys.executable, "-m", "gradcheck", "grade", submissions, "--assignment", assignment, "--out",
               tmp_path / "out", "--no-diagnose"]  # fmt: skip
    process = subprocess.Popen(
        [*map(str, command)], env={**os.environ, "TMPDIR": str(scratch)}, start_new_session=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.wait(300) == 0
    time.sleep(0.5)
    assert list(scratch.iterdir()) == []
    assert _of_session(process.pid, str(scratch)) == []


def _of_session(session: int, scratch: str) -> list[str]:
    """Processes that a command has left: those of its session, and those that work below its scratch folder."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            told = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if fields[0] == "Z":  # ended; nobody above it asks how
                continue
            if int(fields[3]) == session or scratch in told or str((place / "cwd").readlink()).startswith(scratch):
                found.append(f"{place.name} {fields[0]} {told}")
        except (OSError, IndexError, ValueError):
            continue
    return found
