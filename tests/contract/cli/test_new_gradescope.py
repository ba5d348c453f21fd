"""An autograder for Gradescope, from the command that writes it to the results of its script, run as there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gradcheck.cli import main
from gradcheck.grading.assignment.ready import ready_assignment

SCHEMA = Path(__file__).parents[1] / "reports" / "gradescope-results.json"
SUBMISSION = """\
import numpy as np

class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size):
        self.W1 = np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size)
        self.b2 = np.zeros((1, output_size))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward(self, X):
        self.a1 = self.sigmoid(X @ self.W1 + self.b1)
        self.a2 = self.sigmoid(self.a1 @ self.W2 + self.b2)
        return self.a2

    def backward(self, X, y, learning_rate):
        d2 = {factor} * (self.a2 - y) / y.size * self.sigmoid_derivative(self.a2)
        d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)
        self.W2 = self.W2 - learning_rate * self.a1.T @ d2
        self.b2 = self.b2 - learning_rate * d2.sum(axis=0, keepdims=True)
        self.W1 = self.W1 - learning_rate * X.T @ d1
        self.b1 = self.b1 - learning_rate * d1.sum(axis=0, keepdims=True)

    def train(self, X, y, epochs, learning_rate):
        losses = []
        for _ in range(epochs):
            losses.append(float(np.mean((self.forward(X) - y) ** 2)))
            self.backward(X, y, learning_rate)
        return losses
"""
RIGHT, WRONG = (SUBMISSION.replace("{factor}", factor) for factor in ("2", "1"))
LATE = "[late]\ndue = 2018-07-01T12:00:00-07:00\nper_day = 0.10\nmost = 0.5\n"


def _metadata(**fields: Any) -> str:
    """As Gradescope publishes it."""
    told = {
        "id": 123456,
        "created_at": "2018-07-01T14:22:32.365935-07:00",
        "assignment": {"due_date": "2018-07-01T12:00:00.000000-07:00", "late_due_date": None, "total_points": "20.0"},
        "submission_method": "upload",
        "users": [{"email": "student@example.com", "id": 1234, "name": "Student User"}],
        "previous_submissions": [],
    }
    return json.dumps({**told, **fields})


@pytest.fixture
def autograder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """What Gradescope makes of the archive: its contents in source/, and the script beside it."""
    assignment = tmp_path / "course" / "xor.toml"
    assignment.parent.mkdir()
    assignment.write_text(f"{ready_assignment('xor-class').text}\n{LATE}", encoding="utf-8")
    archive = tmp_path / "autograder.zip"
    assert main(["new", "gradescope", "--assignment", str(assignment), "--out", str(archive)]) == 0
    capsys.readouterr()
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(archive) as held:
        for entry in held.infolist():  # as unzip does, with its rights
            Path(held.extract(entry, root / "source")).chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "submission_metadata.json").write_text(_metadata(), encoding="utf-8")
    return root


def _run(root: Path) -> tuple[int, str]:
    """Run the script in its folder; the code and all output, which instructors see."""
    program = root.parent / "gradcheck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m gradcheck "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    environment = {**os.environ, "GRADCHECK": str(program), "GRADCHECK_AUTOGRADER": str(root)}
    ended = subprocess.run(["./run_autograder"], cwd=root, env=environment, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def _results(root: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((root / "results" / "results.json").read_bytes())
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(results)] == []
    return results


def test_a_submission_is_graded(autograder: Path) -> None:
    """A wrong one, handed in hours late: its points, less a day's, by the published rules."""
    (autograder / "submission" / "net.py").write_text(WRONG, encoding="utf-8")
    code, output = _run(autograder)
    assert code == 0, output
    results = _results(autograder)
    measured = sum(test.get("score", 0) for test in results["tests"])
    assert 0 < measured < 20
    assert results["score"] == pytest.approx(0.9 * measured)
    assert "1 day late" in results["output"]
    assert {test["visibility"] for test in results["tests"]} == {"visible", "after_due_date", "hidden"}


def test_an_extension_counts(autograder: Path) -> None:
    """A right one within the student's own time has all points."""
    users = [{"id": 1, "name": "S", "assignment": {"due_date": "2018-07-03T12:00:00.000000-07:00"}}]
    (autograder / "submission_metadata.json").write_text(_metadata(users=users), encoding="utf-8")
    (autograder / "submission" / "net.py").write_text(RIGHT, encoding="utf-8")
    code, output = _run(autograder)
    assert code == 0, output
    assert _results(autograder)["score"] == 20


