"""What hooks, fixture and items share: the name of the marker, the seed, and what the checks of a test have found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradcheck.records import CheckReport

__all__ = ["BARE", "MARKER", "is_worker", "keep", "seed_of", "taken"]

MARKER = "gradcheck"
# Of a test whose failure is its message alone, as there is no line of a test to show.
BARE = pytest.StashKey[bool]()
_FOUND = pytest.StashKey[list["CheckReport"]]()


def seed_of(config: pytest.Config) -> int:
    """The seed of a run."""
    return int(config.option.gradcheck_seed or 0)


def is_worker(config: pytest.Config) -> bool:
    """Whether pytest-xdist has started this process, to run tests for another one that reports."""
    return hasattr(config, "workerinput")


def keep(item: pytest.Item, report: CheckReport, *, instead: CheckReport | None = None) -> None:
    """Remember what a check of a test has found, once.

    Parameters
    ----------
    item : pytest.Item
    report : CheckReport
    instead : CheckReport, optional
        What was kept of the same check, and is now known better.
    """
    found = item.stash.setdefault(_FOUND, [])
    found[:] = [known for known in found if known is not report and known is not instead]
    found.append(report)


def taken(item: pytest.Item) -> list[CheckReport]:
    """What was kept since it was last taken."""
    found = item.stash.get(_FOUND, [])
    item.stash[_FOUND] = []
    return found
