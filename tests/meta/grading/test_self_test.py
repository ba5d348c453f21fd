"""The self-test of an assignment: gaps of a rubric are told, right programs that lose marks too, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from self_test_assignments import APART, GLOBALS, GRADIENT, KEEPING, LISTS, RUBRIC, SCRIPT, UNLIKE

from gradcheck.cli import main
from gradcheck.grading.assignment import Assignment
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.batch.work import Work
from gradcheck.grading.records import GradeRecord
from gradcheck.grading.self_test import self_test as module
from gradcheck.grading.self_test.proving import differences
from gradcheck.grading.self_test.records import Fate, Program
from gradcheck.grading.self_test.self_test import self_test
from gradcheck.grading.self_test.writing import Written, write_programs
from gradcheck.grading.worker import grade_work
from gradcheck.schemas import SCHEMAS, load_schema

# Bugs of unlike kinds that every one of these networks has a place for.
PLANTED = ("sign-flip", "local-constant", "bias-not-summed", "missing-hidden-derivative", "no-bias")


def _assignment(text: str, folder: Path) -> Assignment:
    return parse_assignment(text.encode(), folder / "assignment.toml")


def _graded(program: Program, assignment: Assignment, folder: Path) -> GradeRecord:
    file = folder / program.key
    file.write_text(program.text, encoding="utf-8")
    return grade_work(Work(key=file.name, path=file, digest="0" * 64), assignment, seed=4, diagnose=False)


def _lost(record: GradeRecord) -> dict[str, str]:
    return {mark.item: mark.message.symptom for mark in record.marks if mark.points < mark.of}


@pytest.mark.parametrize("text", UNLIKE.values(), ids=UNLIKE)
def test_right_programs_fulfil_unlike_interfaces(tmp_path: Path, text: str) -> None:
    """Three authors each, one for scripts, which take longer: they earn everything, and no value differs."""
    assignment = _assignment(text, tmp_path)
    right = write_programs(assignment, 0).right
    assert len(right) >= 7
    for program in right[1:2] if text == SCRIPT else right[1:6:2]:
        record = _graded(program, assignment, tmp_path)
        assert _lost(record) == {}, program.text
        assert record.points == record.of
        work = Work(key=program.key, path=tmp_path / program.key, digest="0" * 64)
        assert differences(work, assignment, 4) == ()


@pytest.mark.parametrize("text", [APART, KEEPING], ids=["apart", "keeping"])
def test_planted_bugs_cost_marks_and_are_proved(tmp_path: Path, text: str) -> None:
    """Each by an item that is about it, and by its values alone."""
    assignment = _assignment(text, tmp_path)
    wrong = {program.bug: program for program in write_programs(assignment, 0).wrong}
    for bug in PLANTED:
        program = wrong[bug]
        assert _lost(_graded(program, assignment, tmp_path)), program.text
        work = Work(key=program.key, path=tmp_path / program.key, digest="0" * 64)
        assert differences(work, assignment, 4)


def test_what_is_equivalent_is_not_called_wrong(tmp_path: Path) -> None:
    """The mask of a ReLU twice is the mask; of a tanh twice is not."""
    text = APART.replace('"tanh"', '"relu"')
    for own, same in ((text, True), (APART, False)):
        assignment = _assignment(own, tmp_path)
        twice = next(each for each in write_programs(assignment, 0).wrong if each.bug == "derivative-twice")
        (tmp_path / twice.key).write_text(twice.text, encoding="utf-8")
        work = Work(key=twice.key, path=tmp_path / twice.key, digest="0" * 64)
        assert (differences(work, assignment, 4) == ()) is same


def _only(monkeypatch: pytest.MonkeyPatch, bugs: Sequence[str]) -> None:
    """Let a self-test run two right programs and some bugs: what is asked here does not need all."""

    def few(assignment: Assignment, seed: int) -> Written:
        written = write_programs(assignment, seed)
        wrong = tuple(each for each in written.wrong if each.bug in bugs)
        return replace(written, right=written.right[:2], wrong=wrong)

    monkeypatch.setattr(module, "write_programs", few)


def test_a_gap_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an item for gradients a wrong gradient costs nothing: exit code 1, and the item that is missing."""
    _only(monkeypatch, ("local-constant", "no-bias", "derivative-twice"))
    file = tmp_path / "assignment.toml"
    file.write_text(APART.partition("\n[[rubric]]")[0] + RUBRIC, encoding="utf-8")
    code = main(["grade", "--self-test", "--assignment", str(file), "--format", "json", "--jobs", "1"])
    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert list(_validator().iter_errors(told)) == []
    bugs = {bug["bug"]: bug for bug in told["bugs"]}
    assert bugs["no-bias"]["fate"] == "killed"
    assert bugs["no-bias"]["items"] == ["forward"]
    assert bugs["local-constant"]["fate"] == "unseen"
    assert [trial["notes"] for trial in bugs["local-constant"]["trials"]] == [
        [f"the gradient of W{n}: no item checks 'gradient' of it"] for n in (1, 2)
    ]
    assert told["rates"]["right_failed"] == 0
    assert told["rates"]["wrong_killed"] < told["rates"]["wrong"]


