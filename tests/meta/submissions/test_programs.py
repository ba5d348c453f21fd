"""Wrong programs fail and right ones pass, in every style, without configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt_programs import WRONG
from submission_programs import RIGHT

from gradcheck.records import CheckReport, ReportSet, Verdict
from gradcheck.submissions import check_file


def results(path: Path, text: str) -> tuple[CheckReport, ...]:
    """The reports of a program saved as a file."""
    file = path / "student.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    return report.results if isinstance(report, ReportSet) else (report,)


@pytest.mark.parametrize("name", RIGHT)
def test_right_programs_pass(tmp_path: Path, name: str) -> None:
    """No false alarm."""
    for report in results(tmp_path, RIGHT[name]):
        assert report.verdict is Verdict.PASS, report.reason
        assert report.loss


@pytest.mark.parametrize("name", WRONG)
def test_wrong_programs_fail(tmp_path: Path, name: str) -> None:
    """No bug slips through."""
    program, bug = WRONG[name]
    found = results(tmp_path, program)
    assert Verdict.worst([report.verdict for report in found]) is Verdict.FAIL, (bug, [r.reason for r in found])


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("script", "training-loop"),
        ("params-dict", "params-dict"),
        ("layer-dicts", "layer-dicts"),
        ("class", "updating-class"),
        ("lists", "weights-lists"),
    ],
)
def test_interfaces(tmp_path: Path, name: str, interface: str) -> None:
    """By where the parameters live."""
    assert {report.interface for report in results(tmp_path, RIGHT[name])} == {interface}


def test_several_networks_are_several_results(tmp_path: Path) -> None:
    """One by the function that trains it, whether the program calls it or not."""
    found = results(tmp_path, RIGHT["layer-dicts"])
    assert [report.network for report in found] == ["experiment_a", "experiment_b"]
    assert all(report.finding("printed-loss-differs") or report.finding("loss-implied") for report in found)


def test_samples_one_by_one_are_not_a_rate_dependence(tmp_path: Path) -> None:
    """The step of a loop over samples is one sample's: its gradient is that of the sample's loss."""
    (report,) = results(tmp_path, RIGHT["per-sample"])
    assert report.finding("rate-dependent-step") is None
    assert [block.name for block in report.blocks] == ["W1", "b1", "W2", "b2"]
