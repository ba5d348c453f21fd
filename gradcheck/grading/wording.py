"""Pieces of text beside each other, as the language that is spoken has it."""

from __future__ import annotations

from gradcheck.language import tr

__all__ = ["beside", "unended"]


def beside(one: str, another: str) -> str:
    """One sentence after another; the second alone where there is no first.

    Examples
    --------
    >>> beside("One.", "Two."), beside("", "Two.")
    ('One. Two.', 'Two.')
    """
    return tr("{one} {another}", one=one, another=another) if one else another


def unended(text: str) -> str:
    """A sentence as a part of another one: without its full stop.

    Examples
    --------
    >>> unended("It is nothing."), unended("a part")
    ('It is nothing', 'a part')
    """
    return text.rstrip(".。")
