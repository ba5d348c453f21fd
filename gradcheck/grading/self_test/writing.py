"""All programs of a self-test: right ones by several authors, and wrong ones, one bug in one place each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.self_test.authors import PLAIN, WORDINGS, right_drafts
from gradcheck.grading.self_test.draft import Draft, Wording
from gradcheck.grading.self_test.files import write_file
from gradcheck.grading.self_test.instructor import spoilt_text
from gradcheck.grading.self_test.records import Program
from gradcheck.grading.self_test.spoiling import spoilt
from gradcheck.submissions.declared.forms import forms_of
from gradcheck.submissions.declared.interface import Interface, Style

__all__ = ["Written", "write_programs"]

INITIAL = ("saturated-initialisation", "symmetric-initialisation")
DRAWN = "the values that the code draws itself are replaced before anything is looked at"
UNDECLARED = "no declared call draws parameters"
NO_STEP = "no declared call makes a step"
NO_LOSS = "no declared call gives a loss"
UNKNOWN = "what an adapter drives only the adapter knows: of right programs there is the instructor's file alone"
STEPS = ("integer-dtype", "learning-rate-too-large")
LOSSES = ("loss-epsilon", "not-differentiable-loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What could be written, and what not.

    Attributes
    ----------
    right : tuple of Program
    wrong : tuple of Program
    unwritten : mapping of str to str
        Bugs without a program, and why.
    notes : tuple of str
        Right programs that could not be written, and why.
    """

    right: tuple[Program, ...]
    wrong: tuple[Program, ...]
    unwritten: dict[str, str]
    notes: tuple[str, ...]


def write_programs(assignment: Assignment, seed: int) -> Written:
    """Everything that is to be graded.

    Parameters
    ----------
    assignment : Assignment
    seed : int
        Chooses who writes which wrong program.
    """
    right, notes = _right(assignment)
    own = _instructor(assignment)
    if own is not None:
        right.append(Program(key="right-instructor.py", bug=None, where="the instructor's own file", text=own))
    wrong: list[Program] = []
    unwritten: dict[str, str] = {}
    rng = np.random.default_rng(seed)
    for bug in CATALOGUE:
        made = list(_wrong(assignment, bug, rng)) if _lacking(assignment, bug) is None else []
        edited = [] if own is None else spoilt_text(bug, own)
        made += [(f"in the instructor's file, {where}", text) for where, text in edited]
        if not made:
            unwritten[bug] = _lacking(assignment, bug) or _why(assignment, bug)
        beyond = DRAWN if bug in INITIAL else None
        wrong += [
            Program(key=f"wrong-{bug}-{number}.py", bug=bug, where=where, text=text, beyond=beyond)
            for number, (where, text) in enumerate(made, 1)
        ]
    return Written(right=tuple(right), wrong=tuple(wrong), unwritten=unwritten, notes=tuple(notes))


def _instructor(assignment: Assignment) -> str | None:
    file = assignment.reference.file
    return None if file is None or file.suffix != ".py" else file.read_text(encoding="utf-8")


def _right(assignment: Assignment) -> tuple[list[Program], list[str]]:
    programs: list[Program] = []
    notes: dict[str, None] = {}
    if assignment.interface.style is Style.ADAPTER:
        return [], [UNKNOWN]
    for number, each in enumerate(right_drafts(assignment), 1):
        try:
            text = write_file(each.draft, each.form, assignment.interface)
        except GradingError as error:
            notes.setdefault(f"{each.style}: {error}")
            continue
        if text not in {program.text for program in programs}:
            programs.append(Program(key=f"right-{number}.py", bug=None, where=each.style, text=text))
    return programs, list(notes)


def _authors(interface: Interface) -> tuple[Wording, ...]:
    """Those who write out every formula: a loop over layers has no place of its own for a bug."""
    return tuple(w for w in WORDINGS if not w.layers and not w.samples and not (w.late_mean and interface.layers))


def _wrong(assignment: Assignment, bug: str, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    interface = assignment.interface
    authors = _authors(interface)
    places = spoilt(bug, Draft.of(assignment.network, interface.targets, PLAIN))
    for place in range(0 if isinstance(places, str) else len(places)):
        author = authors[int(rng.integers(len(authors)))]
        for wording in dict.fromkeys((author, PLAIN)):  # what one author has no place for another may have
            found = spoilt(bug, Draft.of(assignment.network, interface.targets, wording))
            if isinstance(found, str) or place >= len(found):
                continue
            try:
                text = write_file(found[place].draft, forms_of(interface)[0], interface)
            except GradingError:
                continue
            yield f"{found[place].where} ({wording.name})", text
            break


def _lacking(assignment: Assignment, bug: str) -> str | None:
    """What the interface has not, without which a bug has no place."""
    interface = assignment.interface
    if interface.style in (Style.RECOGNISED, Style.ADAPTER):
        return None
    if bug in INITIAL and "initialise" not in interface.calls and interface.construct is None:
        return UNDECLARED
    if bug in STEPS and not {"update", "train"} & set(interface.calls):
        return NO_STEP
    gives = {role for made in interface.calls.values() for call in made for role in call.gives}
    if bug in LOSSES and not {"loss", "losses"} & gives:
        return NO_LOSS
    return None


def _why(assignment: Assignment, bug: str) -> str:
    """Why there is no program: the network has no place for the bug, or its functions cannot be written."""
    draft = Draft.of(assignment.network, assignment.interface.targets, PLAIN)
    places = spoilt(bug, draft)
    if isinstance(places, str):
        return places
    try:
        write_file(places[0].draft, forms_of(assignment.interface)[0], assignment.interface)
    except GradingError as error:
        return f"it cannot be written: {error}"
    return "it cannot be written"
