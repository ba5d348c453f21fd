"""Sentences and lists as each language writes them: full stops, commas between names, capital letters."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from gradcheck.language.choosing import current
from gradcheck.language.messages import tr

__all__ = ["clauses", "listed", "phrases", "sentence"]

# Languages that begin a sentence with another form of a letter.
CAPITALS = ("en",)


def listed(names: Iterable[object], most: int | None = None) -> str:
    """Names in a row: ``W1, b1``, or ``W1、b1`` in Chinese.

    Parameters
    ----------
    names : iterable
        What each reads as is its ``str``.
    most : int, optional
        How many are named; of more it is said that there are more.

    Examples
    --------
    >>> listed(["W1", "b1"]), listed(range(9), most=3)
    ('W1, b1', '0, 1, 2, ...')
    """
    told = [str(name) for name in names]
    joined = tr(", ").join(told[:most])
    return joined if most is None or len(told) <= most else tr("{listed}, ...", listed=joined)


def phrases(parts: Iterable[str]) -> str:
    """Parts of one clause that are more than names: ``2 networks checked, 1 right``.

    Examples
    --------
    >>> phrases(["2 networks checked", "1 right"])
    '2 networks checked, 1 right'
    """
    return functools.reduce(lambda first, second: tr("{first}, {second}", first=first, second=second), parts)


def clauses(parts: Iterable[str]) -> str:
    """Parts of one sentence, each of which could be one.

    Examples
    --------
    >>> clauses(["seed 0", "float64"])
    'seed 0; float64'
    """
    return tr("; ").join(parts)


def sentence(text: str, *, capital: bool = True) -> str:
    """A text with a capital letter and a full stop, where it is prose and has none.

    Parameters
    ----------
    text : str
        In the language that is spoken.
    capital : bool
        Not where it begins with a name.

    Examples
    --------
    >>> sentence("the loss is inf"), sentence("W1 cannot be perturbed.")
    ('The loss is inf.', 'W1 cannot be perturbed.')
    """
    begins = capital and current() in CAPITALS and text[:1].islower()
    if begins and text.partition(" ")[0].rstrip(":,").isalpha():
        text = text[0].upper() + text[1:]
    return tr("{sentence}.", sentence=text) if text[-1:].isalnum() or text.endswith((")", "）")) else text
