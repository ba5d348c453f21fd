"""The documents' own code, as a learner would have typed it in, and the examples beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, ReportSet, Verdict
from gradcheck.submissions import check_file, check_path

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def results(name: str) -> tuple[CheckReport, ...]:
    """The reports of an example."""
    report = check_file(EXAMPLES / name)
    return report.results if isinstance(report, ReportSet) else (report,)


def test_document_000() -> None:
    """Right, up to the constant in its logarithm."""
    (report,) = results("document_000.py")
    assert report.verdict is Verdict.PASS
    assert report.interface == "params-dict"
    assert report.network == "train_network"
    assert [block.name for block in report.blocks] == ["W1", "b1", "W2", "b2"]


def test_document_001() -> None:
    """Each experiment is right; it descends the sum while it prints the mean."""
    found = results("document_001.py")
    assert {report.network for report in found} == {"predict02", "predict03", "predict04"}
    for report in found:
        assert report.verdict is Verdict.PASS
        assert report.interface == "layer-dicts"
        finding = report.finding("printed-loss-differs")
        assert finding is not None
        assert ("10 x" if report.network == "predict02" else "30 x") in finding.message
        assert "sum of squares" in (report.loss or "")


def test_document_002() -> None:
    """Every block is half the gradient of its loss."""
    (report,) = results("document_002.py")
    assert report.verdict is Verdict.FAIL
    assert report.interface == "updating-class"
    np.testing.assert_allclose([block.ratio for block in report.blocks], 0.5, rtol=1e-6)


def test_document_003() -> None:
    """Every block is 1/m of the gradient, in both of its runs."""
    found = {report.network: report for report in results("document_003.py")}
    for network, batch in (("solve_xor_problem", 4), ("binary_classification_example", 1000)):
        report = found[network]
        assert report.verdict is Verdict.FAIL
        assert report.interface == "weights-lists"
        np.testing.assert_allclose([block.ratio for block in report.blocks], 1 / batch, rtol=1e-6)


@pytest.mark.parametrize(("sizes", "ratio"), [("[2, 3, 1]", 0.2), ("list(sizes)", 0.6)])
def test_definitions_alone_are_checked_at_the_sizes_that_they_tell(tmp_path: Path, sizes: str, ratio: float) -> None:
    """The class of document 003 without its runs: 5 samples, and one output as it says, or 3, make the ratio k/m."""
    text = (EXAMPLES / "document_003.py").read_text(encoding="utf-8")
    text = text[: text.index("def solve_xor_problem")]
    assert text.count("[2, 3, 1]") == 1  # where its first class is used
    file = tmp_path / "class_only.py"
    file.write_text(text.replace("[2, 3, 1]", sizes), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    np.testing.assert_allclose([block.ratio for block in report.blocks], ratio, rtol=1e-6)


@pytest.mark.parametrize("what", ["functions", "no-initialiser", "no-training"])
def test_functions_alone(tmp_path: Path, what: str) -> None:
    """Document 000's functions without the lines that train."""
    text = (EXAMPLES / "document_000.py").read_text(encoding="utf-8")
    start = text.index("def sigmoid(Z)")
    made = text[text.index("def initialize_parameters") : text.index("parameters = initialize_parameters(n_input")]
    programs = {
        "functions": made + text[start : text.index("def train_network")],
        "no-initialiser": text[start : text.index("def update_parameters")],
        "no-training": made + text[start : text.index("# --- ")],
    }
    file = tmp_path / "functions.py"
    file.write_text("import numpy as np\n" + programs[what], encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS, report.reason
    assert report.block("W2").shape == (6, 3)


def test_right_for_one_output_only(tmp_path: Path) -> None:
    """Document 002 with its 2: right as it is used, and wrong with three outputs: a warning."""
    text = (EXAMPLES / "document_002.py").read_text(encoding="utf-8")
    file = tmp_path / "with_two.py"
    file.write_text(text.replace("dz2 = (self.a2 - y)", "dz2 = 2 * (self.a2 - y)"), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS
    assert report.finding("other-sizes") is not None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("xor_missing_factor.py", {"W1", "b1", "W2", "b2"}),
        ("updated_weights_used.py", {"V", "c"}),
        ("bias_sum_without_axis.py", {"b1"}),
        ("wrong_activation_derivative.py", {"first.w", "first.b"}),
    ],
)
def test_spoilt_examples(name: str, wrong: set[str]) -> None:
    """Each fails in the blocks that its bug spoils."""
    (report,) = results(name)
    assert report.verdict is Verdict.FAIL
    assert {block.name for block in report.blocks if block.verdict is Verdict.FAIL} == wrong


def test_adapter() -> None:
    """What is not recognised is refused with a template, and passes with its adapter at any size."""
    file, adapter = EXAMPLES / "needs_adapter.py", EXAMPLES / "needs_adapter_adapter.py"
    with pytest.raises(SubmissionError, match=r"pull(?s:.*)--adapter(?s:.*)def build\(module"):
        check_file(file)
    for keywords in ({}, {"hidden": 2, "batch": 3, "unknown": 1}):
        report = check_file(file, adapter=adapter, keywords=keywords)
        assert isinstance(report, CheckReport)
        assert report.verdict is Verdict.PASS
        assert report.interface == "adapter"
        assert report.block("offset").shape == (keywords.get("hidden", 4),)


def test_folder(tmp_path: Path) -> None:
    """Every file of a folder is a result; one that cannot be read is an invalid one."""
    (tmp_path / "a.py").write_text("x = (\n", encoding="utf-8")
    (tmp_path / "b.py").write_text((EXAMPLES / "xor_missing_factor.py").read_text(encoding="utf-8"), encoding="utf-8")
    report = check_path(tmp_path)
    assert isinstance(report, ReportSet)
    assert [result.verdict.name for result in report.results] == ["INVALID", "FAIL"]
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(SubmissionError, match="holds no Python file and no notebook: pass"):
        check_path(empty)
    (empty / "homework.ipynb").write_text("{}", encoding="utf-8")
    report = check_path(empty)
    assert isinstance(report, ReportSet)
    assert [(result.verdict.name, "is no notebook" in result.reason) for result in report.results] == [
        ("INVALID", True)
    ]
