"""Submissions are graded in the files and styles in which they are handed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from networks.assigned import ASSIGNED, CALLS, PROGRAM

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.batch.work import Work
from gradcheck.grading.records import GradeRecord, State
from gradcheck.grading.worker import grade_work

COST = "\n\ndef cost(A2, Y):\n    return np.mean((A2 - Y) ** 2)\n"
LOSS = 'loss = "cost(output, Y) -> loss"\n'
RUBRIC = """
[[rubric]]
id = "loads"
points = 1
checks = "loads"
[[rubric]]
id = "own"
points = 4
checks = "gradient"
[[rubric]]
id = "meant"
points = 4
checks = "gradient"
against = "reference"
"""
ADAPTER = """import numpy as np

from gradcheck import Problem


def run_forward(module, s):
    s["output"] = module.forward(s["X"], s["W1"], s["b1"], s["W2"], s["b2"])[1]


def build(module, *, batch=5, seed=0{point}):
    rng = np.random.default_rng(seed)
    held = {{"W1": rng.standard_normal((3, 4)), "b1": rng.standard_normal(4)}}
    held |= {{"W2": rng.standard_normal((4, 2)), "b2": rng.standard_normal(2)}}
    X, Y = rng.standard_normal((batch, 3)), rng.standard_normal((batch, 2))
{given}
    def loss(p):
        return module.cost(module.forward(X, p["W1"], p["b1"], p["W2"], p["b2"])[1], Y)

    def gradient(p):
        A1, A2 = module.forward(X, p["W1"], p["b1"], p["W2"], p["b2"])
        return dict(zip(("W1", "b1", "W2", "b2"), module.backward(X, Y, p["W2"], A1, A2)))

    return Problem(loss, gradient, held)
"""
GIVEN = """    if point is not None:
        X, Y, held = point["X"], point["Y"], {name: point[name] for name in held}
"""

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
Run = Callable[..., GradeRecord]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Grades what lies at a path, for an assignment's text."""

    def graded(path: Path, assignment: str, **options: Any) -> GradeRecord:
        read = parse_assignment(assignment.encode(), tmp_path / "assignment.toml")
        return grade_work(Work(key=path.name, path=path, digest="0" * 64), read, seed=3, diagnose=False, **options)

    return graded


def _lost(record: GradeRecord) -> dict[str, str]:
    assert record.state is State.GRADED, record.reason
    json.dumps(record.to_dict())
    return {mark.item: mark.message.symptom for mark in record.marks if mark.points < mark.of}


def test_code_without_a_loss_of_its_own(run: Run, tmp_path: Path) -> None:
    """The assignment's is taken, of the outputs that the code computes."""
    file = tmp_path / "a.py"
    file.write_text(PROGRAM)
    assert _lost(run(file, ASSIGNED + CALLS + RUBRIC)) == {}
    file.write_text(PROGRAM.replace("2 * (A2 - Y)", "(A2 - Y)"))
    assert set(_lost(run(file, ASSIGNED + CALLS + RUBRIC))) == {"own"}  # a factor, charged once


def test_a_notebook(run: Run, tmp_path: Path) -> None:
    """Its cells are one program."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (PROGRAM, COST)])
    nbformat.write(book, tmp_path / "a.ipynb")
    assert _lost(run(tmp_path / "a.ipynb", ASSIGNED + CALLS + LOSS + RUBRIC)) == {}


def test_a_folder_of_files(run: Run, tmp_path: Path) -> None:
    """The file that defines what is asked for, with what it imports from beside it."""
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "notes.py").write_text("def unrelated():\n    pass\n")
    (folder / "costs.py").write_text("import numpy as np" + COST)
    (folder / "network.py").write_text("from costs import cost\n" + PROGRAM)
    assert _lost(run(folder, ASSIGNED + CALLS + LOSS + RUBRIC)) == {}


def test_a_single_file_sees_no_other_students(run: Run, tmp_path: Path) -> None:
    """What lies beside it in the class's folder is not there when it runs."""
    (tmp_path / "solution_of_ada.py").write_text(PROGRAM + COST)
    (tmp_path / "copy.py").write_text("from solution_of_ada import forward, backward, cost\n")
    record = run(tmp_path / "copy.py", ASSIGNED + CALLS + LOSS + RUBRIC)
    assert record.state is State.UNGRADABLE or record.points == 0.0


