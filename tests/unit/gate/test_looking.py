"""Looking at files and folders: what is checked, diagnosed, skipped, left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck import language
from gradcheck.errors import SubmissionError
from gradcheck.gate import Engine, Outcome, look
from gradcheck.records import CheckReport, Evaluations, Finding, Severity, Verdict


class Answers:
    """An engine that answers by the file's text, and remembers what it was asked."""

    def __init__(self, report: Any, bug: Any) -> None:
        self.asked: list[str] = []
        self._report, self._bug = report, bug

    def check(self, file: Path) -> CheckReport:
        """As the file's text says."""
        self.asked.append(f"check {file.name}")
        text = file.read_text(encoding="utf-8")
        if "unrecognised" in text:
            raise SubmissionError(f"{file.name}: no network was recognised in it.\nmore", {"status": "ok"})
        if "ended" in text:
            finding = Finding(id="stopped-exit", severity=Severity.ERROR, message="ends itself")
            return CheckReport(
                verdict=Verdict.INVALID, reason="it ends itself while it trains", blocks=(), power={}, file=str(file),
                evaluations=Evaluations(loss=0, gradient=0), findings=(finding,),
            )  # fmt: skip
        if "def f(:" in text or "#" in text or not text.strip():
            raise SubmissionError(f"{file.name}, line 1: cannot be read")
        report: CheckReport = self._report(str(file), wrong="W1" if "wrong" in text else "")
        return report

    def diagnose(self, file: Path) -> CheckReport:
        """With a name; or not at all."""
        self.asked.append(f"diagnose {file.name}")
        if "undiagnosed" in file.read_text(encoding="utf-8"):
            raise SubmissionError("no time left")
        report: CheckReport = self._report(str(file), wrong="W1", bugs=(self._bug(),))
        return report


