"""The class page: one HTML file from which a teacher sees how a class stands, and why."""

from gradcheck.reports.grading.page.class_page import ClassPage

__all__ = ["ClassPage"]
