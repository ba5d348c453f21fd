"""Checks one program as it is and with a wrong gradient, and holds what was recognised against the truth."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recognition.truth import Truth
from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, ReportSet, Verdict
from gradcheck.submissions import check_file

__all__ = ["Outcome", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one program.

    Attributes
    ----------
    name, manner : str
    status : str
        ``recognised``; ``refused`` (nothing was judged); ``wrong`` (something was judged that is not the truth).
    why : str
        What was taken for parameters, gradient and loss; or what is not as it should be.
    """

    name: str
    manner: str
    status: str
    why: str


def measure(truth: Truth, *, spoil: bool = True) -> Outcome:
    """Check a program.

    Parameters
    ----------
    truth : Truth
    spoil : bool
        Whether it is checked with the wrong gradient, too.
    """
    right = _checked(truth.name, truth.text)
    if isinstance(right, str):
        return _outcome(truth, "refused", right)
    judged = [report for report in right if report.verdict in (Verdict.PASS, Verdict.FAIL)]
    if not judged:
        return _outcome(truth, "refused", f"{right[0].verdict.name}: {right[0].reason}")
    return _held_against(truth, right, spoil=spoil)


def _held_against(truth: Truth, right: list[CheckReport], *, spoil: bool) -> Outcome:
    """Whether what was judged is the truth."""
    taken = _taken(right)
    if any(report.verdict is not Verdict.PASS for report in right):
        bad = next(report for report in right if report.verdict is not Verdict.PASS)
        return _outcome(truth, "wrong", f"{bad.verdict.name} of a right gradient: {bad.reason} [{taken}]")
    shapes = Counter(block.shape for report in right for block in report.blocks)
    if shapes != truth.shapes:
        return _outcome(truth, "wrong", f"parameters {sorted(shapes.elements())} [{taken}]")
    if not all(truth.loss in (report.loss or "") for report in right):
        return _outcome(truth, "wrong", f"the loss is another [{taken}]")
    if spoil:
        wrong = _checked(truth.name, truth.spoilt)
        implied = all("implied by" in (report.loss or "") for report in right)
        if implied and (isinstance(wrong, str) or wrong[0].verdict is Verdict.INVALID):
            return _outcome(truth, "recognised", taken)  # with this delta nothing says which loss is meant
        if isinstance(wrong, str) or not any(report.verdict is Verdict.FAIL for report in wrong):
            told = wrong if isinstance(wrong, str) else f"{wrong[0].verdict.name}: {wrong[0].reason}"
            return _outcome(truth, "wrong", f"a wrong gradient does not fail: {told}")
    return _outcome(truth, "recognised", taken)


def _outcome(truth: Truth, status: str, why: str) -> Outcome:
    return Outcome(name=truth.name, manner=truth.manner, status=status, why=" ".join(why.split())[:400])


def _checked(name: str, text: str) -> list[CheckReport] | str:
    """The reports on a program, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="recognition-") as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        try:
            report = check_file(path)
        except SubmissionError as error:
            return str(error).partition("What helps:")[0]
    return list(report.results) if isinstance(report, ReportSet) else [report]


def _taken(reports: list[CheckReport]) -> str:
    told = []
    for report in reports:
        blocks = ", ".join(f"{block.name} {block.shape}" for block in report.blocks)
        told.append(f"{report.interface}: {blocks}; loss {report.loss}")
    return " | ".join(told)