@pytest.mark.parametrize("posed", [True, False], ids=["at given points", "at its own point"])
def test_an_adapter(run: Run, tmp_path: Path, posed: bool) -> None:
    """One that takes a point can be held against the reference; of the other only its own loss is known."""
    text = ADAPTER.format(point=", form=0, point=None" if posed else "", given=GIVEN if posed else "")
    (tmp_path / "adapter.py").write_text(text)
    (tmp_path / "a.py").write_text(PROGRAM + COST)
    assignment = ASSIGNED + '[interface]\nstyle = "adapter"\nadapter = "adapter.py"\nbiases = "flat"\n' + RUBRIC
    lost = _lost(run(tmp_path / "a.py", assignment))
    if posed:
        assert lost == {}
        (tmp_path / "a.py").write_text((PROGRAM + COST).replace("(1 - A1**2)", "(1 - A1)"))
        assert set(_lost(run(tmp_path / "a.py", assignment))) == {"own", "meant"}
    else:
        assert set(lost) == {"own", "meant"}
        assert "not verified" in lost["own"]


def test_the_instructors_file_is_the_reference(run: Run, tmp_path: Path) -> None:
    """Driven through the same interface; one that is wrong itself is no reference."""
    (tmp_path / "solution.py").write_text(PROGRAM + COST)
    (tmp_path / "a.py").write_text(PROGRAM + COST)
    assignment = ASSIGNED + '[reference]\nfile = "solution.py"\n' + CALLS + LOSS + RUBRIC
    assert _lost(run(tmp_path / "a.py", assignment)) == {}
    (tmp_path / "solution.py").write_text(PROGRAM.replace("2 * (A2 - Y)", "(A2 - Y)") + COST)
    with pytest.raises(GradingError, match="does not pass its own check"):
        run(tmp_path / "a.py", assignment)


def test_a_known_diagnosis_is_shared(run: Run, tmp_path: Path) -> None:
    """Its bug and its formula, not its lines and its patch."""
    (tmp_path / "a.py").write_text((PROGRAM + COST).replace("2 * (A2 - Y)", "(A2 - Y)"))
    bug = {"bug": "missing-factor-2", "blocks": ["W1", "b1", "W2", "b2"], "confidence": 0.9, "message": "Half.",
           "line": 99, "patch": "--- a/other.py"}  # fmt: skip
    record = run(tmp_path / "a.py", ASSIGNED + CALLS + LOSS + RUBRIC, known={"diagnoses": [bug]})
    mark = next(mark for mark in record.marks if mark.item == "own")
    assert mark.bug == "missing-factor-2"
    assert mark.line is None
    assert "other.py" not in str(record.to_dict())


DOCUMENT = """schema = "gradcheck/assignment@1"
title = "As a document has it"
[network]
sizes = {sizes}
activations = {activations}
loss = "{loss}"
[interface]
style = "recognised"
[conventions]
allowed = ["loss-epsilon"]
[[rubric]]
id = "forward"
points = 1
checks = "forward"
[[rubric]]
id = "loss"
points = 1
checks = "loss"
[[rubric]]
id = "own"
points = 4
checks = "gradient"
"""


@pytest.mark.parametrize(
    ("name", "sizes", "activations", "loss", "factor"),
    [
        ("document_000.py", [2, 4, 1], ["relu", "sigmoid"], "bce", None),
        ("document_001.py", [1, 10, 1], ["relu", "linear"], "sse", None),
        ("document_002.py", [2, 4, 1], ["sigmoid", "sigmoid"], "mse", 0.5),
    ],
)
def test_published_programs_are_recognised(
    run: Run, name: str, sizes: list[int], activations: list[str], loss: str, factor: float | None
) -> None:
    """As they were published, data exchanged for the hidden ones where they lie; one of them is known to be halved."""
    text = DOCUMENT.format(sizes=sizes, activations=json.dumps(activations), loss=loss)
    record = run(EXAMPLES / name, text)
    lost = _lost(record)
    assert set(lost) == (set() if factor is None else {"own"})
    assert factor is None or f"{factor} x the right one" in lost["own"]
