"""The ways in which submissions hold their parameters, and the one question that tells them apart."""

from gradcheck.submissions.interfaces.structure import classify

__all__ = ["classify"]
