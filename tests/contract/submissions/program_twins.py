"""Right programs and their wrong twins, and wrong programs with what they are told: what tests assert of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradcheck import CheckReport, Verdict, check_file, diagnose_file
from gradcheck.records import Diagnosis

__all__ = ["Program", "Wrong", "assert_cured", "assert_right", "assert_twin_wrong", "checked"]


@dataclass(frozen=True, kw_only=True)
class Program:
    """A right program, its blocks, and what makes its gradient wrong."""

    text: str
    blocks: set[str]
    replaced: str
    wrong: str

    @property
    def twin(self) -> str:
        """The same with a slip in the gradient."""
        assert self.replaced in self.text
        return self.text.replace(self.replaced, self.wrong)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A wrong program, the names of its bugs, and parts of lines that the patch puts in."""

    text: str
    bugs: set[str]
    cured: tuple[str, ...]


def checked(tmp_path: Path, text: str) -> CheckReport:
    """A program's report."""
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    report = check_file(path)
    assert isinstance(report, CheckReport)
    return report


def assert_right(tmp_path: Path, program: Program) -> None:
    """It passes, and all of its parameters were compared."""
    report = checked(tmp_path, program.text)
    assert report.verdict is Verdict.PASS, report.reason
    assert {block.name for block in report.blocks} == program.blocks


def assert_twin_wrong(tmp_path: Path, program: Program) -> None:
    """Its twin fails."""
    report = checked(tmp_path, program.twin)
    assert report.verdict is Verdict.FAIL, report.reason


def assert_cured(tmp_path: Path, program: Wrong) -> None:
    """Its bugs are named, and a verified patch puts in what is meant."""
    path = tmp_path / "program.py"
    path.write_text(program.text, encoding="utf-8")
    report = diagnose_file(path)
    assert isinstance(report, Diagnosis)
    assert {bug.bug for bug in report.diagnoses} == program.bugs
    assert report.patch_verified
    assert report.patch is not None
    added = [line[1:].strip() for line in report.patch.splitlines() if line.startswith("+") and line[:3] != "+++"]
    assert all(any(text in line for line in added) for text in program.cured), added
