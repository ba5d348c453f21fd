"""DESIGN section 8's contract of a diagnosis: its JSON on real files, exit codes, and its Python face."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import gradcheck
from gradcheck import CheckReport, Problem, Verdict
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import DiagnosedBug, Diagnosis
from gradcheck.schemas import SCHEMAS, load_schema

REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)
RIGHT = (Path(__file__).parent / "programs" / "params_dict.txt").read_text(encoding="utf-8")
TWO = ("2 * (out - Y)", "(out - Y)")
SLOPE = (" * (1 - A1 ** 2)", "")
FILES = {
    "right.py": RIGHT,
    "wrong.py": RIGHT.replace(*TWO),
    "two_bugs.py": RIGHT.replace(*TWO).replace(*SLOPE),
    "broken.py": RIGHT.replace("np.tanh(", "np.tanh(("),
}
CODES = {"right.py": 0, "wrong.py": 1, "two_bugs.py": 1, "broken.py": 2}
VERDICTS = {"right.py": "pass", "wrong.py": "fail", "two_bugs.py": "fail", "broken.py": "invalid"}
BUGS = {"wrong.py": {"missing-factor-2"}, "two_bugs.py": {"missing-factor-2", "missing-hidden-derivative"}}
# What DESIGN section 8 shows: field, and what it may be.
TOP: dict[str, Any] = {
    "schema": str, "file": str, "verdict": str, "reason": str, "interface": (str, type(None)), "dtype": str,
    "blocks": list, "evaluations": dict, "power": dict, "findings": list, "patch": (str, type(None)),
    "patch_verified": bool, "diagnoses": list,
}  # fmt: skip
BLOCK: dict[str, Any] = {
    "name": str, "shape": list, "verdict": str, "relative_error": (float, type(None)),
    "error_bound": (float, type(None)), "ratio": (float, type(None)), "cosine": (float, type(None)), "worst": list,
}  # fmt: skip
BUG: dict[str, Any] = {
    "bug": str, "same_as": list, "blocks": list, "confidence": float, "line": int, "lines": list, "code": str,
    "message": str, "evidence": list, "patch": (str, type(None)),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of the command on one file."""

    file: Path
    code: int
    document: dict[str, Any]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """``gradcheck diagnose FILE --format json`` on every file."""
    folder = tmp_path_factory.mktemp("files")
    found = {}
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "gradcheck", "diagnose", name, "--format", "json", "--time-limit", "120"],
            cwd=folder, capture_output=True, text=True, timeout=240, check=False, env={**os.environ},
        )  # fmt: skip
        found[name] = Run(folder / name, done.returncode, json.loads(done.stdout))
    return found


def _holds(document: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    """Fields that are absent or of another type."""
    return [name for name, kinds in fields.items() if name not in document or not isinstance(document[name], kinds)]


@pytest.mark.parametrize("name", FILES)
def test_the_document_has_the_contracted_shape(runs: dict[str, Run], name: str) -> None:
    """Every field of the design, with its type, and nothing that the schema refuses."""
    document = runs[name].document
    assert _holds(document, TOP) == []
    assert document["schema"] == "gradcheck/diagnosis@1"
    assert [_holds(block, BLOCK) for block in document["blocks"]] == [[]] * len(document["blocks"])
    assert [_holds(bug, BUG) for bug in document["diagnoses"]] == [[]] * len(document["diagnoses"])
    assert all({"id", "severity", "message"} <= set(finding) for finding in document["findings"])
    validator = Draft202012Validator(load_schema("diagnosis"), registry=REGISTRY)
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("name", FILES)
def test_verdict_and_exit_code(runs: dict[str, Run], name: str) -> None:
    """0 for a pass, 1 for a fail, 2 for what could not be loaded; the document says the same."""
    assert (runs[name].code, runs[name].document["verdict"]) == (CODES[name], VERDICTS[name])
    assert runs[name].document["file"].endswith(name)


@pytest.mark.parametrize("name", BUGS)
def test_bugs_lines_and_code(runs: dict[str, Run], name: str) -> None:
    """The bugs by their ids, most confident first, each with a line of the file and what stands there."""
    found = runs[name].document["diagnoses"]
    lines = runs[name].file.read_text(encoding="utf-8").splitlines()
    assert {bug["bug"] for bug in found} == BUGS[name]
    sure = [bug["confidence"] for bug in found]
    assert sure == sorted(sure, reverse=True)
    for bug in found:
        assert set(bug["same_as"]) <= set(CATALOGUE) - {bug["bug"]}
        assert set(bug["blocks"]) <= {"W1", "b1", "W2", "b2"}
        assert bug["blocks"]
        assert bug["line"] == bug["lines"][0]
        assert bug["code"] == lines[bug["line"] - 1].strip()
        assert bug["evidence"]
        assert bug["message"]


@pytest.mark.parametrize("name", BUGS)
def test_the_patch_cures(runs: dict[str, Run], name: str, tmp_path: Path) -> None:
    """The top-level patch is said to be verified, and with it applied the check passes."""
    document = runs[name].document
    assert document["patch_verified"] is True
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=document["patch"].encode(), check=True, timeout=60)
    assert gradcheck.check_file(tmp_path / name).verdict is Verdict.PASS


