"""Assignments that are ready to use: files of package data, each valid as it stands, and with a whole rubric."""

from gradcheck.grading.assignment.ready.catalogue import READY, Ready, ready_assignment
from gradcheck.grading.assignment.ready.titles import assignment_title, item_title

__all__ = ["READY", "Ready", "assignment_title", "item_title", "ready_assignment"]
