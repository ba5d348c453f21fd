"""A student's results as PrairieLearn's ``results.json`` of external grading.

References
----------
PrairieLearn, "External Grading", section "Grading results".
"""

from __future__ import annotations

import base64
from typing import Any

from gradcheck.grading.records import Audience, State
from gradcheck.language import tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pictures import curve
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.unicode import printable

__all__ = ["to_prairielearn"]

# Of the whole file 1 MB is allowed; what a submission has made us say is cut far before.
MOST_TEXT = 20_000


def to_prairielearn(pupil: Pupil) -> dict[str, Any]:
    """What PrairieLearn reads: the score as a share, and nothing that only others may see.

    A submission that could not be run is not gradable, which takes neither points nor an attempt.

    Parameters
    ----------
    pupil : Pupil

    Returns
    -------
    dict
        In JSON form.
    """
    sheet = pupil.sheets[Audience.NOW]
    if sheet.state is not State.GRADED or sheet.points is None:
        return {
            "gradable": False,
            "message": _text(words.state(sheet)),
            "format_errors": [_text(text) for text in words.explanations(sheet)],
        }
    share = sheet.points / sheet.of if sheet.of else 0.0
    return {
        "gradable": True,
        "score": min(1.0, max(0.0, share)),
        "message": _text("\n".join([words.total(sheet), *words.explanations(sheet)])),
        "output": "",
        "images": _images(sheet),
        "tests": [_test(item) for item in sheet.items],
    }


def _test(item: Item) -> dict[str, Any]:
    told = [*item.told, *([tr("By hand: {reason}", reason=item.override)] if item.override else [])]
    return {
        "name": _text(words.title(item)),
        "description": _text(words.outcome(item)),
        "points": round(item.points, 6),
        "max_points": round(item.of, 6),
        "message": _text("\n".join(told)),
        "output": _text(item.patch or ""),
    }


def _images(sheet: Sheet) -> list[dict[str, str]]:
    """The curves, drawn in one colour that is seen on light and dark."""
    found = []
    for name, values in sheet.curves.items():
        drawn = curve(name, values)
        if drawn is not None:
            picture = (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width:g} {drawn.height:g}">'
                f'<polyline fill="none" stroke="#2f7fd6" stroke-width="2" points="{drawn.points}"/></svg>'
            )
            encoded = base64.b64encode(picture.encode()).decode("ascii")
            label = tr(
                "{name}: from {first:.4g} to {last:.4g}",
                name=words.curve_name(name),
                first=drawn.first,
                last=drawn.last,
            )
            found.append({"label": _text(label), "url": f"data:image/svg+xml;base64,{encoded}"})
    return found


def _text(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= MOST_TEXT else f"{shown[:MOST_TEXT]} …"
