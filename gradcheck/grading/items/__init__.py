"""The kinds of items that a rubric may have: one file each, named in one table."""

from gradcheck.grading.items.table import KINDS, MEASURES, QUESTIONS

__all__ = ["KINDS", "MEASURES", "QUESTIONS"]
