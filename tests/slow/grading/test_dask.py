"""A class on a real Dask cluster: workers killed under way, submissions that kill theirs, a scheduler that goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import cluster
from gradcheck.grading.batch.running import graded
from gradcheck.grading.batch.work import Work
from gradcheck.grading.grade import grade

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
dask = pytest.importorskip("dask", reason="needs the extra `dask`")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

RIGHT = (Path(__file__).parents[2] / "contract" / "programs" / "xor_class.txt").read_text(encoding="utf-8")
COUNT = 24


def _cluster(**options: Any) -> Any:
    usual = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    return distributed.LocalCluster(dashboard_address=None, silence_logs=50, **{**usual, **options})


@pytest.fixture
def address() -> Iterator[str]:
    """Of a scheduler with four workers, each a process: some are left whatever is killed, however slow a start is."""
    with _cluster(n_workers=4) as opened:
        yield str(opened.scheduler_address)


def _pids(address: str) -> list[int]:
    with distributed.Client(address) as client:
        return list(client.run(os.getpid).values())


def _errands(count: int) -> list[Errand]:
    return [Errand(work=Work(key=f"s{number}", path=Path(), digest=str(number))) for number in range(count)]


def _answers(address: str, run: Any, count: int) -> dict[str, Any]:
    """Every answer by its key; each came once."""
    crew = cluster(address)
    given = list(
        graded(_errands(count), run, crew.open, workers=crew.workers, size=crew.size, killed=crew.killed,
               watch=crew.watch)
    )  # fmt: skip
    assert max(Counter(errand.key for errand, _ in given).values()) == 1
    return {errand.key: answer for errand, answer in given}


@pytest.fixture
def assignment(tmp_path: Path) -> Path:
    """The ready one."""
    path = tmp_path / "xor.toml"
    command = [sys.executable, "-m", "gradcheck", "new", "assignment", "--from", "xor-class", "--out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def _class(folder: Path) -> Path:
    """Every third has a gradient without a factor of two."""
    folder.mkdir()
    for number in range(COUNT):
        text = RIGHT.replace("import numpy as np\n", f"import numpy as np  # {number}\n")
        if number % 3 == 0:
            text = text.replace("d2 = 2 * (", "d2 = (")
        (folder / f"s{number:02}.py").write_text(text, encoding="utf-8")
    return folder


def test_workers_killed_mid_run(address: str, assignment: Path, tmp_path: Path) -> None:
    """Nobody's mark is lost, none is another one, and the files travel: workers are told of no folder."""
    folder = _class(tmp_path / "submissions")
    killed: list[int] = []

    def kill(what: str, done: int, _total: int) -> None:
        if what == "marking" and done >= 8 * (1 + len(killed)) and len(killed) < 2:
            pid = next(pid for pid in _pids(address) if pid not in killed)
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    found = grade(folder, assignment, tmp_path / "far", diagnose=False, seed=3, workers=address, progress=kill)
    near = grade(folder, assignment, tmp_path / "near", diagnose=False, seed=3, workers=2)
    assert len(killed) == 2
    assert (found.run.run, dict(found.run.faults)) == (COUNT, {})
    marks = [{key: record["grade"]["marks"] for key, record in graded.records()} for graded in (found, near)]
    assert len(marks[0]) == COUNT
    assert marks[0] == marks[1]
    assert {one.points for one in found.standings} == {one.points for one in near.standings}
    assert len({one.points for one in found.standings}) == 2


def test_a_submission_that_kills_its_worker() -> None:
    """It alone has no record; those that were sent beside it have theirs."""

    def run(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
        if any(errand.key == "s11" for errand in errands):
            os.kill(os.getpid(), signal.SIGKILL)
        return [{"key": errand.key} for errand in errands]

    # One death is enough to give a task up: twice, in its batch and alone, and two workers are left.
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), _cluster(n_workers=4) as opened:
        answers = _answers(str(opened.scheduler_address), run, 32)
    assert len(answers) == 32
    failed = {key: repr(answer) for key, answer in answers.items() if isinstance(answer, Exception)}
    assert list(failed) == ["s11"], failed
    assert all(answer == {"key": key} for key, answer in answers.items() if key != "s11")


@pytest.mark.parametrize(
    "options", [{"processes": False}, {"n_workers": 1, "threads_per_worker": 3}], ids=["threads of ours", "threads"]
)
def test_workers_of_threads(options: dict[str, Any], assignment: Path, tmp_path: Path) -> None:
    """Children are started from any thread of a worker, whether a nanny watches it or not."""
    folder = _class(tmp_path / "submissions")
    with _cluster(**options) as opened:
        found = grade(
            folder, assignment, tmp_path / "far", diagnose=False, seed=3, workers=str(opened.scheduler_address)
        )
    near = grade(folder, assignment, tmp_path / "near", diagnose=False, seed=3, workers=2)
    assert dict(found.run.faults) == {}
    marks = [{key: record["grade"]["marks"] for key, record in graded.records()} for graded in (found, near)]
    assert [one for key in marks[1] for one in zip(marks[0][key], marks[1][key], strict=True) if one[0] != one[1]] == []


def test_a_scheduler_that_is_not_there(tmp_path: Path, assignment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message."""
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "2s")
    command = [sys.executable, "-m", "gradcheck", "grade", _class(tmp_path / "submissions"), "--assignment", assignment]
    done = subprocess.run(
        [*map(str, command), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: no Dask scheduler answers at tcp://127.0.0.1:9")
    assert done.stderr.count("\n") == 1


def test_a_cluster_that_dies_mid_run(tmp_path: Path) -> None:
    """The run ends, and says that the same command goes on; what was answered stays answered."""
    place = tmp_path / "scheduler.json"
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    scheduler = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            place,
        ],
        **options,  # type: ignore[call-overload]
    )
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(place), "--no-nanny"],
        **options,  # type: ignore[call-overload]
    )
    deadline = time.monotonic() + 60
    while not place.exists() and time.monotonic() < deadline:
        time.sleep(0.1)

    def run(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
        time.sleep(0.2)
        return [{"key": errand.key} for errand in errands]

    answers: list[Any] = []
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": "3s"}):
            crew = cluster(str(place))
            running = graded(_errands(4000), run, crew.open, workers=crew.workers, killed=crew.killed, watch=crew.watch)
            answers += [next(running) for _ in range(5)]
            os.killpg(scheduler.pid, signal.SIGKILL)
            with pytest.raises(GradingError, match="the same command goes on"):
                answers.extend(running)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert len(answers) == len({errand.key for errand, _ in answers}) < 4000
    assert all(isinstance(answer, dict) for _, answer in answers)
