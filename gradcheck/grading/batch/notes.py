"""The notes of Hypothesis, which draws inputs for a rubric's properties: none stay in the folder of whoever grades."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["no_notes_left"]

# Where it keeps them; by default in the working folder.
NOTES = "HYPOTHESIS_STORAGE_DIRECTORY"


@contextlib.contextmanager
def no_notes_left() -> Iterator[None]:
    """Keep them in a temporary folder, here and in processes that are started meanwhile, unless it is said where."""
    if NOTES in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gradcheck-", ignore_cleanup_errors=True) as folder:
        os.environ[NOTES] = folder
        try:
            yield
        finally:
            del os.environ[NOTES]
            if "hypothesis.configuration" in sys.modules:  # which goes on with the folder that it has seen first
                sys.modules["hypothesis.configuration"].set_hypothesis_home_dir(None)
