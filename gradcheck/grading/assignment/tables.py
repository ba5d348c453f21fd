"""The tables of an assignment file: which are there, and what of each can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcheck.grading.assignment.keys import TABLES, Table
from gradcheck.grading.assignment.problems import Problems, shown
from gradcheck.grading.assignment.validation import take

__all__ = ["RUBRIC", "Tables", "read_tables"]

Tables = dict[str, dict[str, Any]]
"""Values by the table's name and their key."""

RUBRIC = "rubric"


def read_tables(document: Mapping[str, Any], problems: Problems) -> Tables:
    """What can be used of every table but the rubric, defaults filled in; the rest is noted.

    Parameters
    ----------
    document : mapping
        The file.
    problems : Problems
    """
    return {table.name: _read(table, document, problems) for table in TABLES}


def _read(table: Table, document: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    at = tuple(table.name.split(".")) if table.name else ()
    content: Any = document
    for part in at:
        content = content.get(part, {}) if isinstance(content, Mapping) else {}
    if table.required and at[0] not in document:
        meaning = table.meaning[:1].lower() + table.meaning[1:].partition(".")[0]
        problems.add(at, f"the table [{table.name}] is missing", f"Write it: {meaning}")
        return {}
    if not isinstance(content, Mapping):
        problems.add(at, f"{shown(content)} is no table", f"Write it as [{table.name}]")
        return {}
    return take(content, table.keys, at, problems, also=_within(table))


def _within(table: Table) -> set[str]:
    """Names of the tables that stand in a table."""
    prefix = f"{table.name}." if table.name else ""
    names = {each.name.removeprefix(prefix) for each in TABLES if each.name.startswith(prefix) and each is not table}
    return {name for name in names if name and "." not in name} | (set() if prefix else {RUBRIC})
