"""What is known of one graded submission: its state, a mark for every item of the rubric, and why.

Marks are in points. A record holds what was measured of the code alone: who handed it in, how late, and what somebody
has overridden since are the gradebook's.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.language import current, mark
from gradcheck.records import CheckReport, Diagnosis, Evaluations, Finding, Verdict

__all__ = ["OPENING", "Audience", "GradeRecord", "Hint", "Mark", "Message", "Outcome", "State"]

GRADE_SCHEMA = "gradcheck/grade@1"


class State(enum.Enum):
    """Whether there is a mark; the value is the sentence that a reader sees, in English."""

    GRADED = mark("it was run, and every item of the rubric has its mark")
    UNGRADABLE = mark("it could not be run: that is no mark of zero, and the cure is said")
    INTERNAL = mark("gradcheck failed over it: a fault of the tool, to be graded again")


class Outcome(enum.Enum):
    """What became of one item; the value is the sentence that a reader sees, in English."""

    EARNED = mark("earned")
    PARTLY = mark("earned in part")
    LOST = mark("lost")
    CARRIED = mark("earned: right, given an earlier error that was charged before")
    BLOCKED = mark("not looked at, because something before it fails")
    UNVERIFIED = mark("right against the code's own loss only, which could not be held against the reference")
    UNGRADABLE = mark("could not be run")


# Of what comes before other items: those wait for nothing more. In JSON form.
OPENING = frozenset({Outcome.EARNED.name.lower(), Outcome.CARRIED.name.lower()})


class Hint(enum.IntEnum):
    """How much a message gives away, each level with those below it."""

    SYMPTOM = 1
    PLACE = 2
    NAME = 3
    FIX = 4


class Audience(enum.Enum):
    """Who reads; the value is the key of the assignment's ``[show]`` table."""

    NOW = "now"
    AFTER_DUE = "after_due"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to say about an item, by how much it gives away; None where there is nothing of that kind to say.

    Attributes
    ----------
    symptom : str
        What was seen: ``The gradient of W1 is not that of your loss.``
    place : str or None
        Where: the line, in the submission's own words.
    name : str or None
        The bug by its name, and why it is wrong.
    fix : str or None
        The cure, or the verified patch as a unified diff.
    """

    symptom: str
    place: str | None = None
    name: str | None = None
    fix: str | None = None

    def up_to(self, level: Hint) -> tuple[str, ...]:
        """What a reader of that level is told, least first."""
        told = (self.symptom, self.place, self.name, self.fix)[:level]
        return tuple(text for text in told if text)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"symptom": self.symptom, "place": self.place, "name": self.name, "fix": self.fix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one item of the rubric is worth.

    Attributes
    ----------
    item : str
        Its path in the rubric, such as ``gradients/W1``.
    title : str
    points, of : float
        What was earned, of how many points.
    outcome : Outcome
    message : Message
        The one best thing to tell.
    evidence : tuple of str
        Everything that was measured, for staff.
    bug : str or None
        The catalogue's id of what it was lost for.
    line : int or None
        Of the submission, from 1.
    gates : tuple of str
        Where it was not looked at: the paths of the items that must be right before it counts.
    behind : Mark or None
        Where it was not looked at: what it would have, did they not stand before it.
    """

    item: str
    title: str
    points: float
    of: float
    outcome: Outcome
    message: Message
    evidence: tuple[str, ...] = ()
    bug: str | None = None
    line: int | None = None
    gates: tuple[str, ...] = ()
    behind: Mark | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "item": self.item,
            "title": self.title,
            "points": self.points,
            "of": self.of,
            "outcome": self.outcome.name.lower(),
            "message": self.message.to_dict(),
            "evidence": list(self.evidence),
            "bug": self.bug,
            "line": self.line,
            "gates": list(self.gates),
            "behind": None if self.behind is None else self.behind.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRecord:
    """One submission, graded.

    Attributes
    ----------
    submission : str
        Its key: the path below the folder of submissions, with ``/``.
    digest, assignment : str
        SHA-256 (hexadecimal) of the submission's contents, and of the assignment with all that it refers to.
    version : str
        Of gradcheck.
    seed : int
        With which the hidden points were drawn.
    state : State
    reason : str
        Why, in one sentence; where ungradable what was found.
    cure : str or None
        Where ungradable: exactly what to do.
    marks : tuple of Mark
        One for each item of the rubric that has points, in its order; empty where ungradable.
    report : CheckReport or None
        The check or ``Diagnosis`` of the code's gradient against its own loss.
    findings : tuple of Finding
        For staff: integrity, purity, attempts on the sandbox.
    fingerprint : str or None
        Of the wrong gradient (equal for submissions that share a bug); None where it is right, or was not computed.
    curves : mapping of str to tuple of float
        Figures for the sheet, such as ``loss``: the loss (dimensionless) by step of the convergence item.
    language : str
        Tag of the one that its messages are in; by default the one that is spoken.
    """

    submission: str
    digest: str
    assignment: str
    version: str
    seed: int
    state: State
    reason: str
    cure: str | None = None
    marks: tuple[Mark, ...] = ()
    report: CheckReport | None = None
    findings: tuple[Finding, ...] = ()
    fingerprint: str | None = None
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    language: str = field(default_factory=current)

    @property
    def points(self) -> float | None:
        """What was earned, before lateness and overrides; None where there is no mark."""
        return sum(mark.points for mark in self.marks) if self.state is State.GRADED else None

    @property
    def of(self) -> float:
        """What could have been earned."""
        return sum(mark.of for mark in self.marks)

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the record of the check with the grade beside it."""
        report = self.report or Diagnosis(
            verdict=Verdict.INVALID,
            reason=self.reason,
            blocks=(),
            evaluations=Evaluations(loss=0, gradient=0),
            power={},
        )
        return {
            **report.to_dict(),
            "grade": {
                "schema": GRADE_SCHEMA,
                "submission": self.submission,
                "digest": self.digest,
                "assignment": self.assignment,
                "version": self.version,
                "seed": self.seed,
                "state": self.state.name.lower(),
                "reason": self.reason,
                "cure": self.cure,
                "points": self.points,
                "of": self.of,
                "marks": [mark.to_dict() for mark in self.marks],
                "findings": [finding.to_dict() for finding in self.findings],
                "fingerprint": self.fingerprint,
                "curves": {name: list(values) for name, values in self.curves.items()},
                "language": self.language,
            },
        }
