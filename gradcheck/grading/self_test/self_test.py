"""The self-test of an assignment: write programs, grade them all, prove what is wrong, and say what follows."""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.errors import GradingError
from gradcheck.grading.assignment import Assignment, read_assignment
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import Crew, local_pool
from gradcheck.grading.batch.notes import no_notes_left
from gradcheck.grading.batch.running import graded
from gradcheck.grading.batch.work import Work, digest_of
from gradcheck.grading.self_test.proving import differences
from gradcheck.grading.self_test.reasons import why_unseen
from gradcheck.grading.self_test.records import BugResult, Loss, Program, SelfTest, Trial
from gradcheck.grading.self_test.writing import write_programs
from gradcheck.grading.sending import Orders, run_errands

__all__ = ["self_test"]

Progress = Callable[[str, int, int], None]


@no_notes_left()
def self_test(
    assignment: str | Path,
    *,
    seed: int = 0,
    diagnose: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SelfTest:
    """Grade right programs and programs with every bug of the catalogue by an assignment.

    Parameters
    ----------
    assignment : path
        TOML file.
    seed : int
        Of the hidden points where the assignment gives none, and of who writes what; the same seed, the same result.
    diagnose : bool
        Whether bugs are to be named.
    workers : int, optional
        Processes of this machine; by default one for each processor.
    progress : callable, optional
        ``progress(what, done, total)``.

    Returns
    -------
    SelfTest

    Raises
    ------
    AssignmentError
        If the assignment is wrong.
    GradingError
        If nothing can be graded by it: its reference, or a library that it needs.
    """
    path = Path(assignment)
    found = read_assignment(path)
    written = write_programs(found, seed)
    programs = (*written.right, *written.wrong)
    if not programs:
        raise GradingError(
            f"no program can be written for {found.title!r}: {'; '.join(written.notes)}. "
            'Give the instructor\'s file: [reference] file = "solution.py".'
        )
    orders = Orders(assignment=path, seed=seed)
    with tempfile.TemporaryDirectory(prefix="gradcheck-") as name:
        works = [_work(program, Path(name)) for program in programs]
        answers = _answers(works, orders, local_pool(workers), diagnose=diagnose, progress=progress)
    trials = {program.key: _trial(program, answers[program.key], found) for program in programs}
    wrong = [trials[program.key] for program in written.wrong]
    return SelfTest(
        title=found.title,
        assignment=found.digest,
        seed=seed,
        diagnosed=diagnose,
        right=tuple(trials[program.key] for program in written.right),
        bugs=tuple(
            BugResult(
                bug=bug,
                trials=tuple(trial for trial in wrong if trial.program.bug == bug),
                unwritten=written.unwritten.get(bug, ""),
            )
            for bug in CATALOGUE
        ),
        unwritten=written.notes,
    )


def _work(program: Program, folder: Path) -> Work:
    file = folder / program.key
    file.write_text(program.text, encoding="utf-8")
    return Work(key=program.key, path=file, digest=digest_of(file, [file]))


def _answers(
    works: Sequence[Work], orders: Orders, crew: Crew, *, diagnose: bool, progress: Progress | None
) -> dict[str, Mapping[str, Any]]:
    """Each program's record, with what is wrong with it; or the fault of the tool over which there is none."""
    found: dict[str, Mapping[str, Any]] = {}
    errands = [Errand(work=work, diagnose=diagnose) for work in works]
    answers = graded(errands, functools.partial(_tried, orders), crew.open, workers=crew.workers, size=crew.size)
    for done, (errand, answer) in zip(itertools.count(1), answers, strict=False):
        found[errand.key] = (
            {"failed": f"{type(answer).__name__}: {answer}"} if isinstance(answer, Exception) else answer
        )
        if progress is not None:
            progress("self-test", done, len(errands))
    return found


def _tried(orders: Orders, errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    """What a worker does."""
    assignment = _assignment(orders.assignment)
    records = run_errands(orders, errands)
    return [
        {**record, "differs": list(differences(errand.work, assignment, orders.seed))}
        for errand, record in zip(errands, records, strict=True)
    ]


@functools.lru_cache(maxsize=2)
def _assignment(path: Path) -> Assignment:
    return read_assignment(path)


def _trial(program: Program, answer: Mapping[str, Any], assignment: Assignment) -> Trial:
    if "failed" in answer:
        return Trial(program=program, state="internal", reason=str(answer["failed"]))
    grade = answer["grade"]
    lost = tuple(
        Loss(
            item=mark["item"], points=mark["of"] - mark["points"], symptom=mark["message"]["symptom"],
            fix=mark["message"]["fix"],
        )
        for mark in grade["marks"] if mark["points"] < mark["of"]
    )  # fmt: skip
    differs = tuple(answer["differs"])
    return Trial(
        program=program,
        state=grade["state"],
        reason="" if grade["state"] == "graded" else grade["reason"],
        points=grade["points"] or 0.0,
        of=grade["of"] or 0.0,
        lost=lost,
        differs=differs,
        named=tuple(bug["bug"] for bug in answer.get("diagnoses", ())),
        notes=() if lost or program.bug is None else why_unseen(differs, grade["marks"], assignment),
    )
