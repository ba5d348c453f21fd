"""What ``diagnose_file`` and ``repair_file`` promise about a file, whatever a diagnosis says of each network."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck.diagnosis
from gradcheck.diagnosis.programs.program import Program, Trial, UnavailableError, Variation
from gradcheck.diagnosis.repair.diffs import unified
from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, Diagnosis, ReportSet, Verdict
from gradcheck.submissions import check_file, diagnose_file, diagnose_path, repair_file

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from diagnosed_programs import CLASS, KEPT, LOOP, MISSING_TWO  # isort: skip # noqa: E402

CURED_LOOP = LOOP.replace(*KEPT[0]).replace(*KEPT[1])
LEARNERS = Path(__file__).resolve().parents[2] / "meta" / "submissions" / "learners"
Diagnose = Callable[..., Diagnosis]


def named(report: CheckReport, **changes: Any) -> Diagnosis:
    """A report as a diagnosis."""
    fields = {field.name: getattr(report, field.name) for field in dataclasses.fields(CheckReport)}
    return Diagnosis(**{**fields, **changes})


def saved(folder: Path, text: str) -> Path:
    """A learner's file."""
    file = folder / "student.py"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def diagnosing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Diagnose], None]:
    """Put something in the place of the diagnosis of a network."""

    def put(diagnose: Diagnose) -> None:
        monkeypatch.setattr(gradcheck.diagnosis, "diagnose_program", diagnose, raising=False)

    return put


def patching(old: str, new: str) -> Diagnose:
    """A diagnosis whose patch is this replacement, as far as it is verified."""

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        assert program.source is not None
        text = program.source.text.replace(old, new)
        verdict = program.verify(text).verdict
        patch = unified(program.source.text, text, program.source.name)
        return named(report, patch=patch, patch_verified=verdict is Verdict.PASS)

    return diagnose


def test_each_network_is_diagnosed_with_its_report(tmp_path: Path, diagnosing: Any) -> None:
    """What is said of file, network and interface is the check's; the program is the one that was checked."""
    seen = []

    def diagnose(
        program: Program, report: CheckReport, *, rng: np.random.Generator, deadline: Callable[[], float]
    ) -> Diagnosis:
        assert isinstance(rng, np.random.Generator)
        assert 0.0 < deadline() < 60.0
        loss = float(program.problem.driver.loss(program.problem.values()))
        seen.append((report.network, len(program.forward(program.problem.values()).values) > 3, np.isfinite(loss)))
        return named(report, tried=("this",), file=None, network=None)

    diagnosing(diagnose)
    file = saved(tmp_path, (LEARNERS / "lists-returned.txt").read_text(encoding="utf-8"))
    found, checked = diagnose_file(file), check_file(file)
    assert isinstance(found, ReportSet)
    assert isinstance(checked, ReportSet)
    assert seen == [("xor", True, True), ("gauss", True, True)]
    for diagnosis, report in zip(found.results, checked.results, strict=True):
        assert isinstance(diagnosis, Diagnosis)
        assert diagnosis.tried == ("this",)
        for name in ("file", "network", "interface", "loss", "verdict", "reason"):
            assert getattr(diagnosis, name) == getattr(report, name), name


def test_a_patch_that_verifies_repairs_the_file(tmp_path: Path, diagnosing: Any) -> None:
    """Only when asked, with a backup unless that is not wanted; afterwards the file passes."""
    diagnosing(patching(*MISSING_TWO))
    file = saved(tmp_path, CLASS)
    shown = repair_file(file)
    assert isinstance(shown.report, Diagnosis)
    assert (shown.report.verdict, shown.written, shown.backup) == (Verdict.FAIL, False, None)
    assert shown.patch is not None
    assert "+        delta = 2 * (out - y) / BATCH" in shown.patch
    assert file.read_text(encoding="utf-8") == CLASS
    written = repair_file(file, write=True)
    assert written.written
    assert written.backup == tmp_path / "student.py.orig"
    assert written.backup.read_text(encoding="utf-8") == CLASS
    assert file.read_text(encoding="utf-8") == CLASS.replace(*MISSING_TWO)
    assert check_file(file).verdict is Verdict.PASS