@pytest.fixture
def answers(report: Any, bug: Any) -> Answers:
    """The engine."""
    return Answers(report, bug)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file of each kind."""
    monkeypatch.chdir(tmp_path)
    texts = {"right": "x = 1", "wrong": "'wrong'; x = 1", "other": "'unrecognised'; x = 1", "empty": "",
             "remarks": "# only remarks", "syntax": "def f(:", "ending": "'ended'; x = 1"}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def _look(answers: Answers, *paths: str | Path, diagnose: bool = True, **options: Any) -> Outcome:
    engine = Engine(check=answers.check, diagnose=answers.diagnose if diagnose else None)
    return look([Path(path) for path in paths], engine, root=Path.cwd().resolve(), **options)


@pytest.mark.usefixtures("folder")
def test_a_folder_is_sorted_out(answers: Answers) -> None:
    """Networks count, and so does what cannot be read or ends itself; the rest is skipped, and why."""
    found = _look(answers, ".")
    assert {(report.file, report.verdict.name) for report in found.results} == {
        ("right.py", "PASS"), ("wrong.py", "FAIL"), ("syntax.py", "INVALID"), ("ending.py", "INVALID"),
    }  # fmt: skip
    assert {item.file: item.reason for item in found.skipped} == {
        "other.py": "no network was recognised in it.",
        "empty.py": "empty.py, line 1: cannot be read",
        "remarks.py": "remarks.py, line 1: cannot be read",
    }
    assert found.recognised == ("right.py", "wrong.py")
    assert found.exit_code == 1


@pytest.mark.usefixtures("folder")
def test_only_what_fails_is_diagnosed(answers: Answers) -> None:
    """Only what fails is diagnosed, and nothing when nobody asks."""
    (failure,) = _look(answers, "right.py", "wrong.py").failures
    assert failure.rule == "sign-flip"
    assert answers.asked == ["check right.py", "check wrong.py", "diagnose wrong.py"]
    (failure,) = _look(answers, "wrong.py", diagnose=False).failures
    assert failure.rule == "wrong-gradient"


def test_a_diagnosis_that_fails_loses_no_verdict(answers: Answers, folder: Path) -> None:
    """A diagnosis that cannot be made loses no verdict."""
    (folder / "wrong.py").write_text("'wrong undiagnosed'", encoding="utf-8")
    (failure,) = _look(answers, "wrong.py").failures
    assert (failure.rule, failure.report.verdict) == ("wrong-gradient", Verdict.FAIL)


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_twice_is_looked_at_once(answers: Answers) -> None:
    """A file that is named twice, or lies in a folder that is, is looked at once."""
    _look(answers, "right.py", "./right.py", ".", Path("right.py").resolve())
    assert answers.asked.count("check right.py") == 1


@pytest.mark.usefixtures("folder")
def test_what_has_not_changed_is_left_out(answers: Answers) -> None:
    """What has not changed is left out, and said to be."""
    found = _look(answers, ".", selection=lambda file: file.name == "right.py")
    assert answers.asked == ["check right.py"]
    assert found.looked_at == ("right.py",)
    assert "wrong.py" in found.unchanged
    assert found.exit_code == 0


@pytest.mark.usefixtures("folder")
def test_progress_is_told(answers: Answers) -> None:
    """Progress is told before each file."""
    told: list[tuple[int, int]] = []
    _look(answers, "right.py", "wrong.py", "other.py", advance=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.usefixtures("folder")
def test_nothing_recognised_does_not_pass(answers: Answers) -> None:
    """Nothing recognised does not pass, unless it may."""
    assert _look(answers, "other.py").exit_code == 2
    assert _look(answers, "other.py", allow_empty=True).exit_code == 0


def test_a_folder_without_files_is_skipped(answers: Answers, folder: Path) -> None:
    """A folder without Python files is skipped, and does not pass alone."""
    (folder / "data").mkdir()
    found = _look(answers, "data")
    assert "holds no Python file" in found.skipped[0].reason
    assert found.exit_code == 2


@pytest.mark.usefixtures("folder")
def test_with_an_adapter_everything_must_be_recognised(answers: Answers) -> None:
    """With an adapter everything must be recognised."""
    engine = Engine(check=answers.check, adapter=Path("right.py"))
    found = look([Path("other.py")], engine, root=Path.cwd())
    assert [failure.rule for failure in found.failures] == ["not-checked"]


@pytest.mark.usefixtures("folder")
def test_a_path_that_is_not_there_is_told(answers: Answers) -> None:
    """A path that is not there is told before anything is run."""
    with pytest.raises(SubmissionError, match=r"nosuch\.py does not exist"):
        _look(answers, "right.py", "nosuch.py")
    assert answers.asked == []


def test_settings_leave_files_out(answers: Answers, folder: Path) -> None:
    """Settings leave files of a folder out, and name an adapter that is none of them."""
    (folder / "gradcheck.toml").write_text("ignore = ['w*', 's*', 'e*']\nadapter = 'other.py'\n", encoding="utf-8")
    found = _look(answers, ".")
    assert set(found.looked_at) == {"right.py", "remarks.py"}


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [("a.py", b"x = '\xff'", True), ("b.py", b"\x00\x01", True), ("d.ipynb", b"{", True),
     ("e.ipynb", b'{"cells": []}', False), ("f.py", b"  \n", False), ("g.py", b"'''words'''\n", False)],
)  # fmt: skip
def test_what_nobody_can_read_is_a_failure(tmp_path: Path, name: str, content: bytes, kept: bool) -> None:
    """What Python or Jupyter cannot read is a failure; what holds nothing is not."""
    from gradcheck.submissions import check_path

    (tmp_path / name).write_bytes(content)
    found = look([tmp_path / name], Engine(check=check_path), root=tmp_path)
    assert [bool(found.results), bool(found.skipped)] == [kept, not kept]


@pytest.mark.parametrize(
    ("text", "ran", "told"),
    [("answer = 42\n", True, "no network was recognised in it."),
     ("raise RuntimeError('no data')\n", False, "While it ran: RuntimeError: no data"),
     ("import nosuchlibrary\nnosuchlibrary.train()\n", False, "nosuchlibrary"),
     ("while True:\n    pass\n", False, "--time-limit")],
    ids=["plain", "raises", "lacks a library", "hangs"],
)  # fmt: skip
def test_what_did_not_run_is_told_apart(tmp_path: Path, text: str, ran: bool, told: str) -> None:
    """A file that did not run may hold back-propagation that nobody has seen; it is told apart, and why."""
    from gradcheck.submissions import check_path

    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    engine = Engine(check=lambda file: check_path(file, time_limit=1.0))
    (skipped,) = look([tmp_path / "a.py"], engine, root=tmp_path).skipped
    assert (skipped.file, skipped.ran) == ("a.py", ran)
    assert told in skipped.reason


@pytest.mark.parametrize(("text", "ran"), [("answer = 42\n", True), ("raise RuntimeError('no data')\n", False)])
def test_it_is_told_apart_in_any_language(tmp_path: Path, text: str, ran: bool) -> None:
    """Not by the words that say so."""
    from gradcheck.submissions import check_path

    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    with language.using("zh_CN"):
        (skipped,) = look([tmp_path / "a.py"], Engine(check=check_path), root=tmp_path).skipped
    assert skipped.ran == ran
    assert not skipped.reason.startswith("a.py")


def test_environments_of_tools_are_no_programs(folder: Path, answers: Answers) -> None:
    """Such as that of tox, in which the gate itself may run."""
    for name in (".tox", ".nox", ".venv"):
        place = folder / name / "gradcheck" / "bin"
        place.mkdir(parents=True)
        (place / "activate_this.py").write_text("x = 1", encoding="utf-8")
    look([folder], Engine(check=answers.check), root=folder)
    assert "check right.py" in answers.asked
    assert "check activate_this.py" not in answers.asked