@pytest.mark.parametrize("content", [None, "def f(:\n"], ids=["no file", "a syntax error"])
def test_what_cannot_be_run_is_told(autograder: Path, content: str | None) -> None:
    """Results all the same, with the cure."""
    name, text = ("notes.txt", "x") if content is None else ("net.py", content)
    (autograder / "submission" / name).write_text(text, encoding="utf-8")
    code, output = _run(autograder)
    assert code == 0, output
    results = _results(autograder)
    assert results["extra_data"]["state"] == "ungradable"
    assert "no mark" in results["output"]
    assert "What to do:" in results["output"]


def test_a_fault_of_ours_is_no_result(autograder: Path) -> None:
    """Gradescope then says that the autograder failed, and nobody has a mark for it."""
    (autograder / "submission" / "net.py").write_text(RIGHT, encoding="utf-8")
    (autograder / "source" / "assignment.toml").write_text("title = 3", encoding="utf-8")
    code, output = _run(autograder)
    assert code == 2
    assert "title" in output
    assert not (autograder / "results" / "results.json").exists()


def test_the_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts at the root and executable, the assignment with its files, a wheel; the same bytes every time."""
    monkeypatch.chdir(tmp_path)
    text = ready_assignment("xor-class").text.replace('implementation = "002-corrected"', 'file = "own/solution.py"')
    Path("xor.toml").write_text(text, encoding="utf-8")
    Path("own").mkdir()
    Path("own/solution.py").write_text(RIGHT, encoding="utf-8")
    Path("gradcheck-1.0-py3-none-any.whl").write_bytes(b"wheel")
    wanted = ["new", "gradescope", "--assignment", "xor.toml", "--install", "gradcheck-1.0-py3-none-any.whl"]
    assert main(wanted) == 0
    assert main(wanted) == 2
    assert "--force" in capsys.readouterr().err
    first = Path("autograder.zip").read_bytes()
    assert main([*wanted, "--force"]) == 0
    assert Path("autograder.zip").read_bytes() == first
    with zipfile.ZipFile("autograder.zip") as archive:
        rights = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert rights == {
            "assignment.toml": 0o644, "own/solution.py": 0o644, "gradcheck-1.0-py3-none-any.whl": 0o644,
            "run_autograder": 0o755, "setup.sh": 0o755,
        }  # fmt: skip
        setup = archive.read("setup.sh").decode()
        assert "pip install --no-cache-dir ./gradcheck-1.0-py3-none-any.whl" in setup
        assert archive.read("run_autograder").startswith(b"#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", "/dev/stdin"], input=setup, text=True, check=True)


def test_what_pip_is_told_is_one_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the shell would make of it."""
    assignment = tmp_path / "xor.toml"
    assignment.write_text(ready_assignment("xor-class").text, encoding="utf-8")
    out = tmp_path / "a.zip"
    arguments = ["new", "gradescope", "--assignment", str(assignment), "--out", str(out), "--install", "x; $(touch y)"]
    assert main(arguments) == 0
    capsys.readouterr()
    with zipfile.ZipFile(out) as archive:
        assert "pip install --no-cache-dir 'x; $(touch y)'\n" in archive.read("setup.sh").decode()


def test_a_name_that_gradescope_needs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two files would be lost."""
    monkeypatch.chdir(tmp_path)
    text = ready_assignment("xor-class").text.replace('implementation = "002-corrected"', 'file = "assignment.toml"')
    Path("xor.toml").write_text(text, encoding="utf-8")
    Path("assignment.toml").write_text(RIGHT, encoding="utf-8")
    assert main(["new", "gradescope", "--assignment", "xor.toml"]) == 2
    assert "call it something else" in capsys.readouterr().err
    assert not Path("autograder.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing PATH..., --assignment, --out"),
        (["--gradescope", "net.py"], "Missing --assignment, --out"),
        (["--gradescope", "--anonymous"], "--anonymous: the inside of an autograder takes no options"),
        (["--gradescope"], "is not there: this runs in an autograder"),
    ],
)
def test_the_inside_is_told_by_naming_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    """Half of it is a mistake."""
    monkeypatch.setenv("GRADCHECK_AUTOGRADER", str(tmp_path))
    assert main(["grade", *arguments]) == 2
    assert message in capsys.readouterr().err
