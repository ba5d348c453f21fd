"""A student's results as Gradescope's ``results.json``.

References
----------
Gradescope, "Autograder Specifications": https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcheck.grading.records import Audience, State
from gradcheck.language import sentence, tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.unicode import printable

__all__ = ["to_gradescope"]

VISIBLE, AFTER_DUE, HIDDEN = "visible", "after_due_date", "hidden"
# Nothing that a submission has written is rendered, in whatever format.
TEXT = "text"


def to_gradescope(pupil: Pupil) -> dict[str, Any]:
    """What Gradescope reads.

    An item of the rubric is a test that the student sees. What more is shown after the due date, and what staff see,
    are tests of their own without points. A submission that could not be run has no test and, since Gradescope knows no
    missing score, a score of 0; the output says that it is no mark, and how to get one.

    Parameters
    ----------
    pupil : Pupil

    Returns
    -------
    dict
        In JSON form.
    """
    now, later, staff = (pupil.sheets[audience] for audience in (Audience.NOW, Audience.AFTER_DUE, Audience.STAFF))
    return {
        "score": _points(now.points or 0.0),
        "output": _text([words.total(now), *_state(now), *words.explanations(now)]),
        "output_format": TEXT,
        "test_output_format": TEXT,
        "test_name_format": TEXT,
        "visibility": VISIBLE,
        "stdout_visibility": HIDDEN,
        "extra_data": {"state": "missing" if now.state is None else now.state.name.lower(), "of": _points(now.of)},
        "tests": [*_items(now), *_more_later(now, later), *_for_staff(staff)],
    }


def _items(sheet: Sheet) -> list[dict[str, Any]]:
    return [
        {
            "name": _text([words.title(item)]),
            "score": _points(item.points),
            "max_score": _points(item.of),
            "status": "passed" if item.points >= item.of else "failed",
            "output": _text([sentence(words.outcome(item)), *_told(item)]),
            "visibility": VISIBLE,
        }
        for item in sheet.items
    ]


def _more_later(now: Sheet, later: Sheet) -> list[dict[str, Any]]:
    """What is said after the due date and was not before."""
    more = []
    for before, after in zip(now.items, later.items, strict=True):
        told = [text for text in _told(after) if text not in _told(before)]
        if told:
            more.append(
                {
                    "name": _text([tr("{title} (more)", title=words.title(after))]),
                    "output": _text(told),
                    "visibility": AFTER_DUE,
                }
            )
    return more


def _for_staff(sheet: Sheet) -> list[dict[str, Any]]:
    told = [*sheet.notes, *sheet.findings]
    for item in sheet.items:
        lines = [*_told(item), *item.evidence]
        told += [tr("{title}: {told}", title=words.title(item), told=lines[0]), *lines[1:]] if lines else []
    return [{"name": tr("For staff"), "output": _text(told), "visibility": HIDDEN}] if told else []


def _state(sheet: Sheet) -> list[str]:
    return [] if sheet.state is State.GRADED else [words.state(sheet)]


def _told(item: Item) -> list[str]:
    return [
        *item.told,
        *([item.patch] if item.patch else []),
        *([tr("By hand: {reason}", reason=item.override)] if item.override else []),
        *([opened] if (opened := words.opened(item)) else []),
    ]


def _text(lines: Sequence[str]) -> str:
    return printable("\n".join(lines))


def _points(value: float) -> float:
    return round(value, 6)
