"""Examples that need something beside them: a module, a slip of the pen, a file to be checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from example_kinds import fits
from markdown_blocks import ROOT, Block, blocks

import gradcheck
from gradcheck.grading.assignment.problems import AssignmentError
from gradcheck.grading.assignment.reading import parse_assignment


def told(page: str) -> list[Block]:
    """The blocks of a page that are tried here."""
    return [block for block in blocks(ROOT / page) if block.mark == "example: told"]


@pytest.mark.skipif(int(metadata.version("rich").split(".")[0]) < 15, reason="older versions of Rich indent otherwise")
def test_a_failing_test_of_pytest(tmp_path: Path) -> None:
    """Run beside a module whose hidden layer lacks its derivative, it fails as the page shows."""
    code, shown = told("docs/guides/pytest.md")
    shutil.copy(Path(__file__).with_name("layers.txt"), tmp_path / "layers.py")
    (tmp_path / "test_layers.py").write_text(code.text, encoding="utf-8")
    plugin = "gradcheck.integrations.pytest_plugin.plugin"
    registered = any(point.value == plugin for point in metadata.entry_points(group="pytest11"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(() if registered else ("-p", plugin))],
        cwd=tmp_path,
        env={**os.environ, "GRADCHECK_LANG": "en", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    lines = [line for line in ran.stdout.splitlines() if line.startswith((">", "E"))]
    assert fits(shown.text, "\n".join(lines)), ran.stdout


def test_messages_about_an_assignment() -> None:
    """The page's own short assignment with two slips is told as the page says."""
    page = "docs/reference/assignment.md"
    (shown,) = told(page)
    (text,) = [block.text for block in blocks(ROOT / page) if block.language == "toml"]
    slips = text.replace('loss = "bce"', 'loss = "msee"').replace('checks = "gradient"', 'checks = "gradeint"')
    assert slips != text
    with pytest.raises(AssignmentError) as raised:
        parse_assignment(slips.encode(), Path("assignment.toml"))
    assert fits(shown.text, str(raised.value)), raised.value


def test_a_file_that_says_how_to_drive_it(tmp_path: Path) -> None:
    """It passes as it stands, and without its factor 2 it fails."""
    (block,) = told("docs/reference/interfaces.md")
    verdicts = []
    for number, text in enumerate((block.text, re.sub(r'"W": 2 \* ', '"W": ', block.text))):
        file = tmp_path / f"network{number}.py"
        file.write_text(text, encoding="utf-8")
        verdicts.append(gradcheck.check_file(file, rng=0).verdict.name)
    assert verdicts == ["PASS", "FAIL"]
