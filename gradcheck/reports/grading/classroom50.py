"""A student's results as the ``result.json`` that every autograder of Classroom 50 must leave.

References
----------
Classroom 50, wiki page "Advanced Autograding", section "The result.json contract".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gradcheck.grading.records import Audience
from gradcheck.language import tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.unicode import printable

__all__ = ["to_classroom50"]

RESULT_SCHEMA = "classroom50/result/v1"
# What the runner tells by its environment, and the field that it belongs into.
IDENTITY = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}
# Scores are whole numbers there: the smallest unit in which all points of a rubric are, else hundredths.
UNITS = (1, 2, 4, 5, 10, 20, 100)


def to_classroom50(pupil: Pupil, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """What Classroom 50 reads, with what the student may see now.

    Parameters
    ----------
    pupil : Pupil
    environment : mapping of str to str
        The runner's.
    now : datetime
        With its zone; the runner stamps the time of the submission itself.

    Returns
    -------
    dict
        In JSON form. Scores are in a unit of the points in which all are whole; ``points-unit`` says which share.
    """
    sheet = pupil.sheets[Audience.NOW]
    unit = _unit(sheet)
    tests = [_test(item, unit) for item in sheet.items]
    score = round((sheet.points or 0.0) * unit)
    tests += _difference(sheet, score - sum(test["score"] for test in tests))
    identity = {field: environment.get(name, "") for field, name in IDENTITY.items()}
    return {
        "schema": RESULT_SCHEMA,
        **identity,
        "review": environment.get("REVIEW_URL") or identity["commit"],
        "datetime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": score,
        "max-score": round(sheet.of * unit),
        "tests": tests,
        "points-unit": 1 / unit,
    }


def _unit(sheet: Sheet) -> int:
    values = [sheet.of, sheet.points or 0.0, *(value for item in sheet.items for value in (item.points, item.of))]
    return next((unit for unit in UNITS if all(_is_whole(value * unit) for value in values)), UNITS[-1])


def _is_whole(value: float) -> bool:
    # Points are typed by people, with a few digits; sums of them miss a whole number by rounding alone.
    return abs(value - round(value)) < 1e-9


def _test(item: Item, unit: int) -> dict[str, Any]:
    return {
        "test-name": printable(words.title(item)).replace("\n", " "),
        "passed": item.points >= item.of,
        "score": round(item.points * unit),
        "max-score": round(item.of * unit),
        "output": printable("\n".join([words.outcome(item), *item.told])),
    }


def _difference(sheet: Sheet, rest: int) -> list[dict[str, Any]]:
    """What makes the sum another than that of the items, or kept the submission from being run, as a test."""
    told = words.explanations(sheet)
    if not told and not rest:
        return []
    name = tr("Not graded") if sheet.points is None else tr("The sum")
    return [{"test-name": name, "passed": False, "score": rest, "max-score": 0, "output": printable("\n".join(told))}]
