"""A sheet as one HTML file that needs nothing else: no script, light and dark, legible on a phone and on paper."""

from __future__ import annotations

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from gradcheck.language import current, sentence, tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pictures import curve, gradient_picture
from gradcheck.reports.grading.seen import Sheet
from gradcheck.reports.patches import changed_lines
from gradcheck.reports.unicode import printable

__all__ = ["sheet_to_html"]


def sheet_to_html(sheet: Sheet) -> str:
    """A sheet as a document of its own; every text in it is escaped, whoever wrote it."""
    drawn = (curve(name, values) for name, values in sheet.curves.items())
    return _template().render(
        sheet=sheet,
        words=words,
        curves=[picture for picture in drawn if picture is not None],
        gradient=gradient_picture(sheet.record.get("blocks", ())),
        diagnoses=sheet.record.get("diagnoses", ()),
    )


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("gradcheck.reports.grading"),
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(changes=changed_lines, sentence=sentence)
    environment.globals.update(tr=tr, html_language=html_language)
    return environment.get_template("sheet.html.jinja")


def html_language() -> str:
    """The language that is spoken, as HTML names it (BCP 47)."""
    return current().replace("_", "-")


def _visible(value: Any) -> Any:
    """Text without what would steer a terminal or turn a line around; jinja2 escapes it afterwards."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():
        return value
    return printable(value)
