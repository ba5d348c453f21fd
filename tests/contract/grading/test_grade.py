"""`gradcheck grade` as a process, on a class of files: marks, what is kept, what is run again, and what survives."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Grade = Callable[..., dict[str, Any]]

RIGHT = (Path(__file__).parents[1] / "programs" / "xor_class.txt").read_text(encoding="utf-8")


def _with(old: str, new: str) -> str:
    assert RIGHT.count(old) == 1
    return RIGHT.replace(old, new)


NO_SLOPE = _with("d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)", "d1 = d2 @ self.W2.T")
NO_SLOPE_EITHER = NO_SLOPE.replace("d1", "hidden_delta")
HALF = _with("d2 = 2 * (", "d2 = (")
BROKEN = _with("def forward(self, X):", "def forward(self, X:")
RENAMED = _with("def forward(", "def forwrd(")
HANGING = _with("    def forward(self, X):\n", "    def forward(self, X):\n        while True:\n            pass\n")

CLASS = {
    "ada.py": RIGHT,
    "bo.py": NO_SLOPE,
    "cleo.py": NO_SLOPE_EITHER,
    "dan.py": HALF,
    "eve.py": BROKEN,
    "fay.py": RENAMED,
    "gus.py": RIGHT,
}


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "gradcheck", *map(str, arguments)]


def _changed(assignment: Path, old: str, new: str) -> str:
    text = assignment.read_text(encoding="utf-8")
    assert text.count(old) == 1
    return text.replace(old, new)


def _write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ready one, as it is written for an instructor."""
    path = tmp_path_factory.mktemp("assignment") / "xor.toml"
    subprocess.run(_command("new", "assignment", "--from", "xor-class", "--out", path), check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def grade(assignment: Path) -> Grade:
    """Run the command, and read what it says."""

    def run(folder: Path, out: Path, *options: object, toml: Path | None = None) -> dict[str, Any]:
        done = subprocess.run(
            _command("grade", folder, "--assignment", toml or assignment, "--out", out, "--format", "json", *options),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


@pytest.fixture(scope="module")
def graded(grade: Grade, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """The class, graded with a diagnosis."""
    folder = _write(tmp_path_factory.mktemp("class") / "submissions", CLASS)
    out = tmp_path_factory.mktemp("results")
    return folder, out, grade(folder, out)


def _records(out: Path) -> dict[str, dict[str, Any]]:
    database = sqlite3.connect(out / "gradebook.sqlite")
    try:
        rows = database.execute(
            "SELECT key, record FROM submissions JOIN records USING (digest, assignment, version, mode)"
        ).fetchall()
    finally:
        database.close()
    return {key: json.loads(record) for key, record in rows}


def _points(overview: dict[str, Any]) -> dict[str, float | None]:
    return {one["student"]: one["points"] for one in overview["students"]}


def test_marks_follow_what_is_wrong(graded: tuple[Path, Path, dict[str, Any]]) -> None:
    """Right code has full marks; one mistake costs its own; what cannot be run has no mark."""
    _, _, overview = graded
    points = _points(overview)
    assert points["ada"] == points["gus"] == overview["of"] == 20.0
    assert points["eve"] is points["fay"] is None
    assert 10.0 < points["bo"] == points["cleo"] < 20.0
    assert points["bo"] < points["dan"] < 20.0
    assert (overview["submissions"], overview["run"]) == (7, 7)


def test_one_error_is_charged_once(graded: tuple[Path, Path, dict[str, Any]]) -> None:
    """A missing slope makes two blocks wrong: one is lost, the other carried."""
    _, out, _ = graded
    marks = {mark["item"]: mark for mark in _records(out)["bo.py"]["grade"]["marks"]}
    outcomes = {name: marks[f"gradients/{name}"]["outcome"] for name in ("W1", "b1", "W2", "b2")}
    assert sorted(outcomes.values()) == ["carried", "earned", "earned", "lost"]
    lost = next(mark for mark in marks.values() if mark["outcome"] == "lost" and mark["item"].startswith("gradients"))
    assert lost["bug"] == "missing-hidden-derivative"
    assert lost["line"] == 1 + RIGHT[: RIGHT.index("d1 = d2")].count("\n")


def test_one_wrong_gradient_is_one_group(graded: tuple[Path, Path, dict[str, Any]]) -> None:
    """Two texts with the same mistake share a fingerprint and a name; others do not."""
    _, out, _ = graded
    records = _records(out)
    prints = {key: record["grade"]["fingerprint"] for key, record in records.items()}
    assert prints["bo.py"] == prints["cleo.py"] != prints["dan.py"]
    assert prints["ada.py"] is prints["gus.py"] is None
    named = {key: [bug["bug"] for bug in records[key]["diagnoses"]] for key in ("bo.py", "cleo.py", "dan.py")}
    assert named["bo.py"] == named["cleo.py"] == ["missing-hidden-derivative"]
    assert named["dan.py"] == ["missing-factor-2"]


def test_what_cannot_be_run_says_what_to_do(graded: tuple[Path, Path, dict[str, Any]]) -> None:
    """The line of a syntax error, and the name that was probably meant."""
    _, out, _ = graded
    records = _records(out)
    for key, said in (("eve.py", "line 17"), ("fay.py", "forwrd")):
        grade = records[key]["grade"]
        assert (grade["state"], grade["points"], grade["marks"]) == ("ungradable", None, [])
        assert said in grade["reason"] + grade["cure"]


def test_an_unchanged_class_is_not_run(graded: tuple[Path, Path, dict[str, Any]], grade: Grade) -> None:
    """Nor does anything move."""
    folder, out, before = graded
    after = grade(folder, out)
    assert (after["run"], after["unchanged"], after["moves"]) == (0, 7, [])
    assert after["students"] == before["students"]


def test_a_changed_assignment_tells_whose_mark_moved(
    graded: tuple[Path, Path, dict[str, Any]], grade: Grade, assignment: Path, tmp_path: Path
) -> None:
    """And why; overrides stay."""
    folder, before, _ = graded
    out = tmp_path / "results"
    out.mkdir()
    source = sqlite3.connect(before / "gradebook.sqlite")
    target = sqlite3.connect(out / "gradebook.sqlite")
    source.backup(target)
    source.close()
    target.close()
    overrides = tmp_path / "overrides.csv"
    overrides.write_text("submission;item;points;reason\nstudent:eve;;7,5;read by hand\nzed.py;forwrd;1;slips\n")
    changed = tmp_path / "xor.toml"
    changed.write_text(_changed(assignment, "constant_factor = 0.5 ", "constant_factor = 0.0 "))
    after = grade(folder, out, "--overrides", overrides, "--no-diagnose", toml=changed)
    moved = {move["submission"]: move for move in after["moves"] if move["item"] is None}
    assert "dan.py" in moved
    assert moved["dan.py"]["after"] < moved["dan.py"]["before"]
    assert "assignment" in moved["dan.py"]["why"]
    assert "ada.py" not in moved
    assert {"key": "marking.constant_factor", "before": "0.5", "after": "0.0"} in after["changes"]
    assert any(
        move["submission"] == "dan.py" and (move["item"] or "").startswith("gradients") for move in after["moves"]
    )
    assert _points(after)["eve"] == 7.5
    assert after["strays"] == ["zed.py"]
    assert after["warnings"] == ["the override of 'forwrd' has no effect: there is no such mark"]


@pytest.mark.parametrize("delay", [1.5, 3.0])
def test_a_killed_run_goes_on(delay: float, grade: Grade, assignment: Path, tmp_path: Path) -> None:
    """`kill -9` of all processes at once: what was marked is not marked again."""
    files = {
        f"s{number:02}.py": RIGHT.replace("import numpy as np\n", f"import numpy as np  # {number}\n")
        for number in range(24)
    }
    folder, out = _write(tmp_path / "submissions", files), tmp_path / "results"
    command = _command("grade", folder, "--assignment", assignment, "--out", out, "--no-diagnose", "--jobs", 1)
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (out / "gradebook.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(_records(out))
    after = grade(folder, out, "--no-diagnose")
    assert after["unchanged"] >= kept
    assert after["run"] == 24 - after["unchanged"]
    assert set(_points(after).values()) == {20.0}


def test_one_that_hangs_costs_nobody_else(grade: Grade, assignment: Path, tmp_path: Path) -> None:
    """It is ungradable for its time, with the cure."""
    quick = tmp_path / "quick.toml"
    quick.write_text(_changed(assignment, "time = 10.0", "time = 1.0"))
    folder = _write(tmp_path / "submissions", {"ada.py": RIGHT, "zoe.py": HANGING})
    found = grade(folder, tmp_path / "results", "--no-diagnose", toml=quick)
    states = {one["student"]: one["state"] for one in found["students"]}
    assert states["ada"] == "graded"
    record = _records(tmp_path / "results")["zoe.py"]["grade"]
    lost = record["state"] == "ungradable" or all(
        mark["points"] == 0.0 for mark in record["marks"] if mark["item"].startswith(("forward", "gradients"))
    )
    assert lost
    assert "1 second" in json.dumps(record) or "time" in json.dumps(record)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "is not there"),
        (["EMPTY"], "nothing was handed in"),
        (["CLASS", "--jobs", "2", "--scheduler", "tcp://x:1"], "give one of them"),
    ],
    ids=["missing", "empty", "two ways"],
)
def test_usage_errors(arguments: list[str], said: str, assignment: Path, tmp_path: Path) -> None:
    """Exit code 2 and one message."""
    (tmp_path / "empty").mkdir()
    _write(tmp_path / "class", {"ada.py": RIGHT})
    places = {"EMPTY": str(tmp_path / "empty"), "CLASS": str(tmp_path / "class")}
    typed = [places.get(argument, argument) for argument in arguments]
    done = subprocess.run(
        _command("grade", *typed, "--assignment", assignment, "--out", tmp_path / "out"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
