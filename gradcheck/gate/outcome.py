"""The records of a gate: failures with their fingerprints, files that were skipped, and all of it together."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcheck.records import RENDERERS, CheckReport, DiagnosedBug, Verdict

if TYPE_CHECKING:
    from gradcheck.gate.baseline import BaselineEntry

__all__ = ["Failure", "Outcome", "Skipped", "Standing"]

OUTCOME_SCHEMA = "gradcheck/ci@1"


class Standing(enum.Enum):
    """Whether a failure was there before; the value is what a reader sees."""

    NEW = "new"
    KNOWN = "known, in the baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One thing that keeps a network from passing.

    Attributes
    ----------
    rule : str
        Catalogue id of the bug, or a key of ``RULES`` where none is named.
    fingerprint : str
        The same as long as the file, the network, the rule and the code of the line are; whatever the line's number.
    file : str
        Where it is, as seen from the repository's root.
    program : str
        The file that was checked, which may have imported that one.
    line : int or None
        In that file, counted from 1; None where it is not known, and in notebooks.
    blocks : tuple of str
        Blocks that are wrong for it.
    report : CheckReport
        Of the network.
    bug : DiagnosedBug or None
    standing : Standing
    """

    rule: str
    fingerprint: str
    file: str
    program: str
    line: int | None
    blocks: tuple[str, ...]
    report: CheckReport
    bug: DiagnosedBug | None = None
    standing: Standing = Standing.NEW

    @property
    def shown(self) -> str:
        """The file as it was typed, or found where that pointed; the line is one of it."""
        return (self.bug.file if self.bug is not None else None) or self.report.file or self.file

    @property
    def message(self) -> str:
        """What is wrong, in the words of the diagnosis or of the check; text that a submission may have chosen."""
        return self.bug.message if self.bug is not None else (self.report.reason.splitlines() or [""])[0]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "rule": self.rule,
            "fingerprint": self.fingerprint,
            "state": self.standing.name.lower(),
            "verdict": self.report.verdict.name.lower(),
            "file": self.file,
            "program": self.program,
            "line": self.line,
            "network": self.report.network,
            "blocks": list(self.blocks),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file in which no back-propagation was recognised, and why not.

    Attributes
    ----------
    file, reason : str
    ran : bool
        Whether it ran as it was meant to; if not, it may hold back-propagation that nobody has seen.
    """

    file: str
    reason: str
    ran: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"file": self.file, "reason": self.reason, "ran": self.ran}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a gate has seen.

    Attributes
    ----------
    results : tuple of CheckReport
        Of networks, and of files that failed before one was found in them.
    names : tuple of str
        The file of each of them, from the repository's root.
    failures : tuple of Failure
    skipped : tuple of Skipped
        Files without back-propagation.
    unchanged : tuple of str
        Files that were left out, since they have not changed.
    looked_at : tuple of str
        Files that were not left out, recognised or not.
    recognised : tuple of str
        Those of them in which a network was.
    fixed : tuple of BaselineEntry
        Failures of the baseline that are gone.
    compared : bool
        Whether there was a baseline.
    empty_allowed : bool
        Whether it is well when nothing was recognised.
    """

    results: tuple[CheckReport, ...]
    failures: tuple[Failure, ...]
    names: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unchanged: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()
    fixed: tuple[BaselineEntry, ...] = ()
    compared: bool = False
    empty_allowed: bool = False

    @property
    def new(self) -> tuple[Failure, ...]:
        """The failures that count."""
        return tuple(failure for failure in self.failures if failure.standing is Standing.NEW)

    @property
    def known(self) -> tuple[Failure, ...]:
        """The failures of the baseline that are still there."""
        return tuple(failure for failure in self.failures if failure.standing is Standing.KNOWN)

    @property
    def not_run(self) -> tuple[Skipped, ...]:
        """Files that were skipped without having run to their end."""
        return tuple(item for item in self.skipped if not item.ran)

    @property
    def empty(self) -> bool:
        """Whether nothing was recognised: then nothing was checked."""
        return not self.results

    @property
    def exit_code(self) -> int:
        """0 nothing new, 1 a new wrong gradient, 2 not checked or nothing recognised, 3 new but not decided."""
        if self.new:
            return Verdict.worst([failure.report.verdict for failure in self.new]).exit_code
        return Verdict.INVALID.exit_code if self.empty and not self.empty_allowed else Verdict.PASS.exit_code

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/ci@1``."""
        return {
            "schema": OUTCOME_SCHEMA,
            "exit_code": self.exit_code,
            "compared": self.compared,
            "failures": [failure.to_dict() for failure in self.failures],
            "fixed": [entry.to_dict() for entry in self.fixed],
            "skipped": [skipped.to_dict() for skipped in self.skipped],
            "unchanged": list(self.unchanged),
            "recognised": list(self.recognised),
            "results": [result.to_dict() for result in self.results],
        }

    def _repr_html_(self) -> str:
        return RENDERERS["html"](self)
