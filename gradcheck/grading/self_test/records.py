"""What is known of an assignment after its self-test: every program with its marks, and what follows for each bug."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BugResult", "Fate", "Loss", "Program", "SelfTest", "Trial"]

SELF_TEST_SCHEMA = "gradcheck/self-test@1"


class Fate(enum.Enum):
    """What became of a bug; the value is the sentence that a reader sees."""

    KILLED = "costs marks wherever it stands"
    PARTLY = "costs marks in some places, and passes unseen in others"
    UNSEEN = "costs nothing: it would pass unseen"
    EQUIVALENT = "changes nothing of what this network computes"
    BEYOND = "is nothing that any kind of item looks at"
    UNWRITTEN = "has no place in this network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that is graded.

    Attributes
    ----------
    key : str
        Its file's name.
    bug : str or None
        The catalogue's id; None for a right one.
    where : str
        What is wrong and where; of a right one, how it is written.
    text : str
    beyond : str or None
        Why no kind of item can see what is wrong with it.
    """

    key: str
    bug: str | None
    where: str
    text: str
    beyond: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Points that an item took.

    Attributes
    ----------
    item : str
        Its path in the rubric.
    points : float
        That were taken.
    symptom : str
        What the item said.
    fix : str or None
        The cure that it names.
    """

    item: str
    points: float
    symptom: str
    fix: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"item": self.item, "points": self.points, "symptom": self.symptom, "fix": self.fix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One program, graded.

    Attributes
    ----------
    program : Program
    state : str
        Of its grade: ``graded``, ``ungradable``, ``internal``.
    reason : str
        Where it was not graded, why.
    points, of : float
    lost : tuple of Loss
    differs : tuple of str
        What of its values is another than the reference's, or otherwise wrong, found without the rubric: ``loss``,
        ``gradient of W1``, ``update of b2``, ``inputs are changed``, ...
    named : tuple of str
        Bugs that a diagnosis named; empty where none was asked for.
    notes : tuple of str
        Why items that look at what is wrong let it pass.
    """

    program: Program
    state: str
    reason: str = ""
    points: float = 0.0
    of: float = 0.0
    lost: tuple[Loss, ...] = ()
    differs: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def costs(self) -> bool:
        """Whether it does not earn everything."""
        return bool(self.lost) or self.state != "graded"

    @property
    def fate(self) -> Fate:
        """What became of it, where it has a bug."""
        if self.costs:
            return Fate.KILLED
        if self.program.beyond is not None:
            return Fate.BEYOND
        return Fate.UNSEEN if self.differs else Fate.EQUIVALENT

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "program": self.program.key,
            "where": self.program.where,
            "fate": self.fate.name.lower(),
            "state": self.state,
            "reason": self.reason,
            "points": self.points,
            "of": self.of,
            "lost": [loss.to_dict() for loss in self.lost],
            "differs": list(self.differs),
            "named": list(self.named),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BugResult:
    """One bug of the catalogue.

    Attributes
    ----------
    bug : str
    trials : tuple of Trial
        One for each place.
    unwritten : str
        Why there is none.
    """

    bug: str
    trials: tuple[Trial, ...] = ()
    unwritten: str = ""

    @property
    def fate(self) -> Fate:
        """What became of it."""
        fates = {trial.fate for trial in self.trials}
        if Fate.UNSEEN in fates:
            return Fate.PARTLY if Fate.KILLED in fates else Fate.UNSEEN
        if Fate.KILLED in fates:
            return Fate.KILLED
        if Fate.BEYOND in fates:
            return Fate.BEYOND
        return Fate.EQUIVALENT if fates else Fate.UNWRITTEN

    @property
    def items(self) -> tuple[str, ...]:
        """Items that took points for it, in the rubric's order."""
        return tuple(dict.fromkeys(loss.item for trial in self.trials for loss in trial.lost))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "bug": self.bug,
            "fate": self.fate.name.lower(),
            "unwritten": self.unwritten,
            "items": list(self.items),
            "trials": [trial.to_dict() for trial in self.trials],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """An assignment, tested.

    Attributes
    ----------
    title : str
    assignment : str
        SHA-256 of the assignment with all that it refers to.
    seed : int
    diagnosed : bool
        Whether bugs were to be named.
    right : tuple of Trial
    bugs : tuple of BugResult
        In the catalogue's order.
    unwritten : tuple of str
        Right programs that could not be written, and why; sentences.
    """

    title: str
    assignment: str
    seed: int
    diagnosed: bool
    right: tuple[Trial, ...]
    bugs: tuple[BugResult, ...]
    unwritten: tuple[str, ...] = field(default_factory=tuple)

    @property
    def failed(self) -> tuple[Trial, ...]:
        """Right programs that lose marks."""
        return tuple(trial for trial in self.right if trial.costs)

    @property
    def unseen(self) -> tuple[Trial, ...]:
        """Wrong programs that lose none, although what is wrong can be seen."""
        return tuple(trial for bug in self.bugs for trial in bug.trials if trial.fate is Fate.UNSEEN)

    @property
    def told(self) -> tuple[BugResult, ...]:
        """Bugs that can be told: there is a program whose values are wrong."""
        return tuple(bug for bug in self.bugs if bug.fate in (Fate.KILLED, Fate.PARTLY, Fate.UNSEEN))

    @property
    def passed(self) -> bool:
        """Whether every right program earns everything, and no bug that can be told passes unseen."""
        return bool(self.right) and not self.failed and not self.unseen

    def rates(self) -> Mapping[str, int]:
        """Counts behind the rates: of right programs, of bugs, and of wrong programs that can be told."""
        trials = [trial for bug in self.bugs for trial in bug.trials if trial.fate in (Fate.KILLED, Fate.UNSEEN)]
        return {
            "right": len(self.right),
            "right_failed": len(self.failed),
            "bugs": len(self.told),
            "bugs_killed": sum(bug.fate is Fate.KILLED for bug in self.bugs),
            "wrong": len(trials),
            "wrong_killed": sum(trial.fate is Fate.KILLED for trial in trials),
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON form, of the schema ``gradcheck/self-test@1``."""
        return {
            "schema": SELF_TEST_SCHEMA,
            "title": self.title,
            "assignment": self.assignment,
            "seed": self.seed,
            "diagnosed": self.diagnosed,
            "passed": self.passed,
            "rates": dict(self.rates()),
            "right": [trial.to_dict() for trial in self.right],
            "bugs": [bug.to_dict() for bug in self.bugs],
            "unwritten": list(self.unwritten),
        }
