"""Files that are called like modules of Python's are their program's alone: `gradcheck` itself never runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from networks.assigned import ASSIGNMENT, PROGRAM

# As the installed command does: nothing is looked for in the present folder, and no flag tells Python so.
COMMAND = "import sys; sys.path.pop(0); from gradcheck.cli import main; sys.exit(main())"
OTHERS = ("numpy", "click", "rich", "scipy", "autograd", "libcst", "sitecustomize", "usercustomize", "conftest")
# A process that runs a submission has no environment: what knows the place to write to is one of gradcheck's own.
HOSTILE = """import os
place = os.environ.get("GRADCHECK_TEST_PLACE")
if place:
    open(place, "a").write(__name__ + "\\n")
"""
CALLS = {
    "check": ["check", "hw/ada.py"],
    "check-folder": ["check", "hw"],
    "diagnose": ["diagnose", "hw/bob.py"],
    "grade": ["grade", "hw", "--assignment", "../hw.toml", "--out", "../out", "--jobs", "2"],
    "grade-alone": ["grade", "hw", "--assignment", "../hw.toml", "--out", "../out", "--jobs", "1"],
}


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, id=name, marks=[pytest.mark.slow] if name == "grade-alone" else [])
        for name, call in CALLS.items()
    ],
)
def test_what_lies_in_the_present_folder_is_not_run(call: list[str], tmp_path: Path) -> None:
    """An instructor grades in the folder with what was handed in; one of it is called ``pickle.py``."""
    here = tmp_path / "here"
    (here / "hw").mkdir(parents=True)
    for name in (*sys.stdlib_module_names, *OTHERS):
        (here / f"{name}.py").write_text(HOSTILE, encoding="utf-8")
    (here / "hw" / "ada.py").write_text(PROGRAM, encoding="utf-8")
    (here / "hw" / "bob.py").write_text(PROGRAM.replace("2 * (A2", "(A2"), encoding="utf-8")
    (tmp_path / "hw.toml").write_text(ASSIGNMENT, encoding="utf-8")
    place = tmp_path / "ran"
    environment = {**os.environ, "GRADCHECK_TEST_PLACE": str(place)}
    environment.pop("PYTHONSAFEPATH", None)
    ran = subprocess.run(
        [sys.executable, "-c", COMMAND, *call], cwd=here, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert not place.exists(), f"run with all rights: {place.read_text().split()}"
    if call[0] == "grade":
        assert ran.returncode == 0, ran.stderr[-500:]
        assert "2  graded" in ran.stdout


def test_the_files_would_be_run(tmp_path: Path) -> None:
    """Where nothing is done about it, Python does take them: the test above can fail."""
    (tmp_path / "pickle.py").write_text(HOSTILE, encoding="utf-8")
    place = tmp_path / "ran"
    environment = {**os.environ, "GRADCHECK_TEST_PLACE": str(place)}
    environment.pop("PYTHONSAFEPATH", None)
    subprocess.run([sys.executable, "-c", "import pickle"], cwd=tmp_path, env=environment, check=True)
    assert place.read_text() == "pickle\n"
