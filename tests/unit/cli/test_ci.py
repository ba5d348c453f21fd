"""``gradcheck ci`` with the engine replaced: options, exit codes, files, streams."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import DiagnosedBug, Diagnosis, Evaluations, Verdict

CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INVALID: 2, Verdict.INCONCLUSIVE: 3}


@pytest.fixture(autouse=True)
def no_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may themselves run in GitHub Actions."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Files by their verdicts, and an engine that answers by their names and remembers what it was asked."""
    monkeypatch.chdir(tmp_path)
    for name in ("pass", "fail", "invalid", "inconclusive", "other"):
        (tmp_path / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    calls: list[str] = []

    def answer(path: Path, question: str, **options: Any) -> Diagnosis:
        calls.append(f"{question} {path.name} {options['rng']}")
        if path.stem == "other":
            raise SubmissionError("other.py: no network was recognised in it.", {"status": "ok"})
        verdict = Verdict[path.stem.upper()]
        bug = DiagnosedBug(bug="sign-flip", confidence=0.9, message="::error::owned", line=7, lines=(7,), code="W += g")
        named = question == "diagnose" and verdict is Verdict.FAIL
        return Diagnosis(
            verdict=verdict, reason=f"because of {path.stem}\n::error::owned", blocks=(), loss="mse", power={},
            evaluations=Evaluations(loss=2, gradient=1), file=str(path), diagnoses=(bug,) if named else (),
        )  # fmt: skip

    for question in ("check", "diagnose"):
        monkeypatch.setattr(
            f"gradcheck.submissions.{question}_path",
            lambda path, _question=question, **options: answer(path, _question, **options),
        )
    return calls


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
@pytest.mark.parametrize("output", ["text", "json", "sarif", "junit", "gitlab"])
def test_the_exit_code_is_that_of_what_is_new(run: Any, verdict: Verdict, output: str) -> None:
    """The exit code is that of what is new, in every format."""
    outcome = run("ci", f"{verdict.name.lower()}.py", "--format", output)
    assert outcome.code == CODES[verdict]
    assert outcome.err == ""


def test_what_fails_is_diagnosed_unless_nobody_asks(run: Any, engine: list[str]) -> None:
    """What fails is diagnosed unless nobody asks; the seed reaches both questions."""
    assert "(sign-flip)" in run("ci", "pass.py", "fail.py", "--seed", "5").out
    assert engine == ["check pass.py 5", "check fail.py 5", "diagnose fail.py 5"]
    engine.clear()
    assert "(wrong-gradient)" in run("ci", "fail.py", "--no-diagnose").out
    assert engine == ["check fail.py 0"]


@pytest.mark.usefixtures("engine")
def test_nothing_recognised_does_not_pass(run: Any) -> None:
    """Nothing recognised does not pass, unless it may."""
    outcome = run("ci", "other.py")
    assert outcome.code == 2
    assert "--allow-empty" in outcome.out
    assert "skipped  other.py" in outcome.out
    assert run("ci", "other.py", "--allow-empty").code == 0


@pytest.mark.usefixtures("engine")
def test_a_baseline_is_written_and_then_known(run: Any, tmp_path: Path) -> None:
    """A baseline is written and then known; what is fixed is told, and forgotten when asked."""
    arguments = ("ci", "fail.py", "invalid.py", "--baseline", "known.json")
    written = run(*arguments, "--update-baseline")
    assert written.code == 0
    assert "Written: known.json, 2 known failures." in written.err
    assert "2 known" in written.out
    assert run(*arguments).code == 0
    assert run("ci", "fail.py", "inconclusive.py", "--baseline", "known.json").code == 3
    (tmp_path / "fail.py").unlink()
    gone = run("ci", "pass.py", "--baseline", "known.json")
    assert gone.code == 0
    assert "fixed  fail.py" in gone.out
    run("ci", "pass.py", "--baseline", "known.json", "--update-baseline")
    kept = json.loads((tmp_path / "known.json").read_text(encoding="utf-8"))
    assert [entry["file"] for entry in kept["failures"]] == ["invalid.py"]
    assert kept["recognised"] == ["invalid.py", "pass.py"]


@pytest.mark.usefixtures("engine")
def test_an_empty_run_leaves_the_baseline(run: Any, tmp_path: Path) -> None:
    """A run that recognised nothing leaves the baseline as it is."""
    run("ci", "fail.py", "--baseline", "known.json", "--update-baseline")
    before = (tmp_path / "known.json").read_bytes()
    assert run("ci", "other.py", "--baseline", "known.json", "--update-baseline").code == 2
    assert (tmp_path / "known.json").read_bytes() == before


@pytest.mark.usefixtures("engine")
def test_reports_are_written_to_files(run: Any, tmp_path: Path) -> None:
    """Reports are written to files, each in its format, beside the text on the screen."""
    outcome = run("ci", "fail.py", "pass.py", "--sarif", "a.sarif", "--junit", "a.xml", "--gitlab", "a.json")
    assert outcome.code == 1
    assert "1 new failure" in outcome.out
    assert json.loads((tmp_path / "a.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert ET.parse(tmp_path / "a.xml").getroot().get("failures") == "1"
    (issue,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert issue["location"] == {"path": "fail.py", "lines": {"begin": 7}}


@pytest.mark.usefixtures("engine")
def test_github_hears_only_our_commands(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In GitHub Actions the report is muted, annotations are not, and the summary is appended."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n", encoding="utf-8")
    lines = run("ci", "fail.py").out.splitlines()
    stop = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", lines[0])
    assert stop is not None
    end = lines.index(f"::{stop[1]}::")
    assert any("1 new failure" in line for line in lines[:end])
    assert [line.partition(",title")[0] for line in lines[end + 1 :]] == ["::error file=fail.py,line=7"]
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert page.startswith("before\n## gradcheck")
    assert run("ci", "fail.py").out.splitlines()[0] != lines[0]  # another token
    assert "::" not in run("ci", "pass.py", "--no-github").out


@pytest.mark.usefixtures("engine")
def test_annotations_stay_out_of_a_result_that_is_read(run: Any) -> None:
    """Annotations stay out of a result that another program reads."""
    outcome = run("ci", "fail.py", "--github", "--format", "json")
    assert json.loads(outcome.out)["schema"] == "gradcheck/ci@1"
    assert outcome.err.startswith("::error file=fail.py,line=7,")


@pytest.mark.usefixtures("engine")
def test_a_summary_that_cannot_be_written_fails_nothing(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A summary that cannot be written fails nothing, and is told."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "nosuch/summary.md")
    outcome = run("ci", "pass.py", "--github")
    assert outcome.code == 0
    assert "summary cannot be written" in outcome.err


@pytest.mark.usefixtures("engine")
def test_quiet_says_only_what_is_new(run: Any) -> None:
    """Quiet says only what is new."""
    assert run("ci", "pass.py", "other.py", "-q").out == ""
    assert run("ci", "fail.py", "-q").out.splitlines() == [
        "FAIL  fail.py:7  A wrong sign in every block (sign-flip)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Missing argument"),
        (("nosuch.py",), "nosuch.py does not exist"),
        (("pass.py", "--update-baseline"), "give --baseline FILE as well"),
        (("pass.py", "--baseline", "nosuch.json"), "does not exist: add --update-baseline"),
        (("pass.py", "--sarif", "nosuch/a.sarif"), "there is no folder nosuch"),
        (("pass.py", "--baseline", "nosuch/a.json", "--update-baseline"), "there is no folder nosuch"),
        (("pass.py", "--format", "xml"), "Invalid value for '--format'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_is_told_before_anything_runs(
    run: Any, engine: list[str], arguments: tuple[str, ...], told: str
) -> None:
    """Wrong use is told on standard error before anything runs."""
    outcome = run("ci", *arguments)
    assert (outcome.code, outcome.out, engine) == (2, "", [])
    assert told in outcome.err


@pytest.mark.usefixtures("engine")
def test_since_needs_a_repository(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Since needs a repository, which is told."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    outcome = run("ci", "pass.py", "--since", "HEAD")
    assert outcome.code == 2
    assert "needs a git repository" in outcome.err
