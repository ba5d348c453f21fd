"""``gradcheck fix`` with the engine replaced: patches that tools take, what is written, exit codes."""

from __future__ import annotations

import difflib
import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import DiagnosedBug, Diagnosis, Evaluations, Verdict
from gradcheck.submissions import Repair

WRONG = "# größe  \nW = 1\n\n\tW += g   \nprint(W)\r\n\nx = '−'\n"
RIGHT = WRONG.replace("W += g", "W -= g")
NAME = "net work.py"


def _patch(before: str, after: str) -> str:
    return "".join(difflib.unified_diff(*(_on_newlines(text) for text in (before, after)), f"a/{NAME}", f"b/{NAME}"))


def _on_newlines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A wrong file, with everything in its text that a careless printer spoils."""
    path = tmp_path / NAME
    path.write_bytes(WRONG.encode())
    return path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """Answers with the verdict and patch that it is given; remembers what it was asked."""
    given = SimpleNamespace(verdict=Verdict.FAIL, patch=_patch(WRONG, RIGHT), verified=True, calls=[], error=None)

    def repair_file(path: Path, **options: Any) -> Any:
        given.calls.append({"path": path, **options})
        if given.error is not None:
            raise given.error
        bug = DiagnosedBug(bug="sign-flip", confidence=0.9, message="x", line=4, lines=(4,), patch=given.patch)
        report = Diagnosis(
            verdict=given.verdict, reason="because", blocks=(), evaluations=Evaluations(loss=2, gradient=1), power={},
            file=str(path), diagnoses=(bug,) if given.verdict is Verdict.FAIL else (), patch=given.patch,
            patch_verified=given.verified,
        )  # fmt: skip
        kept = options["write"] and options["backup"] and given.verified
        return Repair(
            report=report, patch=given.patch if given.verified else None, written=options["write"] and given.verified,
            backup=tmp_path / f"{NAME}.orig" if kept else None,
        )  # fmt: skip

    monkeypatch.setattr("gradcheck.submissions.repair_file", repair_file)
    return given


def _unpatched(given: SimpleNamespace, verdict: Verdict) -> None:
    given.verdict, given.patch, given.verified = verdict, None, False


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1"], ["patch", "-p1", "--binary"]], ids=" ".join)
def test_tools_take_what_is_printed(capfdbinary: Any, file: Path, tool: list[str], quiet: bool) -> None:
    """``git apply`` and ``patch -p1`` take what is printed, words above it and all, in the file's folder."""
    from gradcheck.cli import main

    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    assert main(["fix", str(file), *(["-q"] if quiet else [])]) == 0
    printed = capfdbinary.readouterr().out
    assert printed.startswith(b"--- a/") is quiet
    done = subprocess.run(tool, cwd=file.parent, input=printed, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == RIGHT.encode()


@pytest.mark.usefixtures("engine")
def test_what_it_cures_is_said_above_the_patch(run: Any, file: Path) -> None:
    """What it cures is said above the patch."""
    above, mark, _ = run("fix", str(file)).out.partition("--- a/")
    assert mark
    assert "sign-flip, line 4" in above
    assert "Verified:" in above


@pytest.mark.parametrize("arguments", [(), ("-q",), ("--format", "json"), ("--write",)], ids=" ".join)
def test_a_patch_that_was_not_verified_is_never_shown(
    run: Any, engine: Any, file: Path, arguments: tuple[str, ...]
) -> None:
    """A patch that was not verified is never shown as one, and never called written."""
    engine.verified = False
    outcome = run("fix", str(file), *arguments)
    assert outcome.code == 1
    if "json" in arguments:
        answer = json.loads(outcome.out)
        assert (answer["patch_verified"], answer["written"]) == (False, False)
    else:
        assert "--- a/" not in outcome.out
        assert "Written" not in outcome.out


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASS, 0), (Verdict.FAIL, 1), (Verdict.INVALID, 2),
                                               (Verdict.INCONCLUSIVE, 3)], ids=str)  # fmt: skip
@pytest.mark.parametrize("output", ["text", "json"])
def test_exit_code_without_a_patch(run: Any, engine: Any, file: Path, verdict: Verdict, code: int, output: str) -> None:
    """Exit code without a patch."""
    _unpatched(engine, verdict)
    outcome = run("fix", str(file), "--format", output)
    assert outcome.code == code
    assert outcome.out.lower().count(verdict.name.lower()) >= 1


def test_writing_says_where_and_how_to_undo(run: Any, engine: Any, file: Path) -> None:
    """Writing says where, and how to undo it."""
    out = run("fix", str(file), "--write").out
    assert f"Written: {file}\n" in out
    assert f"Undo: mv '{file}.orig' '{file}'\n" in out
    assert engine.calls[0]["write"] is True
    assert engine.calls[0]["backup"] is True
    out = run("fix", str(file), "--write", "--no-backup").out
    assert engine.calls[1]["backup"] is False
    assert "Undo" not in out
    assert "Written" not in run("fix", str(file)).out
    assert engine.calls[2]["write"] is False


@pytest.mark.usefixtures("engine")
def test_json_is_a_diagnosis_and_what_was_done(run: Any, file: Path) -> None:
    """JSON is a diagnosis and what was done."""
    answer = json.loads(run("fix", str(file), "--write", "--format", "json").out)
    assert answer["schema"] == "gradcheck/diagnosis@1"
    assert (answer["written"], answer["backup"]) == (True, f"{file}.orig")
    assert answer["patch"] == _patch(WRONG, RIGHT)
    answer = json.loads(run("fix", str(file), "--format", "json").out)
    assert (answer["written"], answer["backup"]) == (False, None)


def test_options_reach_the_engine(run: Any, engine: Any, file: Path, tmp_path: Path) -> None:
    """Options reach the engine."""
    adapter = tmp_path / "adapter.py"
    adapter.touch()
    run("fix", str(file), "--adapter", str(adapter), "--seed", "7", "--time-limit", "3")
    assert engine.calls == [
        {
            "path": file,
            "adapter": adapter,
            "rng": 7,
            "time_limit": 3.0,
            "write": False,
            "backup": True,
            "isolation": None,
        }
    ]


def test_an_unloadable_file_is_invalid(run: Any, engine: Any, file: Path) -> None:
    """An unloadable file is invalid, and why is said."""
    engine.error = SubmissionError("net work.py is empty")
    outcome = run("fix", str(file))
    assert outcome.code == 2
    assert outcome.out.startswith(f"INVALID  {file}\n")
    assert "net work.py is empty" in outcome.out


@pytest.mark.usefixtures("engine")
def test_colours_where_there_are_colours(run: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours where there are colours."""
    assert "\x1b" not in run("fix", str(file)).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = run("fix", str(file)).out
    assert "\x1b[31m-" in out
    assert "\x1b[32m+" in out


@pytest.mark.parametrize(
    "arguments", [(), ("net.py", "other.py"), ("net.py", "--no-backup"), (".",)], ids=lambda a: " ".join(a) or "no path"
)
def test_usage_errors_are_told_on_stderr(run: Any, engine: Any, arguments: tuple[str, ...]) -> None:
    """Usage errors are told on standard error."""
    outcome = run("fix", *arguments)
    assert (outcome.code, outcome.out, engine.calls) == (2, "", [])
    assert "Error:" in outcome.err
