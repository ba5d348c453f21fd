"""What the names of places say: which belong together, which are totals and not parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from gradcheck.submissions.steps.places import Place
from gradcheck.submissions.text.sites import TOTAL_NAME

__all__ = ["has_gradient", "is_total", "last_word", "looks_alike", "outer"]


def is_total(place: Place) -> bool:
    """A single number that adds up losses or hits, as its name says."""
    return np.ndim(place.value) == 0 and bool(TOTAL_NAME.search(last_word(place)))


def last_word(place: Place) -> str:
    """The last word of a path that is no index: ``W1`` of ``net.W1``, ``weights`` of ``net.weights[0]``."""
    words = [part for part in place.parts if not part.startswith("[")]
    return words[-1]


def outer(place: Place) -> tuple[str, ...]:
    """What holds a place, or the list that it is in."""
    return place.parts[:-2] if place.parts[-1].startswith("[") else place.parts[:-1]


def looks_alike(name: str, found: Sequence[Place]) -> bool:
    """``b1`` beside ``W1``, ``b`` beside ``w``: both end in a digit, or both are one letter."""
    kinds = {place.root[-1:].isdigit() for place in found if not place.path}
    return name[-1:].isdigit() in kinds and (name[-1:].isdigit() or len(name) == 1)


def has_gradient(name: str, names: Iterable[str]) -> bool:
    """Whether one of some names is that of its gradient.

    Examples
    --------
    >>> has_gradient("W", ["x", "dW"]), has_gradient("b", ["b_grad"]), has_gradient("B", ["grad_E", "db"])
    (True, True, False)
    """
    own = re.compile(rf"(d|g|grad|nabla|delta|D|G)_?{re.escape(name)}|{re.escape(name)}_?(d|g|grad|gradient)")
    return any(own.fullmatch(other) for other in names)
