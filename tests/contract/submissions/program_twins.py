"""Right programs and their wrong twins: the one passes with all of its parameters compared, the other fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradcheck import CheckReport, Verdict, check_file

__all__ = ["Program", "assert_right", "assert_twin_wrong", "checked"]


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
