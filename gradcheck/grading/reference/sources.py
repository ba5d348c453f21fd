"""The reference that an assignment names: its own network, an installed variant, or the instructor's file."""

from __future__ import annotations

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.reference.instructor import InstructorFile
from gradcheck.grading.reference.network import OwnNetwork
from gradcheck.grading.reference.reference import Reference
from gradcheck.grading.reference.variant import require_variant
from gradcheck.grading.subject.driving import Driving

__all__ = ["reference_of"]


def reference_of(assignment: Assignment, driving: Driving) -> Reference:
    """What is right for an assignment.

    Raises
    ------
    GradingError
        If it cannot be had, or is not what ``[network]`` says.
    """
    own = OwnNetwork(assignment.network)
    own.require_right()
    reference = assignment.reference
    if reference.implementation is not None:
        require_variant(reference.implementation, own)
    if reference.file is not None:
        if not reference.file.is_file():
            raise GradingError(f"the reference {reference.file} is not there")
        return InstructorFile(reference.file, assignment, driving, own)
    return own
