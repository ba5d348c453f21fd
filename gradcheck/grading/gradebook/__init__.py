"""What of a class is known and kept: records as they come, so that a run that is killed goes on where it was."""

from gradcheck.grading.gradebook.gradebook import Gradebook, Key

__all__ = ["Gradebook", "Key"]
