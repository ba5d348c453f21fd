"""Programs written without a look at the checker: none gets a wrong verdict, and nearly all are recognised."""

from __future__ import annotations

from pathlib import Path

import pytest
from learner_changes import CHANGED
from learner_verdicts import WRITTEN

from gradcheck.records import CheckReport, Finding, Verdict
from gradcheck.submissions import check_file

LEARNERS = Path(__file__).resolve().parent / "learners"
# Changes that were once judged wrongly, or that no other test shows; the others run at night.
TELLING = {
    "adam-of-layer-objects-biasmean",
    "class-one-output-default-three",
    "clip-active-inactive",
    "cs231n-twolayer-reg",
    "comprehension-of-batches-nomask",
    "comprehension-of-steps-biasmean",
    "dict-functions-one-output-classes",
    "dict-functions-only-noderiv",
    "dict-relu-sigmoid-bce-biasaxis",
    "error-named-gradients-noaxis",
    "implied-labels-no-loss-hid",
    "generator-of-steps-nomean",
    "layers-list-descent-updatedfirst",
    "lists-applied-inside-sp",
    "loss-once-an-epoch-elementwise",
    "loss-once-an-epoch-another",
    "loss-once-an-epoch-half",
    "loss-once-an-epoch-root",
    "losses-of-samples-listed-last",
    "map-of-steps-no2",
    "nielsen-functions-only-nod",
    "numpy-layer-updating-backward-half",
    "pairs-passed-over-half",
    "parts-of-a-batch-biassum",
    "sample-scalar-output-error-wrong",
    "script-main-momentum-nohid",
    "subtract-out-biasmean",
    "tuple-functions-script-no2",
    "two-heads-accumulated-hidden",
    "two-heads-accumulated-nocost",
    "while-condition-trains-nomask",
    "tuple-functions-script-swapped",
    "validation-in-the-step-nopenalty",
    "velocities-in-place-biasmean",
}


def judged(file: Path, text: str) -> tuple[Verdict, list[Finding], str]:
    """The worst verdict on a program (a file may hold several networks), all findings and reasons."""
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    results = [report] if isinstance(report, CheckReport) else list(report.results)
    order = [Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS]
    findings = [finding for result in results for finding in result.findings]
    worst = min((result.verdict for result in results), key=order.index)
    return worst, findings, "; ".join(result.reason for result in results)


@pytest.mark.parametrize("name", WRITTEN)
def test_as_written(tmp_path: Path, name: str) -> None:
    """The verdict that its author is sure of."""
    verdict, identifier = WRITTEN[name]
    found, findings, reason = judged(tmp_path / "student.py", (LEARNERS / f"{name}.txt").read_text(encoding="utf-8"))
    assert found.name == verdict, reason
    assert identifier is None or identifier in {finding.id for finding in findings}


@pytest.mark.parametrize("name", [n if n in TELLING else pytest.param(n, marks=pytest.mark.slow) for n in CHANGED])
def test_changed(tmp_path: Path, name: str) -> None:
    """One small change, and the verdict that follows from it."""
    written, changes, verdict, identifier = CHANGED[name]
    text = (LEARNERS / f"{written}.txt").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found, findings, reason = judged(tmp_path / "student.py", text)
    assert found.name == verdict, reason
    assert identifier is None or identifier in {finding.id for finding in findings}


def test_the_tables_are_about_the_files() -> None:
    """Every program is judged, and every change is of one of them."""
    assert {path.stem for path in LEARNERS.glob("*.txt")} == set(WRITTEN)
    assert {written for written, *_ in CHANGED.values()} <= set(WRITTEN)
    assert set(CHANGED) >= TELLING
