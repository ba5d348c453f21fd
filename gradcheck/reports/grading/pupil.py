"""One student's results, for all formats: where the student stands, and the sheet that each audience sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.people.standing import Standing
from gradcheck.grading.records import Audience
from gradcheck.reports.grading.naming import file_name
from gradcheck.reports.grading.seen import Sheet, seen

__all__ = ["Pupil", "pupil_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A student with everything that may be said, and to whom.

    Attributes
    ----------
    name : str
        Of the student's files.
    standing : Standing
    sheets : mapping of Audience to Sheet
    record : mapping or None
        Of the attempt that counts, in JSON form and without names where the class is anonymous.
    """

    name: str
    standing: Standing
    sheets: Mapping[Audience, Sheet]
    record: Mapping[str, Any] | None


def pupil_of(
    standing: Standing, record: Mapping[str, Any] | None, assignment: Assignment, pseudonym: str | None = None
) -> Pupil:
    """A student's results.

    Parameters
    ----------
    standing : Standing
    record : mapping or None
        Of the attempt that counts; already without names where there is a pseudonym.
    assignment : Assignment
    pseudonym : str, optional
    """
    return Pupil(
        name=file_name(pseudonym.lower() if pseudonym else standing.student),
        standing=standing,
        sheets={audience: seen(standing, record, assignment, audience, pseudonym=pseudonym) for audience in Audience},
        record=record,
    )
