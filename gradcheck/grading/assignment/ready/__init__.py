"""Assignments that are ready to use: files of package data, each valid as it stands, and with a whole rubric."""

from gradcheck.grading.assignment.ready.catalogue import READY, Ready, ready_assignment

__all__ = ["READY", "Ready", "ready_assignment"]
