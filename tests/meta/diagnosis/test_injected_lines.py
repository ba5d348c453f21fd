"""Bugs typed into reference networks: named, with their line, and with a patch that a check bears out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from retyped_references import CASES, Case

import gradcheck
from gradcheck import CheckReport, Verdict
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import Diagnosis

QUICK = {"missing-factor-2", "missing-hidden-derivative", "bias-sum-without-axis"}


def _accepted(bug: str) -> set[str]:
    return {bug, *CATALOGUE[bug].same_as, *CATALOGUE[bug].overlaps}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{number}-{case.bug}", marks=() if case.bug in QUICK else pytest.mark.slow)
        for number, case in enumerate(CASES)
    ],
)
def test_name_line_and_patch(case: Case, tmp_path: Path) -> None:
    """The one bug, the line that was spoilt or one where a fix is as right, and a patch that makes the file pass."""
    file = tmp_path / "student.py"
    file.write_text(case.text, encoding="utf-8")
    found = gradcheck.diagnose_file(file, time_limit=120.0)
    assert isinstance(found, Diagnosis)
    assert found.verdict is Verdict.FAIL
    (bug,) = found.diagnoses
    assert _accepted(case.bug) & {bug.bug, *bug.same_as}
    assert bug.code is not None
    assert any(bug.code.startswith(line) or line in bug.code for line in case.lines), bug.code
    assert found.patch_verified
    assert found.patch is not None
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=found.patch.encode(), check=True, timeout=60)
    checked = gradcheck.check_file(file)
    assert isinstance(checked, CheckReport)
    assert checked.verdict is Verdict.PASS
