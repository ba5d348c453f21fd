"""Proposals, one module a kind of edit."""

from gradcheck.diagnosis.repair.edits.table import GENERATORS, Generator

__all__ = ["GENERATORS", "Generator"]
