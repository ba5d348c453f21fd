"""An assignment: its parts as records, and the file in which an instructor writes them."""

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.problems import AssignmentError, Problem
from gradcheck.grading.assignment.reading import read_assignment
from gradcheck.grading.assignment.records import (
    Assignment,
    Data,
    Hidden,
    Integrity,
    Item,
    Late,
    Limits,
    Marking,
    Network,
    Reference,
)

__all__ = [
    "Assignment",
    "AssignmentError",
    "Data",
    "Hidden",
    "Integrity",
    "Item",
    "Kind",
    "Late",
    "Limits",
    "Marking",
    "Network",
    "Option",
    "Problem",
    "Reference",
    "read_assignment",
]