def test_without_a_backup_and_with_another_one(tmp_path: Path, diagnosing: Any) -> None:
    """A backup that holds something else is never overwritten, and the file stays as it is."""
    diagnosing(patching(*MISSING_TWO))
    file = saved(tmp_path, CLASS)
    other = tmp_path / "student.py.orig"
    other.write_text("mine")
    with pytest.raises(SubmissionError, match="holds something else"):
        repair_file(file, write=True)
    assert (file.read_text(encoding="utf-8"), other.read_text()) == (CLASS, "mine")
    assert repair_file(file, write=True, backup=False).backup is None
    assert (file.read_text(encoding="utf-8"), other.read_text()) == (CLASS.replace(*MISSING_TWO), "mine")


def test_a_patch_that_does_not_verify_is_not_written(tmp_path: Path, diagnosing: Any) -> None:
    """It fits the first run of the data, and no other."""
    diagnosing(patching("delta = (out - y)", "delta = 3 * (out - y)"))
    file = saved(tmp_path, CLASS)
    found = repair_file(file, write=True)
    assert (found.patch, found.written) == (None, False)
    assert file.read_text(encoding="utf-8") == CLASS
    assert [entry.name for entry in tmp_path.iterdir()] == ["student.py"]


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path: Path, diagnosing: Any) -> None:
    """Somebody saves it in their editor."""
    file = saved(tmp_path, CLASS)
    real = patching(*MISSING_TWO)

    def diagnose(program: Program, report: CheckReport, **options: Any) -> Diagnosis:
        found = real(program, report, **options)
        file.write_text(CLASS + "# more\n", encoding="utf-8")
        return found

    diagnosing(diagnose)
    with pytest.raises(SubmissionError, match="has changed while"):
        repair_file(file, write=True)
    assert file.read_text(encoding="utf-8") == CLASS + "# more\n"


AGAIN = """

def again():
    Net().train(2 * data.normal(size=(BATCH, 3)), data.normal(size=(BATCH, 2)))


again()
"""


def test_a_text_with_other_networks_is_no_repair(tmp_path: Path, diagnosing: Any) -> None:
    """To train something else, or something right beside it, is no cure."""

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        assert program.source is not None
        text = program.source.text
        with pytest.raises(UnavailableError, match="other networks"):
            program.verify(text.replace('"W2"', '"V2"'))
        with pytest.raises(UnavailableError, match="cannot run this file"):
            program.verify("a = = 1")
        two = text.replace(*MISSING_TWO) + AGAIN
        assert program.verify(two).verdict is Verdict.PASS
        return named(report, patch=unified(text, two, program.source.name), patch_verified=True)

    diagnosing(diagnose)
    found = diagnose_file(saved(tmp_path, CLASS))
    assert isinstance(found, Diagnosis)
    assert found.finding("diagnosis-incomplete") is None, found.findings
    assert (found.patch, found.patch_verified) == (None, False)


def test_verification_sees_the_files_beside_it(tmp_path: Path, diagnosing: Any) -> None:
    """A file that reads its data is verified with its data."""
    np.savetxt(tmp_path / "x.csv", np.random.default_rng(0).normal(size=(6, 3)), delimiter=",")
    text = LOOP.replace("X, Y = rng.normal(size=(6, 3))", 'X, Y = np.loadtxt("x.csv", delimiter=",")')
    seen = []

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        found = program.verify(text.replace(*KEPT[0]).replace(*KEPT[1]))
        seen.append((found.verdict, found.finding("missing-data")))
        return named(report)

    diagnosing(diagnose)
    diagnose_file(saved(tmp_path, text))
    assert seen == [(Verdict.PASS, None)]


