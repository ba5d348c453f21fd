"""The catalogue's sentences with the names that textbooks use, for where no reader's code is at hand."""

from __future__ import annotations

from types import MappingProxyType

from gradcheck.language import tr

__all__ = ["NAMES", "PLACEHOLDERS", "in_textbook_names"]

NAMES = MappingProxyType(
    {
        "delta": "delta",
        "above": "delta_next",
        "weights": "W",
        "upper": "W_next",
        "inputs": "a_prev",
        "z": "z",
        "a": "a",
        "targets": "y",
        "output": "y_hat",
        "block": "W",
        "batch": "m",
        "rate": "learning_rate",
    }
)
PLACEHOLDERS = frozenset(NAMES)


def in_textbook_names(sentence: str) -> str:
    """A sentence in the language that is spoken, with its placeholders filled.

    Raises
    ------
    KeyError, ValueError
        If it has another placeholder than those of ``Bug``, or a brace that is none.

    Examples
    --------
    >>> in_textbook_names("{delta} = {output} - {targets}")
    'delta = y_hat - y'
    """
    return tr(sentence).format_map(NAMES)
