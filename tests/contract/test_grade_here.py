"""The test cell of a notebook: grades the notebook's file in a child, and does nothing where it is run to be graded."""

from __future__ import annotations

import doctest
import math
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.ready import ready_assignment
from gradcheck.integrations.notebooks import grade_here
from gradcheck.submissions.serving import child

CELL = 'from gradcheck.integrations.notebooks import grade_here; grade_here("assignment.toml", "gradients")'
NETWORK = """\
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
        d2 = 2 * (self.a2 - y) / y.size * self.sigmoid_derivative(self.a2)
        d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)
        self.W2 = self.W2 - learning_rate * self.a1.T @ d2
        self.b2 = self.b2 - learning_rate * {bias}
        self.W1 = self.W1 - learning_rate * X.T @ d1
        self.b1 = self.b1 - learning_rate * d1.sum(axis=0, keepdims=True)

    def train(self, X, y, epochs, learning_rate):
        losses = []
        for _ in range(epochs):
            losses.append(float(np.mean((self.forward(X) - y) ** 2)))
            self.backward(X, y, learning_rate)
        return losses
"""
RIGHT, WRONG = (NETWORK.replace("{bias}", f"d2.{how}(axis=0, keepdims=True)") for how in ("sum", "max"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a kernel, with the assignment in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "assignment.toml").write_text(ready_assignment("xor-class").text, encoding="utf-8")
    return tmp_path


def _save(place: Path, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, place)


def test_a_right_notebook(folder: Path) -> None:
    """All points, of a group or an item; its own test cell, and whatever stands after it, is no fault of it."""
    _save(folder / "hw.ipynb", RIGHT, CELL, "assert True")
    assert grade_here("assignment.toml", "gradients", partial=True) == 6.0
    assert grade_here("assignment.toml", "gradients/b2", partial=True) == 0.5
    assert grade_here("assignment.toml", partial=True) == 20.0
    assert grade_here("assignment.toml", "gradients") is None


def test_the_line_as_a_doctest(folder: Path) -> None:
    """As Otter runs a test cell: what is printed must be what was printed before, which is nothing."""
    _save(folder / "hw.ipynb", RIGHT)
    lines = (
        ">>> from gradcheck.integrations.notebooks import grade_here\n>>> grade_here('assignment.toml', 'gradients')\n"
    )
    test = doctest.DocTestParser().get_doctest(lines, {}, "q1", None, None)
    assert doctest.DocTestRunner().run(test) == (0, 2)


def test_a_notebook_of_otter(folder: Path) -> None:
    """As `otter assign` writes it: its own cells check and export nothing where the notebook is run to be graded."""
    first = "# Initialize Otter\nimport otter\ngrader = otter.Notebook('hw.ipynb')"
    _save(folder / "hw.ipynb", first, RIGHT, "grader.check('q1')", "grader.export(run_tests=True)")
    assert grade_here("assignment.toml", partial=True) == 20.0


def test_a_wrong_notebook(folder: Path) -> None:
    """An error that says what the student may see; part of the points where these are wanted."""
    _save(folder / "hw.ipynb", WRONG, CELL)
    with pytest.raises(AssertionError, match=r"^b2: 0 of 0\.5\. The gradient of b2") as told:
        grade_here("assignment.toml", "gradients")
    assert "line" not in str(told.value).lower()
    assert grade_here("assignment.toml", "gradients", partial=True) == 5.5
    assert grade_here("assignment.toml", "forward") is None
    assert grade_here("assignment.toml", "forward", partial=True) == 3.0


def test_the_file_counts_and_not_the_kernel(folder: Path) -> None:
    """Another notebook than the one that is open, and modules that would be in the way of ours."""
    (folder / "numpy.py").write_text("raise SystemExit", encoding="utf-8")
    (folder / "json.py").write_text("raise SystemExit", encoding="utf-8")
    _save(folder / "hw.ipynb", "x = 1 +")
    _save(folder / "other.ipynb", RIGHT)
    assert grade_here("assignment.toml", "loads", notebook="other.ipynb", partial=True) == 1.0
    with pytest.raises(AssertionError, match="syntax error"):
        grade_here("assignment.toml", "loads", notebook="hw.ipynb")


def test_the_cell_in_a_process_of_its_own(folder: Path) -> None:
    """As a kernel runs it: the line itself, in the notebook's folder."""
    _save(folder / "hw.ipynb", RIGHT, CELL)
    ended = subprocess.run([sys.executable, "-c", CELL], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_where_it_is_run_to_be_graded_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither points nor an error."""
    monkeypatch.setattr(child, "is_running", lambda: True)
    assert grade_here("no such file") is None
    points = grade_here("no such file", partial=True)
    assert points is not None
    assert math.isnan(points)


@pytest.mark.usefixtures("folder")
def test_who_only_imports_the_child_is_graded() -> None:
    """A kernel that has looked at this package's modules is no process that runs submissions."""
    assert not child.is_running()
    with pytest.raises(GradingError, match="which notebook"):
        grade_here("assignment.toml")


def test_what_it_needs_to_know(folder: Path) -> None:
    """One notebook, an item that is there, a right assignment."""
    with pytest.raises(GradingError, match=r"there is none: say notebook="):
        grade_here("assignment.toml")
    _save(folder / "a.ipynb", RIGHT)
    with pytest.raises(GradingError, match=r"no such item; it has loads, forward,"):
        grade_here("assignment.toml", "grad")
    (folder / "assignment.toml").write_text("x = 1", encoding="utf-8")
    with pytest.raises(GradingError, match=r"assignment\.toml"):
        grade_here("assignment.toml")
    _save(folder / "b.ipynb", RIGHT)
    with pytest.raises(GradingError, match=r"there is a\.ipynb, b\.ipynb"):
        grade_here("assignment.toml")