def test_a_process_that_ends_over_a_diagnosis_costs_no_later_network(tmp_path: Path, diagnosing: Any) -> None:
    """Another process goes on with the networks after it."""
    seen = []

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        seen.append(report.network)
        assert program.source is not None
        text = program.source.text.replace(
            "def forward(", "def forward(self, *_):\n        import os; os._exit(1)\n\n    def unused("
        )
        with pytest.raises(UnavailableError):
            program.trial(text, program.problem.values())
        program.trace(program.problem.values())
        raise AssertionError

    diagnosing(diagnose)
    text = (LEARNERS / "lists-returned.txt").read_text(encoding="utf-8")
    assert "def forward(" in text
    found = diagnose_file(saved(tmp_path, text))
    assert isinstance(found, ReportSet)
    assert seen == ["xor", "gauss"]
    for report in found.results:
        assert isinstance(report, Diagnosis)
        finding = report.finding("diagnosis-incomplete")
        assert finding is not None


def test_an_error_of_the_diagnosis_is_a_finding(tmp_path: Path, diagnosing: Any) -> None:
    """What is known of the gradient is not lost."""

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:  # noqa: ARG001 (as the real one)
        raise RuntimeError("within")

    diagnosing(diagnose)
    found = diagnose_file(saved(tmp_path, CLASS))
    assert isinstance(found, Diagnosis)
    assert found.verdict is Verdict.FAIL
    finding = found.finding("diagnosis-incomplete")
    assert finding is not None
    assert "RuntimeError: within" in finding.message


