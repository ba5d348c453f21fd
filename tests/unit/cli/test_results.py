"""The formats for builds on ``check`` and ``diagnose``: what a gate writes, without a gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gradcheck.records import DiagnosedBug, Diagnosis, Evaluations, ReportSet, Verdict


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each file holds a network that is right and one that is wrong; only a diagnosis names why."""
    monkeypatch.chdir(tmp_path)

    def answer(path: Path, *, named: bool) -> ReportSet:
        bug = DiagnosedBug(bug="sign-flip", confidence=0.9, message="plus for minus", line=7, lines=(7,), code="W += g")
        fields: dict[str, Any] = {
            "reason": "because", "blocks": (), "loss": "mse", "power": {}, "file": str(path),
            "evaluations": Evaluations(loss=2, gradient=1),
        }  # fmt: skip
        return ReportSet(
            results=(
                Diagnosis(verdict=Verdict.PASS, network="one", **fields),
                Diagnosis(verdict=Verdict.FAIL, network="two", diagnoses=(bug,) if named else (), **fields),
            )
        )

    monkeypatch.setattr("gradcheck.submissions.check_path", lambda path, **_: answer(path, named=False))
    monkeypatch.setattr("gradcheck.submissions.diagnose_path", lambda path, **_: answer(path, named=True))


@pytest.mark.parametrize(("command", "rule"), [("check", "wrong-gradient"), ("diagnose", "sign-flip")])
def test_the_same_failures_in_each_format(run: Any, command: str, rule: str) -> None:
    """Each format tells the failure, and the exit code is the command's own."""
    sarif, junit, gitlab = (run(command, "net.py", "--format", name) for name in ("sarif", "junit", "gitlab"))
    assert {sarif.code, junit.code, gitlab.code} == {1}
    (result,) = json.loads(sarif.out)["runs"][0]["results"]
    assert result["ruleId"] == rule
    assert "baselineState" not in result
    (failure,) = ET.fromstring(junit.out.encode()).iter("failure")
    assert failure.get("type") == rule
    (issue,) = json.loads(gitlab.out)
    assert (issue["check_name"], issue["location"]["path"]) == (rule, "net.py")
    assert issue["fingerprint"] == result["partialFingerprints"]["gradcheck/v1"]
