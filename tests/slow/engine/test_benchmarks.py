"""The benchmarks' command runs from the top of the tree and prints its tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("cost", "Cost of a verdict"),
        ("evaluations", "Evaluations of a verdict on right code"),
        ("localisation", "Naming wrong entries"),
        ("false-alarms", "False alarms of peers"),
        ("detection", "that pass"),
    ],
)
def test_measurement_prints_its_table(root: Path, name: str, caption: str) -> None:
    """Each measurement ends, and prints a table under its caption."""
    finished = _run(root, "--quick", name)
    assert finished.returncode == 0, finished.stderr
    assert caption in finished.stdout
    assert "| gradcheck" in finished.stdout or "| -" in finished.stdout


def test_unknown_measurement_is_a_usage_error(root: Path) -> None:
    """A name that is none is answered by those that are."""
    finished = _run(root, "no-such")
    assert finished.returncode == 2
    assert "expected cost, evaluations" in finished.stderr
