"""Submissions of several files and folders are graded as `gradcheck check` drives them, folders and archives alike."""

from __future__ import annotations

import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from networks.assigned import ASSIGNMENT, BACKWARD, FORWARD

from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.records import GradeRecord, State
from gradcheck.grading.subject.processes import limits_of, opened_session
from gradcheck.grading.subject.staging import rewritten, staged
from gradcheck.grading.worker import grade_work

DRIVER = """import numpy as np
from gradcheck import Problem

def build(module, *, seed=0):
    assert module.forward and module.backward
    return Problem(lambda p: float((p["W"] ** 2).sum()), lambda p: {"W": 2 * p["W"]}, {"W": np.ones(3)})
"""
UP = "import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), '..'))\n"
DATA = "import os\nimport numpy as np\nONE = np.load(os.path.join(os.path.dirname(__file__), '../data/one.npy'))\n"
LAYOUTS: dict[str, dict[str, str]] = {
    "helper-beside": {"net.py": "from helpers import forward\n" + BACKWARD, "helpers.py": FORWARD},
    "helper-beside-below": {"src/net.py": "from helpers import forward\n" + BACKWARD, "src/helpers.py": FORWARD},
    "relative": {"hw/net.py": "from .core import forward\n" + BACKWARD, "hw/core.py": FORWARD},
    "two-levels": {
        "hw/__init__.py": "", "hw/models/__init__.py": "", "hw/core.py": FORWARD,
        "hw/models/net.py": "from ..core import forward\n" + BACKWARD,
    },
    "two-levels-without-init": {
        "hw/core.py": FORWARD, "hw/models/net.py": "from ..core import forward\n" + BACKWARD,
    },
    "absolute": {
        "models/__init__.py": "", "models/core.py": FORWARD,
        "models/net.py": "from models.core import forward\n" + BACKWARD,
    },
    "sibling": {
        "models/__init__.py": "", "lib/core.py": FORWARD, "models/net.py": "from lib.core import forward\n" + BACKWARD,
    },
    "path": {"scripts/net.py": UP + "from lib.core import forward\n" + BACKWARD, "lib/core.py": FORWARD},
    "data": {"src/net.py": DATA + FORWARD.replace("np.tanh(", "ONE * np.tanh(") + BACKWARD, "data/one.npy": ""},
}  # fmt: skip


def _written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".npy"):
            np.save(place, np.array(1.0))
        else:
            place.write_text(text, encoding="utf-8")
    return folder


def _zipped(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                packed.write(file, file.relative_to(folder))
    return archive


def _graded(path: Path, scratch: Path) -> GradeRecord:
    (work,) = find_submissions([path], scratch, single=True)
    return grade_work(work, parse_assignment(ASSIGNMENT.encode(), scratch / "assignment.toml"), seed=3, diagnose=False)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_wherever_its_files_lie(files: dict[str, str], packed: bool, tmp_path: Path) -> None:
    """Right code has all points."""
    folder = _written(tmp_path / "ada", files)
    record = _graded(_zipped(folder) if packed else folder, tmp_path / "scratch")
    assert record.state is State.GRADED, record.reason
    assert record.points == 4.0


def test_a_wrong_helper_is_seen(tmp_path: Path) -> None:
    """What a package imports is what is graded."""
    files = {name: text.replace("2 * (A2", "(A2") for name, text in LAYOUTS["two-levels"].items()}
    record = _graded(_written(tmp_path / "ada", files), tmp_path / "scratch")
    assert record.state is State.GRADED
    assert record.points < 4.0


@pytest.mark.parametrize("below", ["", "week1"])
def test_a_notebook_with_a_helper(below: str, tmp_path: Path) -> None:
    """Beside it, and in a folder with it."""
    folder = _written(tmp_path / "ada", {f"{below}/helpers.py".lstrip("/"): FORWARD})
    cells = [nbformat.v4.new_code_cell(text) for text in ("from helpers import forward", BACKWARD)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / below / "net.ipynb")
    assert _graded(folder, tmp_path / "scratch").points == 4.0


@pytest.mark.parametrize("line", ["    d2 = 2 * (A2", "    A1 = np.tanh("], ids=["the program", "its module"])
def test_a_corrected_program_finds_its_files(line: str, tmp_path: Path) -> None:
    """What follows from an error is measured with the error put right: in the program or in what it imports."""
    assignment = parse_assignment(ASSIGNMENT.encode(), tmp_path / "assignment.toml")
    folder = _written(tmp_path / "ada", LAYOUTS["two-levels-without-init"])
    with staged(folder, assignment.interface, DRIVER) as program:
        text = program.source.text.replace(line, f"    mark = 1\n{line}")
        assert text != program.source.text
        with rewritten(program, text) as other:
            assert other.source.text == text
            session, reply = opened_session(other, limits_of(assignment))
            session.close()
            assert reply.op == "network"
