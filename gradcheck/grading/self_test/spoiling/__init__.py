"""The catalogue's bugs as changes of a right draft, one place each; a module a chapter."""

from gradcheck.grading.self_test.spoiling.table import SPOILERS, Spoilt, spoilt

__all__ = ["SPOILERS", "Spoilt", "spoilt"]
