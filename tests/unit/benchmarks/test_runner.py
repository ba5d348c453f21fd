"""The runner, with commands that answer what they are told to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.wrong_programs.command import main
from benchmarks.wrong_programs.proving import proved_programs
from benchmarks.wrong_programs.runner import run
from benchmarks.wrong_programs.truth import Half, Program

NAME = "single.softmax_mse_elementwise"


@pytest.fixture(scope="module")
def program() -> Program:
    """One program of the corpus."""
    return next(p for p in proved_programs()[0] if p.name == NAME)


def _tool(folder: Path, body: str) -> list[str]:
    """A command that runs ``body`` with the file's text in ``text``."""
    path = folder / "tool.py"
    path.write_text(f"import json, sys, difflib\ntext = open(sys.argv[1], encoding='utf-8').read()\n{body}\n")
    return [sys.executable, str(path)]


def _answer(program: Program) -> str:
    """What a tool would say that knows the truth."""
    wrong, right = program.text, program.right
    return f"""
right = {right!r}
diff = "".join(difflib.unified_diff(text.splitlines(True), right.splitlines(True), "a", "b"))
line = {program.bugs[0].lines[0]}
d = {{"bug": {program.bugs[0].id!r}, "same_as": [], "confidence": 0.9, "line": line}}
print(json.dumps({{"verdict": "fail", "diagnoses": [d], "patch": diff, "patch_verified": text == {wrong!r}}}))
sys.exit(1)
"""


def test_a_tool_that_knows_the_truth(program: Program, tmp_path: Path) -> None:
    """Exit codes do not matter, the record does, and the oracle judges the patch."""
    (found, record), *rest = run([program], jobs=1, tool=_tool(tmp_path, _answer(program)))
    assert not rest
    assert (found.top, found.line, found.patch, found.patch_right) == (True, 0, True, True)
    assert record["verdict"] == "fail"
    assert found.seconds > 0


def test_a_patch_that_does_nothing_is_wrong(program: Program, tmp_path: Path) -> None:
    """A diff that says that it is verified and cures nothing does not pass the oracle."""
    body = _answer(program).replace(repr(program.right), "text + '# done\\n'", 1)
    ((found, _),) = run([program], jobs=1, tool=_tool(tmp_path, body))
    assert (found.patch, found.patch_right) == (True, False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("print('Traceback')", "no JSON", id="no JSON"),
        pytest.param("sys.exit('it broke')", "it broke", id="an error"),
        pytest.param("print('[]')", "no JSON object", id="no object"),
        pytest.param("print('{\"diagnoses\": [3]}')", "record: ", id="no record as contracted"),
    ],
)
def test_a_tool_that_fails_is_a_result(program: Program, tmp_path: Path, body: str, error: str) -> None:
    """What is no record counts against the tool, and stops nothing."""
    ((found, _),) = run([program], jobs=1, tool=_tool(tmp_path, body))
    assert not found.recognised
    assert error in found.error


def test_command_writes_programs_and_truths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every program of the choice is beside its truth, in the folder of its half."""
    assert main(["--write", str(tmp_path), "--only", NAME]) == 0
    assert capsys.readouterr().out.startswith("1 programs")
    (truth,) = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*/*.json")]
    assert truth["bugs"][0]["bug"] == "softmax-elementwise"
    assert truth["wrong_blocks"] == ["W", "b"]
    assert (tmp_path / truth["half"] / f"{NAME}.py").exists()
    assert {half.value for half in Half} >= {path.name for path in tmp_path.iterdir()}


def test_command_measures(tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures are printed and, with records, written."""
    tool = " ".join(_tool(tmp_path, _answer(program)))
    result = tmp_path / "found.json"
    chosen = ["--half", "all", "--only", NAME, "--limit", "1", "--jobs", "1"]
    assert main([*chosen, "--tool", tool, "--json", str(result), "--failures"]) == 0
    printed = capsys.readouterr().out
    assert "100.0 % (1 of 1)" in printed
    assert printed.rstrip().endswith("no failures")
    content = json.loads(result.read_text(encoding="utf-8"))
    assert content["figures"]["verified patches that are right"] == [1, 1]
    assert content["programs"][0]["program"] == NAME


def test_an_empty_choice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Zero programs are an error, not a perfect score."""
    assert main(["--only", "no-such-bug"]) == 2
    assert "no program is chosen" in capsys.readouterr().err
