"""Edits as a repair makes them, and how well each bug of a chapter fits one."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck.diagnosis.catalogue import Bug
from gradcheck.diagnosis.edit import Edit, EditKind, Role

__all__ = ["assert_best", "edit", "fits"]


def edit(kind: EditKind, role: Role, before: str, after: str, detail: str = "") -> Edit:
    """An edit of one line, which changes an expression into another."""
    return Edit(kind=kind, role=role, line=1, before=before, after=after, text=after, cost=1, detail=detail)


def fits(cure: Edit, bugs: Iterable[Bug]) -> dict[str, float]:
    """By id, how well each bug fits, 0 to 1."""
    return {bug.id: bug.explains(cure) for bug in bugs if bug.explains is not None}


def assert_best(identifier: str, cure: Edit, bugs: Iterable[Bug]) -> None:
    """No other of the bugs claims the cure more than the one that it cures, which claims it strongly."""
    found = fits(cure, bugs)
    assert found[identifier] >= 0.7
    assert max(found.values()) == found[identifier], found
