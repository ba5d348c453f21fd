"""The command over a class, ended at any moment: by kill -9 again and again, by Ctrl-C, by another run beside it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

RIGHT = (Path(__file__).parents[2] / "contract" / "programs" / "xor_class.txt").read_text(encoding="utf-8")
HANGING = RIGHT.replace("    def forward(self, X):\n", "    def forward(self, X):\n        while True: pass\n")
COUNT, KILLS = 16, 20
JOINED = "SELECT key, points, digest FROM submissions JOIN records USING (digest, assignment, version, mode)"


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ready one."""
    path = tmp_path_factory.mktemp("assignment") / "xor.toml"
    command = [sys.executable, "-m", "gradcheck", "new", "assignment", "--from", "xor-class", "--out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def _class(folder: Path, count: int = COUNT) -> Path:
    """Every fourth has a gradient without a factor of two."""
    folder.mkdir()
    for number in range(count):
        text = RIGHT.replace("import numpy as np\n", f"import numpy as np  # {number}\n")
        text = text.replace("d2 = 2 * (", "d2 = (") if number % 4 == 3 else text
        (folder / f"s{number:02}.py").write_text(text, encoding="utf-8")
    return folder


def _start(folder: Path, assignment: Path, out: Path, scratch: Path, *options: object) -> subprocess.Popen[str]:
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "gradcheck", "grade", folder, "--assignment", assignment, "--out", out,
               "--format", "json", *options]  # fmt: skip
    return subprocess.Popen(
        [*map(str, command)], env={**os.environ, "TMPDIR": str(scratch)}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _rows(out: Path) -> dict[str, tuple[float | None, str]]:
    """What the gradebook holds, which must be whole."""
    if not (out / "gradebook.sqlite").exists():
        return {}
    with contextlib.closing(sqlite3.connect(out / "gradebook.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchall():
            return {}
        rows = database.execute(JOINED).fetchall()
        assert database.execute("SELECT count(*) FROM moves").fetchone() == (0,)
    assert len({key for key, _, _ in rows}) == len(rows)
    return {key: (points, digest) for key, points, digest in rows}


def _left(scratch: Path) -> list[str]:
    """Processes that work below a run's scratch folder, or were told of it."""
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            told = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(scratch) in told or str((place / "cwd").readlink()).startswith(str(scratch)):
                found.append(f"{place.name} {told}")
    return found


def _wait_until(what: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(what())


def test_killed_at_any_moment(assignment: Path, tmp_path: Path) -> None:
    """Twenty times: what was kept stays as it was, and the last run grades what is left, once."""
    folder, out, scratch = _class(tmp_path / "submissions"), tmp_path / "results", tmp_path / "tmp"
    rng, kept = np.random.default_rng(20261001), dict[str, tuple[float | None, str]]()
    for _ in range(KILLS):
        process = _start(folder, assignment, out, scratch, "--no-diagnose")
        # From before the gradebook is made until after the last is graded.
        time.sleep(float(rng.uniform(0.1, 6.0)))
        os.kill(process.pid, signal.SIGKILL)  # the controller alone: what it has started must end by itself
        process.communicate()
        after = _rows(out)
        assert after.items() >= kept.items()
        kept = after
    assert _wait_until(lambda: not _left(scratch), 20.0), _left(scratch)
    process = _start(folder, assignment, out, scratch, "--no-diagnose")
    told, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    overview = json.loads(told)
    assert overview["unchanged"] == len(kept)
    assert overview["run"] == COUNT - len(kept)
    final = _rows(out)
    assert final.items() >= kept.items()
    right = {points for key, (points, _) in final.items() if int(key[1:3]) % 4 != 3}
    wrong = {points for key, (points, _) in final.items() if int(key[1:3]) % 4 == 3}
    assert (len(final), right, len(wrong)) == (COUNT, {20.0}, 1)
    assert wrong != right


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill -INT"])
def test_interrupted(assignment: Path, tmp_path: Path, *, whole_group: bool) -> None:
    """Ctrl-C ends a run while two submissions hang, says how to go on, and leaves no process and no folder."""
    folder, out, scratch = _class(tmp_path / "submissions", 4), tmp_path / "results", tmp_path / "tmp"
    for number in range(4):
        (folder / f"t{number}.py").write_text(HANGING + f"# {number}\n", encoding="utf-8")
    process = _start(folder, assignment, out, scratch, "--jobs", 2)
    assert _wait_until(lambda: len(_rows_or_none(out)) >= 3, 120.0)
    time.sleep(1.0)  # into those that hang
    start = time.monotonic()
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    told, said = process.communicate(timeout=60)
    # One submission may hang for ten seconds, four times over: nobody waits for that.
    assert time.monotonic() - start < 9.0
    assert (process.returncode, told) == (130, "")
    assert said == "Interrupted. What was graded is kept: the same command goes on from there.\n"
    assert _wait_until(lambda: not _left(scratch), 10.0), _left(scratch)
    assert list(scratch.iterdir()) == []


def _rows_or_none(out: Path) -> list[Any]:
    """Submissions with a record; none while the gradebook is being made."""
    if not (out / "gradebook.sqlite").exists():
        return []
    database = sqlite3.connect(out / "gradebook.sqlite")
    with contextlib.closing(database), contextlib.suppress(sqlite3.OperationalError):
        return database.execute("SELECT digest FROM records").fetchall()
    return []


def test_two_runs_into_one_folder(assignment: Path, tmp_path: Path) -> None:
    """Both end well: the records are those of one run."""
    folder, out, scratch = _class(tmp_path / "submissions", 8), tmp_path / "results", tmp_path / "tmp"
    both = [_start(folder, assignment, out, scratch, "--no-diagnose", "--jobs", 1) for _ in range(2)]
    for process in both:
        told, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        assert json.loads(told)["submissions"] == 8
    assert len(_rows(out)) == 8