def test_the_time_for_a_network_holds(tmp_path: Path, diagnosing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions after it are refused, without a process being started."""
    monkeypatch.setattr("gradcheck.patience.busyness", lambda: 1.0)

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        hang = LOOP.replace("        delta = out", "        sum(range(10**12))\n        delta = out")
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            program.trial(hang, program.problem.values())
        assert time.monotonic() - began < 6.0
        for ask in (program.verify, lambda text: program.vary(Variation(rows=3)) and text):
            with pytest.raises(UnavailableError, match=r"used up|stopped answering|no more"):
                ask(LOOP)
        return named(report, tried=("all",))

    diagnosing(diagnose)
    found = diagnose_file(saved(tmp_path, LOOP), time_limit=3.0)
    assert isinstance(found, Diagnosis)
    assert found.tried == ("all",), found.findings


def test_functions_alone_are_driven_at_other_sizes(tmp_path: Path, diagnosing: Any) -> None:
    """In processes of their own, which end with the diagnosis."""
    shapes = []

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        for sizes in ({}, {"outputs": 2}, {"features": 7, "hidden": 8}, {"batch": 9}):
            varied = program.vary(Variation(**sizes)) if sizes else program
            shapes.append(([block.shape for block in varied.problem.blocks], varied.sizes.get("batch")))
            found = varied.trial(program.source.text if program.source else "", varied.problem.values())
            assert isinstance(found, Trial)
            assert found.error is None
        return named(report)

    diagnosing(diagnose)
    text = (LEARNERS / "dict-functions-only.txt").read_text(encoding="utf-8")
    found = diagnose_file(saved(tmp_path, text))
    assert not isinstance(found, ReportSet)
    assert found.finding("diagnosis-incomplete") is None, found.findings
    first, outputs, features, batch = shapes[:4]
    assert first[1] == 5
    assert outputs[0] != first[0]
    assert {7, 8} <= {size for shape in features[0] for size in shape}
    assert batch == (first[0], 9)


def test_an_adapter_varies_by_its_build(diagnosing: Any) -> None:
    """Its keywords are those of a family."""
    sizes = []

    def diagnose(program: Program, report: CheckReport, **_: Any) -> Diagnosis:
        sizes.append(program.vary(Variation(batch=3, hidden=9, seed=4)).problem.blocks[0].shape)
        with pytest.raises(UnavailableError, match="no keyword learning_rate"):
            program.vary(Variation(learning_rate=2.0))
        return named(report)

    diagnosing(diagnose)
    root = Path(__file__).resolve().parents[3] / "examples"
    found = diagnose_file(root / "needs_adapter.py", adapter=root / "needs_adapter_adapter.py")
    assert isinstance(found, Diagnosis)
    assert found.finding("diagnosis-incomplete") is None, found.findings
    assert any(9 in shape for shape in sizes)


def test_a_folder_is_diagnosed_file_by_file(tmp_path: Path, diagnosing: Any) -> None:
    """What cannot be loaded is a diagnosis too, that names nothing."""
    diagnosing(lambda program, report, **_: named(report))  # noqa: ARG005 (as the real one)
    saved(tmp_path, LOOP)
    (tmp_path / "broken.py").write_text("a = = 1\n")
    found = diagnose_path(tmp_path)
    assert isinstance(found, ReportSet)
    assert [report.verdict for report in found.results] == [Verdict.INVALID, Verdict.FAIL]
    assert all(isinstance(report, Diagnosis) for report in found.results)
    with pytest.raises(SubmissionError, match="cannot run this file"):
        diagnose_path(tmp_path / "broken.py")


def test_what_runs_only_once_can_be_tried_from_the_start(tmp_path: Path, diagnosing: Any) -> None:
    """Slowly: in a process that loads the other text."""
    seen: list[Any] = []

    def diagnose(program: Any, report: CheckReport, **_: Any) -> Diagnosis:
        text, arrays = program.source.text, program.problem.values()
        doubled = text.replace("X, Y = rng", "X, Y = 2 * rng")
        with pytest.raises(UnavailableError, match="has already run"):
            program.trial(doubled, arrays)
        scaled = program.vary(Variation(input_scale=2.0)).problem.driver
        trial = program.reload(doubled, arrays)
        seen.append((trial.loss, scaled.loss(arrays)))
        seen.append(np.allclose(trial.gradient[1], scaled.gradient(arrays)[1]))
        with pytest.raises(UnavailableError, match="other networks"):
            program.reload(text.replace("size=(3, 4)", "size=(3, 5)").replace("size=(4, 2)", "size=(5, 2)"), arrays)
        return named(report)

    diagnosing(diagnose)
    found = diagnose_file(saved(tmp_path, LOOP))
    assert isinstance(found, Diagnosis)
    assert found.finding("diagnosis-incomplete") is None, found.findings
    assert seen[0][0] == pytest.approx(float(seen[0][1]))
    assert seen[1]


BATCHES = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.standard_normal((40, 3))
y = X @ np.array([[1.0], [-2.0], [0.5]])
w = np.zeros((3, 1))
told = []
for epoch in range(30):
    for start in range(0, 40, 10):
        x, t = X[start:start + 10], y[start:start + 10]
        d = x @ w - t
        told.append(np.mean(d ** 2))
        w -= 0.05 * 2 * x.T @ d / len(x)
"""


def test_a_run_over_batches_meets_no_batch_that_is_not_there(tmp_path: Path) -> None:
    """After the last batch the next epoch begins: an empty batch's loss is no number, and no learning rate's fault."""
    file = tmp_path / "batches.py"
    file.write_text(BATCHES, encoding="utf-8")
    found = diagnose_file(file)
    assert (found.verdict.name, found.diagnoses) == ("PASS", ())


ONE_LINE = """
import numpy as np
x = np.array([[0.5, -1.0], [2.0, 0.25], [1.5, 1.0]])
y = np.array([[1.0], [0.0], [2.0]])
w, losses = np.array([[0.3], [-0.7]]), []
for epoch in range(100):
    error = x @ w - y
    losses.append(np.mean(error**2))
    w = w - 0.1 * x.T @ error / len(x)
"""


def test_a_bug_in_an_update_that_is_all_there_is(tmp_path: Path) -> None:
    """Disturbed as a whole it would train no more, which says nothing of what it bears on."""
    file = tmp_path / "line.py"
    file.write_text(ONE_LINE, encoding="utf-8")
    found = diagnose_file(file)
    assert [(named.bug, named.line) for named in found.diagnoses] == [("missing-factor-2", 9)]
    assert found.patch_verified
