"""A child that is not forked: how it ended is told, whenever it is killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gradcheck.submissions.isolation.processes import SpawnedProcess


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs a look at a process that leaves it as it is")
def test_the_end_is_told_of_one_that_was_killed_too_late(tmp_path: Path) -> None:
    """It ends by itself just before it is killed: its own exit code, and what it used, are told all the same."""
    process = SpawnedProcess(tmp_path, lambda: None)
    try:
        assert process.pid is not None
        assert process._process.stdin is not None
        process._process.stdin.close()  # no more requests: it ends
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        process.kill()
        ending = process.ending(time.monotonic())
        assert ending is not None
        assert (ending.code, ending.peak is not None and ending.peak > 0) == (0, True)
    finally:
        process.close()
