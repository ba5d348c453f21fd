"""Every exception that the package raises on purpose, under one root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.problem import Problem
    from gradcheck.records import CheckReport

__all__ = ["GradcheckError", "GradientMismatchError", "GradingError", "InvalidArgumentError", "SubmissionError"]


class GradcheckError(Exception):
    """Root of all errors that gradcheck raises."""


class InvalidArgumentError(GradcheckError, ValueError):
    """An argument that cannot be used: the message gives name=value, what was expected and the cure."""


class GradientMismatchError(GradcheckError, AssertionError):
    """The claimed gradient was not shown to be right: ``FAIL``, ``INCONCLUSIVE`` or ``INVALID``.

    Attributes
    ----------
    report : CheckReport
        The whole report behind the message.
    problem : Problem or None
        What was checked, where nobody has looked for the mistake yet.
    """

    def __init__(self, message: str, report: CheckReport, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.report, self.problem = report, problem


class GradingError(GradcheckError):
    """A class that cannot be graded as asked: the message says what was expected, what came, and the cure."""


class SubmissionError(GradcheckError):
    """A file that cannot be loaded, driven or recognised: the message says what was tried and the cure.

    Attributes
    ----------
    run : dict
        Of its process, if it came to one: ``status``, ``isolation`` and ``usage``, as in a report.
    """

    def __init__(self, message: str, run: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.run = dict(run or {})
