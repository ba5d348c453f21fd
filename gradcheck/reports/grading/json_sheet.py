"""A sheet, and a record, as JSON: ASCII alone, so that a terminal that shows the file obeys nothing in it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

from gradcheck.language import current
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.grading.words import percent

__all__ = ["as_json", "record_to_json", "sheet_to_json"]

SHEET_SCHEMA = "gradcheck/grade-sheet@1"
DIAGNOSIS_SCHEMA = "gradcheck/diagnosis@1"


def sheet_to_json(sheet: Sheet) -> str:
    """A sheet, schema ``gradcheck/grade-sheet@1``."""
    content: dict[str, Any] = {
        "schema": SHEET_SCHEMA,
        "title": sheet.title,
        "student": sheet.student,
        "submission": sheet.submission,
        "audience": sheet.audience.value,
        "state": "missing" if sheet.state is None else sheet.state.name.lower(),
        "reason": sheet.reason,
        "cure": sheet.cure,
        "points": sheet.points,
        "of": sheet.of,
        "percent": percent(sheet),
        "measured": sheet.measured,
        "late": {"days": sheet.late_days, "points": sheet.late_points},
        "override": sheet.override,
        "items": [_item(item) for item in sheet.items],
        "others": [dataclasses.asdict(one) for one in sheet.others],
        "notes": sheet.notes,
        "findings": sheet.findings,
        "curves": sheet.curves,
        "language": current(),
    }
    if sheet.record:
        content["diagnoses"] = sheet.record.get("diagnoses", [])
        content["blocks"] = sheet.record.get("blocks", [])
    return as_json(content)


def record_to_json(record: Mapping[str, Any]) -> str:
    """A record; a check in which nothing was to be named is a diagnosis without names."""
    return as_json({**record, "schema": DIAGNOSIS_SCHEMA, "diagnoses": record.get("diagnoses", [])})


def as_json(content: Any) -> str:
    """JSON in ASCII that every parser reads: what is not finite is null."""
    return json.dumps(_finite(content), allow_nan=False) + "\n"


def _item(item: Item) -> dict[str, Any]:
    return {
        "item": item.path,
        "title": item.title,
        "points": item.points,
        "of": item.of,
        "outcome": item.outcome.name.lower(),
        "told": item.told,
        "patch": item.patch,
        "line": item.line,
        "bug": item.bug,
        "evidence": item.evidence,
        "override": item.override,
        "opened_by": item.opened_by,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
