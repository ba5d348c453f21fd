"""The bugs that hand-written back-propagation has, one entry each; a family a module."""

from gradcheck.diagnosis.catalogue.bug import Bug, Constant, Example, Family

__all__ = ["Bug", "Constant", "Example", "Family"]
