"""Graded classes of any size that nobody has run: records drawn at random, as grading would have written them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.grading.assignment import Assignment, read_assignment
from gradcheck.grading.assignment.records import Late
from gradcheck.grading.course import ClassRun
from gradcheck.grading.grade import GRADEBOOK, GradedClass
from gradcheck.grading.gradebook import Gradebook
from gradcheck.grading.gradebook.gradebook import Key, Override
from gradcheck.grading.people.owners import Owner
from gradcheck.grading.people.pseudonyms import pseudonyms
from gradcheck.grading.people.roster import Roster, Student
from gradcheck.grading.people.standing import Attempts, standings
from gradcheck.grading.records import GradeRecord, Mark, Message, Outcome, State
from gradcheck.records import BlockReport, DiagnosedBug, Diagnosis, Entry, Evaluations, Finding, Severity, Verdict
from gradcheck.reports.grading.page import ClassPage
from gradcheck.reports.grading.pupil import pupil_of

# Two that hand in one file, one that is two days late, one with a finding.
TEAM, LATE, FOUND = (10, 11), 14, 13
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
# Bugs of the catalogue with the blocks that they spoil, and how common they are.
BUGS = (
    ("bias-sum-without-axis", ("b1",), 0.18),
    ("missing-hidden-derivative", ("W1", "b1"), 0.12),
    ("sum-instead-of-mean", ("W1", "b1", "W2", "b2"), 0.08),
    ("missing-factor-2", ("W1", "b1", "W2", "b2"), 0.07),
    ("sign-flip-below", ("W1", "b1"), 0.04),
    ("", ("W2",), 0.05),
)
FIRST = (
    "Ines",
    "Tom",
    "Zoë",
    "Li",
    "Omar",
    "Ada",
    "José",
    "Ünal",
    "Priya",
    "Noah",
    "Mei",
    "Kofi",
    "Björn",
    "Sara",
    "Ivo",
)
LAST = ("Berg", "Lind", "Okafor", "Núñez", "Sato", "Novak", "Haddad", "Moreau", "Roth", "Singh", "Costa", "Weiss", "Ng")


def xor_class() -> Assignment:
    """The assignment that is ready for a class that learns XOR."""
    return read_assignment(Path(str(files("gradcheck.grading.assignment").joinpath("ready", "xor-class.toml"))))


def drawn_class(
    folder: Path,
    count: int,
    *,
    seed: int = 0,
    names: Mapping[int, str] | None = None,
    texts: str = "",
    anonymous: bool = False,
    overrides: Sequence[Override] | None = None,
) -> GradedClass:
    """A class.

    Parameters
    ----------
    folder : Path
        Gets the gradebook.
    count : int
        Of students.
    seed : int
        Of all that is drawn.
    names : mapping of int to str, optional
        Of some students, by place.
    texts : str
        What submissions have written: part of every text that comes from them.
    anonymous : bool
    overrides : sequence of Override, optional
        By default two.
    """
    rng = np.random.default_rng(seed)
    assignment = dataclasses.replace(xor_class(), late=Late(due=NOW, per_day=0.1, most=0.5))
    students = [
        Student(
            id=f"s{place:05d}",
            name=(names or {}).get(place, f"{FIRST[place % len(FIRST)]} {LAST[place % len(LAST)]} {place}"),
            group="Team red" if place in TEAM else None,
        )
        for place in range(count)
    ]
    roster = Roster(students=tuple(students))
    grades: dict[str, Any] = {}
    times = {}
    owned = {}
    folder.mkdir(parents=True, exist_ok=True)
    with Gradebook(folder / GRADEBOOK) as book:
        for place in range(count):
            if place % 17 == 5 or place == TEAM[1]:
                continue  # nothing was handed in, or by the other one of the team
            key = f"s{place:05d}.py"
            record = _record(key, assignment, rng, texts).to_dict()
            digest = Key(digest=f"{place:064x}", assignment="1" * 64, version="1.0", mode="diagnosed")
            book.put(key, digest, record, NOW)
            grades[key] = record["grade"]
            team = [students[one].id for one in TEAM] if place in TEAM else [students[place].id]
            owned[key] = Owner(students=tuple(team), label=key)
            times[key] = NOW + timedelta(days=2 * (place == LATE))
        book.present(grades)
    decided = [
        Override(key="student:s00003", item="", points=15.0, reason=f"shown at the board {texts}"),
        Override(key="student:s00007", item="forward", points=2.0, reason=f"a typing slip {texts}"),
    ]
    standing = standings(
        grades, owned, roster=roster, times=times,
        overrides=decided if overrides is None else overrides,
        late=assignment.late, attempts=Attempts.LATEST, of=assignment.points,
    )  # fmt: skip
    return GradedClass(
        assignment=assignment, folder=folder, run=ClassRun(submissions=len(grades), kept=0, run=len(grades)),
        standings=tuple(standing), roster=roster,
        pseudonyms=pseudonyms([one.student for one in standing], "secret") if anonymous else {},
    )  # fmt: skip


def _record(key: str, assignment: Assignment, rng: np.random.Generator, texts: str) -> GradeRecord:
    given: dict[str, Any] = {"submission": key, "digest": "0" * 64, "assignment": "1" * 64, "version": "1.0", "seed": 7}
    drawn = rng.random()
    if drawn < 0.06:
        return GradeRecord(
            **given, state=State.UNGRADABLE, reason=f"line 7: '(' was never closed {texts}",
            cure=f"Close the bracket of line 7, and run the file once. {texts}",
        )  # fmt: skip
    if drawn < 0.08:
        return GradeRecord(**given, state=State.INTERNAL, reason=f"gradcheck failed over it {texts}")
    place = int(rng.choice(len(BUGS) + 1, p=[1 - sum(share for *_, share in BUGS), *(share for *_, share in BUGS)]))
    bug, blocks = ("", ()) if place == 0 else BUGS[place - 1][:2]
    skill = float(rng.normal())
    marks = tuple(_mark(leaf, bug, blocks, skill, rng, texts) for leaf in assignment.leaves)
    cheats = rng.random() < 0.04 or key == f"s{FOUND:05d}.py"
    finding = Finding(
        id="finite-differences", severity=Severity.WARNING, message=f"the loss is called 40 times {texts}"
    )
    floor = 0.02 if not blocks else 0.2
    steps = np.arange(200)
    return GradeRecord(
        **given, state=State.GRADED, reason="it was run", marks=marks, report=_report(key, bug, blocks, rng, texts),
        findings=(finding,) if cheats else (), fingerprint=f"{place:016x}" if blocks else None,
        curves={"loss": tuple((floor + 0.25 * np.exp(-steps / (20 + 30 * rng.random()))).tolist())},
    )  # fmt: skip


def _mark(leaf: Any, bug: str, blocks: Sequence[str], skill: float, rng: np.random.Generator, texts: str) -> Mark:
    block = leaf.path.rpartition("/")[2]
    wrong = leaf.path.startswith("gradients/") and block in blocks
    first = wrong and block == blocks[0]
    lost = first or (not wrong and leaf.path not in {"loads", "loss"} and rng.random() < 1 / (1 + np.exp(2.2 + skill)))
    outcome = Outcome.LOST if lost else Outcome.CARRIED if wrong else Outcome.EARNED
    share = 0.0 if lost else 1.0
    if lost and rng.random() < 0.4:
        share, outcome = 0.5, Outcome.PARTLY
    return Mark(
        item=leaf.path, title=leaf.title, points=share * leaf.points, of=leaf.points, outcome=outcome,
        message=Message(symptom=f"It is not right. {texts}" if lost else "Right."),
        bug=(bug or None) if first else None, line=12 if first else None,
    )  # fmt: skip


def _report(key: str, bug: str, blocks: Sequence[str], rng: np.random.Generator, texts: str) -> Diagnosis:
    entries = {
        name: tuple(
            Entry(index=(0, place), analytic=float(a), numeric=float(b))
            for place, (a, b) in enumerate(rng.normal(size=(3, 2)))
        )
        for name in blocks
    }  # fmt: skip
    named = DiagnosedBug(bug=bug, blocks=tuple(blocks), confidence=0.9, line=12, message=f"what it is {texts}")
    return Diagnosis(
        verdict=Verdict.FAIL if blocks else Verdict.PASS, reason=f"as measured {texts}",
        blocks=tuple(
            BlockReport(
                name=name, shape=(2, 4), verdict=Verdict.FAIL if name in entries else Verdict.PASS,
                relative_error=0.4 if name in entries else 1e-11, worst=entries.get(name, ()),
            )
            for name in ("W1", "b1", "W2", "b2")
        ),
        evaluations=Evaluations(loss=40, gradient=1), power={}, file=key, diagnoses=(named,) if bug else (),
    )  # fmt: skip


def rendered(graded: GradedClass) -> str:
    """The class page alone, of a class too large for all of its sheets to be written in a test."""
    page = ClassPage(graded.assignment, students=len(graded.standings))
    with Gradebook(graded.folder / GRADEBOOK) as book:
        for standing in graded.standings:
            key = standing.submission
            page.add(pupil_of(standing, None if key is None else book.current(key), graded.assignment))
    return page.html()
