"""How the examples of the documentation are tried, by the mark above them or by their language."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_lines import calls, complaint
from markdown_blocks import ROOT, Block

from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.submissions.configuration import KEYS

__all__ = ["code_runs", "commands_are_known", "data_is_valid", "files_are_there", "fits", "notebook_cells_run"]

# A busy machine is slow to draw, which is no fault of an example; and it draws the same each time.
PROFILE = """
from hypothesis import HealthCheck, settings

settings.register_profile("page", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("page")
"""
# Not installed with the test suite: the environment `frameworks` of tox runs these.
FRAMEWORKS = frozenset({"jax", "torch"})


def code_runs(block: Block, printed: str | None, folder: Path) -> None:
    """Run a block of Python, in a process of its own; what it prints is what the block below says.

    Parameters
    ----------
    block : Block
        Marked ``example: pytest`` it is a file of tests, all of which pass.
    printed : str or None
        ``...`` stands for anything within a line, a line of it for any lines.
    folder : Path
        An empty one.
    """
    for name in sorted(FRAMEWORKS & set(_imports(block.text))):
        pytest.importorskip(name)
    (folder / "conftest.py").write_text(PROFILE, encoding="utf-8")
    file = folder / "test_example.py"
    file.write_text(block.text, encoding="utf-8")
    asked = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if block.mark == "example: pytest" else []
    ran = subprocess.run(
        [sys.executable, *asked, file.name],
        cwd=folder,
        env={**os.environ, "GRADCHECK_LANG": "en", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{block.name}\n{ran.stdout}{ran.stderr}"
    if printed is not None:
        assert fits(printed, ran.stdout), f"{block.name} prints\n{ran.stdout}"


def _imports(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def fits(shown: str, printed: str) -> bool:
    """Whether a text is as it is shown; ``...`` stands for anything, blanks at the ends of lines for nothing."""
    lines = [re.escape(line.rstrip()).replace(r"\.\.\.", ".*") for line in shown.strip("\n").splitlines()]
    pattern = "\n".join(lines)
    plain = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, plain, re.DOTALL) is not None


def commands_are_known(block: Block) -> None:
    """Every command of a block is one that its program would understand."""
    found = list(calls(block.text))
    assert found, f"{block.name}: no commands"
    complaints = {" ".join(call): said for call in found if (said := complaint(call)) is not None}
    assert complaints == {}, block.name


def data_is_valid(block: Block, folder: Path) -> None:
    """TOML, YAML and JSON can be read; assignments and settings of gradcheck are valid."""
    if block.language == "yaml":
        assert yaml.safe_load(block.text) is not None
    elif block.language == "json":
        json.loads(block.text)
    else:
        table = tomllib.loads(block.text)
        settings = table.get("tool", {}).get("gradcheck", {})
        assert {key.replace("-", "_") for key in settings} <= set(KEYS), block.name
        if "rubric" in table:
            assert parse_assignment(block.text.encode(), folder / "assignment.toml").points > 0


def files_are_there(block: Block) -> None:
    """What a directive includes exists; what is generated, a script has written for the build."""
    target = re.search(r"\{(?:literalinclude|include|figure|image)\}\s+(\S+)", block.language)
    if target is None or "_generated/" in target[1]:
        return
    page = ROOT / block.page
    assert (page.parent / target[1]).exists(), block.name


def notebook_cells_run(cells: list[Block]) -> None:
    """Run the cells of a page in one notebook, where ``X``, ``y`` and ``params`` are those of a small regression."""
    shell = pytest.importorskip("IPython.core.interactiveshell")
    notebook: Any = shell.InteractiveShell()
    notebook.run_cell("import numpy as np\nX, y, params = np.eye(3)[:, :2], np.ones(3), {'w': np.array([0.5, -0.25])}")
    for cell in cells:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = notebook.run_cell(cell.text)
        assert result.success, f"{cell.name}\n{said.getvalue()}"
