"""Messages as templates: translated, then filled in."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.language.choosing import current

if TYPE_CHECKING:
    import gettext

__all__ = ["FOLDER", "mark", "mark_plural", "prepare", "tr", "trn"]

# What the messages are written in where they are made: nothing is looked up for it.
WRITTEN_IN = "en"
FOLDER = Path(__file__).parent / "locale"
# Catalogues, asked in this order: an English sentence has one translation, whichever room says it.
ROOMS = ("check", "diagnose", "programs", "grade", "command")


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    import gettext

    found = gettext.NullTranslations()
    for room in reversed(ROOMS):
        catalogue = gettext.translation(room, FOLDER, [language], fallback=True)
        catalogue.add_fallback(found)
        found = catalogue
    return found


def mark(message: str) -> str:
    """Say of a text that it is a message, which is translated where it is used: ``tr(TITLE)``."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Say of two texts that they are a message that depends on a number, which is translated where it is used."""
    return one, many


def tr(message: str, /, **values: Any) -> str:
    """A message in the language that is spoken.

    Parameters
    ----------
    message : str
        In English; a template as of :meth:`str.format` where there are values, else the text as it is.
    **values
        What is put in, by name.
    """
    language = current()
    said = message if language == WRITTEN_IN or not message else _catalogue(language).gettext(message)
    return said.format_map(values) if values else said


def trn(one: str, many: str, number: int, /, **values: Any) -> str:
    """A message that depends on a number, which it may name as ``{n}``.

    Parameters
    ----------
    one, many : str
        In English, for one and for other numbers.
    number : int
    **values
        What else is put in, by name.
    """
    language = current()
    if language == WRITTEN_IN:
        said = one if number == 1 else many
    else:
        said = _catalogue(language).ngettext(one, many, number)
    return said.format_map({"n": number, **values})


def prepare() -> None:
    """Read the catalogues of the language that is spoken now: later, this process may not be let read any file."""
    if current() != WRITTEN_IN:
        _catalogue(current())
