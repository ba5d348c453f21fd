"""Graded classes that nobody has run: a gradebook with constructed records, and where everybody stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gradcheck.grading.assignment.records import Assignment, Item, Late, Network
from gradcheck.grading.course import ClassRun
from gradcheck.grading.grade import GRADEBOOK, GradedClass
from gradcheck.grading.gradebook import Gradebook
from gradcheck.grading.gradebook.gradebook import Key, Override
from gradcheck.grading.people.owners import owners
from gradcheck.grading.people.pseudonyms import pseudonyms
from gradcheck.grading.people.roster import Roster
from gradcheck.grading.people.standing import Attempts, standings
from gradcheck.grading.records import Audience, GradeRecord, Hint, Mark, Message, Outcome, State
from gradcheck.records import BlockReport, DiagnosedBug, Diagnosis, Entry, Evaluations, Finding, Severity, Verdict
from gradcheck.submissions.declared.interface import Interface, Style

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
DIFF = "--- a/{file}\n+++ b/{file}\n@@ -3 +3 @@\n-d = a - y\n+d = 2 * (a - y)\n"
# What a submission may call itself, print or raise.
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \"q\" 'a' & `code` | a | b | [x](javascript:alert(3)) "
    "@everyone #1 ]]> {{ 7 * 7 }} {% raw %} \x1b[31mred\x1b[0m\x00\u202e\n# heading\n"
    "=cmd|' /C calc'!A1\r\n::error::x"
)
FORMULAS = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", " =1")


def assignment(**fields: Any) -> Assignment:
    """Two items in a group, after one that loads."""
    rubric = (
        Item(path="loads", title="It loads", points=1.0, checks="loads"),
        Item(
            path="gradients", title="Gradients", points=3.0,
            items=(
                Item(path="gradients/W1", title="W1", points=2.0, checks="gradient"),
                Item(path="gradients/b1", title="b1", points=1.0, checks="gradient"),
            ),
        ),
    )  # fmt: skip
    meant = Assignment(
        title="XOR with one hidden layer",
        network=Network(sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="bce"),
        interface=Interface(style=Style.FUNCTIONS),
        rubric=rubric,
        show={Audience.NOW: Hint.SYMPTOM, Audience.AFTER_DUE: Hint.NAME, Audience.STAFF: Hint.FIX},
        late=Late(due=NOW, per_day=0.25, most=0.5),
    )
    return dataclasses.replace(meant, **fields)


def record(key: str, *, file: str | None = None, text: str = "", **fields: Any) -> GradeRecord:
    """A submission with a factor 2 missing in W1; `text` is part of every text in it.

    Parameters
    ----------
    key : str
    file : str, optional
        The name under which it was run; by default its key.
    text : str
        What the submission has written.
    **fields
        Of ``GradeRecord``.
    """
    name = key if file is None else file
    patch = DIFF.format(file=name)
    bug = DiagnosedBug(
        bug="missing-factor-2", blocks=("W1",), confidence=0.9, line=3, lines=(3,), code=f"d = a - y  # {text}",
        message=f"in {name} the 2 is missing {text}", evidence=(f"half {text}",), patch=patch,
    )  # fmt: skip
    worst = (Entry(index=(0, 1), analytic=0.1, numeric=0.2), Entry(index=(1, 0), analytic=-0.3, numeric=-0.6))
    report = Diagnosis(
        verdict=Verdict.FAIL, reason=f"{name}: the gradient is wrong {text}",
        blocks=(BlockReport(name="W1", shape=(2, 4), verdict=Verdict.FAIL, relative_error=0.5, worst=worst),),
        evaluations=Evaluations(loss=2, gradient=1), power={}, file=name, diagnoses=(bug,), patch=patch,
        patch_verified=True,
    )  # fmt: skip
    where = f"line 3 of {name} {text}"
    message = Message(symptom=f"W1 is half {text}", place=where, name=f"a factor 2 {text}", fix=patch)
    right = Message(symptom="Right.")
    marks = (
        Mark(item="loads", title="It loads", points=1.0, of=1.0, outcome=Outcome.EARNED, message=right),
        Mark(
            item="gradients/W1", title=f"W1 {text}".strip(), points=1.0, of=2.0, outcome=Outcome.PARTLY,
            message=message,
            evidence=(f"ratio 0.5 {text}",), bug="missing-factor-2", line=3,
        ),
        Mark(item="gradients/b1", title="b1", points=1.0, of=1.0, outcome=Outcome.EARNED, message=right),
    )  # fmt: skip
    finding = Finding(id="finite-differences", severity=Severity.WARNING, message=f"40 losses {text}")
    given = GradeRecord(
        submission=key, digest="0" * 64, assignment="1" * 64, version="1.0", seed=7, state=State.GRADED,
        reason="it was run", marks=marks, report=report, findings=(finding,), fingerprint="f",
        curves={"loss": (1.0, 0.5, float("nan"), 0.25)},
    )  # fmt: skip
    return dataclasses.replace(given, **fields)


def ungradable(key: str, text: str = "") -> GradeRecord:
    """A submission with a syntax error."""
    return record(
        key, state=State.UNGRADABLE, reason=f"{key}, line 2: syntax error {text}", cure=f"Close the bracket. {text}",
        marks=(), report=None, findings=(), fingerprint=None, curves={},
    )  # fmt: skip


def graded_class(
    folder: Path,
    records: Iterable[GradeRecord],
    *,
    roster: Roster | None = None,
    times: Mapping[str, datetime] | None = None,
    overrides: Sequence[Override] = (),
    anonymous: bool = False,
    **fields: Any,
) -> GradedClass:
    """A class as ``grade`` would give it.

    Parameters
    ----------
    folder : Path
        Of the results.
    records : iterable of GradeRecord
    roster, times, overrides, anonymous
        What is known of the people.
    **fields
        Of the assignment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    meant = assignment(**fields)
    grades = {}
    with Gradebook(folder / GRADEBOOK) as book:
        for number, one in enumerate(records):
            key = Key(digest=f"{number:064x}", assignment="1" * 64, version="1.0", mode="diagnosed")
            book.put(one.submission, key, one.to_dict(), NOW)
            grades[one.submission] = one.to_dict()["grade"]
        book.present(grades)
    standing = standings(
        grades, owners(grades, roster), roster=roster, times=times or {}, overrides=overrides, late=meant.late,
        attempts=Attempts.LATEST, of=meant.points,
    )  # fmt: skip
    names = pseudonyms([one.student for one in standing], "secret") if anonymous else {}
    run = ClassRun(submissions=len(grades), kept=0, run=len(grades))
    return GradedClass(
        assignment=meant, folder=folder, run=run, standings=tuple(standing), roster=roster, pseudonyms=names
    )
