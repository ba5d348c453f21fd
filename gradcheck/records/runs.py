"""The run of tests that a check is a part of, where it is part of one: it knows the seed, and hears what passes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gradcheck.records.report import CheckReport

__all__ = ["TestRun", "current_run", "running"]

_RUNS: list[TestRun] = []  # of this process: a run that a test starts inside it stands above the test's own


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """What an assertion takes from the test that it stands in.

    Attributes
    ----------
    seed : int
        Drawn with where the assertion names none.
    hear : callable
        ``hear(report)`` is told of each assertion that passes.
    """

    __test__ = False  # pytest would take it for a class of tests

    seed: int
    hear: Callable[[CheckReport], None]


def current_run() -> TestRun | None:
    """The run that is under way; None outside of tests."""
    return _RUNS[-1] if _RUNS else None


@contextlib.contextmanager
def running(run: TestRun) -> Iterator[None]:
    """Inside, assertions are part of a run.

    Parameters
    ----------
    run : TestRun
    """
    _RUNS.append(run)
    try:
        yield
    finally:
        _RUNS.remove(run)
