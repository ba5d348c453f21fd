"""Failures and outcomes: what fails, where, under which name, and what that comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.gate import RULES, Outcome, failures_of, outcome_of, root_of
from gradcheck.gate.places import name_in
from gradcheck.records import ReportSet, Verdict


def test_rules_are_no_bugs() -> None:
    """What has no name in the catalogue has another one than any bug."""
    assert not RULES.keys() & CATALOGUE.keys()


def test_a_pass_is_no_failure(report: Any, tmp_path: Path) -> None:
    """A pass is no failure."""
    assert failures_of([report()], tmp_path) == ()


@pytest.mark.parametrize(
    ("verdict", "rule"),
    [(Verdict.FAIL, "wrong-gradient"), (Verdict.INCONCLUSIVE, "not-decided"), (Verdict.INVALID, "not-checked")],
)
def test_what_has_no_name_has_that_of_its_verdict(report: Any, tmp_path: Path, verdict: Verdict, rule: str) -> None:
    """What has no name has that of its verdict."""
    (failure,) = failures_of([report(verdict=verdict)], tmp_path)
    assert (failure.rule, failure.line) == (rule, None)


def test_each_named_bug_is_a_failure(report: Any, bug: Any, tmp_path: Path) -> None:
    """Each named bug is a failure, with its blocks, its line and its file."""
    elsewhere = bug("missing-factor-2", blocks="b1", line=3, file=str(tmp_path / "layers.py"))
    first, second = failures_of([report(str(tmp_path / "net.py"), wrong="W1 b1", bugs=(bug(), elsewhere))], tmp_path)
    assert (first.rule, first.file, first.line, first.blocks) == ("sign-flip", "net.py", 7, ("W1",))
    assert (second.rule, second.file, second.line, second.blocks) == ("missing-factor-2", "layers.py", 3, ("b1",))
    assert second.program == "net.py"
    assert (first.shown, second.shown) == (str(tmp_path / "net.py"), str(tmp_path / "layers.py"))


def test_two_programs_with_one_module_are_told_apart(report: Any, bug: Any, tmp_path: Path) -> None:
    """A bug in a module that two programs import has a fingerprint for each, whichever of them is looked at."""
    shared = bug(file=str(tmp_path / "layers.py"))
    reports = [report(str(tmp_path / name), wrong="W1", bugs=(shared,)) for name in ("one.py", "two.py")]
    together = [failure.fingerprint for failure in failures_of(reports, tmp_path)]
    alone = [failure.fingerprint for each in reports for failure in failures_of([each], tmp_path)]
    assert together == alone
    assert len(set(together)) == 2


def test_a_cell_s_line_is_no_line_of_the_file(report: Any, bug: Any, tmp_path: Path) -> None:
    """A cell's line is no line of the file."""
    (failure,) = failures_of([report(wrong="W1", bugs=(bug(cell=2, cell_line=1),))], tmp_path)
    assert failure.line is None


def test_files_are_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named from the root, wherever the command is typed; what lies outside from the top."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    inner = tmp_path / "repository" / "src"
    inner.mkdir()
    monkeypatch.chdir(inner)
    root = root_of(Path.cwd())
    assert root == (tmp_path / "repository").resolve()
    assert name_in(root, "net.py") == "src/net.py"
    assert name_in(root, "../net.py") == "net.py"
    assert name_in(root, inner / "net.py") == "src/net.py"
    assert name_in(root, tmp_path / "net.py") == (tmp_path / "net.py").as_posix()
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    assert name_in(root, tmp_path / "link" / "src" / "net.py") == "src/net.py"


def test_without_a_repository_the_root_is_the_folder(tmp_path: Path) -> None:
    """Without a repository the root is the folder."""
    assert root_of(tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [("pass", 0), ("pass fail", 1), ("invalid", 2), ("inconclusive", 3), ("inconclusive invalid", 2),
     ("fail invalid inconclusive pass", 1), ("", 2)],
)  # fmt: skip
def test_the_exit_code_is_the_worst_of_what_is_new(report: Any, tmp_path: Path, verdicts: str, code: int) -> None:
    """The exit code is the worst of what is new; nothing at all is not well."""
    reports = tuple(report(f"{name}.py", verdict=Verdict[name.upper()]) for name in verdicts.split())
    assert outcome_of(ReportSet(results=reports), tmp_path).exit_code == code
    assert ReportSet(results=reports).verdict.exit_code == code  # as for `check`


def test_nothing_may_be_allowed() -> None:
    """Nothing recognised may be allowed."""
    assert Outcome(results=(), failures=(), empty_allowed=True).exit_code == 0
