"""A submission made ready to be asked."""

from __future__ import annotations

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.subject.declared import DeclaredSubject
from gradcheck.grading.subject.driving import Driving
from gradcheck.grading.subject.recognised import RecognisedSubject
from gradcheck.grading.subject.staging import Staged
from gradcheck.grading.subject.subject import Subject
from gradcheck.submissions.declared.interface import Style

__all__ = ["opened"]


def opened(program: Staged, assignment: Assignment, driving: Driving) -> Subject:
    """The subject that an assignment's style of interface asks for.

    Raises
    ------
    UngradableError
        If it cannot be loaded.
    """
    if assignment.interface.style is Style.RECOGNISED:
        return RecognisedSubject(program, assignment)
    return DeclaredSubject(program, assignment, driving)