def test_each_bugs_patch_cures_that_bug_alone(runs: dict[str, Run], tmp_path: Path) -> None:
    """With one of two patches applied, the file still fails, and the lines of the other bug are as they were."""
    for bug in runs["two_bugs.py"].document["diagnoses"]:
        (tmp_path / "two_bugs.py").write_text(FILES["two_bugs.py"], encoding="utf-8")
        subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=bug["patch"].encode(), check=True, timeout=60)
        assert gradcheck.check_file(tmp_path / "two_bugs.py").verdict is Verdict.FAIL


@pytest.mark.parametrize("name", ["right.py", "broken.py"])
def test_nothing_to_name(runs: dict[str, Run], name: str) -> None:
    """A right file and one that cannot be loaded have no patch; a right one has no bug either."""
    document = runs[name].document
    assert (document["patch"], document["patch_verified"]) == (None, False)
    if name == "right.py":
        assert document["diagnoses"] == []
    assert document["reason"]


# --- Python -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    """Of a gradient of squares that lacks its 2."""
    x, y = np.arange(12.0).reshape(4, 3) / 6 - 1, np.array([1.0, -2.0, 0.5, 3.0])
    return gradcheck.diagnose(
        Problem(lambda w: float(np.mean((x @ w - y) ** 2)), lambda w: x.T @ (x @ w - y) / 4, np.array([0.1, 0.2, 0.3]))
    )


def test_a_diagnosis_is_a_report(diagnosis: Diagnosis) -> None:
    """It has all that a check's report has, and the diagnoses."""
    assert isinstance(diagnosis, CheckReport)
    assert diagnosis.verdict.name == "FAIL"
    assert diagnosis.reason
    (block,) = diagnosis.blocks
    assert block.ratio == pytest.approx(0.5)
    assert diagnosis.evaluations.loss > 0
    assert diagnosis.evaluations.gradient > 0
    assert set(diagnosis.power) == {block.name}
    assert [bug.bug for bug in diagnosis.diagnoses] == ["missing-factor-2"]
    assert isinstance(diagnosis.diagnoses[0], DiagnosedBug)


def test_a_diagnosis_cannot_be_changed(diagnosis: Diagnosis) -> None:
    """Records are frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        diagnosis.patch = ""  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        diagnosis.diagnoses[0].bug = ""  # type: ignore[misc]


def test_its_json_is_the_contracted_one(diagnosis: Diagnosis) -> None:
    """``to_dict`` is the document that the command prints, of a problem without a file."""
    document = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert _holds(document, {**TOP, "file": type(None)}) == []
    validator = Draft202012Validator(load_schema("diagnosis"), registry=REGISTRY)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert document["diagnoses"][0]["bug"] == "missing-factor-2"


def test_it_prints_in_a_terminal_and_in_a_notebook(diagnosis: Diagnosis) -> None:
    """The verdict first, the bug by name, in both."""
    told, page = str(diagnosis), diagnosis._repr_html_()
    assert told.startswith("FAIL")
    assert "missing-factor-2" in told
    assert "missing-factor-2" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "wrong"), ("diagnoses", None), ("patch_verified", "yes"), ("schema", "gradcheck/check@1")],
)
def test_the_schema_refuses_what_is_not_contracted(diagnosis: Diagnosis, field: str, value: Any) -> None:
    """A document with a field of another kind is not valid."""
    validator = Draft202012Validator(load_schema("diagnosis"), registry=REGISTRY)
    assert list(validator.iter_errors({**diagnosis.to_dict(), field: value}))
