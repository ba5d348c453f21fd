"""Reports in the names that an assignment has for its parameters, where a submission has others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from gradcheck.records import CheckReport, Diagnosis

__all__ = ["renamed"]

Report = TypeVar("Report", bound=CheckReport)


def renamed(report: Report, names: Mapping[str, str]) -> Report:
    """The same report with the blocks of it, and of its bugs, called otherwise.

    Parameters
    ----------
    report : CheckReport or Diagnosis
    names : mapping of str to str
        From the submission's own to the assignment's; what is not in it keeps its name.
    """
    blocks = tuple(dataclasses.replace(block, name=names.get(block.name, block.name)) for block in report.blocks)
    changed = dataclasses.replace(report, blocks=blocks)
    if isinstance(changed, Diagnosis) and names:
        bugs = tuple(
            dataclasses.replace(bug, blocks=tuple(names.get(block, block) for block in bug.blocks))
            for bug in changed.diagnoses
        )
        return dataclasses.replace(changed, diagnoses=bugs)
    return changed