def test_an_item_that_lets_pass_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants that keep all points are a gap of another kind: the item is there, and says why it took none."""
    _only(monkeypatch, ("local-constant",))
    file = tmp_path / "assignment.toml"
    text = APART.partition("\n[[rubric]]")[0] + RUBRIC + GRADIENT + "[marking]\nconstant_factor = 1.0\n"
    file.write_text(text, encoding="utf-8")
    result = self_test(file, workers=1)
    bug = next(bug for bug in result.bugs if bug.bug == "local-constant")
    assert bug.fate is Fate.UNSEEN
    assert all("lets it pass" in trial.notes[0] and "keeps 100%" in trial.notes[0] for trial in bug.trials)


def test_a_right_program_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An item that nobody can earn takes marks from right programs: told with the item and what it said."""
    _only(monkeypatch, ())
    file = tmp_path / "assignment.toml"
    impossible = '\n[[rubric]]\nid = "trained"\npoints = 1\nchecks = "convergence"\nepochs = 1\nloss = -1.0\n'
    file.write_text(APART + impossible, encoding="utf-8")
    assert main(["grade", "--self-test", "--assignment", str(file), "--jobs", "1"]) == 1
    told = capsys.readouterr().out
    assert "False fails" in told
    assert "trained takes 1: Training does not get where it should" in told
    assert "2 of 2 right programs lose marks" in told


def test_a_self_test_takes_no_submissions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor a folder for results; and it needs an assignment."""
    file = tmp_path / "assignment.toml"
    file.write_text(APART, encoding="utf-8")
    assert main(["grade", str(tmp_path), "--self-test", "--assignment", str(file), "--out", "results"]) == 2
    assert "--out, PATH: --self-test hands in programs of its own" in " ".join(capsys.readouterr().err.split())
    assert main(["grade", "--self-test"]) == 2
    assert "Missing --assignment" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("text", [APART, LISTS, KEEPING, GLOBALS], ids=["apart", "lists", "keeping", "globals"])
def test_full_rubrics_miss_nothing(tmp_path: Path, text: str) -> None:
    """Every program of each: no right one loses marks, no bug that can be told passes unseen."""
    file = tmp_path / "assignment.toml"
    file.write_text(text, encoding="utf-8")
    result = self_test(file)
    assert [(trial.program.where, trial.lost) for trial in result.failed] == []
    assert [(trial.program.bug, trial.notes) for trial in result.unseen] == []
    assert result.rates()["bugs"] >= 40
    assert result.passed


def _validator() -> Draft202012Validator:
    known = [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
    return Draft202012Validator(load_schema("self-test"), registry=Registry().with_resources(known))
