"""Repair: the smallest source edits that make a claimed gradient the true one, proved before they are shown."""

from gradcheck.diagnosis.repair.repairing import Partial, Repair, isolated, repair
from gradcheck.diagnosis.repair.verifying import Varied

__all__ = ["Partial", "Repair", "Varied", "isolated", "repair"]
