"""The four answers of a check, and what is found beside the numbers."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from gradcheck.language import mark

__all__ = ["Finding", "Severity", "Verdict"]


class Verdict(enum.Enum):
    """The four answers of a check; the value is the sentence that a reader sees."""

    PASS = mark("the gradient agrees with the loss")
    FAIL = mark("the gradient is not the derivative of the loss")
    INCONCLUSIVE = mark("the numbers cannot decide")
    INVALID = mark("nothing could be checked")

    @property
    def exit_code(self) -> int:
        """Exit code of the command line for one result."""
        return {"PASS": 0, "FAIL": 1, "INVALID": 2, "INCONCLUSIVE": 3}[self.name]

    @staticmethod
    def worst(verdicts: list[Verdict]) -> Verdict:
        """The verdict of several results together: the first present of FAIL, INVALID, INCONCLUSIVE, PASS."""
        for verdict in (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS if verdicts else Verdict.INVALID


class Severity(enum.Enum):
    """How much a finding matters; the value is what a reader should do."""

    INFO = "good to know"
    WARNING = "look at this"
    ERROR = "this decides the verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something true of the code that is not a number of the gradient."""

    id: str
    severity: Severity
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"id": self.id, "severity": self.severity.name.lower(), "message": self.message}
