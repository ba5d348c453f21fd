"""Processor time of whole processes: what else the machine does then counts for little."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["processor_seconds"]


def processor_seconds(arguments: Sequence[str], repetitions: int) -> list[float]:
    """Run Python with these arguments so many times; user and system seconds of each, after one to warm the disk."""
    return [_once(arguments) for _ in range(repetitions + 1)][1:]


def _once(arguments: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
